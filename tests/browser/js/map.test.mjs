import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { circleRing, distanceM, inside, labelPoint } from '../../../dashboards/static/js/mapgeometry.js';
import { MapData } from '../../../dashboards/static/js/mapdata.js';
import { twoLines } from '../../../dashboards/static/js/maplabels.js';
import { CALM, chosenImage, mapStyle, PRESSING, SIZES, TILE_LAYERS } from '../../../dashboards/static/js/mapstyle.js';

const style = (more = {}) => mapStyle({
  colour: (name) => `<${name}>`, layers: [...TILE_LAYERS], tiles: 'https://own/tiles', size: SIZES.light,
  fill: { property: 'open_count', breaks: [1, 2, 3, 4] }, ...more,
});

test('the accuracy circle has its true radius in metres', () => {
  const centre = [120.6, 31.3];
  for (const point of circleRing(centre, 42)) assert.ok(Math.abs(distanceM(centre, point) - 42) < 0.01);
});

test('a degree at 31.3° north has the ellipsoid\'s length', () => {
  // reference lengths: series expansion of the CGCS2000 ellipsoid at latitude 31.3 degrees
  const phi = (31.3 * Math.PI) / 180;
  const lat = 111132.954 - 559.822 * Math.cos(2 * phi) + 1.175 * Math.cos(4 * phi);
  const lon = 111412.84 * Math.cos(phi) - 93.5 * Math.cos(3 * phi) + 0.118 * Math.cos(5 * phi);
  assert.ok(Math.abs(distanceM([120, 31.3], [120.001, 31.3]) - lon / 1000) < 0.01);
  assert.ok(Math.abs(distanceM([120, 31.2995], [120, 31.3005]) - lat / 1000) < 0.01);
});

const SQUARE = [[[0, 0], [0.01, 0], [0.01, 0.01], [0, 0.01], [0, 0]]];
const HOLED = [...SQUARE, [[0.003, 0.003], [0.007, 0.003], [0.007, 0.007], [0.003, 0.007], [0.003, 0.003]]];

test('labels stand inside, off holes and off symbols', () => {
  const world = [-1, -1, 1, 1];
  assert.ok(inside(labelPoint([HOLED], world), HOLED));
  const free = labelPoint([SQUARE], world, [[0.005, 0.005]], 300);
  assert.ok(distanceM(free, [0.005, 0.005]) >= 300);
  assert.ok(labelPoint([SQUARE], world, [[0.005, 0.005]], 5000), 'crowded: better near than none');
  assert.equal(labelPoint([SQUARE], [1, 1, 2, 2]), null);
  assert.equal(labelPoint([], world), null);
});

test('clusters come counted from the tiles; nearly due and overdue cases are never in them', () => {
  mock.timers.enable({ apis: ['setInterval'] }); // the pages' common clock would keep this process alive
  globalThis.document = { addEventListener() {} };
  const features = [
    { geometry: { type: 'Point', coordinates: [1, 1] }, properties: { count: 2, over: 1 } },
    { geometry: { type: 'Point', coordinates: [1, 1] }, properties: { count: 2, over: 1 } },
    { geometry: { type: 'Point', coordinates: [2, 2] }, properties: { id: 'a', state: 'filed', time_state: 'overdue' } },
  ];
  const data = new MapData({ getSource: () => true, querySourceFeatures: () => features }, new Map());
  assert.deepEqual(data.clusters(), [{ point: [1, 1], count: 2, soon: 0, over: 1 }]);
  assert.deepEqual(data.cases().map(({ properties }) => properties.id), ['a']);
  mock.timers.reset();
  delete globalThis.document;
  const pressing = style().layers.find(({ id }) => id === 'case-pressing');
  assert.deepEqual(pressing.filter, PRESSING);
  assert.equal(pressing.minzoom, undefined);
  for (const id of ['case-dot', 'case-calm']) assert.deepEqual(style().layers.find((layer) => layer.id === id).filter, CALM);
});

test('draw order of the specification, but no name over a symbol', () => {
  const ids = style().layers.map(({ id }) => id);
  const order = ['ground', 'grid-fill', 'building-fill', 'microgrid-line', 'grid-line', 'community-line', 'street-line', 'chosen-line',
    'link-line', 'area-label', 'case-dot', 'candidate', 'case-pressing', 'case-selected'];
  assert.deepEqual(order.map((id) => ids.indexOf(id)).toSorted((a, b) => a - b), order.map((id) => ids.indexOf(id)));
  assert.ok(!order.some((id) => !ids.includes(id)));
  assert.equal(new Set(ids).size, ids.length);
});

test('a name gives way to a pressing case, a case to nothing', () => {
  const layout = (id) => style().layers.find((layer) => layer.id === id).layout;
  assert.equal(layout('case-pressing')['icon-allow-overlap'], true);
  assert.notEqual(layout('case-pressing')['icon-ignore-placement'], true);
  assert.notEqual(layout('area-label')['text-allow-overlap'], true);
});

test('only wanted layers have sources, and every layer its source', () => {
  const small = style({ layers: ['grid', 'incident'], fill: null });
  assert.ok(!small.sources.building && small.sources.grid && small.sources.incident);
  for (const { source, id } of small.layers) if (source) assert.ok(small.sources[source], id);
  assert.ok(!small.layers.some(({ id }) => id === 'grid-fill'));
  assert.equal(small.glyphs, undefined);
  assert.equal(small.sprite, undefined);
});

test('chosen image carries the whole look', () => {
  assert.equal(chosenImage({ severity: 'major', time_state: 'soon', state: 'filed', supervised: true }), 'chosen|major|soon|filed|1');
});

test('a name that has no room in one line stands in two', () => {
  assert.equal(twoLines('示例社区03'), '示例社区\n03');
  assert.equal(twoLines('平江历史街区'), '平江历\n史街区');
  assert.equal(twoLines('Example community 03'), 'Example\ncommunity 03');
  assert.equal(twoLines('03'), '03');
});
