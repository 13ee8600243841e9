/** Fields that choose an area or worker by code, with names while typing; and forms that send themselves. */
import { api, everything } from '../api.js';
import { clearErrors, field, node, showErrors } from '../areas/nodes.js';
import { whileBusy } from '../dialog.js';
import { labelWords, t } from '../i18n.js';

const LEVELS = ['street', 'community', 'grid', 'microgrid'];
const OFFERED = 20;
const FIND_MS = 250;
let areas = null;

/** All areas for choosing, fetched once per page. */
async function allAreas() {
  areas ??= Promise.all(LEVELS.map((level) => everything('areas', { level, limit: 1000 }))).then((lists) => lists.flat());
  return areas;
}

function offered(name, input) {
  const list = node('datalist', { id: `list-${name}-${crypto.getRandomValues(new Uint32Array(1))[0]}` });
  input.setAttribute('list', list.id);
  input.autocomplete = 'off';
  return { list, offer: (options) => list.replaceChildren(...options.map(([value, label]) => node('option', { value, label }, label))) };
}

export function areaField(label, name = 'area', { required = true, help = t('输入名称或编码，从列表里选') } = {}) {
  const input = node('input', { name, required });
  const { list, offer } = offered(name, input);
  allAreas().then((found) => offer(found.map(({ code, place, name: own }) => [code, place || own]))).catch(() => {});
  const made = field(label, input, { help });
  made.append(list);
  return made;
}

/** Offers the workers that fit what was typed, the first ones before that: a city has thousands. */
export function workerField(label, name = 'worker') {
  const input = node('input', { name, required: true });
  const { list, offer } = offered(name, input);
  let run = 0;
  const find = async () => {
    const own = ++run;
    const { items } = await api.get('workers', { q: input.value.trim(), limit: OFFERED });
    if (own === run) offer(items.map(({ code, display_name }) => [code, labelWords(display_name)]));
  };
  let timer = null;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => find().catch(() => {}), FIND_MS);
  });
  find().catch(() => {});
  const made = field(label, input, { help: t('输入编号或姓名，从列表里选') });
  made.append(list);
  return made;
}

/** A form of `parts`; `send(values)` gets the trimmed texts, null for empty ones. Errors stand beside the fields. */
export function form(parts, { action, busy, send, after }) {
  const go = node('button', { type: 'submit', className: 'button button-primary' }, action);
  const made = node('form', { noValidate: true }, parts, node('div', { className: 'button-row' }, go));
  made.addEventListener('submit', async (event) => {
    event.preventDefault();
    clearErrors(made);
    const values = Object.fromEntries([...new FormData(made)].map(([name, value]) => [name, value.trim() || null]));
    try {
      const answer = await whileBusy(go, busy, () => send(values));
      after?.(answer, values);
    } catch (error) {
      showErrors(made, error);
    }
  });
  return made;
}
