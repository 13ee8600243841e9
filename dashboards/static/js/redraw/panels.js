/** The panels of the editor as elements: steps, what is handed over, faults, balance, record. Pure: state in, nodes out. */
import { moment, number } from '../format.js';
import { locale, t, labelWords } from '../i18n.js';
import { button, node } from '../areas/nodes.js';
import { faultSymbol } from '../symbols.js';
import { findingWords, operationName, shortName, stepWords } from './words.js';

const MOST_ROWS = 120;
const when = (at) => moment(at, Date.now(), { locale: locale() });
const who = (label) => (label ? labelWords(label) : t('系统'));

export function section(title, aside, ...children) {
  return node('section', { className: 'redraw-section' }, node('header', { className: 'redraw-section-head' }, node('h2', {}, title), aside ? node('span', { className: 'second' }, aside) : null), ...children);
}

/** The steps of the plan, those that wait for the connection last. */
export function stepList({ plan, waiting, find, mayEdit, onRemove }) {
  const rows = plan.items.map((item) => node(
    'li', { className: 'redraw-step' }, node('span', { className: 'chip chip-prop' }, operationName(item.operation)),
    node('span', { className: 'grow' }, stepWords(item, find)),
    mayEdit && item.operation !== 'restore' ? button(t('去掉'), { kind: 'text', small: true, on: () => onRemove(item) }) : null,
  ));
  const late = waiting.map((row) => node(
    'li', { className: 'redraw-step redraw-step-waiting' }, node('span', { className: 'chip chip-pause' }, operationName(row.operation)),
    node('span', { className: 'grow' }, stepWords(row, find)), node('span', { className: 'second' }, t('在本机，待送')),
  ));
  const list = rows.length + late.length ? node('ol', { className: 'redraw-steps' }, rows, late)
    : node('p', { className: 'redraw-none' }, mayEdit ? t('还没有步骤。按 S 拆分、M 合并、B 移界，或点一个区域。') : t('没有步骤'));
  return section(t('方案 %(n)s 项', { n: number(plan.items.length + waiting.length) }), waiting.length ? t('%(n)s 项待送', { n: waiting.length }) : '', list);
}

/** What moves at the hour; `totals` of a preview, or the summary of a plan that has come into effect. */
export function handOver(totals) {
  if (!totals) return null;
  const rows = [[t('户数'), totals.households], [t('楼栋'), totals.buildings], [t('在办案件'), totals.open_incidents], [t('责任变动'), totals.duties],
    [t('新区域'), totals.new], [t('停用区域'), totals.retired]];
  const shown = rows.filter(([, n]) => n !== undefined && n !== null);
  return section(t('生效时移交'), '', node('dl', { className: 'redraw-figures' }, shown.map(([name, n]) => node('div', {}, node('dt', {}, name), node('dd', {}, number(n))))),
    node('p', { className: 'note' }, t('已结案件和上月数字留在旧区域，不变。生效前可撤回，生效后可还原。')));
}

export function dutyList(duties) {
  if (!duties?.length) return null;
  return section(t('责任'), t('%(n)s 项', { n: duties.length }), node('ul', { className: 'redraw-duties' }, duties.slice(0, 12).map((duty) => node(
    'li', {}, node('span', {}, t('网格员 %(n)s', { n: duty.worker })), node('span', { className: 'second grow' }, duty.area.slice(-7)),
    node('span', { className: duty.change === 'ends' ? 'second' : 'redraw-new' }, duty.change === 'ends' ? t('结束') : t('开始')),
  )), duties.length > 12 ? node('li', { className: 'note' }, t('还有 %(n)s 项', { n: duties.length - 12 })) : null));
}

/** Numbered faults; the same numbers stand on the map. */
export function faultList({ findings, at, busy, onGo, old = [] }) {
  const refused = findings.filter(({ severity }) => severity === 'refuse').length;
  const warned = findings.length - refused;
  const chips = node('span', { className: 'redraw-chips' },
    refused ? node('span', { className: 'chip chip-over' }, t('错误 %(n)s', { n: refused })) : null,
    warned ? node('span', { className: 'chip chip-soon' }, t('提醒 %(n)s', { n: warned })) : null,
    busy ? node('span', { className: 'second' }, t('正在算')) : null);
  const rows = findings.map((finding, i) => node(
    'li', { className: `redraw-fault${finding.severity === 'refuse' ? ' is-refused' : ''}`, data: { fault: String(i) }, aria: i === at ? { current: 'true' } : {} },
    faultSymbol({ number: i + 1, error: finding.severity === 'refuse' }),
    node('div', { className: 'grow' }, node('p', {}, findingWords(finding)),
      finding.severity === 'refuse' ? null : node('p', { className: 'second' }, t('只提醒，不挡批准'))),
    finding.geometry ? button(t('定位'), { small: true, on: () => onGo(i) }) : null,
  ));
  const good = node('p', { className: 'redraw-good' }, t('没有空隙、重叠和越界'));
  const below = old.length ? node('p', { className: 'note redraw-old' }, t('现行边界另有 %(n)s 处老问题，不是本方案造成的。', { n: number(old.length) })) : null;
  const box = section(t('问题'), '', rows.length ? node('ol', { className: 'redraw-faults' }, rows) : good, below);
  box.querySelector('header').append(chips);
  return box;
}

/** Households of each area before and after, as figures and bars. */
export function balanceList({ rows, chosen, locked, flagged, onPick }) {
  const most = Math.max(1, ...rows.flatMap(({ before, after }) => [before ?? 0, after ?? 0]));
  const list = node('ul', { className: 'redraw-balance' }, rows.slice(0, MOST_ROWS).map((row) => balanceRow(row, { most, chosen, locked, flagged, onPick })));
  const stand = rows.filter(({ change }) => change !== 'retired').map(({ after }) => after).filter((n) => n !== null && n !== undefined);
  const had = rows.map(({ before }) => before).filter((n) => n !== null && n !== undefined);
  const range = stand.length && had.length ? node('p', { className: 'redraw-range' },
    t('最大 %(a)s → %(b)s', { a: number(Math.max(...had)), b: number(Math.max(...stand)) }), ' · ',
    t('最小 %(a)s → %(b)s', { a: number(Math.min(...had)), b: number(Math.min(...stand)) }), ' · ',
    t('个数 %(a)s → %(b)s', { a: number(had.length), b: number(stand.length) })) : null;
  const more = rows.length > MOST_ROWS ? node('p', { className: 'note redraw-old' }, t('还有 %(n)s 个没有变动的区域，在地图上点选', { n: number(rows.length - MOST_ROWS) })) : null;
  return section(t('均衡，户'), t('现行 → 方案'), list, more, range);
}

function balanceRow({ key, area, before, after, change }, { most, chosen, locked, flagged, onPick }) {
  const bar = (n, kind) => {
    const made = node('span', { className: `redraw-gauge redraw-gauge-${kind}` });
    made.style.width = `${((n ?? 0) / most) * 100}%`;
    return made;
  };
  const figure = (n) => (n === null || n === undefined ? '—' : number(n));
  const name = change === 'new' ? t('新 %(a)s', { a: shortName(area) }) : shortName(area);
  return node('li', {}, node(
    'button', {
      type: 'button', className: `redraw-row${change ? ' is-changed' : ''}${change === 'retired' ? ' is-retired' : ''}`, data: { key },
      aria: { pressed: String(chosen.includes(key)) }, on: { click: () => onPick(key) },
    },
    node('span', { className: 'redraw-row-name' }, name, locked.has(key) ? node('span', { className: 'second' }, t(' 已锁')) : null),
    node('span', { className: 'redraw-row-figures' }, `${change === 'new' ? '—' : figure(before)} → `, node('b', { className: flagged.has(key) ? 'is-over' : '' }, change === 'retired' ? t('停用') : figure(after))),
    node('span', { className: 'redraw-bars', aria: { hidden: 'true' } }, bar(before, 'was'), bar(after, change ? 'changed' : 'is')),
  ));
}

export function record(plan, find) {
  const rows = [[plan.created_at, plan.author, t('建立方案')], ...plan.items.map((item) => [item.at, item.by, `${operationName(item.operation)} ${stepWords(item, find)}`]),
    [plan.checked_at, plan.author, t('校核')], [plan.approved_at, plan.approver, t('批准')], [plan.applied_at, null, t('生效')],
    [plan.failed_at, null, t('没能生效：%(why)s', { why: failureWords(plan.failure) })],
    [plan.withdrawn_at, plan.withdrawn_by, plan.withdrawn_reason ? t('撤回：%(why)s', { why: plan.withdrawn_reason }) : t('撤回')]].filter(([at]) => at);
  rows.sort((a, b) => String(b[0]).localeCompare(String(a[0])));
  return section(t('方案记录'), '', node('ul', { className: 'redraw-record' }, rows.map(([at, by, words]) => node(
    'li', {}, node('time', { dateTime: at }, when(at)), node('span', { className: 'second' }, who(by)), node('span', { className: 'grow' }, words),
  ))));
}

function failureWords(failure) {
  if (!failure) return '';
  return findingWords(failure);
}
