/**
 * The map: a thin layer over MapLibre that knows our tile layers, symbols, chosen area, pin and candidates.
 * The list beside it does all that it does; the map is one keyboard stop.
 */
import { Map as GlMap, ScaleControl } from 'maplibre-gl';
import { isEnglish, t } from './i18n.js';
import { live } from './live.js';
import { absentMap, canDraw } from './mapabsent.js';
import { baseMap, mapNotice } from './mapground.js';
import { MapData } from './mapdata.js';
import { drawImage } from './mapimages.js';
import { MapLabels } from './maplabels.js';
import { MapMarks } from './mapmarks.js';
import { legendElement, loadStylesheet, TextControl, ThreeControl, ZoomControl } from './mapparts.js';
import { MapPointing } from './mappointing.js';
import { MapSelection } from './mapselection.js';
import { FONT_FAMILY, HEIGHTS, mapStyle, SIZES, TILE_LAYERS } from './mapstyle.js';
import { onTick } from './ticker.js';
import { colours, currentTheme, reducedMotion, watchTheme } from './theme.js';

const DEFAULT_BREAKS = [1, 2, 3, 4];
const FLY_MS = 600;
const PITCH = 50;
const TILT_ROOM = 0.3; // of a zoom step

/**
 * A map in `element`, ready to be used at once (calls before loading are kept).
 *
 * Options: `theme` light | dark | wall (default: the page's, followed), `size` key of SIZES (default by theme),
 * `bounds` [west, south, east, north], `interactive`, `layers` tile layer names, `attribution` text,
 * `choropleth` {property, breaks, title} or false, `tiles` prefix, `zoomButtons`, `onSelect(properties, lngLat)`,
 * `three` for a switch 三维, `onArea(layer, properties)`, `onClick([lon, lat])`, `pillText(properties)` for the words of a time pill.
 */
export function createMap(element, options = {}) {
  return new GridMap(element, options);
}

class GridMap {
  #element; #options; #layers; #look = {}; #data; #labels; #selection; #marks; #ends = []; #legends = new Set(); #three = false; #switch = null;

  constructor(element, options) {
    const theme = options.theme ?? currentTheme();
    this.#element = element;
    this.#options = {
      interactive: true, tiles: `${location.origin}/tiles`, attribution: mapNotice(), ...options,
    };
    this.#layers = (options.layers ?? TILE_LAYERS.filter((name) => name !== 'worker')).filter((name) => TILE_LAYERS.includes(name));
    element.classList.add('map');
    if (options.theme) element.dataset.theme = theme;
    this.#takeTheme(theme);
    loadStylesheet();
    this.map = canDraw() ? this.#glMap() : absentMap(element);
    this.map.touchZoomRotate?.disableRotation?.();
    /** Resolves when the first picture stands. */
    this.ready = new Promise((resolve) => { this.map.once('load', () => resolve(this)); });
    this.#data = new MapData(this.map);
    this.#labels = new MapLabels(this.map, this.#data, this.#look);
    this.#selection = new MapSelection(this.map, this.#data, this.#look, this.#options.pillText);
    this.#marks = new MapMarks(this.map, this.#data);
    this.#controls();
    this.#listen();
  }

  #glMap() {
    const { bounds, padding = 24, center, zoom, interactive } = this.#options;
    return new GlMap({
      container: this.#element, style: this.#style(), bounds, fitBoundsOptions: { padding }, center, zoom, interactive,
      attributionControl: false, localIdeographFontFamily: FONT_FAMILY, dragRotate: false, touchPitch: false, pitchWithRotate: false,
      maxZoom: 21, fadeDuration: reducedMotion() ? 0 : 120, transformRequest: (url) => ({ url, credentials: 'same-origin' }),
      locale: {
        'ScaleControl.Meters': isEnglish() ? 'm' : '米', 'ScaleControl.Kilometers': isEnglish() ? 'km' : '公里',
        'Map.Title': t('地图'),
      },
    });
  }

  /** Sizes and colours of a theme; all parts of the map read them from the same object. */
  #takeTheme(theme) {
    const size = SIZES[this.#options.size] ?? SIZES[theme] ?? SIZES.light;
    Object.assign(this.#look, { size, colour: colours(this.#element), wall: theme === 'wall', dim: theme !== 'light' });
  }

  #fill() {
    if (this.#options.choropleth === false) return null;
    return { property: 'open_count', breaks: DEFAULT_BREAKS, title: t('在办 件/网格'), ...this.#options.choropleth };
  }

  #style() {
    return mapStyle({ ...this.#look, layers: this.#layers, tiles: this.#options.tiles, fill: this.#fill(), base: baseMap(this.#look.dim) });
  }

  #controls() {
    const { wall } = this.#look;
    this.map.addControl(new ScaleControl({ unit: 'metric', maxWidth: wall ? 160 : 90 }), 'bottom-left');
    this.map.addControl(new TextControl(this.#options.attribution), 'bottom-right');
    if (this.#options.interactive && this.#options.zoomButtons !== false && !wall) this.map.addControl(new ZoomControl(), 'top-right');
    if (!this.#options.three) return;
    this.#switch = new ThreeControl(() => this.set3d(!this.#three));
    this.map.addControl(this.#switch, wall ? 'bottom-right' : 'top-right');
  }

  #listen() {
    this.map.setMissingStyleImageResolver((id) => drawImage(this.map, id, this.#look));
    this.map.on('idle', () => this.#settle());
    this.map.on('error', ({ error }) => this.#element.dispatchEvent(new CustomEvent('map-error', { detail: error })));
    if (this.#options.interactive) new MapPointing(this, this.#data, this.#options);
    if (!this.#options.theme) this.#ends.push(watchTheme((theme) => this.#retheme(theme)));
    this.#follow();
    this.#ends.push(onTick(() => this.#selection.drawPills()));
  }

  /** Borders and buildings that changed come by themselves; what did not change is answered by its ETag. */
  #follow() {
    const stop = live()?.subscribe(({ items, reset }) => {
      if (reset || items.some(({ topic }) => topic === 'map')) for (const layer of this.#layers) this.refresh(layer);
    });
    if (stop) this.#ends.push(stop);
  }

  async #retheme(theme) {
    this.#takeTheme(theme);
    this.map.setStyle(this.#style(), { diff: false });
    await new Promise((resolve) => { this.map.once('style.load', resolve); });
    this.#data.restore();
    this.#selection.apply();
    if (this.#three) this.set3d(true);
  }

  /** What depends on the tiles in view: labels, clusters, pills, chosen buildings, legends. */
  #settle() {
    this.#labels.draw();
    this.#selection.settle();
    for (const legend of this.#legends) this.#countLegend(legend);
    if (this.#three) this.#countHeights();
  }

  #countHeights() {
    const counts = new Array(HEIGHTS.length + 1).fill(0);
    const seen = new Set();
    const drawn = this.map.getLayer('building-3d') ? this.map.queryRenderedFeatures({ layers: ['building-3d'] }) : [];
    for (const { properties } of drawn) {
      if (seen.has(properties.code)) continue;
      seen.add(properties.code);
      counts[HEIGHTS.filter(({ from }) => (properties.floors ?? 1) >= from).length] += 1;
    }
    this.#switch?.count(counts);
  }

  /** Refetches the tiles of one layer (after a journal row that touched it); the old picture stays meanwhile. */
  refresh(layer) {
    this.#data.refresh(layer);
  }

  /**
   * Marks one case ({id, point: [lon, lat], severity, state, time_state, due_at …} or null): ring, larger symbol,
   * time pill (`pill: false` leaves it out). It need not be in the tiles yet.
   */
  select(item, { fly = false, announce = false } = {}) {
    this.#selection.select(item);
    if (fly && item?.point) this.flyTo(item.point, Math.max(this.map.getZoom(), 17.5));
    if (announce) this.#element.dispatchEvent(new CustomEvent('map-walk', { detail: item, bubbles: true }));
  }

  /** Fills the chosen micro-grid and tints its buildings; null clears. */
  chooseMicrogrid(code) {
    this.#selection.chooseMicrogrid(code);
  }

  /**
   * A pin with its dashed circle of the true radius: {lon, lat, accuracy_m, draggable, onMove([lon, lat])}; null removes it.
   * A pin moved by hand has no accuracy of its own, so the circle goes.
   */
  setPin(pin) {
    this.#marks.setPin(pin);
  }

  /**
   * Candidates {letter, lon, lat, note (age of the position), stale, distance_m} with lines to `target` [lon, lat];
   * the first is solid, the others dashed. A distance not given by the server is measured for the label.
   */
  setCandidates(candidates = [], target = null) {
    this.#marks.setCandidates(candidates, target);
  }

  /** Other people or self: same marks without lines, e.g. {text: '我', lon, lat, note}. */
  setPeople(people = []) {
    this.setCandidates(people.map(({ text, ...rest }) => ({ letter: text, ...rest })), null);
  }

  /** Numbered faults {number, lon, lat, error}; the numbers are those of the list. */
  setFaults(faults = []) {
    this.#marks.setFaults(faults);
  }

  /** Names the areas of one level ('grid') whatever the scale; null: communities from afar, grids and micro-grids near by. */
  setNames(level) {
    this.#labels.setLevel(level);
  }

  /** GeoJSON of a plan's areas (violet). */
  setPlan(geojson) {
    this.#marks.setPlan(geojson);
  }

  /** Buildings by their height, the map tilted and free to turn; flat again, north is up. */
  set3d(on) {
    // A map that nobody can move shows its whole place tilted too: the near rim would leave the frame.
    const room = this.#options.interactive || on === this.#three ? 0 : (on ? -TILT_ROOM : TILT_ROOM);
    this.#three = on;
    this.#switch?.show(on);
    const turning = on && this.#options.interactive ? 'enable' : 'disable';
    this.map.dragRotate[turning]();
    this.map.touchZoomRotate?.[`${turning}Rotation`]();
    this.#data.whenStyled(() => {
      if (this.map.getLayer('building-3d')) this.map.setLayoutProperty('building-3d', 'visibility', on ? 'visible' : 'none');
      this.map.easeTo({
        pitch: on ? PITCH : 0, bearing: on ? this.map.getBearing() : 0, zoom: this.map.getZoom() + room, duration: reducedMotion() ? 0 : FLY_MS,
      });
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
    if (!reducedMotion()) this.#marks.pulse(point);
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
    for (const [, { properties }] of this.#data.areas('grid')) {
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
