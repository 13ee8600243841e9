/** The table of areas × indicators: sort by a header chooses the indicator, a figure opens its meaning, a row its map. */
import { nameOf, t, tn } from '../i18n.js';
import { makeTable } from '../table.js';
import { cellOf, unitLine } from './cells.js';
import { element } from './nodes.js';

export class Figures {
  #table; #rows = null; #data = null; #chosen; #on;

  /** `on` {figure(button, code, row), indicator(code), area(row), into(row)}. */
  constructor(table, on) {
    this.#table = table;
    this.#on = on;
    table.addEventListener('click', (event) => this.#click(event));
  }

  show(data, chosen) {
    this.#data = data;
    this.#chosen = chosen;
    const first = !this.#rows;
    if (first) this.#build();
    const [asked, ...parts] = [...data.areas].sort((a, b) => b.asked - a.asked);
    this.#table.tHead.querySelector('th').firstChild.textContent = levelName(parts[0] ?? asked);
    this.#rows.setRows(parts);
    if (first) this.#rows.sort(chosen, 'ascending'); // worst first
    this.#table.tFoot.replaceChildren(element('tr', 'total', ...this.#cells(asked)));
    this.#mark();
  }

  choose(code) {
    this.#chosen = code;
    this.#mark();
  }

  select(code) {
    this.#rows.select(code);
  }

  #build() {
    const head = this.#table.tHead.rows[0];
    const first = element('th', '', '');
    first.scope = 'col';
    first.append('');
    head.replaceChildren(first, ...this.#data.definitions.map((row) => {
      const th = element('th', '', element('span', '', nameOf(row)), element('small', '', unitLine(row.code)));
      th.scope = 'col';
      th.dataset.key = row.code;
      th.dataset.sort = '';
      return th;
    }));
    first.textContent = ' ';
    this.#rows = makeTable(this.#table, {
      key: (row) => row.code, cells: (row) => this.#cells(row), value: (row, code) => cellOf(code, row.figures[code]).sort,
      onOpen: (row) => this.#on.area(row),
    });
  }

  #cells(row) {
    const name = element('th');
    name.scope = 'row';
    const button = element('button', 'statistics-into', row.asked ? t('全%(level)s', { level: levelName(row) }) : nameOf(row));
    button.type = 'button';
    if (!row.asked && row.level !== 'microgrid') button.dataset.into = row.code;
    name.append(button.dataset.into ? button : button.textContent);
    return [name, ...this.#data.definitions.map(({ code, name: title, name_en: english }) => {
      const { figure, evidence, below, few } = cellOf(code, row.figures[code]);
      const td = element('td', `rate${below ? ' rate-below' : ''}${few ? ' rate-few' : ''}`);
      td.dataset.code = code;
      const open = element('button', 'statistics-cell', element('b', '', figure), element('small', '', evidence));
      open.type = 'button';
      open.dataset.area = row.code;
      open.dataset.figure = code;
      open.setAttribute('aria-expanded', 'false');
      open.setAttribute('aria-label', `${nameOf({ name: title, name_en: english })} ${nameOf(row)} ${below ? t('低于目标') : ''} ${figure} ${evidence}`);
      td.append(open);
      return td;
    })];
  }

  #click(event) {
    const open = event.target.closest('[data-figure]');
    const into = event.target.closest('[data-into]');
    const head = event.target.closest('th[data-key]');
    const row = (code) => this.#data.areas.find((area) => area.code === code);
    if (open) this.#on.figure(open, open.dataset.figure, row(open.dataset.area));
    else if (into) this.#on.into(row(into.dataset.into));
    else if (head) this.#on.indicator(head.dataset.key);
  }

  #mark() {
    for (const node of this.#table.querySelectorAll('[data-key][data-sort], [data-code]')) {
      node.toggleAttribute('data-chosen', (node.dataset.key ?? node.dataset.code) === this.#chosen);
    }
  }
}

const LEVELS = { province: '省', city: '市', district: '区县', street: '街道', community: '社区', grid: '网格', microgrid: '微网格' };
export function levelName({ level }) {
  return t(LEVELS[level] ?? '');
}

/** '社区 11' of the rows below the asked area. */
export function countWords(areas) {
  const parts = areas.filter(({ asked }) => !asked);
  return parts.length ? tn('%(level)s %(n)s', parts.length, { level: levelName(parts[0]) }) : t('没有下一级');
}
