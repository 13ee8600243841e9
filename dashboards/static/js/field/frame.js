/** The frame of the phone's page: network bar, the view, the foot with its counts. */
import { clockTime } from '../format.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { h } from './dom.js';

const TABS = [['today', 'home', '今日'], ['grid', 'map', '我的网格'], ['report', 'plus', '上报'], ['outbox', 'upload', '待发箱'], ['me', 'user', '我的']];

/** The foot: five places, the outbox with what is unsent. `counts` {needs, waiting}. */
export function nav(current, counts) {
  const open = counts.needs + counts.waiting;
  return h('nav', { class: 'phone-nav', 'aria-label': t('主要页面') }, TABS.map(([view, name, word]) => h('a', {
    href: `#${view}`, 'aria-current': view === current ? 'page' : null,
  }, icon(name, { size: 24 }), t(word), view === 'outbox' && open
    ? h('span', { class: `badge${counts.needs ? ' badge-over' : ''}`, 'aria-label': t('未送达 %(n)s', { n: open }) }, String(open)) : null)));
}

/**
 * One line on whether things arrive: {online, signedOut, counts, heard_at}. Says first what needs a person, then what the
 * network does; the count leads to the outbox.
 */
export function networkBar({ online, signedOut, counts, heard_at }) {
  const { needs, waiting } = counts;
  const count = needs + waiting;
  const end = count ? h('a', { class: 'field-bar-count', href: '#outbox' }, needs ? t('要您处理 %(n)s', { n: needs }) : t('待发 %(n)s', { n: waiting })) : null;
  if (signedOut) {
    return bar('network-bar', 'wifi-off', t('登录已过期'), t('记录都在本机，登录后自动发'), h('a', { class: 'field-bar-count', href: '/login?next=/field' }, t('去登录')));
  }
  if (!online) return bar('network-bar', 'wifi-off', t('无网络'), t('可照常上报，有网自动发'), end);
  if (needs) return bar('network-bar', 'triangle', t('有网络'), t('有记录没送成'), end);
  if (waiting) return bar('network-bar network-bar-online', 'wifi', t('有网络'), t('正在发送'), end);
  return bar('network-bar network-bar-online', 'wifi', t('有网络'), t('都发出去了'), heard_at ? h('small', { class: 'end' }, clockTime(heard_at)) : null);
}

function bar(classes, name, strong, words, end) {
  return h('div', { class: classes, role: 'status' }, icon(name, { size: 24 }), h('b', {}, strong), h('span', { class: 'grow cut' }, words), end);
}

/** A sentence over the foot that goes by itself: stored, arrived. One at a time. */
export function say(text, { kind = 'done', href = null, action = null, seconds = 6 } = {}) {
  const place = document.querySelector('[data-say]');
  const node = h('div', { class: `banner banner-${kind} field-say`, role: kind === 'over' ? 'alert' : 'status' },
    icon(kind === 'done' ? 'check' : kind === 'over' ? 'triangle' : 'clock'), h('span', { class: 'grow' }, text),
    href ? h('a', { class: 'button button-text', href }, action) : null);
  place.replaceChildren(node);
  place.dataset.since = Date.now();
  setTimeout(() => node.remove(), seconds * 1000);
}
