/** The division planner beside the map: asked for proposals, it shows them side by side; one becomes a step of the plan. */
import { api } from '../api.js';
import { button, clearErrors, field, levelName, node, select, sentence, showErrors } from '../areas/nodes.js';
import { number } from '../format.js';
import { isEnglish, nameOf, t } from '../i18n.js';
import { section } from './panels.js';

const LIMITS = { grid: [300, 500], microgrid: [50, 100] };
const PROPOSALS = 4;
const SEARCH_S = 8; // for all proposals together; the server allows fifteen
const PATIENCE_S = 60; // reading and drawing the ground come on top
const ABOVE = { grid: 'community', microgrid: 'grid' };

/** Rows of the comparison: [name, text of a proposal's measures]. */
const MEASURES = () => [
  [t('个数'), ({ areas }) => number(areas)], [t('户数'), ({ least, most }) => `${number(least)}–${number(most)}`],
  [t('超出上下限'), ({ outside }) => number(outside)], [t('离散'), ({ spread }) => spread.toFixed(2)], [t('规整'), ({ compactness }) => compactness.toFixed(2)],
  [t('边界沿道路'), ({ border_on_roads: part }) => (part === null ? '—' : `${Math.round(part * 100)}%`)],
  [t('切开楼栋'), ({ buildings_cut: cut }) => number(cut)], [t('变动户数'), ({ households_moved: moved }) => (moved === null ? '—' : number(moved))],
];

/** What a plan's step `replace` is given: areas that go on keep their code, new ones get theirs at the hour. */
const stepOf = (parent, { areas }) => ({
  area: parent, areas: areas.features.map(({ geometry, properties }) => ({ level: properties.level, geometry, ...(properties.is_new ? {} : { code: properties.code }) })),
});

export class Divide {
  #root; #levels; #acts; #form; #found = node('div', { className: 'redraw-found', aria: { live: 'polite' } }); #asked = null; #told = null; #at = -1;

  /** `levels` of the plan; `acts`: show(given, features) draws a proposal, take(given), fit(feature), locked(), close(). */
  constructor(root, levels, chosen, acts) {
    this.#root = root;
    this.#levels = levels.filter((level) => ABOVE[level]);
    this.#acts = acts;
    this.#form = this.#makeForm(chosen);
    this.node = section(t('自动划分'), button(t('关闭'), { kind: 'text', small: true, on: acts.close }), this.#form, this.#found);
    this.node.classList.add('redraw-divide');
  }

  focus() { this.#form.elements.level.focus(); }

  stop() { this.#asked?.abort(); }

  #makeForm(chosen) {
    const level = select('level', this.#levels.map((key) => [key, levelName(key)]), this.#levels[0]);
    const parent = select('parent', []);
    const count = (name) => node('input', { name, type: 'number', min: 1, required: true, inputMode: 'numeric' });
    const whole = node('label', { className: 'choice' }, node('input', { type: 'checkbox', name: 'whole_microgrids' }), t('不拆微网格'));
    const form = node('form', { className: 'redraw-form', noValidate: true }, field(t('划成'), level), field(t('划分哪里'), parent),
      node('div', { className: 'redraw-pair' }, field(t('户数下限'), count('households_least')), field(t('户数上限'), count('households_most'))),
      whole, node('p', { className: 'note' }, t('锁定的区域保持不变；楼栋不切开。')),
      node('div', { className: 'button-row' }, node('button', { className: 'button button-primary', data: { act: 'propose' } }, t('提出方案'))));
    const fill = async () => {
      [form.elements.households_least.value, form.elements.households_most.value] = LIMITS[level.value];
      whole.hidden = level.value !== 'grid';
      await this.#parents(level.value, parent, chosen);
    };
    level.addEventListener('change', fill);
    form.addEventListener('submit', (event) => { event.preventDefault(); this.#propose(); });
    fill();
    return form;
  }

  /** The areas in force that can be divided into a level: of the level above, inside the plan's own. */
  async #parents(level, place, chosen) {
    const { items } = await api.get('areas', { level: ABOVE[level], limit: 1000 }).catch(() => ({ items: [] }));
    const inside = items.filter(({ code, path }) => code === this.#root.code || path.startsWith(`${this.#root.path}.`));
    place.replaceChildren(...inside.map((area) => node('option', { value: area.code }, `${nameOf(area)} ${area.code.slice(-7)}`)));
    const wanted = inside.find(({ code }) => chosen && (code === chosen || chosen.startsWith(code)));
    if (wanted) place.value = wanted.code;
  }

  async #propose() {
    clearErrors(this.#form);
    const { level, parent, households_least: least, households_most: most, whole_microgrids: whole } = this.#form.elements;
    this.#asked?.abort();
    const asked = new AbortController();
    this.#asked = asked;
    this.#told = null;
    this.#acts.show(null);
    this.#found.replaceChildren(node('p', { className: 'second' }, t('正在找，最多 %(n)s 秒…', { n: SEARCH_S })), button(t('停下'), { small: true, on: () => asked.abort() }));
    const body = {
      parent: parent.value, level: level.value, households_least: Number(least.value), households_most: Number(most.value), proposals: PROPOSALS,
      time_limit_s: SEARCH_S, lock: this.#acts.locked().filter((code) => code.startsWith(parent.value) && code !== parent.value), whole_microgrids: level.value === 'grid' && whole.checked,
    };
    try {
      this.#told = await api.post('division/proposals', body, { signal: asked.signal, timeout_s: PATIENCE_S });
      if (this.#asked === asked) this.#choose(0);
    } catch (error) {
      if (this.#asked === asked) this.#refused(error);
    }
  }

  #refused(error) {
    this.#found.replaceChildren();
    if (error.code === 'aborted') return;
    if (error.errors?.some(({ field: name }) => this.#form.elements[name])) showErrors(this.#form, error);
    else this.#found.append(node('p', { className: 'field-error', attributes: { role: 'alert' } }, sentence(error)));
  }

  #choose(at) {
    this.#at = at;
    const proposal = this.#told.proposals[at];
    this.#draw();
    this.#found.querySelectorAll('.redraw-compare thead button')[at]?.focus({ preventScroll: true });
    this.#acts.show(stepOf(this.#told.parent, proposal), this.#told.level);
  }

  #draw() {
    const { proposals, parent } = this.#told;
    const chosen = proposals[this.#at];
    const outside = chosen.areas.features.filter(({ properties }) => properties.reason);
    this.#found.replaceChildren(...[
      node('p', {}, node('span', { className: 'chip chip-prop' }, t('系统建议，未生效'))), this.#table(proposals),
      node('p', { className: 'second' }, `${chosen.number} ${chosen.name}`, isEnglish() ? ': ' : '：', t('共 %(n)s 户', { n: number(chosen.measures.households) })),
      chosen.complete ? null : node('p', { className: 'note' }, t('时间到，再找可能更好。')),
      outside.length ? node('ul', { className: 'redraw-reasons' }, outside.map((feature) => node('li', {},
        button(t('%(code)s，%(n)s 户', { code: feature.properties.code.slice(-4), n: number(feature.properties.households) }), { kind: 'text', small: true, on: () => this.#acts.fit(feature) }),
        node('span', { className: 'second' }, feature.properties.reason)))) : node('p', { className: 'redraw-good' }, t('都在上下限以内')),
      node('div', { className: 'button-row' }, this.#takeButton(stepOf(parent, chosen), chosen.number)),
    ].filter(Boolean));
  }

  #takeButton(given, n) {
    const made = button(t('采用方案 %(n)s', { n }), { kind: 'primary', on: () => this.#acts.take(given) });
    made.dataset.act = 'take';
    return made;
  }

  /** Proposals side by side, one column each; its head chooses what the map shows. */
  #table(proposals) {
    const head = proposals.map((proposal, i) => node('th', { attributes: { scope: 'col' } }, node('button', {
      type: 'button', className: 'redraw-proposal', title: proposal.name, aria: { pressed: String(i === this.#at), label: `${proposal.number} ${proposal.name}` }, on: { click: () => this.#choose(i) },
    }, String(proposal.number))));
    const rows = MEASURES().map(([name, say]) => node('tr', {}, node('th', { attributes: { scope: 'row' } }, name),
      proposals.map((proposal, i) => node('td', { className: i === this.#at ? 'is-chosen' : '' }, say(proposal.measures)))));
    return node('table', { className: 'redraw-compare' }, node('thead', {}, node('tr', {}, node('td', {}), head)), node('tbody', {}, rows));
  }
}
