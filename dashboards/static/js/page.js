/** What every page does once: draws symbols, shows the connection, closes menus, `/` to the search. */
import { ageWords, clockTime, spanWords } from './format.js';
import { locale, t } from './i18n.js';
import { banner } from './dialog.js';
import { live } from './live.js';
import { mountSymbols } from './symbols.js';

/** True while the reader types, when no single key may fire. */
export function isTyping(event) {
  return event.isComposing || Boolean(event.target.closest?.('input, textarea, select, [contenteditable]'));
}

/** Goes to another page. Settles only if the reader comes back by the browser's history: what was pressed stays busy. */
export function leaveFor(address) {
  location.assign(address);
  return new Promise((back) => { window.addEventListener('pageshow', back, { once: true }); });
}

function search(event) {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  const field = document.querySelector('[data-search]');
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function closeMenus(event) {
  for (const menu of document.querySelectorAll('details[data-menu][open]')) {
    if (event.type === 'keydown' ? event.key === 'Escape' : !menu.contains(event.target)) {
      menu.open = false;
      if (event.type === 'keydown') menu.querySelector('summary').focus();
    }
  }
}

function connectionWords({ state, age_s, heard_at }) {
  if (state === 'connected') return t('已连接 · 数据 %(age)s', { age: ageWords(age_s, locale()) });
  if (state === 'stale') return t('数据停在 %(time)s', { time: clockTime(heard_at) });
  return t('没有连接 · 数据停在 %(time)s', { time: clockTime(heard_at) });
}

/** The banner a desk shows after 15 s; one node, its words follow the age. */
function showStale(place, stream, report) {
  const bad = report.state !== 'connected';
  document.body.classList.toggle('is-stale', bad && !document.body.classList.contains('surface-wall'));
  if (!place) return;
  if (!bad) {
    place.replaceChildren();
    return;
  }
  const text = t('数据停在 %(time)s，已 %(age)s', { time: clockTime(report.heard_at), age: spanWords(report.age_s, locale()) });
  const detail = report.retry_s === null ? t('正在重连；可以看，派遣会先核对')
    : t('第 %(n)s 次重连，%(s)s 秒后再试；可以看，派遣会先核对', { n: report.attempt, s: report.retry_s });
  if (!place.firstElementChild) {
    const node = banner({ kind: 'soon', text, detail, action: { label: t('现在重连'), run: () => stream.reconnect() } });
    node.classList.add('banner-bar');
    node.removeAttribute('role'); // the head's status line already speaks; this one changes each second
    place.replaceChildren(node);
  }
  place.querySelector('.grow').firstChild.textContent = text;
  place.querySelector('small').textContent = detail;
}

function showConnection() {
  const line = document.querySelector('[data-connection]');
  const place = document.querySelector('[data-stale-place]');
  const stream = line || place ? live() : null; // the log-in and error pages have no one to listen for
  if (!stream) return;
  stream.watch((report) => {
    if (line) {
      line.dataset.state = report.state;
      line.querySelector('[data-connection-text]').textContent = connectionWords(report);
    }
    showStale(place, stream, report);
  });
}

async function copy(event) {
  const button = event.target.closest?.('[data-copy]');
  if (!button) return;
  await navigator.clipboard?.writeText(button.dataset.copy);
  button.textContent = button.dataset.copied;
}

mountSymbols();
showConnection();
document.addEventListener('keydown', search);
document.addEventListener('keydown', closeMenus);
document.addEventListener('pointerdown', closeMenus);
document.addEventListener('click', copy);
window.addEventListener('signed-out', () => {
  const here = encodeURIComponent(location.pathname + location.search);
  if (document.querySelector('[data-menu]')) location.assign(`/login?next=${here}`);
});
