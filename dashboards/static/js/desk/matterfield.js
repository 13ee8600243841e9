/** The matter search: code, name, pinyin or initials; a list that arrows walk. */
import { api } from '../api.js';
import { nameOf, t } from '../i18n.js';
import { calmly, el } from './dom.js';

const WAIT_MS = 160;
const SHOWN = 8;

export class MatterField {
  #input; #list; #items = []; #at = -1; #chosen = null; #changed; #asked = 0;

  /** `changed(matter or null)` with its filing conditions. */
  constructor({ id, changed }) {
    this.#changed = changed;
    this.#list = el('ul', { class: 'suggest-list', id: `${id}-list`, role: 'listbox', 'aria-label': t('事项'), hidden: true });
    this.#input = el('input', {
      class: 'input', id, type: 'text', role: 'combobox', autocomplete: 'off', 'aria-expanded': 'false', 'aria-controls': `${id}-list`,
      'aria-autocomplete': 'list', placeholder: t('代码、名称、拼音首字母'),
    });
    const ask = calmly(() => this.#ask(), WAIT_MS);
    this.#input.addEventListener('input', () => { this.#set(null); ask(); });
    this.#input.addEventListener('focus', () => { if (!this.#chosen) this.#ask(); });
    this.#input.addEventListener('blur', () => setTimeout(() => this.#fold(), 120));
    this.#input.addEventListener('keydown', (event) => this.#key(event));
    this.node = el('div', { class: 'suggest' }, this.#input, this.#list);
  }

  get input() { return this.#input; }
  get value() { return this.#chosen; }

  async #ask() {
    const asked = ++this.#asked;
    try {
      const { items } = await api.get('matters', { q: this.#input.value.trim(), limit: SHOWN });
      if (asked !== this.#asked || document.activeElement !== this.#input) return;
      this.#items = items;
      this.#at = items.length && this.#input.value.trim() ? 0 : -1; // nothing typed, nothing meant
      this.#draw();
    } catch {
      this.#fold(); // the field stays usable; the next letter asks again
    }
  }

  #draw() {
    const q = this.#input.value.trim();
    this.#list.replaceChildren(...(this.#items.length ? this.#items.map((item, i) => el('li', {
      class: 'suggest-item', role: 'option', id: `${this.#list.id}-${i}`, 'aria-selected': String(i === this.#at),
      on: { pointerdown: (event) => { event.preventDefault(); this.choose(item); } },
    }, el('span', { class: 'cut' }, marked(nameOf(item), q)), el('span', { class: 'code' }, item.code)))
      : [el('li', { class: 'suggest-item note', role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false' }, t('没有这样的事项'))]));
    this.#list.hidden = false;
    this.#input.setAttribute('aria-expanded', 'true');
    this.#point();
  }

  #point() {
    if (this.#at >= 0) this.#input.setAttribute('aria-activedescendant', `${this.#list.id}-${this.#at}`);
    else this.#input.removeAttribute('aria-activedescendant');
    [...this.#list.children].forEach((node, i) => node.setAttribute('aria-selected', String(i === this.#at)));
    this.#list.children[this.#at]?.scrollIntoView({ block: 'nearest' });
  }

  #fold() {
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
  }

  #key(event) {
    if (event.key === 'Escape' && !this.#list.hidden) {
      event.stopPropagation();
      this.#fold();
      return;
    }
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by && this.#items.length) {
      event.preventDefault();
      if (this.#list.hidden) this.#draw();
      this.#at = (this.#at + by + this.#items.length) % this.#items.length;
      this.#point();
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey && !this.#list.hidden && this.#items[this.#at]) {
      event.preventDefault();
      this.choose(this.#items[this.#at]);
    }
  }

  choose(item) {
    this.#input.value = `${nameOf(item)} ${item.code}`;
    this.#fold();
    this.#set(item);
  }

  #set(item) {
    if (this.#chosen === item) return;
    this.#chosen = item;
    this.#changed(item);
  }
}

/** The name with the part that was typed in bold. */
function marked(name, q) {
  const at = q ? name.toLowerCase().indexOf(q.toLowerCase()) : -1;
  if (at < 0) return [name];
  return [name.slice(0, at), el('b', {}, name.slice(at, at + q.length)), name.slice(at + q.length)];
}
