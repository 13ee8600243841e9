/** Dialogs for what cannot be undone, and the banner that lets the rest be undone. */
import { t } from './i18n.js';
import { icon } from './icons.js';

/**
 * Asks once: `title` is the verb, `body` a sentence or a list of sentences with counts, `action` the verb on the button.
 * Resolves true if chosen, false if closed. The safe answer has the focus.
 */
export function confirmDialog({ title, body, action, keep = t('返回'), danger = false }) {
  const dialog = document.createElement('dialog');
  dialog.className = 'dialog';
  const heading = document.createElement('h2');
  heading.className = 'dialog-title';
  heading.id = `dialog-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  heading.textContent = title;
  dialog.setAttribute('aria-labelledby', heading.id);
  const words = document.createElement('div');
  words.className = 'dialog-body';
  words.append(...bodyNodes(body));
  const buttons = document.createElement('div');
  buttons.className = 'dialog-buttons';
  const back = button(keep, 'button');
  const go = button(action, `button ${danger ? 'button-danger-solid' : 'button-primary'}`);
  back.autofocus = true;
  buttons.append(back, go);
  dialog.append(heading, words, buttons);
  document.body.append(dialog);
  return new Promise((resolve) => {
    back.addEventListener('click', () => dialog.close(''));
    go.addEventListener('click', () => dialog.close('go'));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    });
    dialog.showModal();
  });
}

function bodyNodes(body) {
  if (body instanceof Node) return [body];
  if (!Array.isArray(body)) {
    const p = document.createElement('p');
    p.textContent = body ?? '';
    return [p];
  }
  const list = document.createElement('ul');
  for (const line of body) {
    const item = document.createElement('li');
    item.textContent = line;
    list.append(item);
  }
  return [list];
}

function button(text, className) {
  const node = document.createElement('button');
  node.type = 'button';
  node.className = className;
  node.textContent = text;
  return node;
}

const BANNER_ICONS = { done: 'check', soon: 'clock', over: 'triangle', plain: 'info' };

/** A banner element: kind done | soon | over | plain, `text`, `detail`, `action` {label, run}. */
export function banner({ kind = 'plain', text, detail = '', action = null }) {
  const node = document.createElement('div');
  node.className = kind === 'plain' ? 'banner' : `banner banner-${kind}`;
  node.setAttribute('role', kind === 'over' ? 'alert' : 'status');
  const words = document.createElement('span');
  words.className = 'grow';
  words.textContent = text;
  if (detail) {
    const small = document.createElement('small');
    small.textContent = detail;
    words.append(small);
  }
  node.append(icon(BANNER_ICONS[kind] ?? 'info'), words);
  if (action) {
    const act = button(action.label, 'button button-text button-small');
    act.addEventListener('click', action.run);
    node.append(act);
  }
  return node;
}

/**
 * "已派给 03-012，14:33 · 撤回（还有 8 秒）" in `place`; counts down, then goes.
 * `undo` is called at most once. Returns the function that removes it early.
 */
export function undoBanner(place, { text, undo, seconds = 8 }) {
  let left = seconds;
  const words = () => t('撤回（还有 %(n)s 秒）', { n: left });
  const node = banner({ kind: 'done', text, action: { label: words(), run: () => { end(); undo(); } } });
  const act = node.querySelector('button');
  const timer = setInterval(() => {
    left -= 1;
    if (left <= 0) end();
    else act.textContent = words();
  }, 1000);
  function end() {
    clearInterval(timer);
    node.remove();
  }
  place.prepend(node);
  return end;
}

/** Busy while `work` runs: the word changes, the width stays, a second press does nothing. */
export async function whileBusy(node, word, work) {
  if (node.getAttribute('aria-busy') === 'true') return undefined;
  const before = [...node.childNodes];
  node.style.minWidth = `${node.offsetWidth}px`;
  node.setAttribute('aria-busy', 'true');
  node.replaceChildren(icon('clock'), word);
  try {
    return await work();
  } finally {
    node.removeAttribute('aria-busy');
    node.replaceChildren(...before);
    node.style.minWidth = '';
  }
}
