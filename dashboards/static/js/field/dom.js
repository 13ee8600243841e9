/** Building small trees of elements without ever parsing data as markup. */
import { icon } from '../icons.js';
import { timeLeft, timeState } from '../format.js';
import { locale } from '../i18n.js';
import { caseSymbol } from '../symbols.js';

/** h('button', {class: 'button', onclick: act, 'aria-pressed': 'true'}, 'text', node, null): null and false are left out. */
export function h(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button of the house; `kind` primary danger text main …, several by spaces; `name` of an icon before the word. */
export function button(text, { kind = '', name = null, size = 18, ...given } = {}) {
  const classes = ['button', ...kind.split(' ').filter(Boolean).map((each) => `button-${each}`)].join(' ');
  return h('button', { type: 'button', class: classes, ...given }, name ? icon(name, { size }) : null, text);
}

/** A main button that says why it does nothing yet; pressed, the reason is read aloud and `explain` runs. */
export function reasonButton(reason, explain = () => {}) {
  return h('button', { type: 'button', class: 'button button-main grow', 'aria-disabled': 'true', onclick: explain }, reason);
}

/** Chips of which one is pressed: options [{value, text}], `chosen`, `pick(value)`. */
export function choices(options, chosen, pick, label) {
  return h('div', { class: 'choices', role: 'group', 'aria-label': label }, options.map(({ value, text }) => {
    const on = value === chosen;
    return h('button', {
      type: 'button', class: 'choice', 'aria-pressed': String(on), dataset: { value: String(value) }, onclick: () => pick(value),
    }, on ? icon('check') : null, text);
  }));
}

/** The symbol of a case in the size of this surface. */
export function symbolOf(item, now = Date.now()) {
  const size = Number.parseFloat(getComputedStyle(document.body).getPropertyValue('--symbol')) || 30;
  const look = { severity: item.severity, time: timeState(item, now), state: item.state };
  return h('span', { class: 'symbol' }, caseSymbol(look, { size }));
}

/** Seconds are not for people: the time left of a case in words. */
export function leftWords(item, now = Date.now()) {
  return timeLeft(item, now, { locale: locale(), brief: true });
}

/** The phone's head: back or close, a title, what stands at the end. */
export function head(title, { leave = null, closing = false, label = '', end = null } = {}) {
  const back = leave && h('button', { type: 'button', class: 'field-leave', 'aria-label': label, onclick: leave },
    icon(closing ? 'close' : 'back', { size: 24 }));
  return h('header', { class: 'phone-head' }, back, h('h1', { class: 'title cut' }, title), end);
}

export function empty(name, title, text = '', kind = '') {
  return h('div', { class: `empty${kind ? ` empty-${kind}` : ''}` }, icon(name, { size: 40 }),
    h('p', { class: 'empty-title' }, title), text ? h('p', { class: 'empty-text' }, text) : null);
}

/** '1123-0053' of '20261123-0053' while it is this year. */
export function caseNumber(number, now = new Date()) {
  const text = String(number ?? '');
  return text.startsWith(String(now.getFullYear())) ? text.slice(4) : text;
}
