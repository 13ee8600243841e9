/** Small pure geometry for drawing: positions are [lon, lat] in degrees, lengths in metres. Nothing here decides anything. */

const RADIUS_A = 6378137;
const E2 = 0.00669438002290; // GRS80 = CGCS2000
const LABEL_ASPECT = 0.5; // words are wider than high: room to the sides counts half

/** Metres per degree {lon, lat} at a latitude on the CGCS2000 ellipsoid. */
export function metresPerDegree(lat) {
  const phi = (lat * Math.PI) / 180;
  const w2 = 1 - E2 * Math.sin(phi) ** 2;
  return {
    lon: (Math.PI / 180) * (RADIUS_A / Math.sqrt(w2)) * Math.cos(phi),
    lat: (Math.PI / 180) * ((RADIUS_A * (1 - E2)) / w2 ** 1.5),
  };
}

/** Distance for a label; good to 0.1 % within some kilometres. The server's figure goes before it. */
export function distanceM([lon1, lat1], [lon2, lat2]) {
  const m = metresPerDegree((lat1 + lat2) / 2);
  return Math.hypot((lon2 - lon1) * m.lon, (lat2 - lat1) * m.lat);
}

/** Closed ring of a circle of the true radius. */
export function circleRing([lon, lat], radius_m, steps = 64) {
  const m = metresPerDegree(lat);
  return Array.from({ length: steps + 1 }, (_, i) => {
    const turn = (2 * Math.PI * (i % steps)) / steps;
    return [lon + (Math.cos(turn) * radius_m) / m.lon, lat + (Math.sin(turn) * radius_m) / m.lat];
  });
}

export function midpoint(a, b) {
  return [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
}

/** True if the point is inside the polygon (rings, even-odd; holes count as outside). */
export function inside([x, y], rings) {
  let found = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
      const [xi, yi] = ring[i];
      const [xj, yj] = ring[j];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) found = !found;
    }
  }
  return found;
}

/** Polygons of a GeoJSON geometry as arrays of rings; other kinds give none. */
export function polygonsOf(geometry) {
  if (geometry?.type === 'Polygon') return [geometry.coordinates];
  return geometry?.type === 'MultiPolygon' ? geometry.coordinates : [];
}

function edgeDistance2([x, y], rings, kx) {
  let best = Infinity;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i += 1) {
      const ax = (ring[i - 1][0] - x) * kx;
      const ay = ring[i - 1][1] - y;
      const dx = (ring[i][0] - ring[i - 1][0]) * kx;
      const dy = ring[i][1] - ring[i - 1][1];
      const length2 = dx * dx + dy * dy;
      const along = length2 ? Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2)) : 0;
      best = Math.min(best, (ax + along * dx) ** 2 + (ay + along * dy) ** 2);
    }
  }
  return best;
}

/**
 * Points inside the polygons and inside `view` [w, s, e, n], `cells` × `cells` for each polygon: [{point, edge, kx}] with the
 * square of the distance to the nearest edge, in degrees of latitude, where a degree to the sides counts as `kx` of one.
 */
export function labelPoints(polygons, view, cells = 14) {
  const found = [];
  for (const rings of polygons) {
    const [w, s, e, n] = overlap(boundsOf(rings[0]), view);
    if (!(w < e && s < n)) continue;
    const kx = LABEL_ASPECT * Math.cos((((s + n) / 2) * Math.PI) / 180);
    for (let i = 0; i < cells * cells; i += 1) {
      const point = [w + ((e - w) * ((i % cells) + 0.5)) / cells, s + ((n - s) * (Math.floor(i / cells) + 0.5)) / cells];
      if (inside(point, rings)) found.push({ point, edge: edgeDistance2(point, rings, kx), kx });
    }
  }
  return found;
}

/**
 * Where a label stands: of `points` (labelPoints) the one that is furthest from every edge and every one of `avoid`, at
 * least `clear_m` from the latter and where `fits(point)`; null if there is none.
 */
export function bestPoint(points, avoid = [], clear_m = 30, fits = () => true) {
  let best = null;
  for (const { point, edge, kx } of points) {
    const score = avoid.reduce((least, other) => Math.min(least, ((other[0] - point[0]) * kx) ** 2 + (other[1] - point[1]) ** 2), edge);
    if (best && score <= best.score) continue;
    if (avoid.some((other) => distanceM(point, other) < clear_m) || !fits(point)) continue;
    best = { point, score };
  }
  return best?.point ?? null;
}

/** As bestPoint in one step; where all is crowded the best of the crowded places. Null only if nothing is in view. */
export function labelPoint(polygons, view, avoid = [], clear_m = 30, cells = 14) {
  const points = labelPoints(polygons, view, cells);
  return bestPoint(points, avoid, clear_m) ?? bestPoint(points, avoid, 0);
}

export function boundsOf(points) {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y);
  }
  return [w, s, e, n];
}
function overlap(a, b) {
  return [Math.max(a[0], b[0]), Math.max(a[1], b[1]), Math.min(a[2], b[2]), Math.min(a[3], b[3])];
}
