/** The course of the chosen figure by week: a line with its target for rates, bars from zero for counts and hours. */
import * as echarts from 'echarts';
import { duration, fraction, NONE, number, rate } from '../format.js';
import { locale, t } from '../i18n.js';
import { chartTheme, colours, watchTheme } from '../theme.js';
import { element } from './nodes.js';
import { weekWords } from './period.js';

const HOUR_S = 3600;
const STEP = 5; // the axis of a rate begins at a multiple of this

export class Trend {
  #place; #chart = null; #shown = null;

  constructor(place) {
    this.#place = place;
    watchTheme(() => this.#draw());
    new ResizeObserver(() => this.#chart?.resize()).observe(place);
  }

  /** `items` as the API gives them, oldest first; an empty list says why in `reason`. Returns the note on axis and points. */
  show(definition, items, reason = '') {
    this.#shown = { definition, items, reason };
    return this.#draw();
  }

  #draw() {
    if (!this.#shown) return '';
    this.#chart?.dispose();
    this.#chart = null;
    const { definition, items, reason } = this.#shown;
    if (!items.length) {
      this.#place.replaceChildren(element('p', 'statistics-none', reason));
      return '';
    }
    this.#place.replaceChildren();
    this.#chart = echarts.init(this.#place, chartTheme(), { renderer: 'svg' });
    const option = definition.unit === 'percent' ? rateOption(definition, items) : barOption(definition, items);
    this.#chart.setOption({ ...option, aria: { enabled: true, decal: { show: false }, label: { description: words(definition, items) } } });
    const notes = items.some(({ unfinished }) => unfinished) ? [t('空心 = 未满一周')] : [];
    const from = option.yAxis.min;
    if (from > 0) notes.push(t('轴从 %(n)s 起', { n: from }));
    return notes.join('　');
  }

  /** The same as a table. */
  table() {
    const { definition, items } = this.#shown;
    const table = element('table', 'table table-dense');
    const head = element('tr', '', ...[t('周'), t('数'), t('依据')].map((text) => Object.assign(element('th', '', text), { scope: 'col' })));
    table.append(element('thead', '', head), element('tbody', '', ...items.map((item) => {
      const name = item.unfinished ? t('%(day)s 起，未满一周', { day: weekWords(item.from) }) : t('%(day)s 起', { day: weekWords(item.from) });
      return element('tr', '', Object.assign(element('th', '', name), { scope: 'row' }), element('td', 'num', valueWords(definition, item)), element('td', 'num', baseWords(definition, item)));
    })));
    return table;
  }

  /** The picture as SVG text. */
  picture() {
    return this.#chart?.renderToSVGString() ?? null;
  }
}

function valueWords(definition, { value, numerator, denominator }) {
  if (value === null) return NONE;
  if (definition.unit === 'percent') return rate(numerator, denominator);
  return definition.unit === 'seconds' ? duration(value, locale()) : number(value);
}

function baseWords(definition, { numerator, denominator }) {
  if (definition.unit === 'percent') return denominator ? fraction(numerator, denominator) : t('无应结案');
  return definition.unit === 'seconds' ? number(denominator) : '';
}

function words(definition, items) {
  return `${definition.name}: ${items.map((item) => `${item.from} ${valueWords(definition, item)}`).join(', ')}`;
}

const GRID = { left: 44, right: 58, top: 20, bottom: 28 };
const categories = (items) => ({ type: 'category', data: items.map(({ from }) => weekWords(from)), boundaryGap: true });

function rateOption(definition, items) {
  const colour = colours();
  const values = items.map(({ value }) => value).filter((value) => value !== null);
  const least = Math.min(...values, definition.target ?? 100);
  const last = items.length - 1;
  const point = ({ value, unfinished }, i) => ({
    value, symbolSize: unfinished ? 11 : 8,
    itemStyle: unfinished ? { color: colour('surface'), borderColor: colour('act'), borderWidth: 2.5 } : {},
    label: { show: i === last && value !== null, formatter: () => rate(items[i].numerator, items[i].denominator), fontWeight: 700, color: colour('act'), position: 'bottom', distance: 8 },
  });
  const target = definition.target === null ? {} : {
    markLine: {
      silent: true, symbol: 'none', data: [{ yAxis: definition.target }],
      lineStyle: { color: colour('ink-1'), type: [5, 4], width: 1.2 },
      label: { formatter: t('目标 %(n)s', { n: Number(definition.target) }), color: colour('ink-1'), position: 'end' },
    },
  };
  return {
    grid: GRID, xAxis: categories(items),
    yAxis: { type: 'value', min: Math.max(0, Math.floor((least - 2) / STEP) * STEP), max: 100, minInterval: STEP },
    series: [{ type: 'line', data: items.map(point), lineStyle: { width: 2.4 }, ...target }],
  };
}

function barOption(definition, items) {
  const colour = colours();
  const hours = definition.unit === 'seconds';
  const bar = ({ value, unfinished }) => ({
    value: value === null ? null : hours ? Math.round((value / HOUR_S) * 10) / 10 : value,
    itemStyle: unfinished ? { color: colour('surface'), borderColor: colour('act'), borderWidth: 2 } : {},
  });
  return {
    grid: GRID, xAxis: categories(items),
    yAxis: { type: 'value', min: 0, name: hours ? t('小时') : t('件'), nameTextStyle: { color: colour('ink-2') } },
    series: [{ type: 'bar', data: items.map(bar), barMaxWidth: 26, label: { show: true, position: 'top', color: colour('ink-1') } }],
  };
}
