/** The rate of the last six weeks: its figures, the target as a dashed line, the running week as a hollow point. */
import { rateFigure } from '../format.js';
import { t } from '../i18n.js';

const SVG = 'http://www.w3.org/2000/svg';
const TOP = 48;
const FOOT = 56;
const ABOVE = 20; // from a point to the foot of its value
const LETTERS = 22; // height of the figures
const STEP = 5; // the axis begins at a multiple of this, as on the statistics page

/** ISO week number of a local day 'YYYY-MM-DD'. */
export function weekNumber(day) {
  const date = new Date(`${day}T00:00:00Z`);
  const thursday = new Date(date);
  thursday.setUTCDate(date.getUTCDate() + 3 - ((date.getUTCDay() + 6) % 7));
  const first = Date.UTC(thursday.getUTCFullYear(), 0, 4);
  return 1 + Math.round((thursday - first) / 604800000 - (3 - ((new Date(first).getUTCDay() + 6) % 7)) / 7);
}

/** Where the axis begins, in per cent; it ends at 100. */
export function axisStart(weeks, target) {
  const values = weeks.map(({ value }) => value).filter((value) => value !== null);
  return Math.max(0, Math.floor((Math.min(...values, target ?? 100) - 2) / STEP) * STEP);
}

/** Draws `weeks` [{from, numerator, denominator, value, unfinished}] into `place`; nothing where no week has a value. */
export function drawTrend(place, weeks, target) {
  const { width, height } = { width: place.clientWidth, height: place.clientHeight };
  const stamp = JSON.stringify([weeks, target, width, height]);
  if (place.dataset.stamp === stamp || height < TOP + FOOT) return;
  place.dataset.stamp = stamp;
  const svg = make('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words(weeks) });
  const x = (i) => ((i + 0.5) * width) / Math.max(1, weeks.length);
  const y = scale(axisStart(weeks, target), height);
  svg.append(make('line', { class: 'trend-axis', x1: 0, x2: width, y1: height - FOOT, y2: height - FOOT }));
  if (target !== null) svg.append(make('line', { class: 'trend-target', x1: 0, x2: width, y1: y(target), y2: y(target) }));
  svg.append(make('path', { class: 'trend-line', d: path(weeks, x, y) }));
  weeks.forEach((week, i) => svg.append(...marks(week, i, weeks.length, { x, y, height, target })));
  place.replaceChildren(svg);
}

function scale(start, height) {
  return (value) => TOP + ((100 - value) / (100 - start)) * (height - TOP - FOOT);
}

function path(weeks, x, y) {
  let pen = 'M';
  let d = '';
  weeks.forEach(({ value }, i) => {
    if (value === null) pen = 'M';
    else {
      d += `${pen}${x(i)} ${y(value)}`;
      pen = 'L';
    }
  });
  return d;
}

/** How far from its point a value is written, in px: above it, or below where the target's line would strike it through. */
export function valueShift(at, target, axis) {
  const struck = target !== null && target > at - ABOVE - LETTERS - 4 && target < at - ABOVE + 6;
  const room = at + ABOVE + LETTERS < axis && Math.abs(target - at - ABOVE - LETTERS / 2) > LETTERS / 2 + 4;
  return struck && room ? ABOVE + LETTERS : -ABOVE;
}

function marks(week, i, count, { x, y, height, target }) {
  const now = i === count - 1;
  const label = make('text', { class: now ? 'trend-week-now' : '', x: x(i), y: height - 14 });
  label.textContent = now ? t('本周') : t('%(n)s周', { n: weekNumber(week.from) });
  if (week.value === null) return [label];
  const value = make('text', { class: `trend-value${now ? ' trend-now' : ''}`, x: x(i), y: y(week.value) + valueShift(y(week.value), target === null ? null : y(target), height - FOOT) });
  value.textContent = rateFigure(week.numerator, week.denominator);
  const hollow = week.unfinished ? ' trend-point-now' : '';
  return [make('circle', { class: `trend-point${hollow}`, cx: x(i), cy: y(week.value), r: now ? 10 : 8 }), value, label];
}

function words(weeks) {
  return weeks.map(({ from, numerator, denominator }) => (
    `${t('%(n)s周', { n: weekNumber(from) })} ${rateFigure(numerator, denominator)}`)).join(' · ');
}

function make(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== '') node.setAttribute(name, value);
  return node;
}
