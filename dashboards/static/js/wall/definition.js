/** A touch on a figure shows what it means; it goes by itself, because a wall has no one to close it. */
import { isEnglish, t } from '../i18n.js';
import { element } from './rows.js';

const SHOWN_MS = 30000;

export class Definition {
  #root; #box; #words = new Map(); #timer = null; #button = null;

  constructor(root) {
    this.#root = root;
    this.#box = root.querySelector('[data-definition]');
    root.addEventListener('click', (event) => {
      const button = event.target.closest('[data-define]');
      if (button && button !== this.#button) this.#open(button);
      else this.#close();
    });
    root.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.#close(); });
  }

  /** Indicators by code; `open` is the wall's own figure. */
  know(definitions) {
    for (const row of definitions) this.#words.set(row.code, row);
  }

  #open(button) {
    this.#close();
    const { title, rows } = this.#facts(button.dataset.define);
    const list = element('dl');
    for (const [name, text] of rows) if (text) list.append(element('dt', '', name), element('dd', '', text));
    const heading = element('h2', '', title);
    heading.id = 'wall-definition-title';
    this.#box.setAttribute('aria-labelledby', heading.id);
    this.#box.replaceChildren(heading, list);
    this.#box.hidden = false;
    this.#place(button);
    button.setAttribute('aria-expanded', 'true');
    this.#button = button;
    this.#timer = setTimeout(() => this.#close(), SHOWN_MS);
  }

  #place(button) {
    const [wall, at] = [this.#root.getBoundingClientRect(), button.getBoundingClientRect()];
    const scale = wall.width / this.#root.offsetWidth;
    const top = Math.min((at.bottom - wall.top) / scale + 8, this.#root.offsetHeight - this.#box.offsetHeight - 32);
    this.#box.style.top = `${Math.max(32, top)}px`;
    this.#box.style.left = `${(at.left - wall.left) / scale}px`;
  }

  #facts(code) {
    if (code === 'open') {
      return {
        title: t('此刻在办'),
        rows: [
          [t('分子'), t('已上报、未结案、时钟在走的案件；此刻的数，随时变')],
          [t('将到期'), t('本阶段余下不到四分之一，且不少于 1 小时')],
          [t('不计'), t('停表的案件另计；不予受理、已结案的不计')],
        ],
      };
    }
    const row = this.#words.get(code) ?? { name: '', numerator: '' };
    const pick = (name) => (isEnglish() && row[`${name}_en`]) || row[name];
    const period = code === 'on_time_closure_rate' ? t('本月至今，按事实发生日') : t('今日零时至今，按事实发生日');
    return {
      title: pick('name'),
      rows: [[t('分子'), pick('numerator')], [t('分母'), pick('denominator')], [t('期间'), period], [t('不计'), pick('excluded')], [t('边界'), t('案件按上报时所在网格')]],
    };
  }

  #close() {
    clearTimeout(this.#timer);
    this.#button?.setAttribute('aria-expanded', 'false');
    this.#button = null;
    this.#box.hidden = true;
  }
}
