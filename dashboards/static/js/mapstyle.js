/** The map's style as data from the tokens: sources, layers in draw order, line weights by zoom. */

export const TILE_LAYERS = Object.freeze(['street', 'community', 'grid', 'microgrid', 'building', 'incident', 'worker']);
const AREA_LAYERS = ['street', 'community', 'grid', 'microgrid'];
const MAX_TILE_ZOOM = 16; // finer zooms stretch these tiles: 4096 steps are 0.15 m there
const MIN_ZOOM = { microgrid: 15, building: 13 };
/** Heights in three classes of floors, taller is stronger: 1–3, 4–7, 8 and more. */
export const HEIGHTS = Object.freeze([{ from: 4, token: 'map-building-mid' }, { from: 8, token: 'map-building-tall' }]);
const EMPTY = { type: 'FeatureCollection', features: [] };
const GEOJSON = ['label', 'cluster', 'accuracy', 'link', 'candidate', 'fault', 'plan', 'selected'];
/** The house's fonts. MapLibre draws every glyph itself (there is no glyph server) and reads the weight from the first name. */
const FAMILIES = ['Noto Sans SC', 'Noto Sans CJK SC', 'Source Han Sans SC', 'HarmonyOS Sans SC', 'PingFang SC', 'Microsoft YaHei'];
export const FONT_FAMILY = `${FAMILIES.map((name) => `'${name}'`).join(',')},sans-serif`;
const BOLD = ['Noto Sans SC Bold', ...FAMILIES];
const REGULAR = ['Noto Sans SC Regular', ...FAMILIES];
/** Cases whose clock presses keep their symbol at every scale; the calm ones become dots and clusters. */
export const PRESSING = ['in', ['get', 'time_state'], ['literal', ['soon', 'overdue']]];
export const CALM = ['!', PRESSING];
export const URGENCY = Object.freeze({ overdue: 0, soon: 1, in_time: 2, stopped: 3, closed: 4 });

/** Sizes in CSS px by theme: the shape of a symbol, its chosen size, dots, label text. */
export const SIZES = Object.freeze({
  light: { symbol: 22, soon: 22, overdue: 22, selected: 30, dot: 12, text: 14, small: 12, person: 24, line: 1 },
  dark: { symbol: 22, soon: 22, overdue: 22, selected: 30, dot: 12, text: 14, small: 12, person: 24, line: 1 },
  phone: { symbol: 26, soon: 26, overdue: 26, selected: 30, dot: 14, text: 14, small: 13, person: 28, line: 1 },
  wall: { symbol: 42, soon: 42, overdue: 50, selected: 60, dot: 19, text: 28, small: 28, person: 42, line: 1.3 },
});

/** A name stands on its point or as near as the symbols leave room; offsets in em, y downwards. */
const LABEL_PLACES = [
  [0, 0], [0, -0.8], [0, 0.8], [-0.8, 0], [0.8, 0], [0, -1.6], [0, 1.6], [-1.6, 0], [1.6, 0],
].flatMap((offset) => ['center', offset]);

/** Name of the image of a case; mapimages.js draws it when MapLibre misses it. */
export const caseImageName = (kind) => [
  'concat', `${kind}|`, ['coalesce', ['to-string', ['get', 'severity']], 'general'], '|',
  ['coalesce', ['get', 'time_state'], 'in_time'], '|', ['coalesce', ['get', 'state'], ''], '|',
  ['case', ['to-boolean', ['coalesce', ['get', 'supervised'], false]], '1', ''],
];

/** The image of a case that is chosen, from its own properties. */
export function chosenImage({ severity = 'general', time_state = 'in_time', state = '', supervised = false }) {
  return `chosen|${severity}|${time_state}|${state}|${supervised ? '1' : ''}`;
}

const width = (stops, scale) => ['interpolate', ['linear'], ['zoom'], ...stops.flatMap(([z, px]) => [z, px * scale])];

function sources({ layers, tiles, base }) {
  const found = base ? { base: base.source } : {};
  for (const name of layers) {
    found[name] = {
      type: 'vector', tiles: [`${tiles}/${name}/{z}/{x}/{y}.mvt`], minzoom: MIN_ZOOM[name] ?? 0, maxzoom: MAX_TILE_ZOOM,
      ...(name === 'building' || AREA_LAYERS.includes(name) ? { promoteId: 'code' } : { promoteId: 'id' }),
    };
  }
  for (const name of GEOJSON) found[name] = { type: 'geojson', data: EMPTY };
  return found;
}

function choropleth(colour, { property, breaks }) {
  const value = ['to-number', ['get', property]];
  const steps = breaks.flatMap((limit, i) => [limit, colour(`ramp-${i + 2}`)]);
  return [
    {
      id: 'grid-fill', type: 'fill', source: 'grid', 'source-layer': 'grid', maxzoom: 16, filter: ['has', property],
      paint: { 'fill-color': ['step', value, colour('ramp-1'), ...steps], 'fill-antialias': true },
    },
    {
      id: 'grid-none', type: 'fill', source: 'grid', 'source-layer': 'grid', maxzoom: 16, filter: ['!', ['has', property]],
      paint: { 'fill-pattern': 'hatch-none' },
    },
  ];
}

function buildings(colour, wall) {
  const base = { source: 'building', 'source-layer': 'building' };
  const chosen = ['boolean', ['feature-state', 'chosen'], false];
  return [
    {
      id: 'building-fill', type: 'fill', minzoom: 14, ...base,
      paint: {
        'fill-color': ['case', chosen, colour('map-building-chosen'), colour('map-building')],
        'fill-opacity': ['step', ['zoom'], wall ? 0.4 : 0.35, 16, 1], 'fill-antialias': false,
      },
    },
    {
      id: 'building-line', type: 'line', minzoom: 16, ...base,
      paint: { 'line-color': colour('map-building-line'), 'line-width': 0.7 },
    },
    {
      id: 'building-3d', type: 'fill-extrusion', minzoom: 14, ...base, layout: { visibility: 'none' },
      paint: {
        'fill-extrusion-color': ['step', ['to-number', ['get', 'floors'], 1], colour('map-building'),
          ...HEIGHTS.flatMap(({ from, token }) => [from, colour(token)])],
        'fill-extrusion-height': ['to-number', ['coalesce', ['get', 'height'], ['*', 3, ['to-number', ['get', 'floors'], 1]]]],
        'fill-extrusion-opacity': 0.95, 'fill-extrusion-vertical-gradient': false,
      },
    },
  ];
}

function line(id, paint, more = {}) {
  return {
    id: `${id}-line`, type: 'line', source: id, 'source-layer': id,
    layout: { 'line-join': 'round', 'line-cap': 'round' }, paint, ...more,
  };
}

function areaLines(colour, scale) {
  return {
    microgrid: line('microgrid', {
      'line-color': colour('map-microgrid'), 'line-width': width([[16, 1], [18, 1.2]], scale), 'line-dasharray': [4, 3],
    }, { minzoom: 16, layout: { 'line-join': 'round', 'line-cap': 'butt' } }),
    grid: line('grid', {
      'line-color': colour('map-grid'), 'line-width': width([[14, 1], [15.5, 1], [16, 1.8]], scale),
    }, { minzoom: 13.5 }),
    community: line('community', {
      'line-color': colour('map-community'), 'line-width': width([[13, 2], [14, 2.4], [15.5, 2.4], [16, 3]], scale),
    }),
    street: line('street', { 'line-color': colour('map-street'), 'line-width': 3 * scale }),
  };
}

function chosen(colour) {
  const base = { source: 'microgrid', 'source-layer': 'microgrid', filter: ['==', ['get', 'code'], ''] };
  return {
    fill: { id: 'chosen-fill', type: 'fill', ...base, paint: { 'fill-color': colour('act-t') } },
    line: {
      id: 'chosen-line', type: 'line', ...base, layout: { 'line-join': 'round' },
      paint: { 'line-color': colour('act'), 'line-width': 2.2 },
    },
  };
}

function plan(colour) {
  return [
    { id: 'plan-fill', type: 'fill', source: 'plan', paint: { 'fill-color': colour('prop-t'), 'fill-opacity': 0.7 } },
    { id: 'plan-line', type: 'line', source: 'plan', paint: { 'line-color': colour('prop'), 'line-width': 3 } },
  ];
}

function accuracy(colour) {
  return [
    { id: 'accuracy-fill', type: 'fill', source: 'accuracy', paint: { 'fill-color': colour('act'), 'fill-opacity': 0.14 } },
    {
      id: 'accuracy-line', type: 'line', source: 'accuracy',
      paint: { 'line-color': colour('act'), 'line-width': 1.6, 'line-dasharray': [3, 2] },
    },
  ];
}

const halo = (colour, px = 3) => ({ 'text-color': colour('ink-1'), 'text-halo-color': colour('surface'), 'text-halo-width': px });

function links(colour, size) {
  const paint = { 'line-color': colour('ink-1'), 'line-width': 1.4 };
  return [
    { id: 'link-line', type: 'line', source: 'link', filter: ['==', ['get', 'kind'], 'first'], paint },
    {
      id: 'link-dash', type: 'line', source: 'link', filter: ['==', ['get', 'kind'], 'other'],
      paint: { ...paint, 'line-dasharray': [3, 2.5] },
    },
  ].concat({
    id: 'link-label', type: 'symbol', source: 'link', filter: ['==', ['get', 'kind'], 'label'],
    layout: { 'text-field': ['get', 'text'], 'text-size': size.small + 1, 'text-font': BOLD, 'text-allow-overlap': true },
    paint: halo(colour),
  });
}

/** The chosen case comes from the page, so that it stands before its tile has come. */
const SELECTED = {
  id: 'case-selected', type: 'symbol', source: 'selected',
  layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-padding': 0 },
};

/** Case layers; mapselection.js filters the chosen one out of them. */
function cases() {
  const base = { type: 'symbol', source: 'incident', 'source-layer': 'incident' };
  const layout = {
    'icon-image': caseImageName('case'), 'icon-allow-overlap': true, 'icon-padding': 0,
    'symbol-sort-key': ['match', ['get', 'time_state'], 'overdue', 4, 'soon', 3, 'in_time', 2, 1],
  };
  return [
    {
      id: 'case-dot', ...base, minzoom: 14, maxzoom: 16, filter: CALM,
      layout: { ...layout, 'icon-image': caseImageName('dot'), 'icon-ignore-placement': true }, // drawn over names, not in their way
    },
    {
      id: 'case-cluster', type: 'symbol', source: 'cluster', maxzoom: 14,
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true },
    },
    { id: 'case-calm', ...base, minzoom: 16, filter: CALM, layout },
    { id: 'case-pressing', ...base, filter: PRESSING, layout },
  ];
}

function people(colour, size) {
  const text = {
    'text-field': ['coalesce', ['get', 'note'], ''], 'text-size': size.small, 'text-font': BOLD, 'text-optional': true,
    'text-anchor': 'top', 'text-offset': [0, 1.1], 'text-allow-overlap': true,
  };
  return {
    worker: {
      id: 'worker', type: 'symbol', source: 'worker', 'source-layer': 'worker', minzoom: 14,
      layout: {
        'icon-image': ['concat', 'person|', ['to-string', ['coalesce', ['get', 'load'], ['get', 'label'], '']], '|',
          ['case', ['to-boolean', ['coalesce', ['get', 'stale'], false]], '1', '']],
        'icon-allow-overlap': true,
      },
    },
    marks: ['candidate', 'fault'].map((source) => ({
      id: source, type: 'symbol', source,
      layout: { 'icon-image': ['get', 'image'], 'icon-allow-overlap': true, 'icon-ignore-placement': true, ...text },
      paint: { ...halo(colour), 'text-color': colour('ink-2') },
    })),
  };
}

function labels(colour, size, has) {
  const found = [];
  if (has('community')) {
    found.push({
      id: 'community-rim', type: 'symbol', source: 'community', 'source-layer': 'community', minzoom: 16,
      layout: {
        'symbol-placement': 'line', 'symbol-spacing': 600, 'text-field': ['coalesce', ['get', 'short'], ['get', 'name'], ''],
        'text-size': size.small, 'text-font': BOLD,
      },
      paint: halo(colour),
    });
  }
  if (has('building')) {
    found.push({
      id: 'building-label', type: 'symbol', source: 'building', 'source-layer': 'building', minzoom: 18,
      layout: { 'text-field': ['to-string', ['coalesce', ['get', 'label'], '']], 'text-size': size.small, 'text-font': BOLD },
      paint: { ...halo(colour, 2), 'text-color': colour('ink-2') },
    });
  }
  found.push({
    id: 'area-label', type: 'symbol', source: 'label',
    layout: {
      'text-field': ['get', 'text'], 'text-font': size.text > 20 ? REGULAR : BOLD, 'text-max-width': 20,
      'text-size': ['match', ['get', 'level'], 'community', size.text, 'grid', size.text, size.small],
      'symbol-sort-key': ['match', ['get', 'level'], 'community', 0, 'grid', 1, 2], 'text-padding': 4,
      'text-variable-anchor-offset': LABEL_PLACES, 'text-justify': 'auto',
    },
    paint: halo(colour, size.text > 20 ? 5 : 3),
  });
  return found;
}

/**
 * The whole style. `colour` resolves tokens; `layers` are the tile layers wanted; `tiles` the absolute prefix;
 * `fill` {property, breaks} or null for no choropleth, `base` an outside base map or null. Order: ground, base map, choropleth, buildings, lines fine to
 * coarse, chosen, links, labels, dots, symbols: a name gives way to every symbol, which comes after it
 * (a chosen micro-grid's ground lies under its buildings).
 */
export function mapStyle({ colour, layers, tiles, size, fill, base = null, wall = false }) {
  const has = (name) => layers.includes(name);
  const lines = areaLines(colour, size.line);
  const pick = chosen(colour);
  const marks = people(colour, size);
  const when = (name, list) => (has(name) ? list : []);
  return {
    version: 8,
    sources: sources({ layers, tiles, base }),
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': colour('map-ground') } },
      ...(base ? [base.layer] : []),
      ...(fill && has('grid') ? choropleth(colour, fill) : []),
      ...when('microgrid', [pick.fill]),
      ...when('building', buildings(colour, wall)),
      ...['microgrid', 'grid', 'community', 'street'].filter(has).map((name) => lines[name]),
      ...when('microgrid', [pick.line]),
      ...plan(colour),
      ...accuracy(colour),
      ...links(colour, size),
      ...labels(colour, size, has),
      ...when('incident', cases().slice(0, 2)),
      ...when('worker', [marks.worker]),
      ...marks.marks,
      ...when('incident', cases().slice(2)),
      SELECTED,
    ],
  };
}
