/** Clusters of cases seen from afar, and names of areas that keep clear of symbols. */
import { collection, pointOf } from './mapdata.js';
import { labelPoint } from './mapgeometry.js';
import { URGENCY } from './mapstyle.js';

const CLEAR_M = 30; // names keep this far from symbols
const CELLS = 14;

export class MapLabels {
  #gl; #data; #look; #level = null;

  constructor(gl, data, look) {
    this.#gl = gl;
    this.#data = data;
    this.#look = look;
  }

  /** Names the areas of one level at every scale; null: the level follows the scale. */
  setLevel(level) {
    this.#level = level;
    this.draw();
  }

  /** Places clusters and names for the tiles in view. */
  draw() {
    const cases = this.#data.cases();
    this.#drawLabels(cases, this.#drawClusters());
  }

  #drawClusters() {
    const clusters = this.#gl.getZoom() < 14 ? this.#data.clusters() : [];
    this.#data.set('cluster', collection(clusters.map(({ point, count, soon, over }) => {
      const image = `cluster|${count}|${soon}|${over}`;
      return pointOf(point, { image, count });
    })));
    return clusters;
  }

  #drawLabels(cases, clusters) {
    const zoom = this.#gl.getZoom();
    const wanted = this.#level ? [this.#level] : zoom < 16 ? ['community'] : zoom < 18 ? ['grid'] : ['grid', 'microgrid'];
    const view = this.#view();
    const marks = cases.filter(({ time }) => zoom >= 14 || URGENCY[time] < 2).concat(clusters);
    const drawn = this.#drawn(marks);
    const pressing = drawn.filter(({ time }) => URGENCY[time] < 2);
    const features = [];
    for (const layer of wanted) {
      for (const [, { polygons, properties }] of this.#data.areas(layer)) {
        const text = areaLabel(layer, properties);
        const point = this.#placeFor(polygons, view, text, layer, drawn) ?? this.#placeFor(polygons, view, text, layer, pressing)
          ?? labelPoint(polygons, view, pressing.map((mark) => mark.point));
        if (point) features.push(pointOf(point, { text, level: layer }));
      }
    }
    this.#data.set('label', collection(features));
  }

  #view() {
    const box = this.#gl.getBounds();
    return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()];
  }

  /** The marks on the screen with their pixel place and reach. */
  #drawn(marks) {
    const { size } = this.#look;
    const { clientWidth: width, clientHeight: height } = this.#gl.getContainer();
    const dots = this.#gl.getZoom() < 16;
    return marks.map(({ point, time }) => {
      const px = !time || URGENCY[time] < 2 || !dots ? size[time] ?? size.symbol : size.dot; // a cluster has no time
      const { x, y } = this.#gl.project(point);
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
    const size = layer === 'microgrid' ? this.#look.size.small : this.#look.size.text;
    const { clientWidth: width, clientHeight: height } = this.#gl.getContainer();
    const [x, y] = [(size * wordsEm(text)) / 2, size * 0.6];
    return (point) => {
      const at = this.#gl.project(point);
      if (at.x < x || at.y < y || at.x > width - x || at.y > height - y) return false;
      return !marks.some((mark) => Math.abs(mark.x - at.x) < x + mark.reach && Math.abs(mark.y - at.y) < y + mark.reach);
    };
  }
}

/** The width of a name in em: Han characters are one wide, others about half. */
function wordsEm(text) {
  return [...text].reduce((em, character) => em + (character > '\u2e80' ? 1 : 0.58), 0);
}

/** '03-02' of a grid, two digits of a micro-grid, the name of a community or a street. */
function areaLabel(layer, { short, label, name, code }) {
  if (layer === 'community' || layer === 'street') return label ?? name ?? '';
  const text = String(short ?? label ?? name ?? code ?? '');
  return layer === 'microgrid' ? (/(\d{2})\D*$/.exec(text)?.[1] ?? text) : text;
}
