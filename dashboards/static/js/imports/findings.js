/** Step 3: what was found, by kind, and the rows of one kind. */
import { api } from '../api.js';
import { button, empty, node } from '../areas/nodes.js';
import { number } from '../format.js';
import { locale, t } from '../i18n.js';
import { Rows } from './rows.js';
import { inLanguage, kindsOf, SEVERITIES, SEVERITY_CHIPS } from './words.js';

/** A finding that stands for the file itself, not for a number of its rows. */
const ofFile = ({ whole, rows }) => whole && rows === 1;
const title = (found) => inLanguage(found, 'title_') || inLanguage(found) || found.code;
const sentence = (found) => { const words = inLanguage(found); return words && words !== title(found) ? words : ''; };

/** What stands in place of rows when a finding concerns the file as a whole. */
function wholeWords(found, readLayer) {
  const note = ofFile(found) ? t('说的是整份文件，不针对某一行') : t('全部 %(n)s 行都是这样', { n: number(found.rows) });
  const layers = found.code === 'layer.choose' && readLayer ? node('div', { className: 'button-row' }, found.value.split(', ').map((name) => {
    const choose = button(t('读“%(name)s”', { name }), { on: () => readLayer(name, choose) });
    return choose;
  })) : null;
  return [node('div', { className: 'imports-head' }, node('h2', {}, title(found))),
    node('div', { className: 'imports-row' }, sentence(found) ? node('p', {}, sentence(found)) : null, node('p', { className: 'second' }, note), layers)];
}

/** One kind of finding as a table row; `choose(found)` when it is opened. */
function kindRow(found, then, choose) {
  const tr = node('tr', { tabIndex: 0, data: { code: found.code, severity: found.severity } },
    node('td', {}, node('span', { className: `chip chip-${SEVERITY_CHIPS[found.severity]}` }, SEVERITIES()[found.severity])),
    node('td', {}, node('b', {}, title(found)), sentence(found) ? node('small', {}, sentence(found)) : null),
    node('td', { className: 'num' }, ofFile(found) ? t('整份') : number(found.rows)), node('td', {}, then), node('td', { className: 'code' }, found.code));
  tr.addEventListener('click', () => choose(found));
  tr.addEventListener('keydown', (event) => {
    const move = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
    if (event.key === 'Enter') choose(found);
    else if (move) { tr[move]?.focus(); event.preventDefault(); }
  });
  return tr;
}

/** Tabs over the severities that occur; `on(severity)` with 'all' for every one. */
function severityTabs(findings, on) {
  const kinds = (key) => findings.filter(({ severity }) => key === 'all' || severity === key).length;
  const shown = [['all', t('全部')], ...Object.entries(SEVERITIES())].filter(([key]) => kinds(key));
  const choose = (key) => {
    for (const tab of tabs) {
      tab.toggleAttribute('aria-current', tab.dataset.key === key);
      tab.setAttribute('aria-pressed', String(tab.dataset.key === key));
    }
    on(key);
  };
  const tabs = shown.map(([key, name]) => button(`${name} ${kindsOf(kinds(key))}`, { className: 'tab', data: { key }, on: () => choose(key) }));
  return { tabs, choose };
}

/** The findings of a batch by severity and kind; `onRow(row, index, rows, finding, title, go)`, `readLayer(name, control)` or null.
 * `idle` when nothing is to be written, so that what stands of stored rows is no promise. */
export function findingsPanels(batch, { onRow, readLayer, idle }) {
  const { findings } = batch;
  if (!findings.length) {
    return [node('section', { className: 'panel imports-findings' }, empty('check-circle', t('没有发现问题'), t('每一行都读得清楚'), { kind: 'good' }))];
  }
  const rowsPlace = node('section', { className: 'panel imports-rows' });
  const body = node('tbody');
  const choose = (found) => {
    for (const tr of body.children) tr.setAttribute('aria-selected', String(tr.dataset.code === found.code && tr.dataset.severity === found.severity));
    if (found.whole) {
      rowsPlace.replaceChildren(...wholeWords(found, readLayer));
      onRow(null, 0, [], found, title(found), () => {});
      return;
    }
    const rows = new Rows(rowsPlace, {
      title: t('%(name)s：%(n)s 行', { name: title(found), n: number(found.rows) }), total: found.rows,
      fetch: (after, limit) => api.get(`imports/${batch.id}/rows`, { code: found.code, severity: found.severity, after, limit }),
      onRow: (row, index, list) => onRow(row, index, list, found, title(found), (next) => rows.choose(next)),
    });
    rows.load();
  };
  const { tabs, choose: show } = severityTabs(findings, (severity) => {
    const shown = findings.filter((found) => severity === 'all' || found.severity === severity);
    body.replaceChildren(...shown.map((found) => kindRow(found, idle && found.severity !== 'refuse' ? t('与现有相同，不动') : inLanguage(found, 'then_'), choose)));
    choose(shown[0]);
  });
  const download = batch.rows_refused
    ? node('a', { className: 'button button-small end', href: `/api/v1/imports/${batch.id}/refused.csv`, download: '' }, t('下载不能写入的行，改好再传')) : null;
  const heads = [t('程度'), t('问题'), t('行数'), t('怎么处理'), t('代码')].map((name, i) => node('th', { scope: 'col', className: i === 2 ? 'num' : '' }, name));
  const table = node('table', { className: 'table', aria: { label: t('问题') }, attributes: { 'data-locale': locale() } }, node('thead', {}, node('tr', {}, heads)), body);
  const several = findings.filter(({ severity }) => severity === 'refuse').reduce((sum, { rows }) => sum + rows, 0) > batch.rows_refused && batch.rows_refused;
  const panel = node(
    'section', { className: 'panel imports-findings' }, node('div', { className: 'imports-head' }, node('h2', {}, t('问题')), node('div', { className: 'tabs' }, tabs), download),
    table, several ? node('p', { className: 'imports-foot' }, t('同一行可能有几个问题，所以各类行数加起来比总数多')) : null,
  );
  show('all');
  return [panel, rowsPlace];
}
