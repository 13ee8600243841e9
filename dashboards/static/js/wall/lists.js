/** The right column: overdue cases worst first, what just happened, the month's commonest matters. No names, no phones. */
import { clockTime, NBSP, number, timeLeft } from '../format.js';
import { isEnglish, locale, nameOf, t } from '../i18n.js';
import { caseSymbol } from '../symbols.js';
import { element, say, showRows } from './rows.js';

const ROW_PX = 94;
const RECENT_ROWS = 4;
const OPERATIONS = {
  report: ['上报', 'reported'], file: ['立案', ''], reject: ['不予受理', ''], dispatch: ['派遣', ''], accept: ['签收', ''],
  return: ['退回', 'back'], handle: ['处置', ''], feedback: ['反馈', ''], check: ['核查', ''], rework: ['返工', 'back'],
  close: ['结案', 'closed'], evaluate: ['评价', ''], overdue: ['超期', 'over'], promise: ['补算到期', ''],
};

/** '示例社区06 · 第3网格 · 微网格02' to its first `parts` places. */
function placeWords(place, parts, joint = ' ') {
  return (place ?? t('辖区外')).split(' · ').slice(0, parts).join(joint);
}

/** `cases` worst first, `total` of them in all; as many as fit are shown, the rest is counted. */
export function showOverdue(root, cases, total) {
  const list = root.querySelector('[data-overdue]');
  say(root.querySelector('[data-overdue-count]'), total ? `${number(total)}${NBSP}${t('件')}` : '');
  root.querySelector('[data-overdue-none]').hidden = total > 0;
  const more = root.querySelector('[data-overdue-more]');
  more.hidden = true;
  const room = Math.max(1, Math.floor(list.clientHeight / ROW_PX));
  const shown = cases.slice(0, total > room ? Math.max(1, Math.floor((list.clientHeight - 48) / ROW_PX)) : room);
  more.hidden = total <= shown.length;
  say(more, t('另有 %(n)s 件', { n: number(total - shown.length) }));
  showRows(list, shown, { key: (item) => item.id, make: makeCase, fill: fillCase });
}

function makeCase() {
  return element('li', 'wall-case', element('span', 'symbol'), element('b', 'cut'), element('b', 'wall-late'), element('span', 'second cut'));
}

function fillCase(node, item) {
  const [symbol, matter, late, where] = node.children;
  const look = `${item.severity}|${item.state}`;
  if (symbol.dataset.look !== look) {
    symbol.dataset.look = look;
    symbol.replaceChildren(caseSymbol({ severity: item.severity, time: 'overdue', state: item.state }, { size: 46 }));
  }
  say(matter, nameOf({ name: item.matter, name_en: item.matter_en }));
  say(late, timeLeft({ ...item, time_state: 'overdue' }, Date.now(), { locale: locale() }));
  say(where, [placeWords(item.place, 2), item.department && nameOf({ name: item.department, name_en: item.department_en })].filter(Boolean).join(' · '));
}

/** `events` newest first: {number, at, community, data {operation, state, matter, matter_en}}; as many as fit. */
export function showRecent(root, events) {
  const list = root.querySelector('[data-recent]');
  root.querySelector('[data-recent-none]').hidden = events.length > 0;
  showRows(list, events.slice(0, RECENT_ROWS), { key: (item) => item.number, make: makeEvent, fill: fillEvent });
}

function makeEvent() {
  return element('li', 'wall-event', element('time'), element('b'), element('span', 'cut'), element('span', 'wall-where'));
}

function fillEvent(node, { at, community, data }) {
  const [time, what, matter, where] = node.children;
  const operation = data.operation === 'check' && data.state === 'rework' ? 'rework' : data.operation;
  const [word, kind] = OPERATIONS[operation] ?? [operation, ''];
  node.dataset.kind = kind;
  say(time, clockTime(at));
  say(what, t(word));
  say(matter, (isEnglish() && data.matter_en) || data.matter);
  say(where, community ?? t('辖区外'));
}

/** `matters` [{code, matter, matter_en, filed}] of the month, most frequent first. */
export function showMatters(root, matters, total) {
  say(root.querySelector('[data-matters-name]'), t('本月立案 %(n)s 件，前四类', { n: number(total) }));
  const most = Math.max(1, ...matters.map(({ filed }) => filed));
  showRows(root.querySelector('[data-matters]'), matters, {
    key: (item) => item.code,
    make: () => element('li', 'wall-matter', element('span', 'cut'), element('span'), element('b')),
    fill: (node, item) => {
      say(node.children[0], nameOf({ name: item.matter, name_en: item.matter_en }));
      node.children[1].style.setProperty('--share', item.filed / most);
      say(node.children[2], number(item.filed));
    },
  });
}
