/** The bar of a plan: its title, how far it is, and what its reader may do next, with the reason where it may not. */
import { whileBusy } from '../dialog.js';
import { t } from '../i18n.js';
import { button, node } from '../areas/nodes.js';
import { due } from './words.js';

const ORDER = ['draft', 'checked', 'approved', 'effective'];

function path(plan) {
  if (plan.state === 'withdrawn') return node('ol', { className: 'redraw-path' }, node('li', { aria: { current: 'step' } }, t('已撤回')));
  const names = [t('草拟'), t('校核通过'), t('批准（另一人）'), plan.effective_at ? t('%(at)s 生效', { at: due(plan.effective_at) }) : t('生效')];
  const at = ORDER.indexOf(plan.state);
  return node('ol', { className: 'redraw-path', aria: { label: t('进度') } }, names.map((name, i) => node(
    'li', { className: i < at ? 'is-done' : '', aria: i === at ? { current: 'step' } : {} }, name,
  )));
}

const refusedButton = (text) => node('button', { type: 'button', className: 'button', aria: { disabled: 'true' } }, text);

/** `acts`: undo redo compare check approve withdraw reverse; `state` {store, findings, comparing, drawing}. */
export function planBar({ store, refused, comparing, mayEdit, canUndo, canRedo }, acts) {
  const { plan } = store;
  const tool = (name, iconName, text, key, enabled = true, pressed = null) => {
    const made = button(text, { iconName, on: enabled ? acts[name] : undefined, title: key });
    made.dataset.act = name;
    if (!enabled) made.setAttribute('aria-disabled', 'true');
    if (pressed !== null) made.setAttribute('aria-pressed', String(pressed));
    return made;
  };
  const main = (name, text, busy, kind = 'primary') => {
    const made = button(text, { kind, on: () => (busy ? whileBusy(made, busy, acts[name]) : acts[name]()) });
    made.dataset.act = name;
    return made;
  };
  const can = (move) => plan.allowed_operations.includes(move);
  const buttons = [];
  if (mayEdit) buttons.push(tool('undo', 'undo', t('撤销'), 'Z', canUndo), tool('redo', 'redo', t('重做'), 'Shift+Z', canRedo));
  if (['draft', 'checked', 'approved'].includes(plan.state)) buttons.push(tool('compare', 'compare', t('比对现行'), '← →', true, comparing));
  if (can('withdraw')) buttons.push(main('withdraw', t('撤回…'), null, ''));
  if (plan.state === 'draft' && can('check')) {
    if (!plan.items.length) buttons.push(refusedButton(t('校核：先画一步')));
    else if (store.waiting.length) buttons.push(refusedButton(t('校核：先送出 %(n)s 步', { n: store.waiting.length })));
    else if (refused) buttons.push(refusedButton(t('校核：先处理 %(n)s 处错误', { n: refused })));
    else buttons.push(main('check', t('校核'), t('正在校核')));
  }
  if (can('approve')) buttons.push(main('approve', t('批准…'), null));
  else if (plan.state === 'checked') buttons.push(refusedButton(t('批准：等另一人')));
  if (can('reverse') && !plan.reversed_by) buttons.push(main('reverse', t('还原'), t('正在建还原方案'), ''));
  if (plan.reversed_by) buttons.push(node('a', { className: 'button', href: `/redraw/${plan.reversed_by}` }, t('看还原方案')));
  return node('div', { className: 'redraw-bar-row' }, node('a', { className: 'redraw-back', href: '/redraw' }, t('方案')),
    node('h1', { className: 'redraw-title' }, plan.title), path(plan), node('div', { className: 'button-row redraw-acts' }, buttons));
}
