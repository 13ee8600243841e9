/** The case: head, steps, facts, photos, timeline, and the bar of what can be done with it. */
import { api } from '../api.js';
import { accuracy, distance, dueMoment, missingWords, timeState } from '../format.js';
import { icon } from '../icons.js';
import { isEnglish, locale, nameOf, t } from '../i18n.js';
import { now } from '../ticker.js';
import { unknownYear } from '../worktime.js';
import { el } from './dom.js';
import { photoColumn } from './photos.js';
import { similarCard } from './similar.js';
import { timeline } from './timeline.js';
import { commas, limitWords, personName, placeWords, severityName, shortNumber, stageLeft, stateName, stateOf, channelName, waitingStage } from './words.js';

const STAGE_STEP = { intake: 2, dispatch: 3, accept: 4, handle: 4, feedback: 5, check: 6, close: 7 };
const CHIP_ICONS = { in_time: 'clock', soon: 'clock', overdue: 'triangle', closed: 'check' };

/** The chip beside the title: what is left of the stage, or how the case ended. */
export function timeChip(item) {
  const time = timeState(item, now());
  const words = time === 'closed' ? stateName(item.state) : stageLeft(item);
  return el('span', { class: `chip chip-${time}`, dataset: { chip: '' } }, CHIP_ICONS[time] && icon(CHIP_ICONS[time]), words);
}

function head(item) {
  return el('header', { class: 'case-head' },
    el('div', { class: 'case-title' },
      el('h2', { class: 'title cut', tabindex: '-1', title: nameOf(item.matter) }, nameOf(item.matter)),
      el('span', { class: 'chip chip-outline' }, severityName(item.severity)), timeChip(item),
      el('span', { class: 'case-number code', title: item.number }, shortNumber(item.number))),
    item.synthetic && el('p', { class: 'note' }, t('示例数据，非真实案件')),
    steps(item));
}

function stepNow(item) {
  if (item.state === 'evaluated') return 8;
  return STAGE_STEP[waitingStage(item)] ?? stateOf(item.state).step ?? 1;
}

function steps(item) {
  const names = [t('上报'), t('立案'), t('派遣'), t('处理'), t('反馈'), t('核查'), t('评价')];
  const at = stepNow(item);
  const time = timeState(item, now());
  return el('ol', { class: 'steps', 'aria-label': t('七个环节') }, names.map((name, i) => {
    const kind = i + 1 < at ? 'step-done' : i + 1 === at ? `step-now step-${time}` : '';
    return el('li', { class: `step ${kind}`, 'aria-current': i + 1 === at ? 'step' : null }, name);
  }));
}

function belongs(item, candidates) {
  const { outside, certain, border_m, accuracy_m } = item.location;
  const known = commas([
    border_m !== null && !outside && t('距边界 %(d)s', { d: distance(border_m, locale()) }),
    accuracy_m !== null && t('精度 %(a)s', { a: accuracy(accuracy_m, locale()) }),
  ]);
  if (outside) return [el('span', { class: 'chip chip-soon' }, t('辖区外')), ' ', t('不在任何网格内，由受理员处理')];
  if (certain) return [el('b', { class: 'is-done' }, '✓ ', t('确定')), known && (isEnglish() ? `, ${known}` : `，${known}`)];
  const others = candidates.map(({ place, distance_m }) => (
    el('li', {}, place.split(' · ').slice(-2).join(' '), distance_m > 0 && ` · ${distance(distance_m, locale())}`)));
  return [el('span', { class: 'chip chip-soon' }, t('归属待确认')), ' ', known,
    others.length > 1 && el('ul', { class: 'case-sides', 'aria-label': t('可能的归属，按距离') }, others)];
}

function limit(item) {
  const condition = item.filing_condition;
  if (!condition) return null;
  const timer = [...item.timers].reverse().find(({ stage }) => stage === 'handle');
  const words = limitWords(timer ?? condition);
  if (!timer) return t('立案后 %(limit)s', { limit: words });
  if (!timer.due_at) return commas([words, missingWords(unknownYear(), locale())]);
  return t('%(limit)s，至%(due)s', { limit: words, due: dueMoment(timer.due_at, Date.now(), { locale: locale() }) });
}

function owner(item) {
  if (item.holder) return personName('grid_worker', item.holder.to);
  if (item.department) return nameOf(item.department);
  const department = nameOf(item.default_department);
  if (!item.responsible) return department || t('没有责任人');
  const who = personName('grid_worker', item.responsible.to);
  return department ? t('%(who)s；不成转%(department)s', { who, department }) : who;
}

function facts(item, candidates) {
  const rows = [
    [t('位置'), [placeWords(item, 3), item.address && el('span', { class: 'case-line' }, item.address)]],
    [t('归属'), belongs(item, candidates)],
    [t('立案条件'), nameOf(item.filing_condition) || t('未选')],
    [t('时限'), limit(item)],
    [t('主责'), owner(item)],
    [t('来源'), channelName(item.channel)],
    [t('描述'), item.description],
  ];
  return el('dl', { class: 'facts' }, rows.filter(([, value]) => value).flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]));
}

/** The candidates of an uncertain place, nearest first; an empty list when it is certain or cannot be asked. */
export async function sidesOf(item) {
  if (item.location.certain || item.location.outside) return [];
  try {
    const found = await api.get('locate', { lon: item.lon, lat: item.lat, datum: 'cgcs2000', accuracy_m: item.location.accuracy_m });
    return found.candidates ?? [];
  } catch {
    return []; // the chip already says that it is uncertain
  }
}

/** Everything about the case but the operations, as one scrolling part. */
export function caseBody(item, { sides, similar }, { onPhoto, same, different }) {
  return el('div', { class: 'case-scroll', tabindex: '0', role: 'region', 'aria-label': t('案件内容') }, head(item),
    el('div', { class: 'case-facts' }, facts(item, sides), photoColumn(item, onPhoto)),
    similarCard(item, similar, { same, different }),
    timeline(item));
}

/** True size while the case is fetched. */
export function caseSkeleton() {
  return el('div', { class: 'case-skeleton', 'aria-hidden': 'true' },
    [40, 90, 70, 80, 60, 75, 50].map((share) => {
      const bar = el('span', { class: 'skeleton' });
      bar.style.width = `${share}%`;
      return bar;
    }));
}
