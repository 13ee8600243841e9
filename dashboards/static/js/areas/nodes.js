/** Building and filling in parts of a page without innerHTML: elements, fields, and where errors are told. */
import { ApiError } from '../api.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';

/**
 * An element. `given` are properties (className, type, value …), `data` data-attributes, `aria` aria-attributes,
 * `attributes` others, `on` listeners by event; children are nodes or texts, null ones are left out.
 */
export function node(tag, { data = {}, aria = {}, attributes = {}, on = {}, ...given } = {}, ...children) {
  const made = document.createElement(tag);
  Object.assign(made, given);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) made.addEventListener(name, listener);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return made;
}

export function button(text, { kind = '', small = false, iconName = null, on, ...given } = {}) {
  const className = `button${kind ? ` button-${kind}` : ''}${small ? ' button-small' : ''}`;
  return node('button', { type: 'button', className, on: on ? { click: on } : {}, ...given }, iconName ? icon(iconName) : null, text);
}

/** Facts as a definition list: [[name, text or node], …]; rows without a value are left out. */
export function facts(rows, className = 'facts') {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return node('dl', { className }, shown.flatMap(([name, value]) => [node('dt', {}, name), node('dd', {}, value)]));
}

/** A labelled field around an input, select or textarea with a `name`; `help` stands below. */
export function field(label, input, { note = '', help = '' } = {}) {
  input.classList.add('input');
  input.id ||= `f-${input.name}-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const helpNode = help ? node('p', { className: 'field-help', id: `${input.id}-help` }, help) : null;
  if (helpNode) input.setAttribute('aria-describedby', helpNode.id);
  return node(
    'div', { className: 'field', data: { field: input.name } },
    node('label', { className: 'field-label', htmlFor: input.id }, label, note ? node('small', {}, note) : null), input, helpNode,
  );
}

export function select(name, options, value = '') {
  const made = node('select', { name }, options.map(([key, text]) => node('option', { value: key }, text)));
  made.value = value;
  return made;
}

export function clearErrors(form) {
  for (const told of form.querySelectorAll('.field-error, .form-error')) told.remove();
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** Each field's sentence beside it, the rest above the buttons; the first wrong field gets the focus. */
export function showErrors(form, error) {
  clearErrors(form);
  let first = null;
  const told = new Set();
  for (const { field: name, detail } of error.errors ?? []) {
    const box = form.querySelector(`[data-field="${CSS.escape(name)}"]`);
    const input = box?.querySelector('input, select, textarea');
    if (!input) continue;
    const id = `${input.id}-error`;
    box.append(node('p', { className: 'field-error', id }, detail));
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', id);
    first ??= input;
    told.add(detail);
  }
  if (!told.has(error.detail) || !told.size) {
    const words = error.detail || sentence(error);
    const place = form.querySelector('.button-row') ?? form;
    place.before(node('p', { className: 'field-error form-error', attributes: { role: 'alert' } }, words));
  }
  first?.focus();
}

/** What happened, what is safe, what to do, for an error that is nobody's field. */
export function sentence(error) {
  if (!(error instanceof ApiError)) {
    console.error(error); // our own mistake, not an answer of the server
    return t('页面出错了，刷新再试');
  }
  if (error.status === 0) return t('没有连上服务器，什么都没有存。网络好了再试');
  return error.number && !error.detail.includes(error.number) ? t('%(detail)s（编号 %(n)s）', { detail: error.detail, n: error.number }) : error.detail;
}

/** An empty state in words; `kind` good | soon | over or none. */
export function empty(iconName, title, text = '', { kind = '', buttons = [] } = {}) {
  return node(
    'div', { className: `empty${kind ? ` empty-${kind}` : ''}` }, icon(iconName, { size: 40 }),
    node('p', { className: 'empty-title' }, title), text ? node('p', { className: 'empty-text' }, text) : null,
    buttons.length ? node('div', { className: 'button-row' }, buttons) : null,
  );
}

/** Skeleton rows, joined by words after 1 s and 3 s; replaced by whoever fills the place. */
export function loading(place, rows = 5) {
  const row = () => node('div', { className: 'skeleton-row' }, node('span', { className: 'skeleton' }), node('span', { className: 'skeleton' }));
  const bones = node('div', { aria: { hidden: 'true' } }, Array.from({ length: rows }, row));
  const words = node('p', { className: 'skeleton-words', attributes: { role: 'status' } });
  place.replaceChildren(bones, words);
  setTimeout(() => { if (words.isConnected) words.textContent = t('正在取'); }, 1000);
  setTimeout(() => { if (words.isConnected) words.textContent = t('还在取，网络较慢'); }, 3000);
}

/** Names of the levels of areas. */
export function levelName(level) {
  return {
    province: t('省'), city: t('市'), district: t('区县'), street: t('街道（乡镇）'), community: t('社区（村）'),
    grid: t('网格'), microgrid: t('微网格'), unit_grid: t('单元网格'),
  }[level] ?? level;
}

export function dutyName({ kind, rank }) {
  if (kind === 'deputy') return t('第 %(n)s 代理人', { n: rank });
  return kind === 'grid_leader' ? t('网格长') : t('责任人');
}
