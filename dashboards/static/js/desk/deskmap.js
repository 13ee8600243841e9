/** The desk's map: the open case with its micro-grid, the three best candidates, or the pin of a new report. */
import { age } from '../format.js';
import { locale } from '../i18n.js';
import { createMap } from '../map.js';
import { stageLeft } from './words.js';

const SHOWN = 3;
const ROOM = [0.0011, 0.0008]; // degrees around a case: about a block, so that its surroundings are seen
const FAR_DEGREES = 0.006;

export class DeskMap {
  #map; #open; #place = null; #shown = null;

  constructor(element, { bounds, open }) {
    this.#open = open;
    this.#map = createMap(element, {
      bounds: bounds.length === 4 ? bounds : undefined, choropleth: false,
      layers: ['street', 'community', 'grid', 'microgrid', 'building', 'incident'], three: true,
      pillText: stageLeft,
      onSelect: ({ id }, point) => { if (this.#place) this.#place(point); else this.#open(id); },
      onClick: (point) => this.#place?.(point),
    });
    // Whom to send must not lie under another case at the same door.
    this.#map.map.on('style.load', () => this.#map.map.moveLayer('candidate', 'case-selected'));
  }

  get canvas() { return this.#map.map.getCanvas(); }

  /** Rings the case, fills its micro-grid; moves the view only when another case was opened. */
  showCase(item, candidates = []) {
    const point = [item.lon, item.lat];
    this.#map.select({
      id: item.id, point, severity: item.severity, state: item.state, time_state: item.time_state, due_at: item.due_at, limit_unit: item.limit_unit,
      soon_at: item.soon_at, stage: item.stage,
    });
    this.#map.chooseMicrogrid(item.area_path ? item.area_path.replaceAll('.', '') : null);
    const near = candidates.slice(0, SHOWN).map((each) => ({
      ...each, note: each.positioned && each.position_at ? age(each.position_at, Date.now(), { locale: locale() }) : '',
    }));
    this.#map.setCandidates(near, point);
    const key = `${item.id}|${near.map(({ to }) => to).join()}`;
    if (this.#shown === key) return;
    this.#shown = key;
    this.#view(point, near);
  }

  #view([lon, lat], near) {
    let [w, s, e, n] = [lon - ROOM[0], lat - ROOM[1], lon + ROOM[0], lat + ROOM[1]];
    for (const { lon: x, lat: y } of near) {
      if (Math.abs(x - lon) > FAR_DEGREES || Math.abs(y - lat) > FAR_DEGREES) continue; // a far candidate would hide the place
      [w, s, e, n] = [Math.min(w, x), Math.min(s, y), Math.max(e, x), Math.max(n, y)];
    }
    this.#map.map.resize();
    this.#map.fit([w, s, e, n], 48);
  }

  clear() {
    this.#shown = null;
    this.#map.select(null);
    this.#map.chooseMicrogrid(null);
    this.#map.setCandidates([]);
  }

  /** While a report is written a click sets its pin; `moved([lon, lat])`. null ends it. */
  pick(moved) {
    this.#place = moved;
    this.canvas.classList.toggle('is-picking', Boolean(moved));
    if (!moved) this.#map.setPin(null);
  }

  setPin(point, accuracy_m = null) {
    this.#map.setPin({ lon: point[0], lat: point[1], accuracy_m, draggable: true, onMove: (to) => this.#place?.(to) });
  }

  centre() {
    const { lng, lat } = this.#map.map.getCenter();
    return [lng, lat];
  }

  flyTo(point) { this.#map.flyTo(point, Math.max(17, this.#map.map.getZoom())); }
  refresh() { this.#map.refresh('incident'); }
  pulse(point) { this.#map.pulse(point); }
  setStale(stale) { this.#map.setStale(stale); }
  resize() { this.#map.map.resize(); }
}
