/** What happened, newest on top, and what comes next with its limit. */
import { clockTime, dueMoment, duration, missingWords, moment, timeState } from '../format.js';
import { locale, nameOf, t, tn } from '../i18n.js';
import { characterOf } from '../symbols.js';
import { unknownYear } from '../worktime.js';
import { el } from './dom.js';
import { channelName, eventName, limitWords, personName, photoName, photosMissing, satisfactionName, semicolons, stageName, stageOf, STAGES, waitingStage } from './words.js';

const STAGE_CHARACTER = { intake: '立', dispatch: '派', accept: '收', handle: '办', feedback: '反', check: '查', close: '结' };
const DELAY_S = 60;

/** The heading with the entries; ended cases have no "now" and no "next". */
export function timeline(item) {
  const events = [...item.events].reverse();
  return el('section', { class: 'case-timeline' },
    el('div', { class: 'row' }, el('h3', { class: 'panel-title' }, t('经过')), el('span', { class: 'note end' }, t('全部 %(n)s 条', { n: events.length }))),
    el('ol', { class: 'timeline' }, now(item), events.map((event) => entry(event, item))), next(item));
}

/** When the present state began. What falls due, a photo, a redraw: events that leave the state as it is. */
export function stateSince({ events, opened_at }) {
  return events.findLast(({ from_state, to_state }) => from_state !== to_state)?.at ?? opened_at;
}

function now(item) {
  const time = timeState(item);
  const stage = waitingStage(item);
  if (!stage || time === 'closed') return null;
  const { due_at } = item.timers.findLast((timer) => timer.stage === stage && !timer.stopped_at);
  const due = due_at ?? item.due_at;
  const waited_s = (Date.now() - Date.parse(stateSince(item))) / 1000;
  const waited = t('已等 %(span)s', { span: duration(waited_s, locale()) });
  const inTime = due ? t('到时未办计为超期') : missingWords(unknownYear(), locale());
  const after = time === 'overdue' ? t('已过时限，列在超期里') : inTime;
  return el('li', { class: 'timeline-item' },
    el('span', { class: `timeline-dot timeline-dot-${time === 'in_time' ? 'now' : time}`, 'aria-hidden': 'true' }, STAGE_CHARACTER[stage] ?? '·'),
    el('span', { class: 'timeline-what' }, t('待%(stage)s', { stage: stageName(stage) })),
    el('span', { class: 'timeline-time' }, due && t('至 %(due)s', { due: moment(due, Date.now(), { locale: locale() }) })),
    el('span', { class: 'timeline-note' }, semicolons([waited, after])));
}

function entry(event, item) {
  const who = event.who ? personName(event.post, event.who) : '';
  const note = noteOf(event, item);
  return el('li', { class: 'timeline-item' },
    el('span', { class: 'timeline-dot', 'aria-hidden': 'true' }, characterOf(event.to_state)),
    el('span', { class: 'timeline-what' }, eventName(event), who && el('span', { class: 'timeline-who' }, who)),
    el('time', { class: 'timeline-time', datetime: event.at }, moment(event.at, Date.now(), { locale: locale() })),
    note && el('span', { class: 'timeline-note' }, note),
    lackingOf(event));
}

/** Which photos were owed at a check or a closing, and the reason if one was given: a line of its own; null without. */
function lackingOf({ data: { photos_owed = [], given = {} } = {} }) {
  const why = given.without_evidence;
  const said = [photos_owed.length ? photosMissing(photos_owed) : '', why ? t('没有照片的理由：%(why)s', { why }) : ''].filter(Boolean);
  return said.length ? el('span', { class: 'timeline-note' }, semicolons(said)) : null;
}

/** Whom it was sent to: a worker by post and id, a department in the page's language. */
function sentTo({ data: { to, to_name }, to_name_en }) {
  return /\d/.test(to) ? personName('grid_worker', to) : nameOf({ name: to_name ?? to, name_en: to_name_en });
}

function noteOf(event, item) {
  const { data = {}, note } = event;
  const given = data.given ?? {};
  const said = [];
  if (event.operation === 'report') {
    said.push(channelName(item.channel));
    const late_s = (Date.parse(event.at) - Date.parse(event.happened_at)) / 1000;
    if (late_s > DELAY_S) said.push(t('发生 %(then)s，离线保存，%(now)s 收到', { then: clockTime(event.happened_at), now: clockTime(event.at) }));
    said.push(photoWords(item));
  }
  if (['overdue', 'promise'].includes(event.operation)) said.push((data.stages ?? []).map(({ stage }) => stageName(stage)).join(' · '));
  if (event.operation === 'photo') said.push(photoName(data.stage));
  if (event.operation === 'file') said.push(filedWords(data, item));
  if (data.area_by_hand) said.push(t('辖区外，指定由 %(area)s 承办', { area: data.area }));
  if (data.to) said.push(t('派给 %(to)s', { to: sentTo(event) }));
  if (given.satisfaction) said.push(satisfactionName(given.satisfaction));
  if (given.reason && given.reason !== note) said.push(given.reason);
  if (note) said.push(note);
  return semicolons(said);
}

function filedWords({ filing_condition }, item) {
  const condition = item.filing_condition;
  if (!condition || condition.code !== filing_condition) return filing_condition ? t('立案条件 %(code)s', { code: filing_condition }) : '';
  return t('立案条件“%(name)s”，%(limit)s', { name: nameOf(condition), limit: limitWords(condition) });
}

function photoWords(item) {
  const there = item.photos.filter(({ stage }) => ['near', 'far', 'reference', 'before'].includes(stage)).length;
  const owed = item.photos_owed.filter((stage) => stage !== 'after').length; // owed by the handler, later
  if (!there && !owed) return '';
  if (!there) return tn('欠照片 %(n)s 张', owed);
  return owed ? t('照片 %(n)s 张，欠 %(owed)s 张', { n: there, owed }) : t('照片 %(n)s 张', { n: there });
}

function next(item) {
  const at = STAGES.indexOf(waitingStage(item));
  if (at < 0) return null;
  const rows = STAGES.slice(at + 1).map((stage) => [stage, limitOf(stage, item)]);
  return [rows.length > 0 && el('h3', { class: 'panel-title' }, t('接下来')),
    el('ul', { class: 'timeline-next' }, rows.map(([stage, words]) => el('li', {},
      el('span', { class: 'timeline-dot timeline-dot-next', 'aria-hidden': 'true' }, STAGE_CHARACTER[stage]),
      el('span', {}, stageName(stage)), el('span', {}, words))),
    el('li', {}, el('span', { class: 'timeline-dot timeline-dot-next', 'aria-hidden': 'true' }, '评'), el('span', {}, t('评价')),
      el('span', {}, t('结案后回访上报人')))),
  ];
}

function limitOf(stage, item) {
  const running = item.timers.findLast((timer) => timer.stage === stage && !timer.stopped_at);
  const photos = stage === 'handle' && (item.filing_condition?.evidence ?? []).includes('after') ? t('要%(what)s照片', { what: photoName('after') }) : '';
  if (running?.due_at) return semicolons([t('%(due)s 前', { due: dueMoment(running.due_at, Date.now(), { locale: locale() }) }), photos]);
  const declared = stageOf(stage);
  if (stage === 'handle' && item.filing_condition) return semicolons([t('立案后 %(limit)s', { limit: limitWords(item.filing_condition) }), photos]);
  if (declared?.amount === undefined) return '';
  const limit = limitWords(declared);
  const check = stage === 'check' ? t('与处置人不同') : '';
  return semicolons([t('%(limit)s内', { limit }), check]);
}
