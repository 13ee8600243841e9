/** Fields that choose an area or worker by code, with names while typing; and forms that send themselves. */
import { api } from '../api.js';
import { clearErrors, field, node, showErrors } from '../areas/nodes.js';
import { whileBusy } from '../dialog.js';
import { labelWords, t } from '../i18n.js';

const LEVELS = ['street', 'community', 'grid', 'microgrid'];
let areas = null;

/** All areas for choosing, fetched once per page. */
async function allAreas() {
  areas ??= Promise.all(LEVELS.map(async (level) => {
    const found = [];
    let after = null;
    do {
      const page = await api.get('areas', { level, after, limit: 1000 });
      found.push(...page.items);
      after = page.next;
    } while (after);
    return found;
  })).then((lists) => lists.flat());
  return areas;
}

function listed(name, input, fill) {
  const list = node('datalist', { id: `list-${name}-${crypto.getRandomValues(new Uint32Array(1))[0]}` });
  input.setAttribute('list', list.id);
  input.autocomplete = 'off';
  fill().then((options) => list.replaceChildren(...options.map(([value, label]) => node('option', { value, label }, label)))).catch(() => {});
  return list;
}

export function areaField(label, name = 'area', { required = true, help = t('输入名称或编码，从列表里选') } = {}) {
  const input = node('input', { name, required });
  const list = listed(name, input, async () => (await allAreas()).map(({ code, place, name: own }) => [code, place || own]));
  const made = field(label, input, { help });
  made.append(list);
  return made;
}

export function workerField(label, name = 'worker') {
  const input = node('input', { name, required: true });
  const list = listed(name, input, async () => {
    const { items } = await api.get('workers');
    return items.map(({ code, display_name }) => [code, labelWords(display_name)]);
  });
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
