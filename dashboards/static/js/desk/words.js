/** What the desk calls things: names that are data come from the API, the program's own words from the catalogue. */
import { api } from '../api.js';
import { isEnglish, locale, nameOf, t } from '../i18n.js';
import { clockWords, NBSP, number, timeLeft } from '../format.js';
import { now as shownNow } from '../ticker.js';

/** The queue's tabs in the order of the loop, with the posts whose work they are. */
export const TABS = Object.freeze([
  { key: 'intake', states: ['reported'], posts: ['intake', 'duty_officer'], name: () => t('待受理') },
  { key: 'dispatch', states: ['filed', 'returned'], posts: ['dispatcher', 'duty_officer'], name: () => t('待派遣') },
  { key: 'accept', states: ['dispatched'], posts: ['handler'], name: () => t('待签收') },
  {
    key: 'handle', states: ['dispatched', 'accepted', 'handling', 'rework', 'handled'],
    posts: ['intake', 'dispatcher', 'duty_officer', 'official'], name: () => t('在办'),
  },
  { key: 'mine', states: ['accepted', 'handling', 'rework', 'handled'], posts: ['handler'], name: () => t('在办') },
  { key: 'check', states: ['feedback'], posts: ['dispatcher', 'duty_officer', 'intake', 'handler'], name: () => t('待核查') },
  { key: 'close', states: ['checking'], posts: ['intake', 'duty_officer'], name: () => t('待结案') },
  { key: 'evaluate', states: ['closed'], posts: ['official'], name: () => t('待评价') },
]);
/** Which tab a post opens first. */
const FIRST = { duty_officer: 'dispatch', dispatcher: 'dispatch', intake: 'intake', handler: 'accept', official: 'handle' };

export function tabsFor(posts) {
  return TABS.filter((tab) => tab.posts.some((post) => posts.includes(post)));
}
export function firstTab(posts) {
  const key = Object.keys(FIRST).find((post) => posts.includes(post));
  return FIRST[key] ?? tabsFor(posts)[0]?.key;
}

/** The stages in the order of the loop; the API gives their names and limits. */
export const STAGES = Object.freeze(['intake', 'dispatch', 'accept', 'handle', 'feedback', 'check', 'close']);

const channels = new Map();
const states = new Map();
const stages = new Map();

/** Fetches channels, states and stages once. */
export async function loadWords() {
  const [found, procedure] = await Promise.all([api.get('channels'), api.get('procedures/incident')]);
  for (const row of found.items) channels.set(row.code, row);
  for (const row of procedure.states) states.set(row.state, row);
  for (const row of procedure.stages ?? []) stages.set(row.stage, row);
}

export const channelName = (code) => nameOf(channels.get(code)) || code;
export const stateName = (state) => nameOf(states.get(state)) || state;
export const stateOf = (state) => states.get(state) ?? {};
export const stageOf = (stage) => stages.get(stage) ?? null;
export const stageName = (stage) => nameOf(stages.get(stage)) || '';
/** Channels that a case can come by: the leaves of the tree; with `posts` those by which these posts report. */
export function channelChoices(posts = null) {
  const parents = new Set([...channels.values()].map((row) => row.parent));
  return [...channels.values()].filter((row) => !parents.has(row.code) && (!posts || row.posts.some((post) => posts.includes(post))));
}

export function severityName(severity) {
  const names = { simple: t('简易'), general: t('一般'), prominent: t('突出'), major: t('重大') };
  return names[severity] ?? severity;
}
export function photoName(stage) {
  const names = {
    near: t('近景'), far: t('远景'), reference: t('参照物'), before: t('处置前'), after: t('处置后'), check: t('核查'),
  };
  return names[stage] ?? stage;
}
const PHOTO_ORDER = ['near', 'far', 'reference', 'before', 'after', 'check'];
/** '缺照片：近景、处置后', in the order in which they are taken. */
export function photosMissing(stages) {
  const names = PHOTO_ORDER.filter((stage) => stages.includes(stage)).map(photoName);
  return t('缺照片：%(what)s', { what: names.join(isEnglish() ? ', ' : '、') });
}
export function postName(post) {
  const names = {
    grid_worker: t('网格员'), intake: t('受理员'), dispatcher: t('派遣员'), duty_officer: t('值班长'),
    handler: t('承办部门'), official: t('街道'),
  };
  return names[post] ?? '';
}
/** A person as post and id ('网格员 03-012'); a name without an id stays as it is. */
export function personName(post, name) {
  const role = postName(post);
  const id = /(?:^|\s)([\w-]*\d[\w-]*)$/.exec(name ?? '')?.[1];
  return [role, id && role ? id : name].filter(Boolean).join(' ');
}
export function satisfactionName(value) {
  const names = {
    satisfied: t('满意'), basically_satisfied: t('基本满意'), dissatisfied: t('不满意'), unreachable: t('联系不上'),
  };
  return names[value] ?? value;
}

/** '1123-0053' while it is this year, else the whole number. */
export function shortNumber(text, now = new Date()) {
  return text?.startsWith(String(now.getFullYear())) ? text.slice(4) : text ?? '';
}
/** Punctuation between parts, as each language writes it. */
export const commas = (parts) => parts.filter(Boolean).join(isEnglish() ? ', ' : '，');
export const semicolons = (parts) => parts.filter(Boolean).join(isEnglish() ? '; ' : '；');
export const bracketed = (words) => (isEnglish() ? ` (${words})` : `（${words}）`);

/** The place without its micro-grid where room is short. */
export function placeWords(item, parts = 2) {
  if (item.outside) return t('辖区外');
  return (item.place ?? '').split(' · ').slice(0, parts).join(' ');
}
/** '派遣剩 17 分钟'. */
export function stageLeft(item, now = shownNow()) {
  const left = timeLeft(item, now, { locale: locale() });
  const stage = item.time_state === 'closed' || !item.due_at ? '' : stageName(item.stage);
  if (!stage) return left;
  return isEnglish() ? `${stage}: ${left}` : `${stage}${left}`;
}
/** The stage that is waited for: the earliest whose clock has not been stopped; null when none runs. */
export function waitingStage({ timers }) {
  const running = new Set(timers.filter(({ stopped_at }) => !stopped_at).map(({ stage }) => stage));
  return STAGES.find((stage) => running.has(stage)) ?? null;
}
/** '2 紧急工作时（昼夜计时）'; half hours of a day-and-night clock in minutes. */
export function limitWords({ amount, limit_amount, unit, limit_unit }) {
  const n = Number(amount ?? limit_amount);
  const clock = unit ?? limit_unit;
  if (!Number.isFinite(n)) return '';
  const words = clockWords(clock, locale());
  if (clock === 'urgent_hour' && n < 1) return t('%(n)s 分钟', { n: Math.round(n * 60) });
  return `${number(n, Number.isInteger(n) ? 0 : 1)}${NBSP}${words}`;
}
const MARKS = ['overdue', 'rehome', 'photo'];
/** The event that made the present version of a case. */
export const lastChange = ({ events }) => events.findLast(({ operation }) => !MARKS.includes(operation)) ?? events.at(-1);
/** Who did an event, by post and id in the page's language. */
export const doneBy = ({ post, who }) => (who ? personName(post, who) : t('系统'));
/** What was done, from an event. */
export function eventName({ operation, to_state, from_state }) {
  if (operation === 'handle') return to_state === 'handling' ? t('到场处理') : t('办结');
  if (operation === 'check') return to_state === 'rework' ? t('核查不通过，返工') : t('核查通过');
  if (operation === 'return') return ['filed', 'returned'].includes(from_state) ? t('退回受理') : t('退回');
  const names = {
    report: t('上报'), file: t('立案'), reject: t('不予受理'), dispatch: t('派遣'), accept: t('签收'),
    feedback: t('反馈'), close: t('结案'), evaluate: t('评价'), overdue: t('超过时限'), photo: t('加照片'),
    promise: t('工作日历已导入，算出到期时间'),
  };
  return names[operation] ?? operation;
}
