/** Step 3: what was found, by kind, and the rows of one kind. */
import { api } from '../api.js';
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { number } from '../format.js';
import { locale, t } from '../i18n.js';
import { cell, makeTable } from '../table.js';
import { inLanguage, SEVERITIES, SEVERITY_CHIPS } from './words.js';

const PAGE = 100;
/** A finding's sentence without the example's value at its end. */
export const plain = (text) => text.replace(/[（(][^（）()]*[）)]$/, '').trim();

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
    if (!this.#rows.length) {
      count.textContent = '';
      body.replaceChildren(node('p', { className: 'skeleton-words' }, t('这一条说的是整份文件，不针对某一行')));
      this.#onRow(null, 0, []);
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
      rows: this.#rows, key: ({ row, field }) => `${row}|${field ?? ''}`, cells: (row) => heads.map(([key]) => cells[key](row)),
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
    this.#table.select(`${row.row}|${row.field ?? ''}`);
    this.#onRow(row, index, this.#table.rows);
  }
}

/** The findings of a batch by severity and kind; `onRow(row, index, rows, finding, chooser)`. */
export function findingsPanels(batch, onRow) {
  const rowsPlace = node('section', { className: 'panel imports-rows' });
  const body = node('tbody');
  const counts = { all: batch.findings.length };
  for (const { severity } of batch.findings) counts[severity] = (counts[severity] ?? 0) + 1;
  const shown = [['all', t('全部')], ...Object.entries(SEVERITIES())].filter(([key]) => key === 'all' || counts[key]);
  let severity = 'all';
  const choose = (found) => {
    for (const tr of body.children) tr.setAttribute('aria-selected', String(tr.dataset.code === found.code));
    const title = t('%(code)s 的 %(n)s 行', { code: found.code, n: number(found.rows) });
    const rows = new Rows(rowsPlace, {
      title, total: found.rows, fetch: (after, limit) => api.get(`imports/${batch.id}/rows`, { code: found.code, after, limit }),
      onRow: (row, index, list) => onRow(row, index, list, found, (next) => rows.choose(next)),
    });
    rows.load();
  };
  const row = (found) => {
    const tr = node('tr', { tabIndex: 0, data: { code: found.code } },
      node('td', {}, node('span', { className: `chip chip-${SEVERITY_CHIPS[found.severity]}` }, SEVERITIES()[found.severity])),
      node('td', { className: 'code' }, found.code), node('td', {}, node('b', {}, plain(inLanguage(found)))),
      node('td', { className: 'num' }, number(found.rows)), node('td', {}, inLanguage(found, 'then_')));
    tr.addEventListener('click', () => choose(found));
    tr.addEventListener('keydown', (event) => {
      const move = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
      if (event.key === 'Enter') choose(found);
      else if (move) { tr[move]?.focus(); event.preventDefault(); }
    });
    return tr;
  };
  const fill = () => body.replaceChildren(...batch.findings.filter((found) => severity === 'all' || found.severity === severity).map(row));
  const tabs = shown.map(([key, name]) => button(`${name}${key === 'all' ? '' : ` ${counts[key]}`}`, {
    className: 'tab', aria: { pressed: String(key === severity), current: key === severity ? 'true' : 'false' }, on: (event) => {
      severity = key;
      for (const tab of tabs) {
        tab.toggleAttribute('aria-current', tab === event.currentTarget);
        tab.setAttribute('aria-pressed', String(tab === event.currentTarget));
      }
      fill();
    },
  }));
  for (const [i, tab] of tabs.entries()) if (i > 0) tab.removeAttribute('aria-current');
  const download = batch.rows_refused
    ? node('a', { className: 'button button-small end', href: `/api/v1/imports/${batch.id}/refused.csv`, download: '' }, t('下载拒收行，改好再传')) : null;
  const heads = [t('程度'), t('代码'), t('问题'), t('行数'), t('怎么处理')].map((name, i) => node('th', { scope: 'col', className: i === 3 ? 'num' : '' }, name));
  fill();
  const panel = node(
    'section', { className: 'panel imports-findings' },
    node('div', { className: 'imports-head' }, node('h2', {}, t('问题 %(n)s 类', { n: batch.findings.length })), node('div', { className: 'tabs' }, tabs), download),
    batch.findings.length
      ? node('table', { className: 'table', aria: { label: t('问题'), }, attributes: { 'data-locale': locale() } }, node('thead', {}, node('tr', {}, heads)), body)
      : empty('check-circle', t('没有发现问题'), t('每一行都能写入'), { kind: 'good' }),
  );
  if (batch.findings.length) choose(batch.findings[0]);
  return batch.findings.length ? [panel, rowsPlace] : [panel];
}
