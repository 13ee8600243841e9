/** Clusters of cases seen from afar, and names of areas that keep clear of symbols. */
import { nameOf } from './i18n.js';
import { collection, pointOf } from './mapdata.js';
import { bestPoint, inside, labelPoints } from './mapgeometry.js';
import { URGENCY } from './mapstyle.js';

const CLEAR_M = 30; // names keep this far from symbols
const CELLS = 14;
const MARGIN_PX = 7; // text-padding of the names, and the halo of the symbols they keep from

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
    const taken = []; // [x, y, half width, half height] of the names that stand
    for (const layer of wanted) {
      const areas = this.#data.areas(layer);
      const ground = [...areas.values()].flatMap(({ polygons }) => polygons);
      for (const [, { polygons, properties }] of areas) {
        const text = areaLabel(layer, properties);
        const words = [...new Set([text, twoLines(text), properties.short ?? text])];
        const placed = this.#placeOf(words, { layer, polygons, ground, view, taken }, drawn, pressing);
        if (!placed) continue;
        features.push(pointOf(placed.point, { text: placed.text, level: layer }));
        const { x, y } = this.#gl.project(placed.point);
        taken.push([x, y, ...this.#half(placed.text, layer)]);
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

  /**
   * {text, point}: the first of the words in `choice` (in one line, in two, the short code) that stands whole on the map,
   * within its area, clear of all marks or else of the pressing ones; else with its middle there and within the ground of
   * its level; the last words anywhere on the map when nothing else is left. Null if nowhere.
   */
  #placeOf(choice, { layer, polygons, ground, view, taken }, drawn, pressing) {
    const tries = [polygons, ground].flatMap((around) => choice.flatMap((words) => [drawn, pressing].map((marks) => [words, marks, around])));
    const points = labelPoints(polygons, view, CELLS);
    for (const [words, marks, around] of [...tries, [choice.at(-1), [], null]]) {
      const point = bestPoint(points, marks.map((mark) => mark.point), CLEAR_M, this.#room(this.#half(words, layer), marks, taken, around));
      if (point) return { text: words, point };
    }
    return null;
  }

  /** Half the width and half the height of a name in CSS px, with the room that MapLibre keeps around it. */
  #half(text, layer) {
    const size = layer === 'microgrid' ? this.#look.size.small : this.#look.size.text;
    const lines = text.split('\n');
    return [(size * Math.max(...lines.map(wordsEm))) / 2 + MARGIN_PX, size * 0.6 * lines.length + MARGIN_PX];
  }

  /** Whether words around a point stay on the map, off its controls, clear of `marks` and of the names `taken` and, if given, on the polygons `around`. */
  #room([x, y], marks, taken, around) {
    const { clientWidth: width, clientHeight: height } = this.#gl.getContainer();
    const controls = this.#controls();
    return (point) => {
      const at = this.#gl.project(point);
      if (at.x < x || at.y < y || at.x > width - x || at.y > height - y) return false;
      if (controls.some((box) => at.x + x > box.left && at.x - x < box.right && at.y + y > box.top && at.y - y < box.bottom)) return false;
      if (taken.some(([tx, ty, w, h]) => Math.abs(tx - at.x) < x + w && Math.abs(ty - at.y) < y + h)) return false;
      if (marks.some((mark) => Math.abs(mark.x - at.x) < x + mark.reach && Math.abs(mark.y - at.y) < y + mark.reach)) return false;
      if (!around) return true;
      return [[-x, -y], [x, -y], [-x, y], [x, y]].every(([right, down]) => {
        const { lng, lat } = this.#gl.unproject([at.x + right, at.y + down]);
        return around.some((rings) => inside([lng, lat], rings));
      });
    };
  }

  /** The boxes of the buttons, the scale bar and the notice in px of the map. */
  #controls() {
    const frame = this.#gl.getContainer().getBoundingClientRect();
    const scale = frame.width / (this.#gl.getContainer().clientWidth || 1) || 1; // the wall is enlarged as a whole
    return [...this.#gl.getContainer().querySelectorAll('.maplibregl-ctrl')].map((node) => {
      const { left, right, top, bottom } = node.getBoundingClientRect();
      const [w, n] = [(left - frame.left) / scale, (top - frame.top) / scale];
      return { left: w, top: n, right: w + (right - left) / scale, bottom: n + (bottom - top) / scale };
    });
  }
}

/** A name in two lines: at the space nearest its middle, before its number (示例社区 / 03), or in halves. */
export function twoLines(text) {
  const middle = text.length / 2;
  const spaces = [...text.matchAll(/ /g)].map(({ index }) => index).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  if (spaces.length) return `${text.slice(0, spaces[0])}\n${text.slice(spaces[0] + 1)}`;
  const number = /\d+$/.exec(text)?.index || Math.ceil(middle);
  return text.length > 3 ? `${text.slice(0, number)}\n${text.slice(number)}` : text;
}

/** The width of a name in em: Han characters are one wide, others about half. */
function wordsEm(text) {
  return [...text].reduce((em, character) => em + (character > '\u2e80' ? 1 : 0.58), 0);
}

/** '03-02' of a grid, two digits of a micro-grid, the name of a community or a street. */
function areaLabel(layer, { short, label, name, name_en: english, code }) {
  if (layer === 'community' || layer === 'street') return nameOf({ name: label ?? name, name_en: english });
  const text = String(short ?? label ?? name ?? code ?? '');
  return layer === 'microgrid' ? (/(\d{2})\D*$/.exec(text)?.[1] ?? text) : text;
}
