/** The desk's keyboard: one letter, never while typing; `?` lists them. */
import { t } from '../i18n.js';
import { isTyping } from '../page.js';
import { button, el } from './dom.js';

const CHORD_MS = 1500;
const PAGES = { d: '/desk', s: '/statistics', w: '/areas', i: '/imports' };

const rows = () => [
  ['/', t('找案件')], ['J K', t('下一件、上一件')], ['↑ ↓', t('在队列里上下')], ['Enter', t('打开')], ['D', t('派遣给系统建议的人')], ['A B C', t('派遣给 A、B、C')],
  ['R', t('退回，或核查不通过')], ['F', t('立案、办结、结案')], ['C', t('核查通过')], ['N', t('新建案件')], ['M', t('地图与队列之间')],
  ['1 … 5', t('换环节')], ['Esc', t('关闭')], ['g d', t('去指挥台')], ['g s', t('去统计')], ['g w', t('去网格')], ['g i', t('去导入')], ['?', t('这张表')],
];

/** `acts`: {key: act} for single keys; an act that returns false leaves the key to the browser. */
export function listenKeys(acts) {
  let chord = 0;
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && acts.Escape() !== false) return;
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || document.querySelector('dialog[open]')) return;
    const now = Date.now();
    if (now - chord < CHORD_MS && PAGES[event.key]) {
      location.assign(PAGES[event.key]);
      return;
    }
    chord = event.key === 'g' ? now : 0;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (acts[key] && acts[key](event) !== false) event.preventDefault();
  });
}

export function showHelp() {
  const dialog = el('dialog', { class: 'dialog dialog-keys', 'aria-labelledby': 'keys-title', on: { close: () => dialog.remove() } },
    el('h2', { class: 'dialog-title', id: 'keys-title' }, t('键盘')),
    el('dl', { class: 'keys-list' }, rows().flatMap(([keys, words]) => [
      el('dt', {}, keys.split(' ').map((key) => el('kbd', { class: 'key' }, key))), el('dd', {}, words)])),
    el('p', { class: 'note' }, t('写字时这些键不起作用。')),
    el('div', { class: 'dialog-buttons' }, button(t('关闭'), { kind: 'primary', autofocus: true, run: () => dialog.close() })));
  document.body.append(dialog);
  dialog.showModal();
}
