/** Tables: sorting in the header, keyboard up/down/Enter, and only the rows in sight from 500 rows on. */

const VIRTUAL_FROM = 500;
const OVERSCAN = 12;

/**
 * Fills `table` (<table class="table"> with thead, th[data-key]; th[data-sort] may be sorted) with `rows`.
 *
 * `cells(row)` returns one td/th node per column; `key(row)` an id; `value(row, column)` what is sorted by
 * (null last in both directions); `onOpen(row)` for click and Enter; `onSort(column, direction)` where the
 * server sorts. Returns {setRows, select, sort, rows}.
 */
export function makeTable(table, options) {
  return new DataTable(table, options);
}

class DataTable {
  #table; #body; #options; #rows = []; #selected = null; #order = null; #height = 44; #from = -1; #to = -1;

  constructor(table, { rows = [], ...options }) {
    this.#table = table;
    this.#body = table.tBodies[0] ?? table.createTBody();
    this.#options = { key: (row) => row.id, value: (row, column) => row[column], ...options };
    this.#headers();
    this.#body.addEventListener('click', (event) => this.#click(event));
    this.#body.addEventListener('keydown', (event) => this.#key(event));
    this.#scroller().addEventListener('scroll', () => this.#window(), { passive: true });
    this.setRows(rows);
  }

  get rows() { return this.#rows; }

  /** Replaces the rows; selection, order and scroll position stay. */
  setRows(rows) {
    this.#rows = this.#sorted(rows);
    this.#from = -1;
    this.#render();
  }

  /** Marks the row with this key; `focus` also moves there. */
  select(key, { focus = false } = {}) {
    this.#selected = key;
    const index = this.#rows.findIndex((row) => this.#options.key(row) === key);
    if (focus && index >= 0) this.#reveal(index);
    for (const node of this.#body.querySelectorAll('tr[data-key]')) this.#mark(node);
    if (focus) this.#body.querySelector('tr[aria-selected="true"]')?.focus();
  }

  /** Sorts by a column key; direction 'ascending' | 'descending'. */
  sort(column, direction) {
    this.#order = { column, direction };
    for (const th of this.#table.tHead.querySelectorAll('th[data-sort]')) {
      th.setAttribute('aria-sort', th.dataset.key === column ? direction : 'none');
    }
    if (this.#options.onSort) this.#options.onSort(column, direction);
    else this.setRows(this.#rows);
  }

  #headers() {
    for (const th of this.#table.tHead?.querySelectorAll('th[data-sort]') ?? []) {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'table-sort';
      button.append(...th.childNodes);
      th.append(button);
      button.addEventListener('click', () => {
        const down = th.getAttribute('aria-sort') === 'ascending';
        this.sort(th.dataset.key, down ? 'descending' : 'ascending');
      });
    }
  }

  #sorted(rows) {
    if (!this.#order || this.#options.onSort) return rows;
    const { column, direction } = this.#order;
    const sign = direction === 'ascending' ? 1 : -1;
    const { value } = this.#options;
    return [...rows].sort((x, y) => {
      const [a, b] = [value(x, column) ?? null, value(y, column) ?? null];
      if (a === null || b === null) return (a === null) - (b === null);
      return sign * (typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'zh-CN'));
    });
  }

  #scroller() { return this.#table.closest('.table-scroll') ?? this.#table.parentElement; }
  #virtual() { return this.#rows.length >= VIRTUAL_FROM; }

  #render() {
    if (this.#virtual()) {
      this.#table.setAttribute('aria-rowcount', String(this.#rows.length + 1));
      this.#window();
      return;
    }
    this.#table.removeAttribute('aria-rowcount');
    this.#body.replaceChildren(...this.#rows.map((row, i) => this.#row(row, i)));
  }

  #window() {
    if (!this.#virtual()) return;
    const scroller = this.#scroller();
    const top = Math.max(0, scroller.scrollTop - this.#body.offsetTop);
    const from = Math.max(0, Math.floor(top / this.#height) - OVERSCAN);
    const to = Math.min(this.#rows.length, Math.ceil((top + scroller.clientHeight) / this.#height) + OVERSCAN);
    if (from === this.#from && to === this.#to) return;
    const focused = this.#body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    this.#from = from;
    this.#to = to;
    const rows = this.#rows.slice(from, to).map((row, i) => this.#row(row, from + i));
    this.#body.replaceChildren(this.#pad(from), ...rows, this.#pad(this.#rows.length - to));
    const measured = rows[0]?.offsetHeight;
    if (measured && measured !== this.#height) this.#height = measured;
    if (focused) this.#body.querySelector(`tr[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #pad(count) {
    const tr = document.createElement('tr');
    tr.className = 'table-pad';
    tr.setAttribute('aria-hidden', 'true');
    tr.style.height = `${count * this.#height}px`;
    tr.hidden = count === 0;
    return tr;
  }

  #row(row, index) {
    const tr = document.createElement('tr');
    tr.dataset.key = this.#options.key(row);
    tr.dataset.index = index;
    if (this.#virtual()) tr.setAttribute('aria-rowindex', String(index + 2));
    tr.tabIndex = index === 0 ? 0 : -1;
    tr.append(...this.#options.cells(row));
    this.#mark(tr);
    return tr;
  }

  #mark(tr) {
    const chosen = this.#selected !== null && tr.dataset.key === String(this.#selected);
    tr.setAttribute('aria-selected', String(chosen));
    if (chosen) tr.tabIndex = 0;
  }

  #click(event) {
    if (event.target.closest('a, button, input, select')) return;
    const tr = event.target.closest('tr[data-index]');
    if (tr) this.#open(Number(tr.dataset.index));
  }

  #open(index) {
    const row = this.#rows[index];
    this.select(this.#options.key(row));
    this.#options.onOpen?.(row);
  }

  #key(event) {
    const tr = event.target.closest?.('tr[data-index]');
    if (!tr || event.target !== tr) return;
    const index = Number(tr.dataset.index);
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: this.#rows.length - 1 };
    if (event.key === 'Enter') this.#open(index);
    else if (event.key in moves) {
      const next = Math.max(0, Math.min(this.#rows.length - 1, moves[event.key]));
      this.#reveal(next);
      this.#body.querySelector(`tr[data-index="${next}"]`)?.focus();
    } else return;
    event.preventDefault();
  }

  #reveal(index) {
    if (!this.#virtual() || (index >= this.#from && index < this.#to)) return;
    this.#scroller().scrollTop = this.#body.offsetTop + index * this.#height - this.#height * 2;
    this.#window();
  }
}

/** A td (or th with `head`) of text; `className` as in table.css (num, rate …). */
export function cell(text, { className = '', head = false } = {}) {
  const node = document.createElement(head ? 'th' : 'td');
  if (head) node.scope = 'row';
  if (className) node.className = className;
  node.textContent = text;
  return node;
}

/** A rate's cell: bold figure over its evidence; `below` target and `few` (small sample) mark it. */
export function rateCell(figure, evidence, { below = false, few = false } = {}) {
  const node = document.createElement('td');
  node.className = `rate${below ? ' rate-below' : ''}${few ? ' rate-few' : ''}`;
  const bold = document.createElement('b');
  bold.textContent = figure;
  const small = document.createElement('small');
  small.textContent = evidence;
  node.append(bold, small);
  return node;
}
