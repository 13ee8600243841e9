/** The card of the chosen area: its facts, and the steps that need no drawing. All of it by keyboard. */
import { area as areaWords, number } from '../format.js';
import { nameOf, t } from '../i18n.js';
import { button, clearErrors, facts, field, levelName, node, select, showErrors } from '../areas/nodes.js';
import { whileBusy } from '../dialog.js';
import { section } from './panels.js';
import { shortName } from './words.js';

/** A small form of one step; `read(values)` gives [operation, given]. */
function stepForm(title, fields, action, read, onStep) {
  const send = node('button', { className: 'button button-small' }, action);
  const form = node('form', { noValidate: true, className: 'redraw-form' }, fields, node('div', { className: 'button-row' }, send));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    whileBusy(send, t('正在存'), async () => {
      clearErrors(form);
      try {
        await onStep(...read(Object.fromEntries(new FormData(form))));
      } catch (error) {
        showErrors(form, error);
      }
    });
  });
  return node('details', { className: 'redraw-fold' }, node('summary', {}, title), form);
}

/** `beside` are areas of the same parent, `above` those its parent could be. */
export function chosenCard({ feature, beside, above, locked, mayEdit, onStep, onLock, onClose }) {
  const area = feature.properties;
  const others = [['', t('边界最长的邻区')], ...beside.map((other) => [other.key, `${shortName(other)} ${nameOf(other)}`])];
  const [w, s, e, n] = feature.box;
  const cut = (line) => button(line.text, { small: true, on: () => onStep('split', { area: area.key, line: { type: 'LineString', coordinates: line.points } }).catch(() => {}) });
  const middle = [(w + e) / 2, (s + n) / 2];
  const pad = [(e - w) / 10, (n - s) / 10];
  const halves = [
    { text: t('分东西'), points: [[middle[0], s - pad[1]], [middle[0], n + pad[1]]] },
    { text: t('分南北'), points: [[w - pad[0], middle[1]], [e + pad[0], middle[1]]] },
  ];
  const given = area.code.startsWith('@') ? area.key : area.code;
  const forms = mayEdit ? [
    node('div', { className: 'button-row' }, halves.map(cut), button(locked ? t('解锁') : t('锁定'), { small: true, on: onLock })),
    stepForm(t('改名'), [
      field(t('名称'), node('input', { name: 'name', value: area.name ?? '', maxLength: 80 })),
      field(t('英文名称'), node('input', { name: 'name_en', value: area.name_en ?? '', maxLength: 80 }), { note: t('可不填') }),
    ], t('改名'), ({ name, name_en }) => ['rename', { area: area.key, name, ...(name_en ? { name_en } : {}) }], onStep),
    stepForm(t('停用'), [field(t('范围并入'), select('into', others))], t('停用'), ({ into }) => ['retire', { area: area.key, ...(into ? { into } : {}) }], onStep),
    above.length ? stepForm(t('改挂上级'), [field(t('归到'), select('parent', above.map((other) => [other.key, `${shortName(other)} ${nameOf(other)}`])))],
      t('改挂'), ({ parent }) => ['reparent', { area: area.key, parent }], onStep) : null,
  ] : [];
  return section(`${shortName(area)} ${nameOf(area) === shortName(area) ? '' : nameOf(area)}`, button(t('关闭'), { kind: 'text', small: true, on: onClose }),
    facts([[t('层级'), levelName(area.level)], [t('编码'), given], [t('住户'), area.households === null ? null : t('%(n)s 户', { n: number(area.households) })],
      [t('面积'), area.area_m2 ? areaWords(area.area_m2) : null]]), ...forms.filter(Boolean));
}
