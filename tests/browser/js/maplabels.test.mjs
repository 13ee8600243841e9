import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapLabels } from '../../../dashboards/static/js/maplabels.js';
import { SIZES } from '../../../dashboards/static/js/mapstyle.js';

const PX = 1000; // the picture is one degree wide, 0 0 is its upper left corner
const rectangle = (x, y, width, height) => [[[x, -y], [x + width, -y], [x + width, -y - height], [x, -y - height], [x, -y]].map(([a, b]) => [a / PX, b / PX])];
const control = { getBoundingClientRect: () => ({ left: 820, top: 0, right: 1000, bottom: 120 }) };

function map({ controls = [], marks = [], areas, zoom = 14, size = SIZES.wall }) {
  const drawn = new Map();
  const container = {
    clientWidth: PX, clientHeight: PX, querySelectorAll: () => controls,
    getBoundingClientRect: () => ({ left: 0, top: 0, width: PX, height: PX }),
  };
  const gl = {
    getZoom: () => zoom, getContainer: () => container,
    getBounds: () => ({ getWest: () => 0, getEast: () => 1, getSouth: () => -1, getNorth: () => 0 }),
    project: ([lon, lat]) => ({ x: lon * PX, y: -lat * PX }), unproject: ([x, y]) => ({ lng: x / PX, lat: -y / PX }),
  };
  const data = {
    cases: () => marks.map(([x, y]) => ({ point: [x / PX, -y / PX], time: 'overdue' })), clusters: () => [],
    areas: (level) => new Map((areas[level] ?? []).map(([code, properties, ...rest]) => [code, { properties, polygons: [rectangle(...rest)] }])),
    set: (name, { features }) => drawn.set(name, features.map(({ geometry, properties }) => ({ ...properties, at: gl.project(geometry.coordinates) }))),
  };
  const labels = new MapLabels(gl, data, { size });
  return { labels, named: () => drawn.get('label') };
}

const NAMED = { name: '示例社区03', short: '03' };

test('a page that names one level has each of its areas named once, and no other level', () => {
  const areas = { community: [['3', NAMED, 0, 0, 900, 900]], grid: [['31', { short: '03-01' }, 0, 0, 450, 900], ['32', { short: '03-02' }, 450, 0, 450, 900]] };
  const { labels, named } = map({ areas });
  labels.draw();
  assert.deepEqual(named().map(({ text }) => text), ['示例社区03']);
  labels.setLevel('grid');
  assert.deepEqual(named().map(({ text }) => text), ['03-01', '03-02']);
  labels.setLevel(null);
  assert.deepEqual(named().map(({ text }) => text), ['示例社区03']);
});

test('a name keeps off the controls and inside the frame', () => {
  const { labels, named } = map({ areas: { community: [['3', NAMED, 700, 0, 300, 200]] }, controls: [control] });
  labels.draw();
  const [{ text, at }] = named();
  const half = (text.includes('\n') ? 56 : 73) + 7;
  assert.ok(at.x + half <= 820 || at.y - 17 >= 120, JSON.stringify(at));
  assert.ok(at.x + half <= PX && at.y - 17 >= 0);
});

test('a name with no room in one line stands in two, and at last as the short code: never over the outer border', () => {
  const text = (width, marks = []) => {
    const { labels, named } = map({ areas: { community: [['3', NAMED, 400, 400, width, 200]] }, marks });
    labels.draw();
    return named()[0].text;
  };
  assert.equal(text(250), '示例社区03');
  assert.equal(text(140), '示例社区\n03');
  assert.equal(text(90), '03');
});

test('two names never stand on one another', () => {
  const areas = { community: [['3', NAMED, 300, 300, 160, 60], ['4', { name: '示例社区04', short: '04' }, 300, 360, 160, 60]] };
  const { labels, named } = map({ areas });
  labels.draw();
  const [one, two] = named();
  assert.ok(Math.abs(one.at.y - two.at.y) >= 34 || Math.abs(one.at.x - two.at.x) >= 140, JSON.stringify([one, two]));
});
