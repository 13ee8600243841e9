/** Who could go: the arithmetic beside each name, who is left out and why, the departments. */
import { age, number } from '../format.js';
import { icon } from '../icons.js';
import { locale, t, tn } from '../i18n.js';
import { whileBusy } from '../dialog.js';
import { button, el } from './dom.js';
import { busyWord } from './operations.js';
import { failed } from './states.js';

const SHOWN = 3;

export class Candidates {
  #place; #dispatch; #found = null; #tab = 'workers'; #all = false; #id = null;

  /** `dispatch(to, name)` sends the case; resolves when it is done or refused. */
  constructor(place, { dispatch }) {
    this.#place = place;
    this.#dispatch = dispatch;
  }

  /** The first proposal {letter, to, …} or null. */
  get proposal() { return this.#found?.workers.find(({ to }) => to === this.#found.proposed) ?? null; }
  get found() { return this.#found; }

  hide() {
    this.#found = null;
    this.#id = null;
    this.#place.hidden = true;
  }

  /** They are asked for: those of the same case stay, for another it says what is awaited. */
  expect(id) {
    if (id === this.#id && !this.#place.hidden) return;
    this.#instead(id, el('p', { class: 'candidates-none', role: 'status' }, t('正在算谁可以去…')));
  }

  /** They did not come. Those of the same case stay. */
  fail(id, error, again) {
    if (id === this.#id && this.#found) return;
    this.#instead(id, failed(error, t('没能取到候选'), again));
  }

  #instead(id, node) {
    this.#id = id;
    this.#found = null;
    this.#place.hidden = false;
    this.#place.replaceChildren(el('header', { class: 'candidates-head' }, el('h2', {}, t('派给谁'))), node);
  }

  /** Draws what the server proposed for the case `id`; returns whether that is something new. */
  show(id, found) {
    if (id !== this.#id || !this.#found) {
      this.#all = false;
      this.#tab = found.workers.length ? 'workers' : 'departments';
    }
    const same = id === this.#id && !this.#place.hidden && JSON.stringify(found) === JSON.stringify(this.#found);
    this.#id = id;
    this.#found = found;
    this.#place.hidden = false;
    if (!same) this.#draw();
    return !same;
  }

  openTab(tab) {
    if (!this.#found) return;
    this.#tab = tab;
    this.#draw();
    this.#place.querySelector(tab === 'departments' ? '.department .button' : '.candidate .button')?.focus();
  }

  /** Sends the case to the candidate of that letter. Returns whether there is one. */
  press(letter) {
    const node = this.#place.querySelector(`[data-letter="${letter}"]`);
    if (this.#place.hidden || !node) return false;
    node.click();
    return true;
  }

  #draw() {
    const { workers, departments } = this.#found;
    const tab = (key, words, count) => el('button', {
      class: 'tab', type: 'button', role: 'tab', 'aria-selected': String(this.#tab === key), 'aria-controls': 'desk-who',
      on: { click: () => this.openTab(key) },
    }, words, ' ', String(count));
    const [first] = workers;
    const head = el('header', { class: 'candidates-head' }, el('h2', {}, t('派给谁')),
      this.proposal && el('span', { class: 'chip chip-prop' }, t('系统建议 %(letter)s', { letter: this.proposal.letter })),
      first && el('span', { class: 'note cut' }, t('总分 = %(terms)s', { terms: first.terms.map(({ name, max }) => `${name} ${max}`).join(' + ') })),
      el('span', { class: 'tabs end', role: 'tablist', 'aria-label': t('派给谁') }, tab('workers', t('网格员'), workers.length + (this.#found.more ?? 0)), tab('departments', t('部门'), departments.length)));
    const body = el('div', { class: 'candidates-body', id: 'desk-who', role: 'tabpanel', tabindex: '0', 'aria-label': t('候选') },
      this.#tab === 'workers' ? this.#workers() : this.#departments());
    this.#place.replaceChildren(head, body, this.#foot());
  }

  #workers() {
    const { workers, excluded, more } = this.#found;
    if (!workers.length) return el('p', { class: 'candidates-none' }, t('附近没有可派的网格员，可以转部门。'));
    const shown = this.#all ? workers : workers.slice(0, SHOWN);
    const table = el('div', { class: 'candidates' }, this.#columns(workers[0].terms), shown.map((each) => this.#row(each)));
    table.style.setProperty('--terms', workers[0].terms.length);
    const rest = workers.length - shown.length;
    return [table, rest > 0 && button(tn('再看 %(n)s 人', rest), { kind: 'text', size: 'small', run: () => { this.#all = true; this.#draw(); } }),
      this.#all && more > 0 && el('p', { class: 'note candidates-none' }, tn('另有 %(n)s 人得分更低', more)),
      excluded.length > 0 && el('dl', { class: 'excluded' }, el('dt', {}, t('未列入')),
        el('dd', {}, excluded.map(({ to, reason }) => [el('b', {}, to), ` ${reason}　`])))];
  }

  #columns(terms) {
    return el('div', { class: 'candidate-head', 'aria-hidden': 'true' }, el('span'), el('span'),
      terms.map(({ name }) => el('span', {}, name)), el('span', {}, t('合计')), el('span'));
  }

  #row(each) {
    const first = each.to === this.#found.proposed;
    const go = button(t('派遣'), {
      kind: first ? 'primary' : '', size: 'small', dataset: { letter: each.letter },
      'aria-label': t('派遣给 %(who)s', { who: `${each.letter} ${each.to}` }),
    });
    go.addEventListener('click', () => whileBusy(go, busyWord(t('派遣')), () => this.#dispatch(each.to, `${each.letter} ${each.to}`)));
    return el('div', { class: `candidate${first ? ' candidate-first' : ''}` },
      el('span', { class: 'candidate-letter' }, each.letter),
      el('span', { class: 'candidate-who' }, el('b', {}, each.to), el('span', {}, each.duty)),
      each.terms.map((term) => this.#term(term)), el('span', { class: 'candidate-sum' }, number(each.sum)), go);
  }

  #term({ name, got, max, fact }) {
    const fill = el('span', { class: 'meter-fill' });
    fill.style.transform = `scaleX(${max ? got / max : 0})`;
    return el('span', { class: 'term', title: `${name}: ${fact}` }, el('b', {}, String(got)), el('i', {}, `/${max}`),
      el('span', { class: 'meter', 'aria-hidden': 'true' }, fill), el('small', {}, fact));
  }

  #departments() {
    return el('ul', { class: 'departments' }, this.#found.departments.map(({ to, name, is_default }) => {
      const go = button(t('派遣'), { size: 'small', 'aria-label': t('派遣给 %(who)s', { who: name }) });
      go.addEventListener('click', () => whileBusy(go, busyWord(t('派遣')), () => this.#dispatch(to, name)));
      return el('li', { class: 'department' }, el('b', {}, name), is_default && el('span', { class: 'chip chip-outline' }, t('按权责清单主责')), el('span', { class: 'end' }, go));
    }));
  }

  #foot() {
    const placed = this.#found.workers.filter(({ positioned, position_at }) => positioned && position_at);
    const newest = placed.map(({ position_at }) => position_at).sort().at(-1);
    const words = newest
      ? t('位置只取自最近一次上报或走访（最近 %(age)s），不连续定位；没有新位置的按责任区中心折算', { age: age(newest, Date.now(), { locale: locale() }) })
      : t('没有一小时内的上报或走访位置，都按责任区中心折算；不连续定位');
    return el('p', { class: 'candidate-foot' }, icon('info'), el('span', {}, words));
  }
}
