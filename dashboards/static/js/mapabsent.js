/**
 * Where a computer cannot draw maps (no WebGL: an old machine, a remote desktop): says so in the map's place, and stands
 * in for the drawing so that the lists beside it work. It shows nothing and knows nothing.
 */
import { Marker } from 'maplibre-gl';
import { t } from './i18n.js';

const HERE = { lng: 0, lat: 0, x: 0, y: 0, toArray: () => [0, 0] };
const EVERYWHERE = {
  getWest: () => -180, getSouth: () => -90, getEast: () => 180, getNorth: () => 90, contains: () => true, toArray: () => [[-180, -90], [180, 90]],
};

let drawing = null;

/** Whether this browser can draw maps; asked once, because a map that failed half-way cannot be taken back. */
export function canDraw() {
  if (drawing === null) {
    const context = document.createElement('canvas').getContext('webgl2');
    drawing = context !== null;
    context?.getExtension('WEBGL_lose_context')?.loseContext();
  }
  return drawing;
}

/** In place of MapLibre's map in `element`. */
export function absentMap(element) {
  const words = document.createElement('p');
  words.className = 'map-absent';
  words.setAttribute('role', 'note');
  words.textContent = t('这台电脑不能画地图（浏览器没有 WebGL），列表和办理照常可用');
  element.append(words);
  const answers = {
    getZoom: () => 0, getBearing: () => 0, getCenter: () => HERE, getBounds: () => EVERYWHERE, project: () => HERE, unproject: () => HERE,
    queryRenderedFeatures: () => [], querySourceFeatures: () => [], getContainer: () => element, getCanvas: () => words,
    getCanvasContainer: () => words, absent: true, remove: () => words.remove(), isStyleLoaded: () => false, loaded: () => false,
  };
  return new Proxy({}, {
    get: (self, name, whole) => answers[name] ?? (/^(get|has|is)/.test(name) ? () => undefined : () => whole),
  });
}

/** A marker at [lon, lat] on a map; on an absent one it is there and not seen. */
export function marker(map, point, options) {
  const made = new Marker(options).setLngLat(point);
  return map.absent ? made : made.addTo(map);
}
