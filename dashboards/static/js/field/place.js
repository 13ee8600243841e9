/** Where the phone is and which area that is: GPS in WGS 84, the server's answer, or the phone's own copy without a network. */
import { api } from '../api.js';
import { boundsOf, circleRing, distanceM, inside, metresPerDegree, polygonsOf } from '../mapgeometry.js';

const GOOD_ENOUGH_M = 15;
const WATCH_MS = 15000;
const INSIDE_M = 2; // how far behind the border a pin goes when a person says "it is on that side"

/**
 * The best position of the next seconds: `onBetter({lon, lat, accuracy_m, datum, at})` for each improvement, then resolves
 * with the best or rejects with the browser's code 1 denied, 2 unavailable, 3 timeout. `signal` ends it early.
 */
export function findMe({ onBetter = () => {}, signal = null } = {}) {
  return new Promise((resolve, reject) => {
    if (!navigator.geolocation) {
      reject(Object.assign(new Error('no geolocation'), { code: 2 }));
      return;
    }
    let best = null;
    let failure = null;
    const finish = () => {
      navigator.geolocation.clearWatch(watch);
      clearTimeout(timer);
      if (best) resolve(best);
      else reject(failure ?? Object.assign(new Error('timeout'), { code: 3 }));
    };
    const timer = setTimeout(finish, WATCH_MS);
    const watch = navigator.geolocation.watchPosition(({ coords, timestamp }) => {
      if (best && coords.accuracy >= best.accuracy_m) return;
      best = { lon: coords.longitude, lat: coords.latitude, accuracy_m: coords.accuracy, datum: 'wgs84', at: timestamp };
      onBetter(best);
      if (best.accuracy_m <= GOOD_ENOUGH_M) finish();
    }, (error) => {
      failure = error;
      if (error.code === 1) finish();
    }, { enableHighAccuracy: true, maximumAge: 10000, timeout: WATCH_MS });
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/**
 * Which area holds the position: {place, certain, outside, border_m, candidates, levels, lon, lat, by: 'server' | 'phone'}.
 * Without a network the phone's copy of the own micro-grids answers; null where neither knows.
 */
export async function locate({ lon, lat, datum, accuracy_m }, areas) {
  try {
    return { ...await api.get('locate', { lon, lat, datum, accuracy_m }, { timeout_s: 8 }), by: 'server' };
  } catch (error) {
    if (!error.retryable) return null;
    const found = (areas ?? []).find(({ geometry }) => polygonsOf(geometry).some((rings) => inside([lon, lat], rings)));
    return found ? { place: found.place, certain: false, outside: false, candidates: [], lon, lat, by: 'phone' } : null;
  }
}

/** The point of an area that is nearest to `point`, a little behind the border; `point` itself if it lies inside. */
export function nearestInside(point, geometry) {
  const polygons = polygonsOf(geometry);
  if (polygons.some((rings) => inside(point, rings))) return point;
  const m = metresPerDegree(point[1]);
  let best = null;
  for (const ring of polygons.map(([outer]) => outer)) {
    for (let i = 1; i < ring.length; i += 1) {
      const foot = footOn(point, ring[i - 1], ring[i], m);
      const away = distanceM(point, foot);
      if (!best || away < best.away) best = { foot, away };
    }
  }
  if (!best) return null;
  const around = circleRing(best.foot, INSIDE_M, 16).filter((each) => polygons.some((rings) => inside(each, rings)));
  return around[Math.floor(around.length / 2)] ?? best.foot;
}

function footOn(point, a, b, m) {
  const [ax, ay] = [(a[0] - point[0]) * m.lon, (a[1] - point[1]) * m.lat];
  const [dx, dy] = [(b[0] - a[0]) * m.lon, (b[1] - a[1]) * m.lat];
  const length2 = dx * dx + dy * dy;
  const along = length2 ? Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2)) : 0;
  return [a[0] + along * (b[0] - a[0]), a[1] + along * (b[1] - a[1])];
}

/** [west, south, east, north] of areas with geometry, or null. */
export function boundsOfAreas(areas) {
  const rings = (areas ?? []).flatMap(({ geometry }) => polygonsOf(geometry).flat());
  return rings.length ? boundsOf(rings.flat()) : null;
}
