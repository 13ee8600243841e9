/** What a page puts on the map beside the tiles: a pin, candidates and people, numbered faults, a plan, a pulse. */
import { marker } from './mapabsent.js';
import { distance as distanceWords } from './format.js';
import { locale } from './i18n.js';
import { collection, feature, pointOf } from './mapdata.js';
import { circleRing, distanceM, midpoint } from './mapgeometry.js';
import { pinElement } from './mapparts.js';

const PULSE_MS = 1300;
const LABELLED_M = 60; // on a shorter line the words would lie under the marks at its ends; the list says them

export class MapMarks {
  #gl; #data; #pin = null;

  constructor(gl, data) {
    this.#gl = gl;
    this.#data = data;
  }

  /** {lon, lat, accuracy_m, draggable, onMove}; null removes it. A pin moved by hand has no accuracy, so the circle goes. */
  setPin(pin) {
    this.#pin?.remove();
    this.#pin = null;
    if (!pin) {
      this.#data.set('accuracy', collection([]));
      return;
    }
    const { lon, lat, accuracy_m, draggable = false, onMove } = pin;
    this.#data.set('accuracy', collection(accuracy_m ? [feature({ type: 'Polygon', coordinates: [circleRing([lon, lat], accuracy_m)] })] : []));
    this.#pin = marker(this.#gl, [lon, lat], { element: pinElement(), anchor: 'bottom', draggable });
    this.#pin.on('dragend', () => {
      const { lng, lat: moved } = this.#pin.getLngLat();
      this.#data.set('accuracy', collection([]));
      onMove?.([lng, moved]);
    });
  }

  /** The marks of people; with a `target` [lon, lat] also lines to it, the first solid, the others dashed. */
  setCandidates(candidates, target) {
    const placed = candidates.filter(({ lon, lat }) => Number.isFinite(lon) && Number.isFinite(lat));
    const links = [];
    placed.forEach(({ lon, lat, distance_m }, i) => {
      if (!target) return;
      const metres = distance_m ?? distanceM([lon, lat], target);
      links.push(feature({ type: 'LineString', coordinates: [[lon, lat], target] }, { kind: i === 0 ? 'first' : 'other' }));
      if (metres >= LABELLED_M) links.push(pointOf(midpoint([lon, lat], target), { kind: 'label', text: distanceWords(metres, locale()) }));
    });
    this.#data.set('link', collection(links));
    this.#data.set('candidate', collection(placed.map(({ letter, lon, lat, note = '', stale = false }) => {
      return pointOf([lon, lat], { image: `person|${letter}|${stale ? 1 : ''}`, note });
    })));
  }

  setFaults(faults) {
    this.#data.set('fault', collection(faults.map(({ number, lon, lat, error = true }) => (
      pointOf([lon, lat], { image: `fault|${number}|${error ? 1 : ''}` })))));
  }

  setPlan(geojson) {
    this.#data.set('plan', geojson ?? collection([]));
  }

  pulse(point) {
    const node = document.createElement('div');
    node.className = 'map-pulse';
    const pulse = marker(this.#gl, point, { element: node });
    setTimeout(() => pulse.remove(), PULSE_MS);
  }
}
