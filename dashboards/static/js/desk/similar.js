/** While a case waits to be filed: open cases of the same matter close by, and what intake decides about them. */
import { api } from '../api.js';
import { distance, moment } from '../format.js';
import { isEnglish, locale, t } from '../i18n.js';
import { caseSymbol } from '../symbols.js';
import { button, el } from './dom.js';
import { bracketed, commas, shortNumber, stateName } from './words.js';

export const NEAR_M = 50;
const MOST = 5; // so many the server tells

/** {items, more} of the other open cases, nearest first; null for a case that is past filing, 'unknown' where it cannot be asked. */
export async function similarTo(item, signal) {
  if (item.state !== 'reported') return null;
  const { lon, lat, matter } = item;
  try {
    const { items } = await api.get('incidents/nearby', { lon, lat, datum: 'cgcs2000', matter: matter.code, within_m: NEAR_M }, { signal });
    return { items: items.filter(({ id }) => id !== item.id), more: items.length >= MOST };
  } catch {
    return 'unknown';
  }
}

/** Rows of open cases: state, number as a link, when, how far; `end(item)` gives what stands at the end of a row. */
export function nearList(items, end = () => null) {
  return el('ul', { class: 'near-list' }, items.map((each) => el('li', { dataset: { near: each.id } },
    caseSymbol({ severity: each.severity, state: each.state }, { size: 20, label: stateName(each.state) }),
    el('a', { class: 'code', href: `/desk/${each.id}`, target: '_blank' }, shortNumber(each.number)),
    el('span', { class: 'note' }, commas([moment(each.opened_at, Date.now(), { locale: locale() }), stateName(each.state), distance(each.distance_m, locale())])),
    end(each))));
}

/**
 * The card of a case that waits to be filed; null where there is nothing to decide. `same(other)` and `different(others)`
 * open what is to be written; they are offered where the reader may reject and file.
 */
export function similarCard(item, similar, { same, different }) {
  if (similar === null) return null;
  if (similar === 'unknown') return el('p', { class: 'note case-similar' }, t('没能查附近有没有同类；稍后会再查'));
  const { items, more } = similar;
  if (!items.length) return el('p', { class: 'note case-similar' }, t('附近 %(m)s 米、24 小时内没有同类在办', { m: NEAR_M }));
  const may = (operation) => item.allowed_operations.some((each) => each.operation === operation && each.allowed);
  const title = more ? t('附近 %(m)s 米、24 小时内至少有 %(n)s 件同类在办', { m: NEAR_M, n: items.length }) : t('附近 %(m)s 米、24 小时内有 %(n)s 件同类在办', { m: NEAR_M, n: items.length });
  return el('section', { class: 'duplicate-card case-similar', 'aria-label': t('可能是同一件') }, el('h3', { class: 'is-soon' }, title),
    nearList(items, (other) => may('reject') && button(t('是同一件…'), { size: 'small', class: 'button button-small end', run: () => same(other), dataset: { same: other.id } })),
    may('file') && el('div', { class: 'button-row' }, button(t('判定不重复…'), { size: 'small', run: () => different(items), dataset: { different: '' } })));
}

/** The reason of a rejection as a duplicate, with the other's whole number. */
export const sameWords = ({ number }) => t('与已有案件 %(number)s 重复', { number });

/** What is noted at the filing of a case that was found to be none. */
export function differentWords(others) {
  const numbers = others.map(({ number }) => shortNumber(number)).join(isEnglish() ? ', ' : '、');
  return t('附近 %(m)s 米、24 小时内有 %(n)s 件同类', { m: NEAR_M, n: others.length }) + bracketed(numbers) + (isEnglish() ? ', ' : '，') + t('判定不重复');
}
