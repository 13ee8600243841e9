/** GeoJSON of a page's own on the map: filled and outlined shapes that survive a change of theme. */
import { createMap } from '../map.js';
import { colours } from '../theme.js';

const EMPTY = { type: 'FeatureCollection', features: [] };
const LOOKS = {
  plain: { line: 'map-grid', width: 1.2, fill: 'map-building', opacity: 0.35 },
  ground: { line: 'map-building-line', width: 0.8, fill: 'map-building', opacity: 1 },
  chosen: { line: 'act', width: 2.4, fill: 'act', opacity: 0.16 },
  refused: { line: 'over', width: 2.4, fill: 'over', opacity: 0.12 },
  warned: { line: 'soon-fill', width: 2.4, fill: 'soon-fill', opacity: 0.14 },
};
const NAMES = ['community-rim', 'building-label', 'area-label'];
const BOLD = ['Noto Sans SC Bold', 'Noto Sans SC', 'Noto Sans CJK SC'];

/** A map in `element` with layers of own shapes, named from below upwards: {name: look}. */
export class ShapeMap {
  #element; #names; #data = new Map();

  constructor(element, looks, options = {}) {
    this.#element = element;
    this.#names = looks;
    this.grid = createMap(element, { choropleth: false, layers: ['street', 'community', 'grid', 'microgrid'], ...options });
    this.map = this.grid.map;
    this.map.on('style.load', () => this.#add());
    if (this.map.getLayer('ground')) this.#add(); // a style given as an object may stand already
    if (options.onShape) this.map.on('click', (event) => this.#click(event, options.onShape));
  }

  /** Replaces the shapes of one layer: features with `properties.label` carry it in their middle. */
  set(name, features) {
    const data = { ...EMPTY, features: features.filter(({ geometry }) => geometry) };
    this.#data.set(name, data);
    this.map.getSource(`own-${name}`)?.setData(data);
  }

  fit(features, padding = 32, maxZoom = 19) {
    const box = boxOf(features);
    if (box) this.map.fitBounds(box, { padding, maxZoom, duration: 0 });
  }

  #add() {
    const colour = colours(this.#element);
    // Under the map's own names: a fill above them would leave them pale.
    const names = NAMES.find((id) => this.map.getLayer(id));
    for (const [name, look] of Object.entries(this.#names)) {
      const { line, width, fill, opacity } = LOOKS[look];
      const source = `own-${name}`;
      if (this.map.getSource(source)) continue;
      this.map.addSource(source, { type: 'geojson', data: this.#data.get(name) ?? EMPTY });
      const polygon = ['==', ['geometry-type'], 'Polygon'];
      this.map.addLayer({
        id: `${source}-fill`, type: 'fill', source, filter: polygon, paint: { 'fill-color': colour(fill), 'fill-opacity': opacity },
      }, names);
      this.map.addLayer({ id: `${source}-line`, type: 'line', source, filter: polygon, paint: { 'line-color': colour(line), 'line-width': width } }, names);
      this.map.addLayer({
        id: `${source}-point`, type: 'circle', source, filter: ['==', ['geometry-type'], 'Point'],
        paint: { 'circle-radius': 5, 'circle-color': colour(line), 'circle-stroke-color': colour('surface'), 'circle-stroke-width': 1.5 },
      }, names);
      this.map.addLayer({
        id: `${source}-label`, type: 'symbol', source, filter: ['has', 'label'],
        layout: { 'text-field': ['get', 'label'], 'text-font': BOLD, 'text-size': 13, 'text-max-width': 12, 'text-padding': 6 },
        paint: { 'text-color': colour(look === 'refused' ? 'over' : 'ink-1'), 'text-halo-color': colour('surface'), 'text-halo-width': 2.5 },
      });
    }
  }

  #click(event, onShape) {
    const layers = Object.keys(this.#names).flatMap((name) => [`own-${name}-fill`, `own-${name}-point`])
      .filter((id) => this.map.getLayer(id)).reverse();
    const hit = this.map.queryRenderedFeatures(event.point, { layers })[0];
    if (hit) onShape(hit.properties, hit.layer.id.replace(/^own-|-(fill|point)$/g, ''));
  }
}

export const shape = (geometry, properties = {}) => ({ type: 'Feature', geometry, properties });

/** [west, south, east, north] of features, or null when none has a place. */
export function boxOf(features) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const visit = (coordinates) => {
    if (typeof coordinates[0] !== 'number') return coordinates.forEach(visit);
    const [x, y] = coordinates;
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
    return undefined;
  };
  for (const { geometry } of features) if (geometry?.coordinates?.length) visit(geometry.coordinates);
  return Number.isFinite(box[0]) ? box : null;
}
