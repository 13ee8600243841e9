/** Empty, missing, wrong: what a panel says when it has nothing to show. */
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { button, el } from './dom.js';

export function empty({ kind = '', name, title, text = '', buttons = [] }) {
  return el('div', { class: `empty${kind ? ` empty-${kind}` : ''}` }, icon(name, { size: 40 }),
    el('p', { class: 'empty-title' }, title), text && el('p', { class: 'empty-text' }, text),
    buttons.length > 0 && el('div', { class: 'button-row' }, buttons));
}

/** No rows: good news in a tab, a hint where filters or a search hide them. */
export function emptyQueue({ q, area, channel }, tab, clear) {
  const title = t('没有%(what)s的案件', { what: tab?.name() ?? '' });
  if (q || area || channel) return unmatched({ q, area, channel }, title, clear);
  return empty({ kind: 'good', name: 'check', title, text: t('新案件会自动出现在这里。') });
}

/** Nothing matches what is searched or chosen: says what hides the rows and how to see them again. */
export function unmatched({ q, area, channel }, title, clear) {
  const chosen = area || channel ? t('按现在选的社区和来源。') : '';
  if (!q) return empty({ name: 'search', title, text: chosen, buttons: [button(t('看全部'), { run: clear })] });
  return empty({
    name: 'search', title: t('没有找到 “%(q)s”', { q }), text: `${chosen}${t('可以写案号后四位、地址、事项名称或拼音首字母。')}`,
    buttons: [button(chosen ? t('清除搜索和筛选') : t('清除搜索'), { run: clear })],
  });
}

/** One sentence for both: not there, or not in one's scope. */
export function notThere(back) {
  return empty({
    name: 'search', title: t('没有这个案件，或不在您的辖区'), text: t('核对 1120-0043 这样的案号，再找一次。'),
    buttons: [button(t('回指挥台'), { run: back })],
  });
}

/** Whose fault, what still works, the number to quote. */
export function failed(error, title, again) {
  const text = error.status === 0 ? t('网络没有回答；页面上已有的内容照常可看。')
    : [error.detail, error.number && t('已记录，编号 %(n)s', { n: error.number })].filter(Boolean).join(' ');
  return empty({
    kind: error.status === 0 ? 'soon' : 'over', name: error.status === 0 ? 'wifi-off' : 'triangle', title, text,
    buttons: [button(t('再试一次'), { kind: 'primary', run: again })],
  });
}

/** Says after 1 s what is awaited and after 3 s that the network is slow. Returns the function that ends it. */
export function whileWaiting(place, words) {
  const node = el('p', { class: 'skeleton-words', role: 'status' }, words);
  const timers = [
    setTimeout(() => place.append(node), 1000),
    setTimeout(() => node.append(el('br'), t('还在取，网络较慢')), 3000),
  ];
  return () => {
    timers.forEach(clearTimeout);
    node.remove();
  };
}
