/** Where a drawn corner goes: the nearest corner of a neighbour or building, else the nearest edge, within some pixels. */
const CORNER_PX = 12;
const EDGE_PX = 9;

/** The function terra-draw asks for a snapped place; `features()` are the areas, `map` gives the buildings. */
export function snapper(map, features) {
  return ({ lng, lat, containerX, containerY }) => {
    const reach = Math.abs(map.unproject([containerX + CORNER_PX, containerY]).lng - lng);
    const best = { corner: null, corner2: CORNER_PX ** 2, edge: null, edge2: EDGE_PX ** 2 };
    const pointer = { x: containerX, y: containerY };
    for (const { box, polygons } of features()) {
      if (lng < box[0] - reach || lng > box[2] + reach || lat < box[1] - reach || lat > box[3] + reach) continue;
      for (const rings of polygons) for (const ring of rings) take(map, ring, [lng, lat], reach, pointer, best);
    }
    for (const ring of buildingRings(map, pointer)) take(map, ring, [lng, lat], reach, pointer, best);
    return best.corner ?? best.edge ?? undefined;
  };
}

function buildingRings(map, { x, y }) {
  if (!map.getLayer('building-fill')) return [];
  const box = [[x - CORNER_PX, y - CORNER_PX], [x + CORNER_PX, y + CORNER_PX]];
  return map.queryRenderedFeatures(box, { layers: ['building-fill'] })
    .flatMap(({ geometry }) => (geometry.type === 'Polygon' ? geometry.coordinates : geometry.coordinates.flat()));
}

function take(map, ring, [lng, lat], reach, pointer, best) {
  for (let i = 1; i < ring.length; i += 1) {
    const [a, b] = [ring[i - 1], ring[i]];
    if (Math.max(a[0], b[0]) < lng - reach || Math.min(a[0], b[0]) > lng + reach) continue;
    if (Math.max(a[1], b[1]) < lat - reach || Math.min(a[1], b[1]) > lat + reach) continue;
    const [p, q] = [map.project(a), map.project(b)];
    const from = (p.x - pointer.x) ** 2 + (p.y - pointer.y) ** 2;
    if (from < best.corner2) Object.assign(best, { corner: rounded(a), corner2: from });
    const [dx, dy] = [q.x - p.x, q.y - p.y];
    const length2 = dx * dx + dy * dy;
    const along = length2 ? Math.max(0, Math.min(1, ((pointer.x - p.x) * dx + (pointer.y - p.y) * dy) / length2)) : 0;
    const off = (p.x + along * dx - pointer.x) ** 2 + (p.y + along * dy - pointer.y) ** 2;
    if (off < best.edge2) Object.assign(best, { edge: rounded([a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])]), edge2: off });
  }
}

/** terra-draw refuses more than nine decimals; that is a tenth of a millimetre. */
export const rounded = ([x, y]) => [Number(x.toFixed(9)), Number(y.toFixed(9))];
