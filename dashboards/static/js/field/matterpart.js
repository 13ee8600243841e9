/** 是什么事: the four last used as chips, the rest by search without a network, and which filing condition where there are several. */
import { isEnglish, nameOf, t } from '../i18n.js';
import { icon } from '../icons.js';
import { button, choices, h } from './dom.js';

export class MatterPart {
  #app; #tell; #recent = []; #searching = false; #words = '';

  /** `tell({matter, condition})` when something was chosen. */
  constructor(app, tell) {
    this.#app = app;
    this.#tell = tell;
  }

  async open() {
    this.#searching = false;
    this.#words = '';
    this.#recent = await this.#app.catalogue.recent();
  }

  draw(place, fields) {
    if (this.#searching && place.querySelector('[data-matter-search]')) return; // typing goes on in the same field
    const chosen = this.#app.catalogue.byCode(fields.matter);
    const key = `${fields.matter}|${fields.condition}|${this.#searching}|${this.#recent.length}`;
    if (place.dataset.key === key) return;
    place.dataset.key = key;
    place.replaceChildren(this.#title(place, fields), this.#searching ? this.#search(place, fields) : this.#chips(place, fields, chosen), ...this.#conditions(fields, chosen));
  }

  #title(place, fields) {
    return h('div', { class: 'field-section' }, h('h2', {}, t('是什么事')),
      this.#searching ? button(t('收起'), { kind: 'text', onclick: () => this.#toggle(place, fields, false) })
        : button(t('搜索、拼音首字母'), { kind: 'text', name: 'search', dataset: { searchOpen: '' }, onclick: () => this.#toggle(place, fields, true) }));
  }

  #toggle(place, fields, on) {
    this.#searching = on;
    place.replaceChildren();
    this.draw(place, fields);
    if (on) place.querySelector('[data-matter-search]').focus();
  }

  #chips(place, fields, chosen) {
    const options = [...offered(this.#recent, chosen).map((matter) => ({ value: matter.code, text: nameOf(matter) })), { value: '', text: t('其他…') }];
    return choices(options, fields.matter, (code) => (code ? this.#pick(code) : this.#toggle(place, fields, true)), t('是什么事'));
  }

  #pick(code) {
    this.#searching = false;
    this.#tell({ matter: code, condition: null });
  }

  #search(place, fields) {
    const list = h('ul', { class: 'field-matters' });
    const fill = () => {
      const found = this.#app.catalogue.search(this.#words);
      list.replaceChildren(...found.map((matter) => h('li', {}, h('button', {
        type: 'button', class: 'field-matter', dataset: { matter: matter.code },
        onclick: () => { place.replaceChildren(); this.#pick(matter.code); },
      }, h('span', { class: 'grow' }, marked(nameOf(matter), this.#words), h('small', {}, isEnglish() ? matter.class_name_en : matter.class_name)),
      h('span', { class: 'code' }, matter.code)))));
      if (!found.length) list.append(h('li', { class: 'note' }, t('没有找到；换个说法，或选最接近的，在说明里写清')));
    };
    const input = h('input', {
      class: 'input', type: 'search', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false', enterkeyhint: 'search',
      placeholder: t('名称、代码、拼音首字母，如 xftd'), 'aria-label': t('搜索事项'), dataset: { matterSearch: '' }, value: this.#words,
      oninput: (event) => { this.#words = event.target.value; fill(); },
    });
    fill();
    return h('div', { class: 'stack' }, h('div', { class: 'input-group' }, icon('search'), input), list);
  }

  #conditions(fields, chosen) {
    const list = chosen?.filing_conditions ?? [];
    if (list.length < 2 || this.#searching) return [];
    const now = fields.condition ?? list[0].code;
    const pick = (code) => this.#tell({ matter: fields.matter, condition: code });
    return [h('h2', { class: 'field-section-title' }, t('哪种情形')),
      h('div', { class: 'field-conditions' }, choices(list.map((each) => ({ value: each.code, text: nameOf(each) })), now, pick, t('哪种情形')))];
  }
}

/** The matters last used, and the chosen one first where it is none of them; a list taken anew holds other objects of the same codes. */
export function offered(recent, chosen) {
  return chosen && !recent.some(({ code }) => code === chosen.code) ? [chosen, ...recent.slice(0, 3)] : recent;
}

/** The matched part of a name in bold. */
function marked(name, words) {
  const at = words ? name.toLowerCase().indexOf(words.trim().toLowerCase()) : -1;
  if (at < 0 || !words.trim()) return h('span', {}, name);
  const end = at + words.trim().length;
  return h('span', {}, name.slice(0, at), h('b', {}, name.slice(at, end)), name.slice(end));
}
