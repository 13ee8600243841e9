/** A table of rows of the file, a page at a time, for a finding or a change. */
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { cell, makeTable } from '../table.js';
import { inLanguage } from './words.js';

const PAGE = 100;

/** A table of rows that came from the file; `onRow(row, index, rows)` for the one to look at. */
export class Rows {
  #place; #onRow; #fetch; #rows = []; #next = null; #table = null; #foot = null; #total;

  constructor(place, { title, total, fetch, onRow }) {
    this.#place = place;
    this.#fetch = fetch;
    this.#onRow = onRow;
    this.#total = total;
    this.title = title;
  }

  async load() {
    const body = node('div');
    const count = node('span', { className: 'end second' });
    this.#place.replaceChildren(node('div', { className: 'imports-head' }, node('h2', {}, this.title), count), body);
    loading(body, 3);
    try {
      const found = await this.#fetch(0, PAGE);
      this.#rows = found.items;
      this.#next = found.next;
    } catch (error) {
      body.replaceChildren(empty('triangle', t('没有取到'), sentence(error), { kind: 'over' }));
      return;
    }
    this.#show(body);
    this.choose(0);
  }

  #show(body) {
    const areas = this.#rows.some(({ area_m2 }) => area_m2 !== null);
    const places = this.#rows.some(({ place }) => place);
    const told = this.#rows.some(({ zh }) => zh);
    const heads = [['row', t('行'), 'num'], ['code', t('编号')], areas ? ['area_m2', t('面积 平方米'), 'num'] : null, places ? ['place', t('所在')] : null,
      told ? ['told', t('说明')] : ['moved_m', t('移动 米'), 'num']].filter(Boolean);
    const head = heads.map(([key, name, className = '']) => node('th', { scope: 'col', className, data: { key, sort: '' }, attributes: { 'aria-sort': 'none' } }, name));
    const element = node('table', { className: 'table table-dense', aria: { label: this.title } }, node('thead', {}, node('tr', {}, head)), node('tbody'));
    const cells = {
      row: (row) => cell(number(row.row), { className: 'num' }), code: (row) => cell(row.code ?? '—'),
      area_m2: (row) => cell(number(row.area_m2, 1), { className: 'num' }), place: (row) => cell(row.place ?? '—'),
      told: (row) => cell(inLanguage(row)), moved_m: (row) => cell(row.moved_m === null ? '—' : number(row.moved_m, 1), { className: 'num' }),
    };
    const scroll = node('div', { className: 'table-scroll', tabIndex: -1 }, element);
    this.#table = makeTable(element, {
      rows: this.#rows, key: ({ row }) => String(row), cells: (row) => heads.map(([key]) => cells[key](row)),
      value: (row, column) => (column === 'told' ? inLanguage(row) : row[column]), onOpen: (row) => this.#pick(row),
    });
    this.#foot = node('p', { className: 'imports-foot' });
    body.replaceChildren(scroll, this.#foot);
    this.#footWords();
  }

  #footWords() {
    const words = t('已取 %(n)s 行，共 %(all)s 行', { n: number(this.#rows.length), all: number(Math.max(this.#total, this.#rows.length)) });
    const more = this.#next === null ? null : button(t('再取 %(n)s 行', { n: PAGE }), { kind: 'text', small: true, on: () => this.#more() });
    this.#foot.replaceChildren(...[words, more].filter(Boolean));
  }

  async #more() {
    try {
      const found = await this.#fetch(this.#next, PAGE);
      this.#rows = [...this.#rows, ...found.items];
      this.#next = found.next;
      this.#table.setRows(this.#rows);
      this.#footWords();
    } catch (error) {
      this.#foot.append(node('span', { className: 'is-over' }, sentence(error)));
    }
  }

  #pick(row) {
    const rows = this.#table.rows;
    this.#onRow(row, rows.indexOf(row), rows);
  }

  /** Chooses the row at `index` of what is shown. */
  choose(index) {
    const row = this.#table?.rows[index];
    if (!row) return;
    this.#table.select(String(row.row));
    this.#onRow(row, index, this.#table.rows);
  }
}
