/** The wall's map: grids by open cases, pressing cases as symbols, calm ones as dots; redrawn by layer, never reloaded. */
import { createMap } from '../map.js';
import { colours } from '../theme.js';

const PADDING = { top: 16, left: 16, right: 16, bottom: 76 }; // the scale bar and the switch stand below the street
const TIME_MS = 60000; // cases turn soon and overdue without anyone doing anything

export class WallMap {
  #map; #size; #bounds;

  constructor(place, { bounds, scale, legend, three }) {
    this.#bounds = bounds;
    this.#map = createMap(place, {
      theme: 'wall', layers: ['street', 'community', 'grid', 'building', 'incident'], bounds, padding: PADDING, interactive: false, three: true,
      choropleth: { property: 'open_count', breaks: [1, 2, 3] },
    });
    this.#map.map.setPixelRatio((globalThis.devicePixelRatio || 1) * scale);
    legend.replaceChildren(this.#map.legend());
    this.#map.ready.then(({ map }) => map.setPaintProperty('ground', 'background-color', colours(place)('bg')));
    if (three) this.#map.set3d(true);
    setInterval(() => this.refresh(), TIME_MS);
    this.#size = new ResizeObserver(() => this.#map.map.fitBounds(this.#bounds, { padding: PADDING, duration: 0 }));
    this.#size.observe(place);
  }

  refresh() {
    this.#map.refresh('incident');
    this.#map.refresh('grid');
  }

  /** One pulse where something new was reported. */
  pulse(point) {
    this.#map.pulse(point);
  }
}
