/** The list of redraw plans, and the form that begins one. */
import { api } from '../api.js';
import { whileBusy } from '../dialog.js';
import { moment, number } from '../format.js';
import { labelWords, locale, nameOf, t } from '../i18n.js';
import { leaveFor } from '../page.js';
import { button, clearErrors, empty, field, levelName, loading, node, select, sentence, showErrors } from '../areas/nodes.js';
import { due, stateName } from './words.js';

const STATES = ['', 'draft', 'checked', 'approved', 'effective', 'withdrawn'];
const KIND = { draft: 'prop', checked: 'act', approved: 'soon', effective: 'done', withdrawn: 'pause' };

export const stateChip = (state) => node('span', { className: `chip chip-${KIND[state]}` }, stateName(state));

export class PlanList {
  #place; #state = ''; #mayDraw; #places; #table = node('div'); #run = 0; #next = null;

  constructor(place, { mayDraw, places }) {
    this.#place = place;
    this.#mayDraw = mayDraw;
    this.#places = places;
    this.#draw();
    this.#load();
  }

  #draw() {
    const tabs = node('div', { className: 'tabs', attributes: { role: 'group', 'aria-label': t('状态') } }, STATES.map((state) => node('button', {
      type: 'button', className: 'tab', aria: { current: state === this.#state ? 'true' : null }, on: { click: () => { this.#state = state; this.#draw(); this.#load(); } },
    }, state ? stateName(state) : t('全部'))));
    for (const tab of tabs.querySelectorAll('[aria-current="null"]')) tab.removeAttribute('aria-current');
    this.#place.replaceChildren(node(
      'div', { className: 'redraw-list' },
      node('div', { className: 'redraw-list-main' }, node('header', { className: 'redraw-list-head' }, node('h1', {}, t('网格调整方案')), tabs), this.#table),
      node('aside', { className: 'redraw-list-side', aria: { label: t('新建方案') } }, this.#mayDraw ? this.#form()
        : node('p', { className: 'second' }, t('方案由街道管理人员或系统管理员编制，您可以查看和批准。'))),
    ));
  }

  async #load(more = false) {
    const run = ++this.#run;
    if (!more) loading(this.#table, 6);
    try {
      const page = await api.get('redraw/plans', { state: this.#state, limit: 50, after: more ? this.#next : null });
      if (run !== this.#run) return;
      this.#next = page.next;
      this.#show(page.items, more);
    } catch (error) {
      if (run === this.#run) this.#table.replaceChildren(empty('triangle', t('没有取到方案'), sentence(error), { kind: 'soon', buttons: [button(t('再取一次'), { on: () => this.#load() })] }));
    }
  }

  #show(items, more) {
    if (!items.length && !more) {
      this.#table.replaceChildren(empty('map', t('没有方案'), this.#mayDraw ? t('右边选一个区域，建第一个方案') : t('有人编好方案后会在这里')));
      return;
    }
    const rows = items.map((plan) => node(
      'tr', {}, node('td', {}, node('a', { href: `/redraw/${plan.id}` }, plan.title)), node('td', {}, nameOf(plan.area)),
      node('td', {}, stateChip(plan.state)), node('td', { className: 'number' }, number(plan.items)),
      node('td', {}, labelWords(plan.author ?? '')), node('td', {}, plan.applied_at ? moment(plan.applied_at, Date.now(), { locale: locale() }) : plan.effective_at ? due(plan.effective_at) : '—'),
      node('td', {}, moment(plan.created_at, Date.now(), { locale: locale() })),
    ));
    const body = more ? this.#table.querySelector('tbody') : node('tbody');
    body.append(...rows);
    if (!more) {
      const heads = [t('方案'), t('区域'), t('状态'), t('步骤'), t('编制人'), t('生效'), t('建立')];
      this.#table.replaceChildren(node('div', { className: 'table-wrap' }, node('table', { className: 'table' }, node('thead', {}, node('tr', {}, heads.map((head) => node('th', { attributes: { scope: 'col' } }, head)))), body)));
    }
    this.#table.querySelector('.redraw-more')?.remove();
    if (this.#next) this.#table.append(node('p', { className: 'redraw-more' }, button(t('更早的方案'), { on: () => this.#load(true) })));
  }

  #form() {
    const area = select('area', this.#places.map((place) => [place.code, `${nameOf(place)} · ${levelName(place.level)}`]));
    const send = node('button', { className: 'button button-primary' }, t('建方案'));
    const form = node(
      'form', { className: 'redraw-form', noValidate: true }, node('h2', {}, t('新建方案')),
      field(t('名称'), node('input', { name: 'title', required: true, maxLength: 120, autocomplete: 'off' })),
      field(t('区域'), area, { help: t('方案可以改动这个区域以内的社区、网格和微网格，不动它自己的外边界。') }),
      field(t('缘由'), node('textarea', { name: 'reason', rows: 3, maxLength: 2000 }), { note: t('可不填') }),
      field(t('希望生效'), node('input', { name: 'effective_at', type: 'datetime-local' }), { note: t('可不填，由批准人定') }),
      node('div', { className: 'button-row' }, send),
    );
    this.#fill(area);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      whileBusy(send, t('正在建'), () => this.#create(form));
    });
    return form;
  }

  /** Below every top area its communities, which are what is mostly redrawn. */
  async #fill(area) {
    const first = area.value;
    const { items } = await api.get('areas', { level: 'community', limit: 1000 }).catch(() => ({ items: [] }));
    for (const place of items) area.append(node('option', { value: place.code }, `${nameOf(place)} · ${levelName(place.level)}`));
    if (!first && items.length) area.value = items[0].code;
  }

  async #create(form) {
    clearErrors(form);
    const given = Object.fromEntries(new FormData(form));
    const hour = given.effective_at ? new Date(given.effective_at).toISOString() : null;
    try {
      const plan = await api.post('redraw/plans', { title: given.title, area: given.area, reason: given.reason || null, effective_at: hour });
      await leaveFor(`/redraw/${plan.id}`);
    } catch (error) {
      showErrors(form, error);
    }
  }
}
