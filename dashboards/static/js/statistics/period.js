/** Periods of local days, both included. Pure: today is passed in as 'YYYY-MM-DD'. */
import { isEnglish, t } from '../i18n.js';

const DAY_MS = 86400000;
const at = (day) => Date.parse(`${day}T00:00:00Z`);
const text = (ms) => new Date(ms).toISOString().slice(0, 10);

/** {from, to} of month | last_month | six_weeks. */
export function periodOf(name, day) {
  const first = `${day.slice(0, 8)}01`;
  if (name === 'last_month') {
    const last = text(at(first) - DAY_MS);
    return { from: `${last.slice(0, 8)}01`, to: last };
  }
  if (name === 'six_weeks') return { from: weeksBefore(day, 5), to: day };
  return { from: first, to: day };
}

/** The Monday `weeks` before the week of `day`. */
export function weeksBefore(day, weeks) {
  const date = new Date(at(day));
  return text(at(day) - (((date.getUTCDay() + 6) % 7) + weeks * 7) * DAY_MS);
}

/** The name of the preset that is exactly this period, or 'own'. */
export function nameOfPeriod({ from, to }, day) {
  return ['month', 'last_month', 'six_weeks'].find((name) => {
    const preset = periodOf(name, day);
    return preset.from === from && preset.to === to;
  }) ?? 'own';
}

function dayWords(day, withMonth = true) {
  const [, month, date] = day.split('-').map(Number);
  if (isEnglish()) return new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' }).format(at(day));
  return withMonth ? `${month}月${date}日` : `${date}日`;
}

/** '11月1日至23日', across years '2025-12-01 至 2026-01-31'. */
export function periodWords({ from, to }, day) {
  const [y1, m1] = from.split('-');
  const [y2, m2] = to.split('-');
  if (y1 !== y2 || y2 !== day.slice(0, 4)) return t('%(from)s 至 %(to)s', { from, to });
  if (from === to) return dayWords(from);
  return t('%(from)s至%(to)s', { from: dayWords(from), to: dayWords(to, m1 !== m2) });
}

/** '11月16日' of a week's first day. */
export function weekWords(day) {
  return dayWords(day);
}
