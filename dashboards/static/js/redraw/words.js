/** The words of redraw plans: steps of a plan, its states, and short names of areas. */
import { dueMoment, number } from '../format.js';
import { isEnglish, locale, t } from '../i18n.js';
import { levelName } from '../areas/nodes.js';

export const LEVELS = ['community', 'grid', 'microgrid'];

export const operationName = (operation) => ({
  create: t('新建'), split: t('拆分'), merge: t('合并'), move_border: t('移界'), rename: t('改名'), reparent: t('改挂'),
  retire: t('停用'), replace: t('整体替换'), restore: t('还原'),
}[operation] ?? operation);

export const stateName = (state) => ({
  draft: t('草拟'), checked: t('已校核'), approved: t('已批准'), effective: t('已生效'), withdrawn: t('已撤回'),
}[state] ?? state);

let wide = false;

/** In a plan above the communities, grids are named with theirs: 03-002. */
export function sayCommunity(yes) { wide = yes; }

/** '001' of a grid, '01' of a micro-grid, the name of a community; areas above by their name. */
export function shortName({ code = '', level, name }) {
  if (code.startsWith('@')) return t('新%(level)s', { level: levelName(level) });
  const both = wide && level === 'grid' ? /(\d{2})Z(\d{3})$/.exec(code) : null;
  if (both) return `${both[1]}-${both[2]}`;
  if (level === 'grid') return /(\d{3})$/.exec(code)?.[1] ?? name ?? code;
  if (level === 'microgrid') return /(\d{2})$/.exec(code)?.[1] ?? name ?? code;
  return name ?? code;
}

/** One step as a sentence; `find(code)` gives the area of a code if it is known. */
export function stepWords({ operation, given }, find) {
  const said = (code) => {
    const area = find(code);
    return area ? shortName(area) : shortName({ code, level: levelOfCode(code), name: null });
  };
  const all = (codes) => codes.map(said).join(t('、'));
  switch (operation) {
    case 'create': return given.name || t('在 %(a)s 内新画一个', { a: said(given.parent) });
    case 'split': return t('%(a)s 拆开', { a: said(given.area) });
    case 'merge': return t('%(all)s 合为一个', { all: all(given.areas) });
    case 'move_border': return t('%(a)s 的边界', { a: said(given.area) });
    case 'rename': return t('%(a)s 改叫 %(name)s', { a: said(given.area), name: given.name });
    case 'reparent': return t('%(a)s 归到 %(b)s', { a: said(given.area), b: said(given.parent) });
    case 'retire': return given.into ? t('%(a)s 并入 %(b)s', { a: said(given.area), b: said(given.into) }) : t('%(a)s 并入邻区', { a: said(given.area) });
    case 'replace': return t('%(a)s 内换成 %(n)s 个区域', { a: said(given.area), n: number(given.areas.length) });
    case 'restore': return t('回到原方案生效之前');
    default: return '';
  }
}

export function levelOfCode(code) {
  if (/Z\d{3}$/.test(code)) return 'grid';
  return /Z\d{6}$/.test(code) ? 'microgrid' : 'community';
}

export const findingWords = (finding) => (isEnglish() ? finding.en : finding.zh);
export const due = (at) => dueMoment(at, Date.now(), { locale: locale() });
