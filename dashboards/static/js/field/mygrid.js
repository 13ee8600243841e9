/** 我的网格: the micro-grids I answer for, on the map and in a list, and the open cases of each. */
import { api } from '../api.js';
import { number, timeState } from '../format.js';
import { t } from '../i18n.js';
import { empty, h, head } from './dom.js';
import { boundsOf } from '../mapgeometry.js';
import { fieldMap, putCases } from './fieldmap.js';
import { caseRow } from './today.js';

const MARGIN_PX = 28;
const AGAIN_MS = 60000;
const PAGE = 200;
const PAGES_MOST = 5;
const OPEN = 'reported,filed,returned,dispatched,accepted,handling,rework,handled,feedback,checking';
const KIND = { responsible: '责任人', deputy: '代理', grid_leader: '网格长' };

export class MyGrid {
  #app; #map = null; #chosen = null; #list = null; #shown = ''; #framed = ''; #cases = null; #taken = 0;

  constructor(app) {
    this.#app = app;
  }

  show(place) {
    this.#list = h('div', { class: 'phone-page field-grid' });
    const map = h('div', { class: 'field-map field-map-grid' });
    place.replaceChildren(head(t('我的网格'), { end: h('span', { class: 'end' }, this.#app.whereWords()), leave: this.#app.elder ? () => this.#app.go('today') : null, label: t('返回') }), map, this.#list);
    try {
      this.#map = fieldMap(map, { bounds: this.#app.home(), areas: this.#own(), zoomButtons: true, framed: true });
      this.#framed = '';
    } catch {
      map.hidden = true;
    }
    this.#draw();
    this.#showChosen();
    this.#load();
  }

  hide() {
    this.#map?.destroy();
    this.#map = null;
  }

  changed() {
    this.#draw();
    if (Date.now() - this.#taken > AGAIN_MS) this.#load();
  }

  /** Every open case that I may see, most urgent first: the phone's copy at once, then the server's. */
  async #load() {
    this.#taken = Date.now();
    const { copies } = this.#app;
    this.#cases ??= (await copies.read('grid-cases'))?.data ?? null;
    this.#draw();
    try {
      const items = [];
      let after = null;
      for (let page = 0; page < PAGES_MOST && (page === 0 || after); page += 1) {
        const found = await api.get('incidents', { state: OPEN, order: 'due', limit: PAGE, after });
        items.push(...found.items);
        after = found.next;
      }
      this.#cases = (await copies.keep('grid-cases', items)).data;
    } catch (error) {
      if (error.status === undefined) throw error;
    }
    this.#draw();
  }

  /** The open cases of an area and of what lies in it; null while nothing is known. */
  #casesOf({ path }) {
    return this.#cases?.filter(({ area_path }) => area_path === path || String(area_path).startsWith(`${path}.`)) ?? null;
  }

  #draw() {
    if (!this.#list?.isConnected) return;
    this.#frame();
    const duties = this.#app.duties?.duties ?? [];
    const minute = Math.floor(Date.now() / AGAIN_MS);
    const key = JSON.stringify([duties, this.#chosen, this.#app.areas.length, minute, this.#cases?.map(({ id, version }) => [id, version])]);
    if (key === this.#shown && this.#list.firstChild) return;
    this.#shown = key;
    this.#putCases(duties);
    if (!duties.length) {
      this.#list.replaceChildren(empty('map', this.#app.duties ? t('没有分给您的网格') : t('还没有取到网格'), t('责任分工由街道在管理页分配')));
      return;
    }
    const fine = duties.filter(({ level }) => level === 'microgrid');
    const rows = fine.length ? fine : duties;
    const sum = (name) => duties.filter(({ level }) => level === (fine.length ? 'microgrid' : level)).reduce((all, each) => all + (each[name] ?? 0), 0);
    this.#list.replaceChildren(
      h('p', { class: 'second' }, t('%(n)s 个微网格，在办 %(open)s 件', { n: rows.length, open: number(sum('open_incidents')) })),
      h('div', { class: 'task-list' }, rows.map((each) => [this.#row(each), this.#under(each)])));
  }

  /** The areas of the list below; all that the phone holds while the duties are not there. */
  #own() {
    const listed = new Set((this.#app.duties?.duties ?? []).map(({ area }) => area));
    const own = this.#app.areas.filter(({ code }) => listed.has(code));
    return own.length ? own : this.#app.areas;
  }

  /** Exactly what I answer for, with a margin; again when the areas arrive after the map. */
  #frame() {
    const own = this.#own();
    const key = own.map(({ code }) => code).join();
    if (!this.#map || !key || key === this.#framed) return;
    this.#framed = key;
    this.#map.setAreas(own);
    const box = boundsOf(own.flatMap(({ bbox: [w, s, e, n] }) => [[w, s], [e, n]]));
    this.#map.map.fitBounds(box, { padding: MARGIN_PX, duration: 0 });
  }

  #row(duty) {
    const on = duty.area === this.#chosen;
    const counts = [duty.buildings ? t('%(n)s 栋', { n: number(duty.buildings) }) : '', duty.households ? t('%(n)s 户', { n: number(duty.households) }) : ''].filter(Boolean).join('　');
    return h('button', { type: 'button', class: 'field-duty', 'aria-expanded': String(on), dataset: { duty: duty.area }, onclick: () => this.#choose(duty) },
      h('span', { class: 'grow' }, h('b', {}, String(duty.place ?? duty.name).split(' · ').slice(-2).join(' ')), h('small', {}, [t(KIND[duty.kind] ?? '责任人'), counts].filter(Boolean).join('　'))),
      h('span', { class: 'field-duty-end' }, duty.overdue_incidents ? h('b', { class: 'is-over' }, t('超期 %(n)s', { n: duty.overdue_incidents })) : null,
        h('span', {}, duty.open_incidents ? t('在办 %(n)s 件', { n: duty.open_incidents }) : t('没有在办'))));
  }

  #putCases(duties) {
    if (!this.#map) return;
    const own = new Map(duties.flatMap((duty) => this.#casesOf(duty) ?? []).map((item) => [item.id, item]));
    putCases(this.#map, [...own.values()].map((item) => ({ point: [item.lon, item.lat], item: { ...item, time_state: timeState(item) } })), (id) => this.#app.go(`task/${id}`));
  }

  /** The open cases of the chosen area, each a link to its page. */
  #under(duty) {
    if (duty.area !== this.#chosen) return null;
    const cases = this.#casesOf(duty);
    if (!cases?.length) return h('p', { class: 'note field-duty-none' }, cases ? t('没有在办') : this.#app.online ? t('正在取案件…') : t('没有网络，这里的案件还没有存到本机'));
    const now = Date.now();
    return h('div', { class: 'field-duty-cases', dataset: { cases: duty.area } }, cases.map((item) => caseRow(item, now, false, this.#app.stateName(item.state))));
  }

  #choose(duty) {
    this.#chosen = duty.area === this.#chosen ? null : duty.area;
    this.#showChosen();
    this.#draw();
    this.#list.querySelector(`[data-duty="${CSS.escape(duty.area)}"]`)?.focus({ preventScroll: true });
  }

  /** The chosen area fills the map, also after coming back from one of its cases. */
  #showChosen() {
    this.#map?.chooseArea(this.#chosen);
    const area = this.#app.areas.find(({ code }) => code === this.#chosen);
    if (area?.bbox) this.#map?.fit([[area.bbox[0], area.bbox[1]], [area.bbox[2], area.bbox[3]]], 40);
  }
}
