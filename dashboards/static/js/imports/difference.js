/** Step 4: the good rows against what is in force: new, changed, moved, same, and what the file does not have. */
import { api } from '../api.js';
import { button, empty, node } from '../areas/nodes.js';
import { number } from '../format.js';
import { t } from '../i18n.js';
import { Rows } from './rows.js';
import { CHANGES, changeWords } from './words.js';

/** Panels; `onRow(row, index, rows, title, go)`. */
export function differencePanels(batch, onRow) {
  const rowsPlace = node('section', { className: 'panel imports-rows' });
  const gone = batch.vanished_codes ?? [];
  const entries = Object.entries(CHANGES()).map(([key, name]) => [key, name, batch.difference[key] ?? 0]);
  if (batch.difference.vanished !== undefined) entries.push(['vanished', t('文件里没有'), batch.difference.vanished]);
  const show = (key) => {
    for (const tab of tabs) {
      tab.toggleAttribute('aria-current', tab.dataset.key === key);
      tab.setAttribute('aria-pressed', String(tab.dataset.key === key));
    }
    const [, name, count] = entries.find(([other]) => other === key);
    if (key === 'vanished') {
      rowsPlace.replaceChildren(
        node('div', { className: 'imports-head' }, node('h2', {}, t('库里有、文件里没有的 %(n)s 处，保持不动', { n: number(count) }))),
        gone.length ? node('ul', { className: 'imports-gone' }, gone.map((code) => node('li', {}, code))) : empty('check-circle', t('一处都没有少'), '', { kind: 'good' }),
      );
      onRow(null, 0, [], name, () => {});
      return;
    }
    if (!count) {
      rowsPlace.replaceChildren(empty('check-circle', t('没有“%(name)s”的行', { name }), ''));
      onRow(null, 0, [], name, () => {});
      return;
    }
    const rows = new Rows(rowsPlace, {
      title: t('%(name)s %(n)s 行', { name, n: number(count) }), total: count,
      fetch: async (after, limit) => {
        const found = await api.get(`imports/${batch.id}/rows`, { change: key, after, limit });
        if (key !== 'changed') return found;
        const told = (row) => { const words = changeWords(row, batch.columns); return { ...row, zh: words, en: words }; };
        return { ...found, items: found.items.map(told) };
      },
      onRow: (row, index, list) => onRow(row, index, list, name, (next) => rows.choose(next)),
    });
    rows.load();
  };
  const tabs = entries.map(([key, name, count]) => button(`${name} ${number(count)}`, { className: 'tab', data: { key }, on: () => show(key) }));
  const first = entries.find(([key, , count]) => count && key !== 'same') ?? entries.find(([, , count]) => count) ?? entries[0];
  show(first[0]);
  return [node('section', { className: 'panel' }, node('div', { className: 'imports-head' }, node('h2', {}, t('与现有对比')), node('div', { className: 'tabs' }, tabs))), rowsPlace];
}
