/** A building: where it stands, its facts, the chosen dwelling, its open cases, and the dwelling chart. */
import { api } from '../api.js';
import { button, empty, facts, loading, node, sentence } from '../areas/nodes.js';
import { boxOf, shape, ShapeMap } from '../areas/shapes.js';
import { area as areaWords, day, number, timeLeft, timeState } from '../format.js';
import { labelWords, locale, nameOf, placeText, t } from '../i18n.js';
import { caseSymbol } from '../symbols.js';
import { colours, reducedMotion } from '../theme.js';
import { Chart, OCCUPANCY } from './chart.js';
import { heightWords } from './height.js';

const FLOOR_M = 3;
const date = (at) => (at ? day(at, Date.now(), { locale: locale() }) : null);

class BuildingCard {
  #root; #building; #room; #map = null; #solid = false;

  constructor(root) {
    this.#root = root;
    this.#load(root.dataset.building);
  }

  #part(name) { return this.#root.querySelector(`[data-${name}]`); }

  async #load(code) {
    loading(this.#part('facts'), 4);
    try {
      this.#building = await api.get(`buildings/${encodeURIComponent(code)}`);
    } catch (error) {
      const back = node('a', { className: 'button', href: '/registry' }, t('回楼栋列表'));
      this.#part('facts').replaceChildren();
      this.#part('chart').replaceChildren(empty('search', sentence(error), '', { buttons: [back] }));
      return;
    }
    this.#facts();
    new Chart(this.#part('chart'), this.#building, (room) => this.#showRoom(room));
    this.#draw();
  }

  #facts() {
    const b = this.#building;
    const back = node('a', { className: 'button button-small', href: '/registry' }, t('楼栋列表'));
    const solid = button(t('立体'), { small: true, aria: { pressed: 'false' }, on: () => this.#toggleSolid(solid) });
    const { dwellings, entrances, households, persons, stale } = b.counts;
    const about = node(
      'section', {}, node('div', { className: 'row' }, node('h1', {}, nameOf(b) || b.code), b.usage ? node('span', { className: 'chip chip-outline' }, placeText(b.usage)) : null, node('span', { className: 'end row' }, solid, back)),
      facts([
        [t('代码'), b.code], [t('网格'), b.place],
        [t('层数、高'), [b.floors ? t('%(n)s 层', { n: b.floors }) : null, heightWords(b)].filter(Boolean).join(t('，'))],
        [t('户室'), dwellings ? t('%(n)s 户室，%(e)s 单元', { n: number(dwellings), e: entrances }) : t('没有登记，或看不到')],
        [t('登记住户'), dwellings ? t('%(n)s 户，%(p)s 人', { n: number(households), p: number(persons) }) : null],
        [t('估计住户'), b.households_estimated === null ? null : t('%(n)s 户（按面积估算，待核）', { n: number(b.households_estimated) })],
        [t('超期未核实'), dwellings ? t('%(n)s 户室', { n: number(stale) }) : null],
        [t('责任人'), b.responsible ? labelWords(b.responsible.name) : t('没有责任人')],
        [t('占地'), b.footprint_m2 ? t('%(area)s，%(crs)s 量算', { area: areaWords(b.footprint_m2, locale()), crs: b.measured_in }) : null],
        [t('数据来源'), b.source],
      ]),
    );
    this.#room = node('section', {}, node('p', { className: 'second' }, dwellings ? t('在楼盘表里选一户') : t('没有可选的户室')));
    this.#part('facts').replaceChildren(about, this.#room, this.#cases());
    document.title = `${nameOf(b) || b.code} · ${document.title}`;
  }

  #cases() {
    const { incidents } = this.#building;
    const list = incidents.map((item) => {
      const time = timeState(item);
      return node('li', {}, node('a', { href: `/desk/${item.id}` }, caseSymbol({ severity: item.severity, time, state: item.state }, { size: 24 }),
        node('span', { className: 'cut' }, nameOf(item.matter)), node('span', { className: `end ${time === 'overdue' ? 'is-over' : time === 'soon' ? 'is-soon' : ''}` }, timeLeft(item, Date.now(), { locale: locale(), brief: true }))));
    });
    return node('section', {}, node('h2', {}, t('本幢在办 %(n)s 件', { n: incidents.length })),
      list.length ? node('ul', { className: 'building-cases' }, list) : node('p', { className: 'second' }, t('没有在办案件')));
  }

  #showRoom(room) {
    const fresh = room.fresh_days === null ? t('从未核实') : t('%(day)s，%(n)s 天前', { day: date(room.confirmed_at), n: room.fresh_days });
    this.#room.replaceChildren(
      node('div', { className: 'row' }, node('h2', { className: 'grow' }, t('%(floor)s 层 %(entrance)s 单元 %(room)s 室', room)),
        node('span', { className: `chip ${room.occupancy === 'unknown' ? 'chip-soon' : 'chip-act'}` }, OCCUPANCY()[room.occupancy])),
      facts([
        [t('常住'), room.size ? t('%(n)s 人', { n: room.size }) : t('没有登记')],
        [t('核实'), node('span', { className: room.stale ? 'is-soon' : '' }, fresh)],
        [t('提示'), room.stale ? t('超过 180 天，下次走访时核一下') : null],
      ]),
    );
  }

  #draw() {
    const own = shape(this.#building.geometry, { label: nameOf(this.#building) });
    this.#map = new ShapeMap(this.#part('map'), { own: 'chosen' }, { layers: ['grid', 'microgrid', 'building', 'community'], zoomButtons: false, bounds: boxOf([own]), padding: 60 });
    this.#map.set('own', [own]);
    this.#map.fit([own], 70, 18);
    this.#map.map.on('style.load', () => this.#extrude());
    if (this.#map.map.getLayer('ground')) this.#extrude();
  }

  /** The chosen building among its neighbours, by height; shown flat until asked. */
  #extrude() {
    const { map } = this.#map;
    if (map.getLayer('own-solid') || !map.getSource('own-own')) return;
    const { height_m, floors, code } = this.#building;
    if (map.getLayer('building-3d')) map.setFilter('building-3d', ['!=', ['get', 'code'], code]); // else both flicker
    map.addLayer({
      id: 'own-solid', type: 'fill-extrusion', source: 'own-own', layout: { visibility: this.#solid ? 'visible' : 'none' },
      paint: { 'fill-extrusion-color': colours(this.#part('map'))('act'), 'fill-extrusion-height': height_m ?? (floors ?? 1) * FLOOR_M, 'fill-extrusion-opacity': 0.9 },
    });
  }

  #toggleSolid(control) {
    this.#solid = !this.#solid;
    control.setAttribute('aria-pressed', String(this.#solid));
    control.textContent = this.#solid ? t('平面') : t('立体');
    this.#map.grid.set3d(this.#solid);
    this.#map.map.setLayoutProperty('own-solid', 'visibility', this.#solid ? 'visible' : 'none');
    if (reducedMotion()) this.#map.map.triggerRepaint();
  }
}

const root = document.querySelector('[data-building]');
if (root) new BuildingCard(root);
