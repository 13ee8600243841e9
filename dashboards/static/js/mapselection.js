/** What is chosen on the map: the open case with its ring, the micro-grid with its buildings; and the time pills beside cases. */
import { marker } from './mapabsent.js';
import { timeLeft, timeState } from './format.js';
import { locale } from './i18n.js';
import { collection, pointOf } from './mapdata.js';
import { inside, labelPoint, polygonsOf } from './mapgeometry.js';
import { CALM, chosenImage, PRESSING } from './mapstyle.js';
import { now } from './ticker.js';

const PILL_ZOOM = 18;
const PILL_LIMIT = 40;

export class MapSelection {
  #gl; #data; #look; #pillText; #selected = null; #microgrid = null; #pills = []; #pillsKey = '[]'; #targets = new Map();

  /** `pillText(properties)` gives the words of a time pill; without it the time left. */
  constructor(gl, data, look, pillText) {
    this.#gl = gl;
    this.#data = data;
    this.#look = look;
    this.#pillText = pillText;
  }

  /** Marks one case, or none for null. */
  select(item) {
    this.#selected = item && { id: item.id, point: item.point, pill: item.pill, properties: item, time: item.time_state };
    this.#applyCase();
  }

  /** Fills one micro-grid and tints its buildings; null clears. */
  chooseMicrogrid(code) {
    this.#microgrid = code;
    this.#applyMicrogrid();
  }

  /** Marks all again after the style was replaced. */
  apply() {
    this.#applyCase();
    this.#applyMicrogrid();
  }

  /** What depends on the tiles in view. */
  settle() {
    this.drawPills();
    this.#tintBuildings();
  }

  #applyCase() {
    const item = this.#selected;
    this.#data.set('selected', collection(item?.point ? [pointOf(item.point, { image: chosenImage(item.properties), id: item.id })] : []));
    this.#data.whenStyled(() => {
      const others = ['!=', ['get', 'id'], item?.id ?? ''];
      for (const [layer, own] of [['case-dot', CALM], ['case-calm', CALM], ['case-pressing', PRESSING]]) {
        if (this.#gl.getLayer(layer)) this.#gl.setFilter(layer, ['all', own, others]);
      }
      this.drawPills();
    });
  }

  #applyMicrogrid() {
    this.#data.whenStyled(() => {
      for (const id of ['chosen-fill', 'chosen-line']) {
        if (this.#gl.getLayer(id)) this.#gl.setFilter(id, ['==', ['get', 'code'], this.#microgrid ?? '']);
      }
      this.#tintBuildings();
    });
  }

  #tintBuildings() {
    if (!this.#gl.getSource('building') || (!this.#microgrid && !this.#targets.size)) return;
    const area = this.#microgrid ? this.#data.areas('microgrid').get(String(this.#microgrid)) : null;
    const wanted = new Set();
    if (area) {
      for (const { geometry, properties } of this.#data.features('building')) {
        const point = polygonsOf(geometry).map((rings) => labelPoint([rings], [-180, -90, 180, 90], [], 0, 5))[0];
        if (point && area.polygons.some((rings) => inside(point, rings))) wanted.add(properties.code);
      }
    }
    const state = (id, chosen) => this.#gl.setFeatureState({ source: 'building', sourceLayer: 'building', id }, { chosen });
    for (const code of wanted) if (!this.#targets.has(code)) state(code, true);
    for (const [code] of this.#targets) if (!wanted.has(code)) state(code, false);
    this.#targets = new Map([...wanted].map((code) => [code, true]));
  }

  /** Time pills beside pressing cases seen from near, and beside the chosen one; drawn again only when they say something else. */
  drawPills() {
    const zoom = this.#gl.getZoom();
    const view = this.#gl.getBounds();
    const shown = this.#data.cases().filter(({ point, time, properties }) => {
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
    return this.#pillText?.(properties) ?? timeLeft(properties, now(), { locale: locale(), brief: true });
  }

  #pill({ point, time, words, chosen }) {
    const { size } = this.#look;
    const node = document.createElement('div');
    node.className = 'map-pill';
    node.dataset.time = time;
    node.textContent = words;
    const reach = chosen ? size.selected * 0.85 + 4 : size.symbol * 0.6 + 4;
    return marker(this.#gl, point, { element: node, anchor: 'left', offset: [reach, 0] });
  }
}
