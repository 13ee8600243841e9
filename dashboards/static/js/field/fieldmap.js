/** The map of the phone: the house's map with the phone's own copy of my micro-grids, so that lines stand without a network. */
import { createMap } from '../map.js';
import { colours, watchTheme } from '../theme.js';
import { chosenImage } from '../mapstyle.js';
import { t } from '../i18n.js';

const LAYERS = ['street', 'community', 'grid', 'microgrid', 'building'];
const ZOOM = 17.6;
const collection = (features) => ({ type: 'FeatureCollection', features });

/**
 * A map in `element`: `centre` [lon, lat] or `bounds`, `areas` with geometry (my micro-grids), `zoomButtons`, `onClick`.
 * Has everything of the house's map, and `chooseArea(code)`.
 */
export function fieldMap(element, { centre = null, bounds = null, areas = [], onClick, zoomButtons = false } = {}) {
  const map = createMap(element, {
    layers: LAYERS, choropleth: false, size: 'phone', zoomButtons, onClick, attribution: t('示例边界'),
    ...(centre ? { center: centre, zoom: ZOOM } : { bounds }),
  });
  element.addEventListener('map-error', (event) => event.stopPropagation()); // missing tiles leave the phone's own lines
  let chosen = null;
  const draw = () => {
    const gl = map.map;
    if (gl.getSource('own')) return;
    const colour = colours(element);
    const before = gl.getLayer('building-fill') ? 'building-fill' : undefined;
    gl.addSource('own', { type: 'geojson', data: collection(areas.map(({ geometry, code }) => ({ type: 'Feature', geometry, properties: { code } }))) });
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
  map.chooseArea = (code) => {
    chosen = code;
    map.chooseMicrogrid(code);
    for (const id of ['own-fill', 'own-chosen']) if (map.map.getLayer(id)) map.map.setFilter(id, ['==', ['get', 'code'], code ?? '']);
  };
  const destroy = map.destroy.bind(map);
  map.destroy = () => { unwatch(); destroy(); };
  return map;
}

/** Cases that are not in tiles here: put as symbols [{point, item}]. */
export function putCases(map, cases) {
  map.ready.then(() => {
    const data = collection(cases.map(({ point, item }) => ({
      type: 'Feature', geometry: { type: 'Point', coordinates: point }, properties: { image: chosenImage(item).replace('chosen|', 'case|'), note: item.note ?? '' },
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
    }
  });
}
