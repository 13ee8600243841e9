/** The plan's map: as it will be, with what is in force laid over it left of a handle that can be dragged. */
import { createMap } from '../map.js';
import { hatch } from '../mapparts.js';
import { colours } from '../theme.js';
import { t } from '../i18n.js';
import { number } from '../format.js';
import { node } from '../areas/nodes.js';
import { shortName } from './words.js';

const TILES = ['street', 'community', 'building'];
const BOLD = ['Noto Sans SC Bold', 'Noto Sans SC', 'Noto Sans CJK SC'];
const EMPTY = { type: 'FeatureCollection', features: [] };
const STEP = 0.05;
const PADDING = { top: 48, bottom: 48, left: 48, right: 116 }; // the tools stand at the right

export class PlanCanvas {
  #place; #bounds; #own; #now = null; #plan; #cover; #handle; #at = 0.36; #data = new Map();

  /** `own` is the name of the plan's area, which is not written over what is inside; `onPick(point)` for a click. */
  constructor(place, bounds, own, onPick) {
    this.#own = own;
    this.#place = place;
    this.#bounds = bounds;
    const under = node('div', { className: 'redraw-layer' });
    this.#cover = node('div', { className: 'redraw-layer redraw-cover', hidden: true, inert: true, aria: { hidden: 'true' } });
    this.#handle = this.#makeHandle();
    place.replaceChildren(under, this.#cover, this.#handle);
    this.#plan = createMap(under, { choropleth: false, layers: TILES, bounds, padding: PADDING });
    this.#furnish(this.#plan.map, 'plan');
    this.#plan.map.on('click', (event) => onPick([event.lngLat.lng, event.lngLat.lat]));
    this.#plan.map.on('move', () => this.#follow());
  }

  get map() { return this.#plan.map; }
  get comparing() { return !this.#handle.hidden; }

  #makeHandle() {
    const handle = node('div', {
      className: 'redraw-handle', tabIndex: 0, hidden: true,
      attributes: { role: 'slider', 'aria-label': t('比对现行'), 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-orientation': 'horizontal' },
    }, node('span', { className: 'redraw-side redraw-side-now' }, t('现行')), node('span', { className: 'redraw-side redraw-side-plan' }, t('方案')), node('span', { className: 'redraw-grip', aria: { hidden: 'true' } }, '‹ ›'));
    handle.addEventListener('pointerdown', (event) => { event.preventDefault(); handle.focus(); handle.setPointerCapture(event.pointerId); });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const box = this.#place.getBoundingClientRect();
      this.slide((event.clientX - box.left) / box.width);
    });
    return handle;
  }

  /** The second map is made when it is first wanted. */
  compare(on) {
    this.#handle.hidden = !on;
    this.#cover.hidden = !on;
    if (!on) return;
    if (!this.#now) {
      this.#now = createMap(this.#cover, { choropleth: false, layers: TILES, bounds: this.#bounds, padding: PADDING, interactive: false, attribution: '' });
      this.#furnish(this.#now.map, 'now');
    }
    this.#now.map.resize();
    this.#follow();
    this.slide(this.#at);
  }

  slide(at) {
    this.#at = Math.max(0, Math.min(1, at));
    const percent = this.#at * 100;
    this.#handle.style.left = `${percent}%`;
    this.#cover.style.clipPath = `inset(0 ${100 - percent}% 0 0)`;
    this.#handle.setAttribute('aria-valuenow', String(Math.round(percent)));
    this.#handle.setAttribute('aria-valuetext', t('左边 %(share)s 是现行', { share: `${Math.round(percent)}%` }));
  }

  nudge(direction) { this.slide(this.#at + direction * STEP); }

  #follow() {
    if (!this.#now || this.#cover.hidden) return;
    this.#now.map.jumpTo({ center: this.map.getCenter(), zoom: this.map.getZoom() });
  }

  #furnish(map, side) {
    const add = () => this.#add(map, side);
    map.on('style.load', add);
    if (map.getLayer('ground')) add();
  }

  #add(map, side) {
    if (map.getSource('redraw-area')) return;
    const colour = colours(this.#place);
    const beneath = map.getLayer('fault') ? 'fault' : undefined;
    const changed = ['boolean', ['get', 'changed'], false];
    const put = (layer) => map.addLayer(layer, beneath);
    for (const name of ['area', 'moved', 'chosen', 'name']) map.addSource(`redraw-${name}`, { type: 'geojson', data: this.#data.get(`${side}/${name}`) ?? EMPTY, tolerance: 0.1 });
    if (map.hasImage('hatch-prop')) map.removeImage('hatch-prop');
    map.addImage('hatch-prop', hatch(colour('prop'), 'transparent'));
    map.addLayer({
      id: 'redraw-fill', type: 'fill', source: 'redraw-area',
      paint: { 'fill-color': ['case', changed, colour('prop-t'), colour(side === 'now' ? 'sunken' : 'surface')] },
    }, 'building-fill');
    if (this.#own) map.setFilter('area-label', ['!=', ['get', 'text'], this.#own]);
    put({ id: 'redraw-moved', type: 'fill', source: 'redraw-moved', paint: { 'fill-pattern': 'hatch-prop', 'fill-opacity': 0.45 } });
    put({ id: 'redraw-line', type: 'line', source: 'redraw-area', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('map-grid'), 'line-width': 1.8 } });
    put({
      id: 'redraw-changed', type: 'line', source: 'redraw-area', filter: ['==', ['get', 'changed'], true],
      layout: { 'line-join': 'round' }, paint: { 'line-color': colour('prop'), 'line-width': 3 },
    });
    put({ id: 'redraw-chosen-fill', type: 'fill', source: 'redraw-chosen', paint: { 'fill-color': colour('act'), 'fill-opacity': 0.18 } });
    put({ id: 'redraw-chosen', type: 'line', source: 'redraw-chosen', paint: { 'line-color': colour('act'), 'line-width': 3 } });
    put({
      id: 'redraw-name', type: 'symbol', source: 'redraw-name',
      layout: { 'text-field': ['get', 'text'], 'text-font': BOLD, 'text-size': 13, 'text-line-height': 1.3, 'text-padding': 2 },
      paint: { 'text-color': ['case', changed, colour('prop'), colour('ink-1')], 'text-halo-color': colour('surface'), 'text-halo-width': 3 },
    });
  }

  #put(side, name, features) {
    const data = { type: 'FeatureCollection', features };
    this.#data.set(`${side}/${name}`, data);
    (side === 'now' ? this.#now : this.#plan)?.map.getSource(`redraw-${name}`)?.setData(data);
  }

  /** Areas as they are and as they become; `moved` are the pieces of ground that change hands. */
  show(ground, moved = []) {
    const bare = ({ geometry, properties: { key, changed = false } }) => ({ type: 'Feature', geometry, properties: { key, changed } });
    const sides = { now: ground.before, plan: ground.after };
    for (const [side, features] of Object.entries(sides)) {
      this.#put(side, 'area', features.map(bare));
      this.#put(side, 'name', features.filter(({ place }) => place).map(({ place, properties }) => ({
        type: 'Feature', geometry: { type: 'Point', coordinates: place },
        properties: { text: nameLines(properties), changed: Boolean(properties.changed) },
      })));
    }
    this.#put('plan', 'moved', moved);
  }

  choose(features) { this.#put('plan', 'chosen', features.map(({ geometry }) => ({ type: 'Feature', geometry, properties: {} }))); }

  faults(marks) { this.#plan.setFaults(marks); }

  fit(box) { this.#plan.fit(box, { top: 96, bottom: 96, left: 96, right: 150 }); }
}

function nameLines(area) {
  const name = shortName(area);
  return area.households === null || area.households === undefined ? name : `${name}\n${t('%(n)s 户', { n: number(area.households) })}`;
}
