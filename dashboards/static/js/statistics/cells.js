/** How an indicator's figure is written in the table, the popover and the download. Pure. */
import { area, duration, faultArea, fraction, NBSP, NONE, number, rateFigure, withUnit } from '../format.js';
import { locale, t } from '../i18n.js';

const FEW = 10; // below so many cases a rate jumps by ten points with one: said, not hidden
const NO_BASE = {
  closure_rate: '本期无应结案', on_time_closure_rate: '本期无应结案', handling_median: '本期无处置', handling_p90: '本期无处置',
  staffing: '没有网格', spatial_coverage: '以网格为界',
};
const UNIT_LINES = {
  reported: '件', filed: '件', closed: '件', closure_rate: '已结 / 应结 件', on_time_closure_rate: '按期 / 应结 件',
  handling_median: '半数不超过', handling_p90: '九成不超过', staffing: '有专职 / 网格', spatial_coverage: '缺口或面积',
};

/** The unit line under an indicator's name in the header. */
export function unitLine(code) {
  return t(UNIT_LINES[code] ?? '');
}

/** {figure, evidence, below, few, sort} of one figure; `figure` undefined (not for this area) reads as none. */
export function cellOf(code, figure) {
  if (!figure || figure.value === null || figure.value === undefined) {
    return { figure: NONE, evidence: t(NO_BASE[code] ?? '没有数据'), below: false, few: false, sort: null };
  }
  const { value, numerator, denominator, unit } = figure;
  if (unit === 'percent') {
    const below = figure.below_target;
    if (code === 'spatial_coverage') return { ...rateWords(numerator, denominator), evidence: ground(figure), below, few: false, sort: value };
    const few = code !== 'staffing' && denominator < FEW;
    const evidence = few ? `${fraction(numerator, denominator)} ${t('样本少')}` : fraction(numerator, denominator);
    return { ...rateWords(numerator, denominator), evidence, below, few, sort: numerator / denominator };
  }
  if (unit === 'seconds') {
    const few = denominator < FEW;
    const base = withUnit(denominator, t('件'));
    return { figure: duration(value, locale()), evidence: few ? `${base} ${t('样本少')}` : base, below: false, few, sort: value };
  }
  return { figure: number(value), evidence: NBSP, below: false, few: false, sort: value }; // the unit stands in the header
}

function rateWords(numerator, denominator) {
  return { figure: `${rateFigure(numerator, denominator)}%` };
}

function ground({ gap_m2: gap, overlap_m2: overlap, denominator }) {
  if (gap >= 0.5) return t('缺口 %(area)s', { area: area(gap, locale()) });
  if (overlap >= 0.5) return t('重叠 %(area)s', { area: faultArea(overlap, locale()) });
  return area(denominator, locale());
}
