/** The fields of what a person may say about a file: kind, level, parent, layer, datum, encoding, source. */
import { field, levelName, node, select } from '../areas/nodes.js';
import { t } from '../i18n.js';
import { DATUMS, ENCODINGS, KINDS } from './words.js';

// Past incidents are cases, which administrators do not see: the command line imports them.
const OFFERED = ['areas', 'buildings', 'workers', 'reference'];
const REFERENCE = () => [['road', t('道路')], ['water', t('水系')], ['wall', t('围墙')], ['poi', t('地点')]];
const LEVELS = ['province', 'city', 'district', 'street', 'community', 'grid', 'microgrid', 'unit_grid'];

function listed(name, options, value) {
  const list = node('datalist', { id: `imports-${name}` }, options.map(([key, label]) => node('option', { value: key, label }, label)));
  return [node('input', { name, value: value ?? '', autocomplete: 'off', attributes: { list: list.id }, placeholder: t('自动辨认') }), list];
}

function choices(kind) {
  return node(
    'fieldset', { data: { field: 'kind' } }, node('legend', {}, t('导入什么')),
    node('div', { className: 'choices' }, OFFERED.map((key) => [key, KINDS()[key]]).map(([key, name]) => node(
      'label', { className: 'choice' }, node('input', { type: 'radio', name: 'kind', value: key, checked: key === kind }), name,
    ))),
  );
}

/** Nodes of the form; `given` are the values it begins with. The level stands only for areas. */
export function optionFields(given = {}, { kindFixed = false, open = false } = {}) {
  const level = field(t('层级'), select('level', [['', t('选一个层级')], ...LEVELS.map((key) => [key, levelName(key)])], given.level ?? ''));
  const into = field(t('归入哪一层'), select('into', [['', t('选一层')], ...REFERENCE()], given.into ?? ''));
  const [datum, datums] = listed('datum', DATUMS, given.datum);
  const [encoding, encodings] = listed('encoding', ENCODINGS, given.encoding);
  const parent = node('input', { name: 'parent', value: given.parent ?? '', autocomplete: 'off' });
  const layer = node('input', { name: 'layer', value: given.layer ?? '', autocomplete: 'off', placeholder: t('自动辨认') });
  const source = node('input', { name: 'source', value: given.source ?? '', autocomplete: 'off', placeholder: t('文件名') });
  const parentField = field(t('上级编码'), parent, { help: t('所有行都归到它下面时填') });
  const more = node(
    'details', { open }, node('summary', {}, t('辨认得不对，或文件没写明时，在这里指定')),
    node('div', { className: 'imports-fields' },
      field(t('坐标系'), datum, { help: t('wgs84、cgcs2000、gcj02、bd09 或 EPSG 代号') }), field(t('文字编码'), encoding),
      field(t('图层'), layer, { help: t('GeoPackage、zip 里有几个图层时填') }), parentField,
      field(t('来源'), source, { help: t('写进每一条数据，日后查得到') })),
    datums, encodings,
  );
  const kinds = kindFixed ? null : choices(given.kind ?? 'buildings');
  const show = (kind) => {
    level.hidden = kind !== 'areas';
    parentField.hidden = kind !== 'areas';
    into.hidden = kind !== 'reference';
  };
  kinds?.addEventListener('change', (event) => show(event.target.value));
  show(given.kind ?? 'buildings');
  return [kinds, level, into, more].filter(Boolean);
}
