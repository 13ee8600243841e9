/** The list behind a figure, beside the table: exactly what was counted, each row leading to its case. */
import { api } from '../api.js';
import { moment, number } from '../format.js';
import { icon } from '../icons.js';
import { isEnglish, locale, nameOf, t } from '../i18n.js';
import { caseSymbol } from '../symbols.js';
import { shortNumber } from '../desk/words.js';
import { element } from './nodes.js';

const PAGE = 100;
const CLOSED = ['closed', 'evaluated', 'rejected'];

export class List {
  #box; #side; #rows = null; #more = null; #asked = null; #next = null; #shown = 0; #back = null;

  constructor(box, side) {
    this.#box = box;
    this.#side = side;
  }

  /** `asked` {definition, part, word, row, count}, `period` {from, to}, `words` of the period; the focus returns to `back`. */
  async open(asked, period, words, back) {
    this.#asked = { ...asked, period };
    this.#next = null;
    this.#shown = 0;
    this.#back = back;
    const { definition, word, row, count } = asked;
    const title = element('h2', '', `${nameOf(definition)} · ${t(word)}`);
    title.id = 'list-title';
    title.tabIndex = -1;
    const close = element('button', 'button button-icon button-small button-text end', icon('close', { label: t('关闭名单') }));
    close.type = 'button';
    close.addEventListener('click', () => this.close());
    const sum = element('b', 'figure-text', count === null ? '' : number(count));
    sum.dataset.sum = '';
    this.#rows = element('ol');
    this.#more = element('button', 'button button-wide', '');
    this.#more.type = 'button';
    this.#more.hidden = true;
    this.#more.addEventListener('click', () => this.#load());
    this.#box.setAttribute('aria-labelledby', title.id);
    this.#box.replaceChildren(
      element('div', 'statistics-head', title, sum, element('span', 'second', `${nameOf(row)} · ${words}`), close), this.#rows, this.#more,
    );
    this.#show(true);
    title.focus({ preventScroll: true });
    await this.#load();
  }

  close() {
    this.#show(false);
    this.#asked = null;
    this.#back?.focus();
  }

  #show(open) {
    this.#box.hidden = !open;
    // Behind and not gone: a map that loads without a size cannot fit its bounds.
    for (const panel of this.#side) panel.classList.toggle('is-behind', open);
  }

  async #load() {
    const asked = this.#asked;
    this.#more.disabled = true;
    try {
      const { items, next } = await api.get(`statistics/indicators/${encodeURIComponent(asked.definition.code)}/list`, {
        part: asked.part, area: asked.row.code, ...asked.period, after: this.#next, limit: PAGE,
      });
      if (asked !== this.#asked) return;
      this.#rows.append(...items.map((item) => element('li', '', rowOf(item))));
      this.#shown += items.length;
      this.#next = next;
      this.#more.hidden = next === null;
      this.#more.textContent = asked.count === null ? t('再列 %(n)s 条', { n: PAGE })
        : t('已列 %(n)s / %(all)s，再列 %(more)s 条', { n: this.#shown, all: number(asked.count), more: Math.min(PAGE, asked.count - this.#shown) });
      if (this.#shown === 0) this.#rows.append(element('li', 'statistics-none', t('名单是空的，与数字一致')));
    } catch (error) {
      this.#more.hidden = false;
      const why = error.detail ? `${error.detail}；` : '';
      this.#more.textContent = t('没取到，%(why)s再取一次', { why });
    } finally {
      this.#more.disabled = false;
    }
  }
}

function rowOf(item) {
  return item.kind === 'grid' ? gridRow(item) : caseRow(item);
}

function caseRow(item) {
  const node = element(item.visible ? 'a' : 'div', 'statistics-row');
  if (item.visible) node.href = `/desk/${item.id}`;
  const time = CLOSED.includes(item.state) ? 'closed' : item.on_time === false ? 'overdue' : 'in_time';
  const symbol = item.visible ? caseSymbol({ severity: item.severity, time, state: item.state }, { size: 24 }) : icon('eye-off', { size: 24 });
  const second = item.visible
    ? [shortNumber(item.number), item.place ?? t('辖区外')].join(' · ')
    : item.restricted ? t('只给有权限的人看，仍计入本期') : t('已转出您的辖区，仍计入本期');
  node.append(element('span', 'symbol', symbol), element('b', 'cut', item.matter ? nameOf(item.matter) : t('限制可见的案件')), element('span', 'end', moment(item.at, Date.now(), { locale: locale() })));
  node.append(element('span', 'second cut', second), element('span', 'end', lateWords(item)));
  return node;
}

function lateWords({ on_time: onTime, state }) {
  if (onTime === null || onTime === undefined) return '';
  if (onTime) return t('按期结案');
  return CLOSED.includes(state) ? t('超期结案') : t('超期未结');
}

function gridRow(item) {
  const node = element('div', 'statistics-row');
  const name = isEnglish() && item.name_en ? item.name_en : item.name;
  node.append(element('span', 'symbol', icon('map', { size: 24 })), element('b', 'cut', name), element('span', 'end', item.staffed ? t('有专职') : t('无专职')));
  node.append(element('span', 'second cut', `${item.place} · ${item.code}`), element('span'));
  return node;
}
