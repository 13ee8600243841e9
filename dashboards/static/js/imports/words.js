/** Words of imports: kinds, states, severities, fields, what was recognised. */
import { isEnglish, t } from '../i18n.js';

export const KINDS = () => ({ areas: t('区域'), buildings: t('楼栋'), workers: t('网格员'), incidents: t('历史事件'), reference: t('参考图层') });
export const STATES = () => ({ staged: t('等您决定'), refused: t('整份不能写入'), applied: t('已写入'), discarded: t('已放弃'), undone: t('已撤销') });
export const STATE_CHIPS = { staged: 'soon', refused: 'over', applied: 'done', discarded: 'outline', undone: 'outline' };
export const SEVERITIES = () => ({ refuse: t('不能写入'), warn: t('要您看一眼'), inform: t('告知') });
export const SEVERITY_CHIPS = { refuse: 'over', warn: 'soon', inform: 'act' };
export const CHANGES = () => ({ new: t('新增'), changed: t('内容有变'), moved: t('轮廓移动'), same: t('与现有相同') });
export const EVIDENCE = () => ({ encoding: t('编码'), datum: t('坐标'), axes: t('轴序'), layer: t('图层'), mapping: t('对应'), unused: t('没用的列') });
/** How many kinds of findings, with the unit, so that nobody takes it for rows. */
export const kindsOf = (n) => t('%(n)s 类', { n });
const FIELDS = () => ({
  code: t('编号'), name: t('名称'), name_en: t('英文名称'), parent: t('上级'), kind: t('类别'), households: t('户数'), floors: t('层数'),
  height: t('高度'), usage: t('用途'), grids: t('责任区'), duty: t('担任'), capacity: t('在办上限'), matter: t('事项'), reported_at: t('上报时间'),
  closed_at: t('结案时间'), state: t('状态'), description: t('描述'), address: t('地址'), channel: t('来源'), lon: t('经度'), lat: t('纬度'), wkt: 'WKT',
});
export const fieldName = (name) => FIELDS()[name] ?? name;

/** A sentence that the server keeps in both languages ({zh, en} or prefixed). */
export function inLanguage(row, prefix = '') {
  return row[`${prefix}${isEnglish() ? 'en' : 'zh'}`] ?? '';
}

/** What is recognised as 'Id → code' in the reader's words. */
export function mappingWords(columns) {
  return Object.entries(columns).map(([field, column]) => `${column} → ${fieldName(field)}`).join(isEnglish() ? ', ' : '，');
}

/** What differs between a changed row and what is stored: '层数 5 → 6'; of the fields that the file has. */
export function changeWords({ fields, stored, place }, columns) {
  const shown = (value) => (value === null || value === undefined || value === '' ? '—' : String(value));
  const pairs = Object.keys(columns).filter((name) => name in (stored ?? {})).map((name) => [fieldName(name), stored[name], fields[name]]);
  pairs.push([t('所在'), stored?.place, place]);
  return pairs.filter(([, before, after]) => shown(before) !== shown(after))
    .map(([name, before, after]) => `${name} ${shown(before)} → ${shown(after)}`).join(isEnglish() ? ', ' : '，');
}

export const DATUMS = [
  ['EPSG:4490', 'CGCS2000'], ['EPSG:4326', 'WGS 84'], ['gcj02', 'GCJ-02'], ['bd09', 'BD-09'], ['EPSG:4547', 'CGCS2000 3° CM 114E'],
  ['EPSG:4548', 'CGCS2000 3° CM 117E'], ['EPSG:4549', 'CGCS2000 3° CM 120E'],
];
export const ENCODINGS = [['utf-8', 'UTF-8'], ['gb18030', 'GB18030 / GBK'], ['big5', 'Big5']];
