/** The left column: how many are open and how their time stands, today, and the month's rate. */
import { fraction, NBSP, number, rateFigure } from '../format.js';
import { isEnglish, t } from '../i18n.js';
import { say } from './rows.js';
import { axisStart, drawTrend } from './trend.js';

const PARTS = ['in_time', 'soon', 'overdue', 'stopped'];

export function showOpen(root, open) {
  const total = open.in_time + open.soon + open.overdue;
  say(root.querySelector('[data-open]'), number(total));
  const beside = [];
  if (open.stopped) beside.push(t('另有停表 %(n)s 件', { n: number(open.stopped) }));
  if (open.uncertain) beside.push(t('含待确认 %(n)s', { n: number(open.uncertain) }));
  say(root.querySelector('[data-stopped]'), beside.join(' · '));
  for (const node of root.querySelectorAll('[data-part]')) say(node, number(open[node.dataset.part]));
  const bar = root.querySelector('[data-open-bar]');
  bar.dataset.total = total + open.stopped;
  bar.setAttribute('aria-label', t('时限内 %(a)s，将到期 %(b)s，超期 %(c)s，停表 %(d)s', {
    a: open.in_time, b: open.soon, c: open.overdue, d: open.stopped,
  }));
  PARTS.forEach((part) => {
    const node = bar.querySelector(`.wall-part-${part}`);
    node.toggleAttribute('data-some', open[part] > 0);
    node.style.flexGrow = open[part];
  });
}

export function showToday(root, today) {
  for (const node of root.querySelectorAll('[data-today]')) say(node, number(today[node.dataset.today]));
}

/** `rate` {numerator, denominator, target, below_target}, `weeks` oldest first. */
export function showRate(root, rate, weeks) {
  const figure = rateFigure(rate.numerator, rate.denominator);
  const node = root.querySelector('[data-rate]');
  if (node.dataset.shown !== figure) {
    node.dataset.shown = figure;
    const unit = document.createElement('small');
    unit.textContent = '%';
    node.replaceChildren(figure, ...(rate.denominator ? [unit] : []));
  }
  root.querySelector('.wall-rate').toggleAttribute('data-below', rate.below_target);
  say(root.querySelector('[data-rate-base]'), rate.denominator ? fraction(rate.numerator, rate.denominator) : '');
  say(root.querySelector('[data-rate-note]'), rate.denominator ? t('应结案') : t('本期无应结案'));
  say(root.querySelector('[data-target]'), notes(rate.target, axisStart(weeks, rate.target)).join(isEnglish() ? ', ' : '，'));
  drawTrend(root.querySelector('[data-trend]'), weeks, rate.target);
}

function notes(target, start) {
  return [
    ...(target === null ? [] : [t('虚线 = 目标%(n)s', { n: NBSP + Number(target) })]),
    ...(start > 0 ? [t('轴从 %(n)s 起', { n: start })] : []),
  ];
}
