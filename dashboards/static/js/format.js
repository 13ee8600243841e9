/**
 * Words for times, figures and places as the house writes them (zh, en). Pure: now and locale are passed
 * in, the time zone is the place's; times are ISO strings, Dates or epoch milliseconds.
 * A figure keeps its unit by a no-break space (U+00A0); inside codes there is none.
 */

import { ZONE, parts as partsOf } from './localtime.js';
import { pageCalendar, unknownYear, workBetween } from './worktime.js';

export const NBSP = '\u00a0';
export const NONE = '—';
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TINY = 1e-9; // parts of days add up to a little less
const WEEKDAYS = {
  zh: ['周日', '周一', '周二', '周三', '周四', '周五', '周六'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
};
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const CLOCKS = {
  urgent_hour: { zh: '紧急工作时（昼夜计时）', en: 'urgent hours (day and night)' },
  work_hour: { zh: '工作时', en: 'working hours' },
  work_day: { zh: '工作日', en: 'working days' },
  natural_day: { zh: '自然日', en: 'calendar days' },
};

const isEnglish = (locale) => String(locale ?? 'zh').toLowerCase().startsWith('en');
const millis = (at) => (at instanceof Date ? at.getTime() : typeof at === 'number' ? at : Date.parse(at));
const two = (n) => String(n).padStart(2, '0');

const parts = (at, zone) => partsOf(millis(at), zone);
const dayNumber = (p) => Math.round(Date.UTC(p.year, p.month - 1, p.day) / 86400000);
const weekday = (p) => new Date(Date.UTC(p.year, p.month - 1, p.day)).getUTCDay();

/** '17 分钟', '1 小时 04 分', '2 天 3 小时'; a whole hour or day drops the second part. Rounded down. */
export function duration(seconds, locale = 'zh') {
  const en = isEnglish(locale);
  const s = Math.max(0, Math.floor(Math.abs(seconds)));
  if (s < MINUTE) return en ? `less than 1${NBSP}min` : `不到${NBSP}1${NBSP}分钟`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)}${NBSP}${en ? 'min' : '分钟'}`;
  if (s < DAY) {
    const rest = Math.floor((s % HOUR) / MINUTE);
    const hours = `${Math.floor(s / HOUR)}${NBSP}${en ? 'h' : '小时'}`;
    return rest ? `${hours} ${two(rest)}${NBSP}${en ? 'min' : '分'}` : hours;
  }
  const hours = Math.floor((s % DAY) / HOUR);
  const days = `${number(Math.floor(s / DAY))}${NBSP}${en ? 'd' : '天'}`;
  return hours ? `${days} ${hours}${NBSP}${en ? 'h' : '小时'}` : days;
}

/**
 * The time state now of a case that carries `time_state` and, where its clock runs, `due_at` and `soon_at`.
 * Only moves forward from what the server said (in_time → soon → overdue); stopped and closed stay.
 */
export function timeState({ time_state = 'in_time', due_at = null, soon_at = null }, now = Date.now()) {
  if (time_state === 'stopped' || time_state === 'closed' || time_state === 'overdue') return time_state;
  if (due_at && millis(now) > millis(due_at)) return 'overdue';
  if (soon_at && millis(now) >= millis(soon_at)) return 'soon';
  return time_state;
}

/**
 * '剩 17 分钟', '超 26 分钟', '剩 3 工作时，至周一 10:00', '2027 年工作日历未导入', '停表', '按期结案'.
 * A limit in working time (`limit_unit` work_hour, work_day) says what is left of it by the working calendar;
 * once it is over, time runs on at night too. A running stage without a due time waits for a calendar. `brief`, for
 * rows and pills: without the moment, '缺 2027 年日历'.
 */
export function timeLeft(item, now = Date.now(), { locale = 'zh', zone = ZONE, calendar = pageCalendar(), brief = false } = {}) {
  const en = isEnglish(locale);
  const state = timeState(item, now);
  if (state === 'closed') return closedWords(item, en);
  if (!item.due_at && item.stage) return missingWords(unknownYear(calendar, millis(now)), locale, brief);
  if (state === 'stopped') return en ? 'clock stopped' : '停表';
  if (!item.due_at) return en ? 'no limit' : '无时限';
  const left_s = (millis(item.due_at) - millis(now)) / 1000;
  const gap = Math.abs(left_s) < MINUTE ? '' : NBSP; // 剩不到 1 分钟: a space stands only before figures
  if (left_s < 0) return en ? `${duration(left_s, locale)} overdue` : `超${gap}${duration(left_s, locale)}`;
  const work = workingWords(item, now, calendar, en);
  if (work && brief) return en ? `${work} left` : `剩${NBSP}${work}`;
  if (work) {
    const due = dueMoment(item.due_at, now, { locale, zone });
    return en ? `${work} left, until ${due}` : `剩${NBSP}${work}，至${due}`;
  }
  return en ? `${duration(left_s, locale)} left` : `剩${gap}${duration(left_s, locale)}`;
}

function closedWords({ closed_at, close_due_at }, en) {
  if (!closed_at || !close_due_at) return en ? 'closed' : '已结案';
  if (millis(closed_at) <= millis(close_due_at)) return en ? 'closed in time' : '按期结案';
  return en ? 'closed late' : '超期结案';
}
/** '2027 年工作日历未导入': why a limit has no due time. */
export function missingWords(year, locale = 'zh', brief = false) {
  if (brief) return isEnglish(locale) ? `no ${year} calendar` : `缺${NBSP}${year}${NBSP}年日历`;
  return isEnglish(locale) ? `the ${year} working calendar is missing` : `${year}${NBSP}年工作日历未导入`;
}
function workingWords({ limit_unit, due_at }, now, calendar, en) {
  if (limit_unit !== 'work_hour' && limit_unit !== 'work_day') return null;
  const left = workBetween(millis(now), millis(due_at), calendar);
  if (!left) return null;
  if (limit_unit === 'work_day' && left.days >= 1 - TINY) {
    const days = Math.floor(left.days + TINY);
    return `${days}${NBSP}${en ? (days === 1 ? 'working day' : 'working days') : '工作日'}`;
  }
  if (left.seconds >= HOUR) return `${Math.floor(left.seconds / HOUR)}${NBSP}${en ? 'working h' : '工作时'}`;
  return `${Math.max(1, Math.floor(left.seconds / MINUTE))}${NBSP}${en ? 'working min' : '工作分钟'}`;
}

/** The clock type in words: '紧急工作时（昼夜计时）'. */
export function clockWords(unit, locale = 'zh') {
  return CLOCKS[unit]?.[isEnglish(locale) ? 'en' : 'zh'] ?? '';
}

/** A date without time: '11月20日' this year, '2025-11-20' in other years. */
export function day(at, now = Date.now(), { locale = 'zh', zone = ZONE } = {}) {
  const p = parts(at, zone);
  if (p.year !== parts(now, zone).year) return `${p.year}-${two(p.month)}-${two(p.day)}`;
  return isEnglish(locale) ? `${p.day}${NBSP}${MONTHS[p.month - 1]}` : `${p.month}月${p.day}日`;
}

/** Clock time 24 h: '14:32' today, '11月20日 14:32' this year, '2025-11-20' in other years. */
export function moment(at, now = Date.now(), { locale = 'zh', zone = ZONE } = {}) {
  if (at === null || at === undefined) return NONE;
  const p = parts(at, zone);
  const n = parts(now, zone);
  if (dayNumber(p) === dayNumber(n)) return `${two(p.hour)}:${two(p.minute)}`;
  const date = day(at, now, { locale, zone });
  return p.year === n.year ? `${date}${NBSP}${two(p.hour)}:${two(p.minute)}` : date;
}

/** When something is due: '今日 16:19', '明日 09:00', '周一 10:00' within six days, else as `moment` with its hour. */
export function dueMoment(at, now = Date.now(), { locale = 'zh', zone = ZONE } = {}) {
  if (at === null || at === undefined) return NONE;
  const en = isEnglish(locale);
  const p = parts(at, zone);
  const days = dayNumber(p) - dayNumber(parts(now, zone));
  const clock = `${two(p.hour)}:${two(p.minute)}`;
  if (days === 0) return `${en ? 'today' : '今日'}${NBSP}${clock}`;
  if (days === 1) return `${en ? 'tomorrow' : '明日'}${NBSP}${clock}`;
  if (days > 1 && days < 7) return `${WEEKDAYS[en ? 'en' : 'zh'][weekday(p)]}${NBSP}${clock}`;
  return `${day(at, now, { locale, zone })}${NBSP}${clock}`;
}

/** Date of an official document: '2026年11月20日'. */
export function officialDate(at, { locale = 'zh', zone = ZONE } = {}) {
  const p = parts(at, zone);
  return isEnglish(locale) ? `${p.day} ${MONTHS[p.month - 1]} ${p.year}` : `${p.year}年${p.month}月${p.day}日`;
}

/** '11月20日 星期五' for the wall's head. */
export function longDay(at, { locale = 'zh', zone = ZONE } = {}) {
  const p = parts(at, zone);
  if (isEnglish(locale)) return `${WEEKDAYS.en[weekday(p)]} ${p.day} ${MONTHS[p.month - 1]}`;
  return `${p.month}月${p.day}日 ${WEEKDAYS.zh[weekday(p)].replace('周', '星期')}`;
}

/** '14:32' whatever the day. */
export function clockTime(at, { zone = ZONE } = {}) {
  const p = parts(at, zone);
  return `${two(p.hour)}:${two(p.minute)}`;
}

/** '2 秒前', '6 分钟前' up to 59 minutes, then the clock time. A future time (clocks differ) counts as 0. */
export function age(at, now = Date.now(), { locale = 'zh', zone = ZONE } = {}) {
  if (at === null || at === undefined) return NONE;
  const s = Math.max(0, Math.floor((millis(now) - millis(at)) / 1000));
  if (s < HOUR) return ageWords(s, locale);
  return moment(at, now, { locale, zone });
}

/** The same from seconds: '2 秒前', '6 分钟前', '3 小时前'. */
export function ageWords(seconds, locale = 'zh') {
  return isEnglish(locale) ? `${spanWords(seconds, locale)} ago` : `${spanWords(seconds, locale)}前`;
}

/** A span in its largest unit, rounded down: '20 秒', '4 分钟', '3 小时'. */
export function spanWords(seconds, locale = 'zh') {
  const en = isEnglish(locale);
  const s = Math.max(0, Math.floor(seconds));
  if (s < MINUTE) return `${s}${NBSP}${en ? 's' : '秒'}`;
  if (s < HOUR) return `${Math.floor(s / MINUTE)}${NBSP}${en ? 'min' : '分钟'}`;
  return `${Math.floor(s / HOUR)}${NBSP}${en ? 'h' : '小时'}`;
}

/** '27,609'; null gives '—'. */
export function number(n, decimals = 0) {
  if (n === null || n === undefined || !Number.isFinite(Number(n))) return NONE;
  const [whole, rest] = Number(n).toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return rest ? `${grouped}.${rest}` : grouped;
}

/** '38 件': figure and Han unit with a no-break space. */
export function withUnit(n, unit, decimals = 0) {
  const figure = number(n, decimals);
  return figure === NONE ? NONE : `${figure}${NBSP}${unit}`;
}

/**
 * The figure of a rate in per cent without the sign: one decimal, rounded half up in whole numbers, never
 * up to 100 nor down to 0; exactly all is '100', exactly none '0'; without a denominator '—'.
 */
export function rateFigure(numerator, denominator) {
  if (!denominator || numerator === null || numerator === undefined) return NONE;
  const n = BigInt(Math.round(numerator));
  const d = BigInt(Math.round(denominator));
  if (d <= 0n) return NONE;
  let tenths = (n * 2000n + d) / (d * 2n);
  if (n !== d && tenths === 1000n) tenths = n < d ? 999n : 1001n;
  if (n > 0n && tenths === 0n) tenths = 1n;
  if (n === d) return '100';
  if (n === 0n) return '0';
  return `${number(Number(tenths / 10n))}.${tenths % 10n}`;
}

/** '93.3%' or '—'. */
export function rate(numerator, denominator) {
  const figure = rateFigure(numerator, denominator);
  return figure === NONE ? NONE : `${figure}%`;
}

/** '608 / 652', the evidence under a rate. */
export function fraction(numerator, denominator) {
  return `${number(numerator)}${NBSP}/${NBSP}${number(denominator)}`;
}

/** Below 10,000 m² '9,840 平方米', else '46.5 公顷'. */
export function area(area_m2, locale = 'zh') {
  if (area_m2 === null || area_m2 === undefined) return NONE;
  const en = isEnglish(locale);
  if (Math.round(area_m2) < 10000) return withUnit(Math.round(area_m2), en ? 'm²' : '平方米');
  return withUnit(halfUp(area_m2 / 10000, 1), en ? 'ha' : '公顷', 1);
}

/** '33 米', from 1 km on '1.2 公里'. */
export function distance(distance_m, locale = 'zh') {
  if (distance_m === null || distance_m === undefined) return NONE;
  const en = isEnglish(locale);
  if (Math.round(distance_m) < 1000) return withUnit(Math.round(distance_m), en ? 'm' : '米');
  return withUnit(halfUp(distance_m / 1000, 1), en ? 'km' : '公里', 1);
}

/** Faults are exact to a decimal: '0.6 米', '12.4 平方米'. */
export function faultDistance(distance_m, locale = 'zh') {
  return withUnit(halfUp(distance_m, 1), isEnglish(locale) ? 'm' : '米', 1);
}
export function faultArea(area_m2, locale = 'zh') {
  return withUnit(halfUp(area_m2, 1), isEnglish(locale) ? 'm²' : '平方米', 1);
}

/** '±8 米' of a position's accuracy, rounded up: a position is never said better than it is. */
export function accuracy(accuracy_m, locale = 'zh') {
  if (accuracy_m === null || accuracy_m === undefined) return NONE;
  return `±${Math.ceil(accuracy_m)}${NBSP}${isEnglish(locale) ? 'm' : '米'}`;
}

/** Counts of care objects below five are never shown as a figure. */
export function smallCount(n, locale = 'zh') {
  if (n === null || n === undefined) return NONE;
  if (n > 0 && n < 5) return isEnglish(locale) ? 'fewer than 5' : `少于${NBSP}5`;
  return number(n);
}

/** '1.2 MB' of a file or outbox row. */
export function bytes(n) {
  if (n < 1024) return `${n}${NBSP}B`;
  if (n < 1024 * 1024) return `${Math.round(n / 1024)}${NBSP}KB`;
  return `${halfUp(n / 1024 / 1024, 1).toFixed(1)}${NBSP}MB`;
}

function halfUp(value, decimals) {
  const scale = 10 ** decimals;
  return Math.floor(value * scale + 0.5 + 1e-9) / scale;
}
