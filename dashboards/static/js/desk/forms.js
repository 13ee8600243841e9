/** A form from the JSON Schema of an operation: reason, note, satisfaction, filing condition, yes or no. */
import { api } from '../api.js';
import { nameOf, t } from '../i18n.js';
import { copyButton } from './copy.js';
import { button, el } from './dom.js';
import { limitWords, photosMissing, satisfactionName } from './words.js';

const LONG = 200;
const labels = () => ({ reason: t('原因'), note: t('说明'), satisfaction: t('满意度'), filing_condition: t('立案条件'), area: t('承办区域'), without_evidence: t('没有照片的理由') });

/** Reasons that are given every day: one press instead of typing; they can be changed. */
function usualReasons(operation, to_state) {
  if (operation === 'return' && to_state === 'reported') return [t('地址不清，补充位置'), t('事项选错，改事项'), t('不属本辖区')];
  if (operation === 'return') return [t('不属本岗位职责'), t('现场未发现问题'), t('需要其他部门配合')];
  if (operation === 'reject') return [t('不属受理范围'), t('与已有案件重复'), t('现场核实不存在')];
  if (to_state === 'rework') return [t('现场仍有问题'), t('缺处置后照片')];
  return [];
}

/**
 * The form of one choice. `wanted` names the fields to show (default: what is required, then the note).
 * `words` stand in fields from the start. `send(given, button)` resolves to an error (fields are marked, text is kept) or null.
 * Gives {node, something, allowed, allow, owe}: `something` tells whether anything was written or chosen; `allow(false)`
 * keeps it to be copied where the operation is no longer possible; `owe(stages)` tells anew which photos are owed.
 */
export function operationForm({ choice, wanted, words = {}, item, send, back }) {
  const { properties = {}, required = [] } = choice.schema;
  const names = (wanted ?? Object.keys(properties)).filter((name) => name in properties && name !== 'to' && !(name in choice.given)
    && (wanted || required.includes(name) || name === 'without_evidence' || name === 'note'))
    .sort((a, b) => (b === 'without_evidence') - (a === 'without_evidence'));
  const owed = names.includes('without_evidence') ? el('p', { class: 'note photos-owed' }) : null;
  const owe = (stages) => {
    if (!owed) return;
    owed.textContent = stages.length ? photosMissing(stages) : '';
    owed.hidden = !stages.length;
  };
  owe(item.photos_owed);
  const fields = names.map((name) => field(name, properties[name], required.includes(name), choice, item));
  for (const each of fields) if (words[each.name]) each.write(words[each.name]);
  const go = button(choice.name, { kind: choice.operation === 'reject' ? 'danger-solid' : 'primary', type: 'submit' });
  const lapsed = el('div', { class: 'stack', hidden: true }, el('p', { class: 'note' }, t('现在的环节不能再%(what)s。', { what: choice.name })),
    el('div', { class: 'button-row' }, copyButton(t('复制您写的'), () => wordsOf(form)), button(t('不要了'), { run: back })));
  const row = el('div', { class: 'button-row' }, go, button(t('先不%(what)s', { what: choice.name }), { run: back }));
  const form = el('form', { class: 'stack operation-form', novalidate: true, 'aria-label': choice.name }, owed, fields.map(({ node }) => node), row, lapsed);
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (row.hidden) return;
    const wrong = fields.filter((each) => !each.check());
    if (wrong.length) {
      wrong[0].focus();
      return;
    }
    const given = Object.fromEntries(fields.map(({ name, value }) => [name, value()]).filter(([, value]) => value !== '' && value !== null));
    const error = await send(given, go);
    for (const each of fields) each.fault(error?.fieldError?.(each.name) ?? '');
  });
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  return {
    node: form,
    get something() { return wordsOf(form) !== '' || form.querySelector('input:checked') !== null; },
    get allowed() { return !row.hidden; },
    owe,
    allow: (allowed) => {
      row.hidden = !allowed;
      lapsed.hidden = allowed;
    },
  };
}

/** What was typed, field by field. */
function wordsOf(form) {
  return [...form.querySelectorAll('textarea, input.input')].map(({ value }) => value.trim()).filter(Boolean).join('\n');
}

function field(name, schema, required, choice, item) {
  const id = `operation-${name}`;
  const label = labels()[name] ?? name;
  const fault = el('p', { class: 'field-error', id: `${id}-error`, hidden: true });
  const made = schema.enum ? enumeration(name, schema, label) : name === 'filing_condition' ? condition(id, item) : name === 'area' ? area(id)
    : schema.type === 'boolean' ? yesNo(id) : text(id, schema);
  const usual = name === 'reason' || (name === 'note' && required) ? quick(usualReasons(choice.operation, choice.to_state), made) : null;
  const node = el(schema.enum ? 'fieldset' : 'div', { class: 'field' },
    schema.enum ? el('legend', { class: 'field-label' }, label) : el('label', { class: 'field-label', for: id }, label, !required && el('small', {}, t('可不填'))),
    usual, made.node, fault);
  const show = (words) => {
    fault.textContent = words;
    fault.hidden = !words;
    made.input?.setAttribute('aria-invalid', String(Boolean(words)));
    if (words) made.input?.setAttribute('aria-describedby', fault.id);
  };
  return {
    name, node, value: made.value, fault: show, write: (words) => { made.input.value = words; }, focus: () => (made.input ?? made.node.querySelector('input'))?.focus(),
    check: () => {
      const value = made.value();
      const least = schema.minLength ?? (required ? 1 : 0);
      const good = typeof value === 'string' ? (value.length >= least || (!required && !value)) : !required || value !== null;
      show(good ? '' : least > 1 ? t('写明%(what)s，至少 %(n)s 个字，对方据此办理。', { what: label, n: least }) : t('请写明%(what)s，对方据此办理。', { what: label }));
      return good;
    },
  };
}

function text(id, { maxLength = LONG }) {
  const input = el(maxLength >= LONG ? 'textarea' : 'input', { class: 'input', id, maxlength: maxLength, rows: 2 });
  return { node: input, input, value: () => input.value.trim() };
}

function quick(words, made) {
  if (!words.length) return null;
  return el('div', { class: 'choices choices-small' }, words.map((each) => el('button', {
    type: 'button', class: 'choice', on: { click: () => { made.input.value = each; made.input.focus(); } },
  }, each)));
}

function enumeration(name, { enum: values }, label) {
  const node = el('div', { class: 'choices', role: 'radiogroup', 'aria-label': label }, values.map((value) => el('label', { class: 'choice' },
    el('input', { type: 'radio', name: `operation-${name}`, value }), name === 'satisfaction' ? satisfactionName(value) : value)));
  return { node, input: null, value: () => node.querySelector('input:checked')?.value ?? null };
}

function yesNo(id) {
  const input = el('input', { type: 'checkbox', id });
  return { node: el('span', { class: 'check' }, input, t('是')), input, value: () => input.checked };
}

/** Streets, communities and grids, one of which takes on a case that lies outside all of them. */
function area(id) {
  const input = el('select', { class: 'input', id }, el('option', { value: '' }, t('请选')));
  Promise.all(['street', 'community', 'grid'].map((level) => api.get('areas', { level, limit: 1000 }))).then((found) => {
    const areas = found.flatMap(({ items }) => items);
    input.append(...areas.map((each) => el('option', { value: each.code }, `${each.place || nameOf(each)} · ${each.code}`)));
  }).catch(() => {}); // without the list nothing can be chosen, and the form says that something must be
  return { node: input, input, value: () => input.value };
}

/** The filing conditions of the case's matter; the present one is chosen. */
function condition(id, item) {
  const input = el('select', { class: 'input', id });
  const now = item.filing_condition;
  const option = (each) => el('option', { value: each.code }, `${nameOf(each)} · ${limitWords(each)}`);
  if (now) input.append(option(now));
  api.get('matters', { q: item.matter.code, limit: 1 }).then(({ items: [matter] }) => {
    if (!matter || matter.code !== item.matter.code) return;
    input.replaceChildren(...matter.filing_conditions.map(option));
    if (now) input.value = now.code;
  }).catch(() => {}); // the present condition stays to choose
  return { node: input, input, value: () => input.value };
}
