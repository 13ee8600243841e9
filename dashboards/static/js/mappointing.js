/** What the reader points at: clicks on cases, clusters and areas, and the walk over the symbols by keyboard. */
import { inside } from './mapgeometry.js';
import { URGENCY } from './mapstyle.js';

const REACH_PX = 6;

export class MapPointing {
  #grid; #gl; #data; #options; #walk = -1;

  /** Listens at once; `grid` flies to clusters and selects on the walk, `options` has `onSelect`, `onClick`, `onArea`. */
  constructor(grid, data, options) {
    this.#grid = grid;
    this.#gl = grid.map;
    this.#data = data;
    this.#options = options;
    const canvas = this.#gl.getCanvas();
    this.#gl.on('click', (event) => this.#click(event));
    this.#gl.on('mousemove', (event) => { canvas.style.cursor = this.#caseAt(event.point) ? 'pointer' : ''; });
    canvas.addEventListener('keydown', (event) => this.#key(event));
  }

  #caseAt(point) {
    const layers = ['case-pressing', 'case-calm', 'case-dot'].filter((id) => this.#gl.getLayer(id));
    if (!layers.length) return null;
    const box = [[point.x - REACH_PX, point.y - REACH_PX], [point.x + REACH_PX, point.y + REACH_PX]];
    const found = this.#gl.queryRenderedFeatures(box, { layers });
    return found.sort((a, b) => URGENCY[a.properties.time_state] - URGENCY[b.properties.time_state])[0] ?? null;
  }

  #click(event) {
    const hit = this.#caseAt(event.point);
    if (hit) {
      this.#options.onSelect?.(hit.properties, hit.geometry.coordinates);
      return;
    }
    const cluster = this.#gl.getLayer('case-cluster') && this.#gl.queryRenderedFeatures(event.point, { layers: ['case-cluster'] })[0];
    if (cluster) {
      this.#grid.flyTo(cluster.geometry.coordinates, this.#gl.getZoom() + 2);
      return;
    }
    this.#options.onClick?.([event.lngLat.lng, event.lngLat.lat]);
    if (this.#options.onArea) this.#hitArea([event.lngLat.lng, event.lngLat.lat]);
  }

  #hitArea(point) {
    for (const layer of ['microgrid', 'grid', 'community', 'street']) {
      if (layer === 'microgrid' && this.#gl.getZoom() < 16) continue;
      for (const [, { polygons, properties }] of this.#data.areas(layer)) {
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
    const view = this.#gl.getBounds();
    const order = this.#data.cases().filter(({ point }) => view.contains(point))
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
    this.#grid.select({ ...order[next].properties, point: order[next].point }, { announce: true });
  }
}
