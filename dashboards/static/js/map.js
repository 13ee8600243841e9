/**
 * The map: a thin layer over MapLibre that knows our tile layers, symbols, chosen area, pin and candidates.
 * The list beside it does all that it does; the map is one keyboard stop.
 */
import { Map as GlMap, Marker, ScaleControl } from 'maplibre-gl';
import { distance as distanceWords, timeLeft, timeState } from './format.js';
import { isEnglish, locale, t } from './i18n.js';
import { circleRing, clusterCases, distanceM, inside, labelPoint, midpoint, polygonsOf } from './mapgeometry.js';
import { hatch, legendElement, loadStylesheet, pinElement, TextControl, ZoomControl } from './mapparts.js';
import { CALM, chosenImage, FONT_FAMILY, mapStyle, PRESSING, SIZES, TILE_LAYERS, URGENCY } from './mapstyle.js';
import { caseParts, clusterParts, dotParts, faultParts, imageOf, personParts } from './symbols.js';
import { now, onTick } from './ticker.js';
import { colours, currentTheme, reducedMotion, watchTheme } from './theme.js';

export { legendElement };

const DEFAULT_BREAKS = [1, 2, 3, 4];
const CLUSTER_PX = 56;
const CLEAR_M = 30; // names keep this far from symbols
const CELLS = 14;
const PILL_ZOOM = 18;
const PILL_LIMIT = 40;
const FLY_MS = 600;
const IMAGE_RATIO = 2;
const collection = (features) => ({ type: 'FeatureCollection', features });
const feature = (geometry, properties = {}) => ({ type: 'Feature', geometry, properties });
const pointOf = (coordinates, properties) => feature({ type: 'Point', coordinates }, properties);

/**
 * A map in `element`, ready to be used at once (calls before loading are kept).
 *
 * Options: `theme` light | dark | wall (default: the page's, followed), `size` key of SIZES (default by theme),
 * `bounds` [west, south, east, north], `interactive`, `layers` tile layer names, `attribution` text,
 * `choropleth` {property, breaks, title} or false, `tiles` prefix, `zoomButtons`, `onSelect(properties, lngLat)`,
 * `onArea(layer, properties)`, `onClick([lon, lat])`, `pillText(properties)` for the words of a time pill.
 */
export function createMap(element, options = {}) {
  return new GridMap(element, options);
}

class GridMap {
  #element; #options; #size; #colour; #layers; #versions = new Map(); #selected = null; #microgrid = null;
  #pin = null; #pills = []; #pillsKey = '[]'; #targets = new Map(); #ends = []; #legends = new Set(); #walk = -1; #data = new Map();
  #three = false;

  constructor(element, options) {
    const theme = options.theme ?? currentTheme();
    this.#element = element;
    this.#options = {
      interactive: true, tiles: `${location.origin}/tiles`, attribution: t('示例边界，非行政区划 · CGCS2000'), ...options,
    };
    this.#layers = (options.layers ?? TILE_LAYERS.filter((name) => name !== 'worker')).filter((name) => TILE_LAYERS.includes(name));
    element.classList.add('map');
    if (options.theme) element.dataset.theme = theme;
    this.#takeTheme(theme);
    loadStylesheet();
    this.map = new GlMap({
      container: element, style: this.#style(), bounds: options.bounds, fitBoundsOptions: { padding: options.padding ?? 24 },
      center: options.center, zoom: options.zoom, interactive: this.#options.interactive, attributionControl: false,
      localIdeographFontFamily: FONT_FAMILY, dragRotate: false, touchPitch: false, pitchWithRotate: false, maxZoom: 21,
      fadeDuration: reducedMotion() ? 0 : 120, transformRequest: (url) => this.#request(url),
      locale: {
        'ScaleControl.Meters': isEnglish() ? 'm' : '米', 'ScaleControl.Kilometers': isEnglish() ? 'km' : '公里',
        'Map.Title': t('地图'),
      },
    });
    this.map.touchZoomRotate?.disableRotation();
    /** Resolves when the first picture stands. */
    this.ready = new Promise((resolve) => { this.map.once('load', () => resolve(this)); });
    this.#controls();
    this.#listen();
  }

  #takeTheme(theme) {
    this.#size = SIZES[this.#options.size] ?? SIZES[theme] ?? SIZES.light;
    this.#colour = colours(this.#element);
    this.wall = theme === 'wall';
  }

  #fill() {
    if (this.#options.choropleth === false) return null;
    return { property: 'open_count', breaks: DEFAULT_BREAKS, title: t('在办 件/网格'), ...this.#options.choropleth };
  }

  #style() {
    return mapStyle({
      colour: this.#colour, layers: this.#layers, tiles: this.#options.tiles, size: this.#size, fill: this.#fill(), wall: this.wall,
    });
  }

  #request(url) {
    const layer = /\/tiles\/(\w+)\//.exec(url)?.[1];
    const version = this.#versions.get(layer);
    return { url: version ? `${url}${url.includes('?') ? '&' : '?'}r=${version}` : url, credentials: 'same-origin' };
  }

  #controls() {
    this.map.addControl(new ScaleControl({ unit: 'metric', maxWidth: this.wall ? 160 : 90 }), 'bottom-left');
    this.map.addControl(new TextControl(this.#options.attribution), 'bottom-right');
    if (this.#options.interactive && this.#options.zoomButtons !== false && !this.wall) {
      this.map.addControl(new ZoomControl(), 'top-right');
    }
  }

  #listen() {
    const { map } = this;
    map.setMissingStyleImageResolver((id) => this.#draw(id));
    map.on('idle', () => this.#settle());
    map.on('error', ({ error }) => this.#element.dispatchEvent(new CustomEvent('map-error', { detail: error })));
    if (this.#options.interactive) {
      map.on('click', (event) => this.#click(event));
      map.on('mousemove', (event) => {
        map.getCanvas().style.cursor = this.#caseAt(event.point) ? 'pointer' : '';
      });
      const key = (event) => this.#key(event);
      map.getCanvas().addEventListener('keydown', key);
    }
    if (!this.#options.theme) this.#ends.push(watchTheme((theme) => this.#retheme(theme)));
    this.#ends.push(onTick(() => this.#drawPills()));
  }

  async #retheme(theme) {
    this.#takeTheme(theme);
    this.map.setStyle(this.#style(), { diff: false });
    await new Promise((resolve) => { this.map.once('style.load', resolve); });
    for (const [name, data] of this.#data) this.map.getSource(name)?.setData(data);
    this.#applySelection();
    this.#applyMicrogrid();
    if (this.#three) this.set3d(true);
  }

  /** Draws a missing image on demand; names are made in mapstyle.js. */
  #draw(id) {
    if (this.map.hasImage(id)) return;
    const [kind, ...rest] = id.split('|');
    if (kind === 'hatch-none') {
      this.map.addImage(id, hatch(this.#colour('line-strong'), this.#colour('surface')), { pixelRatio: IMAGE_RATIO });
      return;
    }
    const found = this.#partsOf(kind, rest);
    if (!found) return;
    const image = imageOf(found.parts, { size: found.size, ratio: IMAGE_RATIO, colour: this.#colour });
    this.map.addImage(id, image, { pixelRatio: IMAGE_RATIO });
  }

  #partsOf(kind, [a, b, c, d]) {
    const size = this.#size;
    const look = { severity: a, time: b, state: c, supervised: d === '1' };
    switch (kind) {
      case 'case': return { parts: caseParts(look), size: size[b] ?? size.symbol };
      case 'chosen': return { parts: caseParts({ ...look, selected: true }), size: size.selected };
      case 'dot': return { parts: dotParts(look), size: size.dot };
      case 'person': return { parts: personParts({ text: a, stale: b === '1' }), size: size.person };
      case 'cluster': return { parts: clusterParts({ count: Number(a), soon: Number(b), over: Number(c) }), size: size.symbol * 1.1 };
      case 'fault': return { parts: faultParts({ number: a, error: b === '1' }), size: size.person };
      default: return null;
    }
  }

  /** What depends on the tiles in view: labels, clusters, pills, chosen buildings, legends. */
  #settle() {
    const cases = this.#cases();
    const clusters = this.#drawClusters(cases);
    this.#drawLabels(cases, clusters);
    this.#drawPills();
    this.#tintBuildings();
    for (const legend of this.#legends) this.#countLegend(legend);
  }

  #features(layer) {
    if (!this.map.getSource(layer)) return [];
    return this.map.querySourceFeatures(layer, { sourceLayer: layer });
  }

  #cases() {
    const found = new Map();
    for (const { geometry, properties } of this.#features('incident')) {
      if (geometry.type !== 'Point') continue;
      const key = properties.id ?? properties.number;
      // Tiles tell moments in seconds, screens count in milliseconds.
      const told = { ...properties, due_at: properties.due_at ? properties.due_at * 1000 : null };
      found.set(key, { point: geometry.coordinates, time: timeState(told, now()), properties: told });
    }
    return [...found.values()];
  }

  #view() {
    const box = this.map.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  }

  #drawLabels(cases, clusters) {
    const zoom = this.map.getZoom();
    const wanted = zoom < 16 ? ['community'] : zoom < 18 ? ['grid'] : ['grid', 'microgrid'];
    const view = this.#view();
    const marks = cases.filter(({ time }) => zoom >= 14 || URGENCY[time] < 2).concat(clusters);
    const drawn = this.#drawn(marks);
    const pressing = drawn.filter(({ time }) => URGENCY[time] < 2);
    const features = [];
    for (const layer of wanted) {
      for (const [, { polygons, properties }] of this.#areas(layer)) {
        const text = areaLabel(layer, properties);
        const point = this.#placeFor(polygons, view, text, layer, drawn) ?? this.#placeFor(polygons, view, text, layer, pressing)
          ?? labelPoint(polygons, view, pressing.map((mark) => mark.point));
        if (point) features.push(pointOf(point, { text, level: layer }));
      }
    }
    this.#setData('label', collection(features));
  }

  /** The marks on the screen with their pixel place and reach. */
  #drawn(marks) {
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    const dots = this.map.getZoom() < 16;
    return marks.map(({ point, time }) => {
      const px = !time || URGENCY[time] < 2 || !dots ? this.#size[time] ?? this.#size.symbol : this.#size.dot; // a cluster has no time
      const { x, y } = this.map.project(point);
      return { point, time, x, y, reach: px * 0.6 };
    }).filter(({ x, y, reach }) => x > -reach && y > -reach && x < width + reach && y < height + reach);
  }

  /** Where a name keeps clear of `marks`; null if nowhere. */
  #placeFor(polygons, view, text, layer, marks) {
    const fits = this.#room(text, layer, marks);
    const point = labelPoint(polygons, view, marks.map((mark) => mark.point), CLEAR_M, CELLS, fits);
    return point && fits(point) ? point : null;
  }

  /** Whether words around a point stay on the map and clear of the symbols, as drawn at this scale. */
  #room(text, layer, marks) {
    const size = layer === 'microgrid' ? this.#size.small : this.#size.text;
    const { clientWidth: width, clientHeight: height } = this.map.getContainer();
    const [x, y] = [(size * wordsEm(text)) / 2, size * 0.6];
    return (point) => {
      const at = this.map.project(point);
      if (at.x < x || at.y < y || at.x > width - x || at.y > height - y) return false;
      return !marks.some((mark) => Math.abs(mark.x - at.x) < x + mark.reach && Math.abs(mark.y - at.y) < y + mark.reach);
    };
  }

  #areas(layer) {
    const found = new Map();
    for (const { geometry, properties } of this.#features(layer)) {
      const entry = found.get(properties.code) ?? { polygons: [], properties };
      entry.polygons.push(...polygonsOf(geometry));
      found.set(properties.code, entry);
    }
    return found;
  }

  #drawClusters(cases) {
    if (!this.map.getSource('incident')) return [];
    const zoom = this.map.getZoom();
    const cell = (CLUSTER_PX * 360) / (512 * 2 ** Math.round(zoom));
    const clusters = zoom < 14 ? clusterCases(cases, cell) : [];
    this.#setData('cluster', collection(clusters.map(({ point, count, soon, over }) => {
      const image = `cluster|${count}|${soon}|${over}`;
      return pointOf(point, { image, count });
    })));
    return clusters;
  }

  #setData(name, data) {
    const before = this.#data.get(name);
    if (before && JSON.stringify(before) === JSON.stringify(data)) return; // setData would wake `idle` again for ever
    this.#data.set(name, data);
    const put = () => this.map.getSource(name)?.setData(this.#data.get(name)); // what is wanted by then, not now
    if (this.map.getSource(name)) put();
    else this.map.once('load', put);
  }

  #drawPills() {
    const zoom = this.map.getZoom();
    const view = this.map.getBounds();
    const shown = this.#cases().filter(({ point, time, properties }) => {
      if (properties.id === this.#selected?.id) return false;
      return zoom >= PILL_ZOOM && (time === 'soon' || time === 'overdue') && view.contains(point);
    }).slice(0, PILL_LIMIT);
    if (this.#selected?.point && this.#selected.pill !== false) shown.push({ ...this.#selected, chosen: true });
    const pills = shown.map((item) => ({ ...item, time: timeState(item.properties, now()), words: this.#pillWords(item.properties) }));
    const key = JSON.stringify(pills.map(({ point, time, words, chosen }) => [point, time, words, chosen]));
    if (key === this.#pillsKey) return;
    this.#pillsKey = key;
    for (const pill of this.#pills) pill.remove();
    this.#pills = pills.map((item) => this.#pill(item));
  }

  #pillWords(properties) {
    return this.#options.pillText?.(properties) ?? timeLeft(properties, now(), { locale: locale() });
  }

  #pill({ point, time, words, chosen }) {
    const node = document.createElement('div');
    node.className = 'map-pill';
    node.dataset.time = time;
    node.textContent = words;
    const reach = chosen ? this.#size.selected * 0.85 + 4 : this.#size.symbol * 0.6 + 4;
    return new Marker({ element: node, anchor: 'left', offset: [reach, 0] }).setLngLat(point).addTo(this.map);
  }

  #caseAt(point) {
    const layers = ['case-pressing', 'case-calm', 'case-dot'].filter((id) => this.map.getLayer(id));
    if (!layers.length) return null;
    const reach = 6;
    const box = [[point.x - reach, point.y - reach], [point.x + reach, point.y + reach]];
    const found = this.map.queryRenderedFeatures(box, { layers });
    return found.sort((a, b) => URGENCY[a.properties.time_state] - URGENCY[b.properties.time_state])[0] ?? null;
  }

  #click(event) {
    const hit = this.#caseAt(event.point);
    if (hit) {
      this.#options.onSelect?.(hit.properties, hit.geometry.coordinates);
      return;
    }
    const cluster = this.map.getLayer('case-cluster') && this.map.queryRenderedFeatures(event.point, { layers: ['case-cluster'] })[0];
    if (cluster) {
      this.flyTo(cluster.geometry.coordinates, this.map.getZoom() + 2);
      return;
    }
    this.#options.onClick?.([event.lngLat.lng, event.lngLat.lat]);
    if (this.#options.onArea) this.#hitArea([event.lngLat.lng, event.lngLat.lat]);
  }

  #hitArea(point) {
    for (const layer of ['microgrid', 'grid', 'community', 'street']) {
      if (layer === 'microgrid' && this.map.getZoom() < 16) continue;
      for (const [, { polygons, properties }] of this.#areas(layer)) {
        if (polygons.some((rings) => inside(point, rings))) {
          this.#options.onArea(layer, properties, point);
          return;
        }
      }
    }
  }

  /** Tab walks the symbols in view by urgency and leaves the map after the last; Enter opens; Escape ends the walk. */
  #key(event) {
    if (event.key === 'Escape') {
      this.#walk = -1;
      return;
    }
    const view = this.map.getBounds();
    const order = this.#cases().filter(({ point }) => view.contains(point))
      .sort((a, b) => URGENCY[a.time] - URGENCY[b.time] || String(a.properties.due_at).localeCompare(String(b.properties.due_at)));
    if (event.key === 'Enter' && order[this.#walk]) {
      this.#options.onSelect?.(order[this.#walk].properties, order[this.#walk].point);
    }
    if (event.key !== 'Tab') return;
    const next = this.#walk + (event.shiftKey ? -1 : 1);
    if (next < 0 || next >= order.length) {
      this.#walk = -1;
      return;
    }
    event.preventDefault();
    this.#walk = next;
    this.select({ ...order[next].properties, point: order[next].point }, { announce: true });
  }

  /** Refetches the tiles of one layer (after a journal row that touched it); the old picture stays meanwhile. */
  refresh(layer) {
    if (!this.map.getSource(layer)) return;
    this.#versions.set(layer, Date.now());
    this.map.refreshTiles(layer);
  }

  /**
   * Marks one case ({id, point: [lon, lat], severity, state, time_state, due_at …} or null): ring, larger symbol,
   * time pill (`pill: false` leaves it out). It need not be in the tiles yet.
   */
  select(item, { fly = false, announce = false } = {}) {
    this.#selected = item && { id: item.id, point: item.point, pill: item.pill, properties: item, time: item.time_state };
    this.#applySelection();
    if (fly && item?.point) this.flyTo(item.point, Math.max(this.map.getZoom(), 17.5));
    if (announce) this.#element.dispatchEvent(new CustomEvent('map-walk', { detail: item, bubbles: true }));
  }

  #applySelection() {
    const item = this.#selected;
    this.#setData('selected', collection(item?.point ? [pointOf(item.point, { image: chosenImage(item.properties), id: item.id })] : []));
    this.#when(() => {
      const others = ['!=', ['get', 'id'], item?.id ?? ''];
      for (const [layer, own] of [['case-dot', CALM], ['case-calm', CALM], ['case-pressing', PRESSING]]) {
        if (this.map.getLayer(layer)) this.map.setFilter(layer, ['all', own, others]);
      }
      this.#drawPills();
    });
  }

  #when(act) {
    if (this.map.isStyleLoaded() || this.map.getLayer('ground')) act();
    else this.map.once('load', act);
  }

  /** Fills the chosen micro-grid and tints its buildings; null clears. */
  chooseMicrogrid(code) {
    this.#microgrid = code;
    this.#applyMicrogrid();
  }

  #applyMicrogrid() {
    this.#when(() => {
      for (const id of ['chosen-fill', 'chosen-line']) {
        if (this.map.getLayer(id)) this.map.setFilter(id, ['==', ['get', 'code'], this.#microgrid ?? '']);
      }
      this.#tintBuildings();
    });
  }

  #tintBuildings() {
    if (!this.map.getSource('building') || (!this.#microgrid && !this.#targets.size)) return;
    const area = this.#microgrid ? this.#areas('microgrid').get(String(this.#microgrid)) : null;
    const now = new Set();
    if (area) {
      for (const { geometry, properties } of this.#features('building')) {
        const point = polygonsOf(geometry).map((rings) => labelPoint([rings], [-180, -90, 180, 90], [], 0, 5))[0];
        if (point && area.polygons.some((rings) => inside(point, rings))) now.add(properties.code);
      }
    }
    const state = (id, chosen) => this.map.setFeatureState({ source: 'building', sourceLayer: 'building', id }, { chosen });
    for (const code of now) if (!this.#targets.has(code)) state(code, true);
    for (const [code] of this.#targets) if (!now.has(code)) state(code, false);
    this.#targets = new Map([...now].map((code) => [code, true]));
  }

  /**
   * A pin with its dashed circle of the true radius: {lon, lat, accuracy_m, draggable, onMove([lon, lat])}; null removes it.
   * A pin moved by hand has no accuracy of its own, so the circle goes.
   */
  setPin(pin) {
    this.#pin?.remove();
    this.#pin = null;
    if (!pin) {
      this.#setData('accuracy', collection([]));
      return;
    }
    const { lon, lat, accuracy_m, draggable = false, onMove } = pin;
    this.#setData('accuracy', collection(accuracy_m ? [feature({ type: 'Polygon', coordinates: [circleRing([lon, lat], accuracy_m)] })] : []));
    this.#pin = new Marker({ element: pinElement(), anchor: 'bottom', draggable }).setLngLat([lon, lat]).addTo(this.map);
    this.#pin.on('dragend', () => {
      const { lng, lat: moved } = this.#pin.getLngLat();
      this.#setData('accuracy', collection([]));
      onMove?.([lng, moved]);
    });
  }

  /**
   * Candidates {letter, lon, lat, note (age of the position), stale, distance_m} with lines to `target` [lon, lat];
   * the first is solid, the others dashed. A distance not given by the server is measured for the label.
   */
  setCandidates(candidates = [], target = null) {
    const placed = candidates.filter(({ lon, lat }) => Number.isFinite(lon) && Number.isFinite(lat));
    const links = [];
    placed.forEach(({ lon, lat, distance_m }, i) => {
      if (!target) return;
      const words = distanceWords(distance_m ?? distanceM([lon, lat], target), locale());
      links.push(feature({ type: 'LineString', coordinates: [[lon, lat], target] }, { kind: i === 0 ? 'first' : 'other' }));
      links.push(pointOf(midpoint([lon, lat], target), { kind: 'label', text: words }));
    });
    this.#setData('link', collection(links));
    this.#setData('candidate', collection(placed.map(({ letter, lon, lat, note = '', stale = false }) => {
      return pointOf([lon, lat], { image: `person|${letter}|${stale ? 1 : ''}`, note });
    })));
  }

  /** Other people or self: same marks without lines, e.g. {text: '我', lon, lat, note}. */
  setPeople(people = []) {
    this.setCandidates(people.map(({ text, ...rest }) => ({ letter: text, ...rest })), null);
  }

  /** Numbered faults {number, lon, lat, error}; the numbers are those of the list. */
  setFaults(faults = []) {
    this.#setData('fault', collection(faults.map(({ number, lon, lat, error = true }) => (
      pointOf([lon, lat], { image: `fault|${number}|${error ? 1 : ''}` })))));
  }

  /** GeoJSON of a plan's areas (violet). */
  setPlan(geojson) {
    this.#setData('plan', geojson ?? collection([]));
  }

  set3d(on) {
    this.#three = on;
    this.#when(() => {
      if (this.map.getLayer('building-3d')) this.map.setLayoutProperty('building-3d', 'visibility', on ? 'visible' : 'none');
      this.map.easeTo({ pitch: on ? 50 : 0, duration: reducedMotion() ? 0 : FLY_MS });
    });
  }

  fit(bounds, padding = 24) {
    this.map.fitBounds(bounds, { padding, duration: reducedMotion() ? 0 : FLY_MS, linear: true });
  }

  flyTo(point, zoom = this.map.getZoom()) {
    this.map.easeTo({ center: point, zoom, duration: reducedMotion() ? 0 : FLY_MS });
  }

  /** One pulse, no loop, where something new happened. */
  pulse(point) {
    if (reducedMotion()) return;
    const node = document.createElement('div');
    node.className = 'map-pulse';
    const marker = new Marker({ element: node }).setLngLat(point).addTo(this.map);
    setTimeout(() => marker.remove(), 1300);
  }

  /** Pale while the data is stale; nothing is taken away. */
  setStale(stale) {
    this.#element.classList.toggle('is-stale', stale);
  }

  /** The choropleth's legend, boxes with the count of grids per class; put it in the panel, not over the map. */
  legend() {
    const node = legendElement(this.#fill());
    this.#legends.add(node);
    if (this.map.loaded()) this.#countLegend(node);
    return node;
  }

  #countLegend(node) {
    const fill = this.#fill();
    if (!fill) return;
    const counts = new Array(fill.breaks.length + 1).fill(0);
    for (const [, { properties }] of this.#areas('grid')) {
      if (!(fill.property in properties)) continue;
      counts[fill.breaks.filter((limit) => Number(properties[fill.property]) >= limit).length] += 1;
    }
    node.querySelectorAll('.legend-count').forEach((span, i) => { span.textContent = counts[i]; });
  }

  destroy() {
    for (const end of this.#ends) end();
    this.map.remove();
  }
}

/** The width of a name in em: Han characters are one wide, others about half. */
function wordsEm(text) {
  return [...text].reduce((em, character) => em + (character > '\u2e80' ? 1 : 0.58), 0);
}

/** '03-02' of a grid, two digits of a micro-grid, the name of a community. */
function areaLabel(layer, { short, label, name, code }) {
  if (layer === 'community') return label ?? name ?? '';
  const text = String(short ?? label ?? name ?? code ?? '');
  return layer === 'microgrid' ? (/(\d{2})\D*$/.exec(text)?.[1] ?? text) : text;
}
