/** Statistics: one question, can I defend this figure? Area and period are in the address, so that a link says the same. */
import { api } from '../api.js';
import { banner } from '../dialog.js';
import { clockTime } from '../format.js';
import { nameOf, t } from '../i18n.js';
import { live } from '../live.js';
import { today } from '../localtime.js';
import { currentTheme, watchTheme } from '../theme.js';
import { csvOf, save } from './csv.js';
import { Definition } from './definition.js';
import { List } from './list.js';
import { nameOfPeriod, periodOf, periodWords, weeksBefore } from './period.js';
import { countWords, Figures, levelName } from './table.js';
import { Trend } from './trend.js';

const page = document.querySelector('[data-statistics]');
const find = (name) => page.querySelector(`[data-${name}]`);
const FIRST_INDICATOR = 'on_time_closure_rate';
const TREND_WEEKS = 12;
const REFRESH_MS = 15000; // figures of an unfinished period follow the feed, at most so often

class Statistics {
  #data = null; #asked; #indicator; #mapArea = null; #turn = 0; #timer = null;
  #table = new Figures(find('table'), {
    figure: (button, code, row) => this.#define(button, code, row),
    indicator: (code) => this.#choose(code),
    area: (row) => this.#lookAt(row),
    into: (row) => this.#go({ area: row.code }),
  });
  #definition = new Definition(page, find('definition'), (asked) => this.#openList(asked));
  #list = new List(find('list'), [find('map-panel'), find('trend-panel')]);
  #trend = new Trend(find('trend'));

  constructor() {
    this.#readAddress();
    this.#controls();
    window.addEventListener('popstate', () => {
      this.#readAddress();
      this.load();
    });
    watchTheme(() => this.#showMap());
    live()?.subscribe(() => this.#later());
  }

  #readAddress() {
    const query = new URLSearchParams(location.search);
    const day = /^\d{4}-\d{2}-\d{2}$/;
    const [from, to] = [query.get('from'), query.get('to')];
    const period = day.test(from) && day.test(to) ? { from, to } : periodOf('month', today());
    this.#asked = { area: query.get('area'), ...period };
    this.#indicator = query.get('indicator') ?? FIRST_INDICATOR;
  }

  #go(change) {
    Object.assign(this.#asked, change);
    this.#mapArea = null;
    this.#writeAddress('pushState');
    this.load();
  }

  #writeAddress(how) {
    const query = new URLSearchParams(Object.entries({ ...this.#asked, indicator: this.#indicator }).filter(([, value]) => value));
    history[how](null, '', `?${query}`);
  }

  async load() {
    const turn = ++this.#turn;
    try {
      const data = await api.get('statistics/indicators', this.#asked);
      if (turn !== this.#turn) return;
      if (!data.definitions.some(({ code }) => code === this.#indicator)) this.#indicator = FIRST_INDICATOR;
      this.#data = data;
      find('trouble').replaceChildren();
      this.#show();
      await Promise.all([this.#areas(turn), this.#course(turn)]);
    } catch (error) {
      if (turn === this.#turn) this.#fail(error);
    }
  }

  /** What stands stays; the sentence says what is wrong and what to do. */
  #fail(error) {
    const text = error.status === 404 ? t('没有这个区域，或不在您的辖区') : error.detail || t('没取到数字，服务器没有回答；已显示的不变');
    const action = error.status === 404 ? { label: t('回到自己的辖区'), run: () => this.#go({ area: null }) } : { label: t('再取一次'), run: () => this.load() };
    find('trouble').replaceChildren(banner({ kind: 'soon', text, action }));
    find('loading').hidden = true;
  }

  #later() {
    if (!this.#data?.unfinished || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (find('definition').hidden && find('list').hidden) this.load(); // nothing moves under a reader
    }, REFRESH_MS);
  }

  #words() {
    return periodWords(this.#data, today());
  }

  #show() {
    const data = this.#data;
    find('loading').hidden = true;
    find('where').textContent = data.departmental ? t('%(area)s · 本部门的案件', { area: nameOf(data.area) }) : nameOf(data.area);
    find('count').textContent = countWords(data.areas);
    find('upto').textContent = data.unfinished ? t('%(period)s，截至 %(time)s', { period: this.#words(), time: clockTime(data.upto) }) : this.#words();
    const name = nameOfPeriod(this.#asked, today());
    find('period').value = name;
    find('own').hidden = name !== 'own';
    page.querySelector('[name="from"]').value = this.#asked.from;
    page.querySelector('[name="to"]').value = this.#asked.to;
    this.#table.show(data, this.#indicator);
    this.#showMap();
  }

  #indicatorRow() {
    return this.#data.definitions.find(({ code }) => code === this.#indicator);
  }

  #showMap() {
    if (!this.#data) return;
    const row = this.#data.areas.find(({ code }) => code === this.#mapArea) ?? this.#data.area;
    find('map-name').textContent = t('%(name)s，%(area)s', { name: nameOf(this.#indicatorRow()), area: nameOf(row) });
    find('map-period').textContent = this.#words();
    const query = new URLSearchParams({ area: row.code, from: this.#asked.from, to: this.#asked.to, indicator: this.#indicator });
    const src = `/statistics/map?${query}&theme=${currentTheme()}`;
    const frame = find('map');
    if (frame.getAttribute('src') !== src) {
      const next = frame.cloneNode(); // a frame that only changes its address would add a step to "back"
      next.src = src;
      frame.replaceWith(next);
    }
    find('map-save').href = `/statistics/map?${query}&save=1`;
  }

  #lookAt(row) {
    this.#mapArea = row.code;
    this.#showMap();
    this.#table.select(row.code);
    this.#course(this.#turn, row);
  }

  #choose(code) {
    if (code === this.#indicator) return;
    this.#indicator = code;
    this.#writeAddress('replaceState');
    this.#table.choose(code);
    this.#showMap();
    this.#course(this.#turn, this.#data.areas.find((row) => row.code === this.#mapArea));
  }

  async #course(turn, row = this.#data.area) {
    const definition = this.#indicatorRow();
    const still = () => turn === this.#turn && definition === this.#indicatorRow();
    let items = [];
    let reason = t('这项指标按时点统计，没有历周的数');
    if (!['staffing', 'spatial_coverage'].includes(definition.code)) {
      const to = this.#asked.to;
      try {
        ({ items } = await api.get('statistics/trend', { indicator: definition.code, area: row.code, step: 'week', from: weeksBefore(to, TREND_WEEKS - 1), to }));
      } catch (error) {
        reason = error.detail || t('没取到历周的数');
      }
    }
    if (!still()) return;
    while (items.length > 1 && !items[0].value) items.shift(); // weeks before there was anything to count
    find('trend-name').textContent = items.length ? t('%(area)s，近 %(n)s 周', { area: nameOf(row), n: items.length }) : nameOf(row);
    find('trend-note').textContent = this.#trend.show(definition, items, reason);
    for (const name of ['trend-table', 'trend-save']) find(name).disabled = items.length === 0;
    this.#numbers(items.length > 0 && find('trend-table').getAttribute('aria-pressed') === 'true');
  }

  #numbers(open) {
    find('trend-table').setAttribute('aria-pressed', String(open));
    find('trend-table').textContent = open ? t('看图') : t('看表格');
    find('trend-numbers').hidden = !open;
    find('trend').hidden = open;
    if (open) find('trend-numbers').replaceChildren(this.#trend.table());
  }

  #define(button, code, row) {
    const definition = this.#data.definitions.find((each) => each.code === code);
    this.#definition.open(button, {
      definition, row, period: this.#words(), unfinished: this.#data.unfinished, note: this.#data.departmental ? t('只计本部门承办的案件') : null,
    });
  }

  #openList(asked) {
    const back = page.querySelector(`[data-figure="${CSS.escape(asked.definition.code)}"][data-area="${CSS.escape(asked.row.code)}"]`);
    this.#list.open(asked, { from: this.#asked.from, to: this.#asked.to }, this.#words(), back);
  }

  /** The chooser: from the own area down to the asked one, and what lies right below. */
  async #areas(turn) {
    const { area, areas, own_area: own } = this.#data;
    const detail = await api.get(`areas/${encodeURIComponent(area.code)}`);
    if (turn !== this.#turn) return;
    const chain = [...detail.ancestors, area];
    const start = Math.max(0, chain.findIndex(({ code }) => code === own));
    const options = [...chain.slice(start), ...areas.filter(({ asked, level }) => !asked && level !== 'microgrid')];
    find('area').replaceChildren(...options.map((row) => {
      const option = new Option(`${levelName(row)} ${nameOf(row)}`, row.code, false, row.code === area.code);
      return option;
    }));
  }

  #controls() {
    find('choose').addEventListener('submit', (event) => {
      event.preventDefault();
      const { from, to } = event.target.elements;
      if (from.value && to.value) this.#go({ from: from.value, to: to.value });
    });
    find('area').addEventListener('change', (event) => this.#go({ area: event.target.value }));
    find('period').addEventListener('change', (event) => {
      const name = event.target.value;
      find('own').hidden = name !== 'own';
      if (name !== 'own') this.#go(periodOf(name, today()));
      else page.querySelector('[name="from"]').focus();
    });
    find('csv').addEventListener('click', () => {
      if (this.#data) save(`${this.#data.area.code}_${this.#data.from}_${this.#data.to}.csv`, csvOf(this.#data), 'text/csv;charset=utf-8');
    });
    find('trend-table').addEventListener('click', (event) => this.#numbers(event.target.getAttribute('aria-pressed') !== 'true'));
    find('trend-save').addEventListener('click', () => {
      const text = this.#trend.picture();
      if (text) save(`${this.#data.area.code}_${this.#indicator}.svg`, text, 'image/svg+xml');
    });
  }
}

new Statistics().load();
