/**
 * What is left of a limit on its own clock. The page carries the working calendar from today on as
 * <script type="application/json" id="calendar">: {until: last day that is known or null, days: {day: working},
 * periods: [[starts, ends, since, until]]}; other days follow the week. The same rules as gridcenter/deadlines/rules.py.
 */
import { momentOf, today } from './localtime.js';

const DAY_MS = 86400000;
const SUNDAY = 0;
const SATURDAY = 6;

let carried;

/** The page's calendar, or null where it carries none. */
export function pageCalendar() {
  if (carried === undefined) {
    const text = globalThis.document?.getElementById?.('calendar')?.textContent;
    carried = text ? JSON.parse(text) : null;
  }
  return carried;
}

const after = (day) => new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);

function works(day, { days }) {
  const weekday = new Date(`${day}T00:00:00Z`).getUTCDay();
  return days[day] ?? (weekday !== SUNDAY && weekday !== SATURDAY);
}

const known = new WeakMap(); // calendar → day → [[begins, ends] in epoch milliseconds]
function spansOf(day, calendar) {
  if (!known.has(calendar)) known.set(calendar, new Map());
  const days = known.get(calendar);
  if (!days.has(day)) {
    const held = works(day, calendar)
      ? calendar.periods.filter(([, , since, until]) => (!since || since <= day) && (!until || day < until)) : [];
    days.set(day, held.map(([starts, ends]) => [momentOf(`${day}T${starts}`), momentOf(`${day}T${ends}`)]));
  }
  return days.get(day);
}

/**
 * {seconds, days} of working time between two moments in epoch milliseconds, a day being the hours of that day;
 * null without a calendar that reaches so far.
 */
export function workBetween(from, due, calendar = pageCalendar()) {
  const last = today(due);
  if (!calendar?.until || last > calendar.until) return null;
  let ms = 0;
  let days = 0;
  for (let day = today(from); day <= last; day = after(day)) {
    const spans = spansOf(day, calendar);
    const whole = spans.reduce((sum, [begins, ends]) => sum + ends - begins, 0);
    const part = spans.reduce((sum, [begins, ends]) => sum + Math.max(0, Math.min(ends, due) - Math.max(begins, from)), 0);
    ms += part;
    if (whole) days += part / whole;
  }
  return { seconds: Math.floor(ms / 1000), days };
}

/** The first year whose calendar the page does not know. */
export function unknownYear(calendar = pageCalendar(), now = Date.now()) {
  return Number((calendar?.until ? after(calendar.until) : today(now)).slice(0, 4));
}
