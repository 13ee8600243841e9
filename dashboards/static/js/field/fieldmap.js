/** The map of the phone: the house's map with the phone's own copy of my micro-grids, so that lines stand without a network. */
import { createMap } from '../map.js';
import { labelPoint, polygonsOf } from '../mapgeometry.js';
import { colours, watchTheme } from '../theme.js';
import { chosenImage } from '../mapstyle.js';
import { t } from '../i18n.js';

const LAYERS = ['street', 'community', 'grid', 'microgrid', 'building'];
const ZOOM = 17.6;
const WORLD = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];
const EVERYWHERE = [-180, -90, 180, 90];
const collection = (features) => ({ type: 'FeatureCollection', features });

/**
 * A map in `element`: `centre` [lon, lat] or `bounds`, `areas` with geometry (my micro-grids), `zoomButtons`, `onClick`.
 * `framed`: my areas are tinted and numbered, all around them is pale. Has everything of the house's map,
 * `chooseArea(code)` and `setAreas(areas)`.
 */
export function fieldMap(element, { centre = null, bounds = null, areas = [], onClick, zoomButtons = false, framed = false } = {}) {
  const map = createMap(element, {
    layers: LAYERS, choropleth: false, size: 'phone', zoomButtons, onClick,
    ...(centre ? { center: centre, zoom: ZOOM } : { bounds }),
  });
  element.addEventListener('map-error', (event) => event.stopPropagation()); // missing tiles leave the phone's own lines
  let chosen = null;
  let own = areas;
  const draw = () => {
    const gl = map.map;
    if (gl.getSource('own')) return;
    const colour = colours(element);
    const before = gl.getLayer('building-fill') ? 'building-fill' : undefined;
    gl.addSource('own', { type: 'geojson', data: ownAreas(own) });
    if (framed) frame(gl, own, colour, before);
    gl.addLayer({
      id: 'own-fill', type: 'fill', source: 'own', filter: ['==', ['get', 'code'], chosen ?? ''], paint: { 'fill-color': colour('act-t') },
    }, before);
    gl.addLayer({
      id: 'own-line', type: 'line', source: 'own', paint: { 'line-color': colour('map-microgrid'), 'line-width': 1.2, 'line-dasharray': [4, 3] },
    }, before);
    gl.addLayer({
      id: 'own-chosen', type: 'line', source: 'own', filter: ['==', ['get', 'code'], chosen ?? ''],
      paint: { 'line-color': colour('act'), 'line-width': 2.2 },
    }, before);
  };
  map.ready.then(draw);
  const unwatch = watchTheme(() => map.map.once('style.load', draw));
  map.setAreas = (areasNow) => {
    own = areasNow;
    map.map.getSource('own')?.setData(ownAreas(own));
    map.map.getSource('around')?.setData(around(own));
    map.map.getSource('own-name')?.setData(ownNames(own));
  };
  map.chooseArea = (code) => {
    chosen = code;
    map.chooseMicrogrid(code);
    for (const id of ['own-fill', 'own-chosen']) if (map.map.getLayer(id)) map.map.setFilter(id, ['==', ['get', 'code'], code ?? '']);
  };
  const destroy = map.destroy.bind(map);
  map.destroy = () => { unwatch(); destroy(); };
  return map;
}

const ownAreas = (areas) => collection(areas.map(({ geometry, code }) => ({ type: 'Feature', geometry, properties: { code } })));

/** Everything but my areas. */
function around(areas) {
  const holes = areas.flatMap(({ geometry }) => polygonsOf(geometry).map(([outer]) => outer));
  return collection(holes.length ? [{ type: 'Feature', geometry: { type: 'Polygon', coordinates: [WORLD, ...holes] }, properties: {} }] : []);
}

/** The two digits of each micro-grid, as in the list below. */
function ownNames(areas) {
  return collection(areas.map(({ code, geometry }) => ({
    type: 'Feature', properties: { text: String(code).slice(-2) },
    geometry: { type: 'Point', coordinates: labelPoint(polygonsOf(geometry), EVERYWHERE) },
  })).filter((each) => each.geometry.coordinates));
}

function frame(gl, areas, colour, before) {
  if (gl.getLayer('area-label')) gl.setLayoutProperty('area-label', 'visibility', 'none'); // the numbers below name my areas
  gl.addSource('around', { type: 'geojson', data: around(areas) });
  gl.addSource('own-name', { type: 'geojson', data: ownNames(areas) });
  gl.addLayer({ id: 'own-ground', type: 'fill', source: 'own', paint: { 'fill-color': colour('act-t') } }, before);
  gl.addLayer({ id: 'around', type: 'fill', source: 'around', paint: { 'fill-color': colour('map-ground'), 'fill-opacity': 0.65 } });
  gl.addLayer({
    id: 'own-edge', type: 'line', source: 'own', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('act'), 'line-width': 1.6 },
  });
  gl.addLayer({
    id: 'own-name', type: 'symbol', source: 'own-name',
    layout: { 'text-field': ['get', 'text'], 'text-size': 16, 'text-font': ['Noto Sans SC Bold', 'Noto Sans SC'], 'text-allow-overlap': true },
    paint: { 'text-color': colour('ink-1'), 'text-halo-color': colour('surface'), 'text-halo-width': 3 },
  });
}

/** Cases that are not in tiles here: put as symbols [{point, item}]; `open(id)` when one is tapped. */
export function putCases(map, cases, open = null) {
  map.ready.then(() => {
    const data = collection(cases.map(({ point, item }) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: point }, properties: { image: chosenImage(item).replace('chosen|', 'case|'), note: item.note ?? '', id: item.id },
    })));
    if (map.map.getSource('near')) map.map.getSource('near').setData(data);
    else {
      const colour = colours(map.map.getContainer());
      map.map.addSource('near', { type: 'geojson', data });
      map.map.addLayer({
        id: 'near', type: 'symbol', source: 'near',
        layout: {
          'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'text-field': ['get', 'note'], 'text-size': 14, 'text-anchor': 'top',
          'text-offset': [0, 1.1], 'text-font': ['Noto Sans SC Bold', 'Noto Sans SC'], 'text-optional': true,
        },
        paint: { 'text-color': colour('act'), 'text-halo-color': colour('surface'), 'text-halo-width': 3 },
      });
      if (open) map.map.on('click', 'near', ({ features: [first] }) => open(first.properties.id));
    }
  });
}
