/** What was recognised about the file with its ground; and step 2, where a person says otherwise. */
import { api } from '../api.js';
import { button, clearErrors, field, node, select, showErrors } from '../areas/nodes.js';
import { whileBusy } from '../dialog.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { optionFields } from './options.js';
import { EVIDENCE, fieldName, inLanguage, KINDS, mappingWords } from './words.js';

/** The panel at the right; `change()` opens step 2, null when the file is no longer kept. */
export function recognitionPanel(batch, change) {
  const rows = batch.evidence.map((item) => {
    const mapping = item.what === 'mapping';
    const sure = item.what === 'unused' ? null : mapping
      ? node('span', { className: 'chip chip-act' }, t('%(n)s 列', { n: Object.keys(batch.columns).length }))
      : node('span', { className: `chip chip-${item.sure ? 'done' : 'soon'}` }, item.sure ? icon('check') : null, item.sure ? t('确定') : t('请核对'));
    const value = mapping ? mappingWords(batch.columns) : item.value;
    return node('div', {}, node('dt', {}, EVIDENCE()[item.what] ?? item.what), node('dd', {}, node('b', {}, value || '—'), node('small', {}, inLanguage(item, 'basis_'))), sure ? node('dd', { className: 'imports-sure' }, sure) : null);
  });
  const edit = change ? button(t('改'), { kind: 'text', small: true, aria: { label: t('改辨认结果') }, on: change }) : null;
  return node(
    'section', { className: 'panel' },
    node('div', { className: 'imports-head' }, node('h2', {}, t('辨认结果')), edit ? node('span', { className: 'end' }, edit) : null),
    rows.length ? node('dl', { className: 'imports-evidence' }, rows) : node('p', { className: 'imports-row second' }, t('文件还没有读成，没有可辨认的')),
  );
}

/** Step 2: options and which column is which field; sends the same file through again. `done(id)`. */
export function readingPanel(batch, fields, done) {
  const kind = batch.kind;
  const names = [['', t('不用')], ...batch.column_names.map((name) => [name, name])];
  const mapping = (fields[kind] ?? []).map(({ name, required }) => {
    // A file refused as a whole left no rows, so its column names are typed rather than chosen.
    const made = batch.column_names.length
      ? select(`column:${name}`, names, batch.columns[name] ?? '')
      : node('input', { name: `column:${name}`, value: batch.columns[name] ?? '', autocomplete: 'off' });
    return field(fieldName(name), made, { note: required ? t('必填') : '' });
  });
  const go = node('button', { type: 'submit', className: 'button button-primary' }, t('按这样重新读'));
  const form = node(
    'form', { className: 'imports-form', noValidate: true },
    node('p', { className: 'second' }, t('同一份文件（%(file)s）再读一遍，不用重新上传。现在的预演会被新的代替', { file: batch.file })),
    optionFields({ ...batch.given, kind, level: batch.level }, { kindFixed: true, open: true }),
    node('h2', {}, t('哪一列是什么')),
    batch.column_names.length ? null : node('p', { className: 'note' }, t('整份文件没有读成，列名请照文件里的写')),
    node('div', { className: 'imports-mapping' }, mapping),
    node('div', { className: 'button-row' }, go),
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearErrors(form);
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, value.trim()]));
    const body = { kind, level: kind === 'areas' ? given.level || null : null, columns: columnsOf(batch, given) };
    for (const name of ['layer', 'parent', 'datum', 'encoding', 'source', 'into']) body[name] = given[name] || null;
    try {
      const { id } = await whileBusy(go, t('正在读…'), () => api.post(`imports/${batch.id}/reading`, body, { timeout_s: 600 }));
      done(id);
    } catch (error) {
      showErrors(form, error);
    }
  });
  return node('section', { className: 'panel' }, node('div', { className: 'imports-head' }, node('h2', {}, t('辨认：%(kind)s', { kind: KINDS()[kind] }))), form);
}

/** What differs from the guess, or was said before; an empty column unsets a guess. */
function columnsOf(batch, given) {
  const before = batch.given.columns ?? {};
  const columns = {};
  for (const [key, value] of Object.entries(given)) {
    if (!key.startsWith('column:')) continue;
    const name = key.slice('column:'.length);
    if (value !== (batch.columns[name] ?? '') || name in before) columns[name] = value;
  }
  return columns;
}
