/** The areas of a plan's ground as they are and, with a preview laid over, as they become. */
import { api } from '../api.js';
import { boundsOf, inside, labelPoint, polygonsOf } from '../mapgeometry.js';

const PAGE = 1000;
const WORLD = [-180, -90, 180, 90];

/** Every area in force of one level inside `root` (detail of an area), as features. */
export async function areasIn(root, level) {
  const found = [];
  let after = null;
  do {
    const page = await api.get('areas', { level, bbox: root.bbox.join(','), geometry: true, after, limit: PAGE });
    found.push(...page.items);
    after = page.next;
  } while (after);
  return found.filter(({ path }) => path.startsWith(`${root.path}.`)).map(({ geometry, ...area }) => placed({
    type: 'Feature', geometry, properties: { ...area, key: area.code },
  }));
}

/** With the point of its name and its box, once for each shape. */
function placed(feature) {
  const polygons = polygonsOf(feature.geometry);
  const corners = polygons.flatMap((rings) => rings[0]);
  return { ...feature, place: labelPoint(polygons, WORLD), box: boundsOf(corners), polygons };
}

export class Ground {
  #before = new Map(); #after = new Map(); #rows = new Map();

  constructor(features) {
    for (const feature of features) this.#before.set(feature.properties.code, feature);
    this.lay(null, null);
  }

  get before() { return [...this.#before.values()]; }
  get after() { return [...this.#after.values()]; }

  /** Lays a preview over what is in force; null takes it away. */
  lay(preview, level) {
    this.#after = new Map(this.#before);
    this.#rows = new Map((preview?.areas ?? []).map((row) => [row.key, row]));
    if (!preview) return;
    const ofLevel = ({ properties }) => properties.level === level;
    for (const { properties } of preview.before.features.filter(ofLevel)) this.#after.delete(properties.key);
    for (const feature of preview.after.features.filter(ofLevel)) {
      const row = this.#rows.get(feature.properties.key);
      this.#after.set(feature.properties.key, placed({
        ...feature, properties: { ...feature.properties, households: row?.households.after ?? null, changed: true },
      }));
    }
  }

  area(key) {
    return (this.#after.get(key) ?? this.#before.get(key))?.properties ?? null;
  }

  feature(key) { return this.#after.get(key) ?? null; }

  /** The area of the plan's picture that holds a point. */
  at(point) {
    return this.after.find(({ box, polygons }) => within(point, box) && polygons.some((rings) => inside(point, rings))) ?? null;
  }

  /** The area that holds most of a line, by points along it. */
  under(line) {
    const counts = new Map();
    for (let i = 1; i < line.length; i += 1) {
      for (let k = 0; k <= 20; k += 1) {
        const [a, b] = [line[i - 1], line[i]];
        const found = this.at([a[0] + ((b[0] - a[0]) * k) / 20, a[1] + ((b[1] - a[1]) * k) / 20]);
        if (found) counts.set(found, (counts.get(found) ?? 0) + 1);
      }
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? null;
  }

  /** Every area with its households before and after, changed ones first, then by code: the balance. */
  balance() {
    const rows = [];
    for (const [key, { properties }] of this.#after) {
      const told = this.#rows.get(key);
      const was = this.#before.get(key)?.properties.households ?? null;
      rows.push({ key, area: properties, before: told ? told.households.before : was, after: told ? told.households.after : was, change: told?.change ?? null });
    }
    for (const [key, { properties }] of this.#before) {
      if (!this.#after.has(key)) rows.push({ key, area: properties, before: properties.households, after: null, change: 'retired' });
    }
    return rows.sort((a, b) => Number(!a.change) - Number(!b.change) || a.area.code.localeCompare(b.area.code));
  }
}

const within = ([x, y], [w, s, e, n]) => x >= w && x <= e && y >= s && y <= n;
