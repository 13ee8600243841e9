/** What the map holds: features of the tiles in view, and the sources that the page fills itself. */
import { timeState } from './format.js';
import { polygonsOf } from './mapgeometry.js';
import { now } from './ticker.js';

export const collection = (features) => ({ type: 'FeatureCollection', features });
export const feature = (geometry, properties = {}) => ({ type: 'Feature', geometry, properties });
export const pointOf = (coordinates, properties) => feature({ type: 'Point', coordinates }, properties);

export class MapData {
  #gl; #own = new Map();

  constructor(gl) {
    this.#gl = gl;
  }

  /** Asks for the tiles of one layer again, each with its ETag; the old picture stays meanwhile. */
  refresh(layer) {
    if (this.#gl.getSource(layer)) this.#gl.refreshTiles(layer);
  }

  features(layer) {
    if (!this.#gl.getSource(layer)) return [];
    return this.#gl.querySourceFeatures(layer, { sourceLayer: layer });
  }

  /** Calm cases seen from afar, counted by the server for each cell of a tile: [{point, count, soon, over}]. */
  clusters() {
    const found = new Map();
    for (const { geometry, properties } of this.features('incident')) {
      const { count, soon = 0, over = 0 } = properties;
      if (count) found.set(`${geometry.coordinates}|${count}`, { point: geometry.coordinates, count, soon, over });
    }
    return [...found.values()];
  }

  /** Each case once: [{point, time, properties}]. */
  cases() {
    const found = new Map();
    for (const { geometry, properties } of this.features('incident')) {
      if (geometry.type !== 'Point' || properties.count) continue;
      const key = properties.id ?? properties.number;
      // Tiles tell moments in seconds, screens count in milliseconds.
      const told = { ...properties, due_at: properties.due_at ? properties.due_at * 1000 : null };
      found.set(key, { point: geometry.coordinates, time: timeState(told, now()), properties: told });
    }
    return [...found.values()];
  }

  /** Each area once, its pieces of all tiles together: Map code -> {polygons, properties}. */
  areas(layer) {
    const found = new Map();
    for (const { geometry, properties } of this.features(layer)) {
      const entry = found.get(properties.code) ?? { polygons: [], properties };
      entry.polygons.push(...polygonsOf(geometry));
      found.set(properties.code, entry);
    }
    return found;
  }

  /** Fills a source of the page's own, at once or when the map has loaded. */
  set(name, data) {
    const before = this.#own.get(name);
    if (before && JSON.stringify(before) === JSON.stringify(data)) return; // setData would wake `idle` again for ever
    this.#own.set(name, data);
    const put = () => this.#gl.getSource(name)?.setData(this.#own.get(name)); // what is wanted by then, not now
    if (this.#gl.getSource(name)) put();
    else this.#gl.once('load', put);
  }

  /** Fills all own sources again after the style was replaced. */
  restore() {
    for (const [name, data] of this.#own) this.#gl.getSource(name)?.setData(data);
  }

  /** Runs `act` as soon as there are layers. */
  whenStyled(act) {
    if (this.#gl.isStyleLoaded() || this.#gl.getLayer('ground')) act();
    else this.#gl.once('load', act);
  }
}
