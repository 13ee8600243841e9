import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Live, wallLevel } from '../../../dashboards/static/js/live.js';

class FakeSource extends EventTarget {
  static opened = [];
  constructor(url, options) {
    super();
    Object.assign(this, { url, options, closed: false });
    FakeSource.opened.push(this);
  }
  close() { this.closed = true; }
  say(type, data) { this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) })); }
}
const settle = () => new Promise((resolve) => { setImmediate(resolve); });

function world({ cursor = '5', pages = [] } = {}) {
  FakeSource.opened = [];
  const clock = { ms: 1_000_000 };
  const asked = [];
  const stream = new Live({
    url: '/stream', cursor, now: () => clock.ms, EventSource: FakeSource,
    get: async (path, params) => {
      asked.push(params);
      const page = pages.shift() ?? { items: [], next: params.after };
      if (page instanceof Error) throw page;
      return page;
    },
  });
  const got = [];
  stream.subscribe((message) => got.push(message));
  return { stream, clock, asked, got };
}

test('a change is fetched from the own cursor and passed on', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { stream, asked, got } = world({ pages: [{ items: [{ number: 6 }], next: '6' }] });
  stream.start();
  assert.equal(FakeSource.opened[0].url, '/stream?after=5');
  assert.deepEqual(FakeSource.opened[0].options, { withCredentials: true });
  FakeSource.opened[0].say('changed', { after: '5' });
  await settle();
  assert.deepEqual(asked, [{ after: '5', limit: 200 }]);
  assert.deepEqual(got, [{ items: [{ number: 6 }], cursor: '6', reset: false }]);
  stream.stop();
  assert.ok(FakeSource.opened[0].closed);
});

test('a full page is followed by the next one', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const full = { items: Array.from({ length: 200 }, (_, i) => ({ number: i })), next: '205' };
  const { stream, asked } = world({ pages: [full, { items: [{ number: 206 }], next: '206' }] });
  stream.start();
  FakeSource.opened[0].say('changed', { after: '5' });
  await settle();
  assert.deepEqual(asked.map(({ after }) => after), ['5', '205']);
  assert.equal(stream.cursor, '206');
  stream.stop();
});

test('without a cursor the first word makes everything load anew', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { stream, got } = world({ cursor: null });
  stream.start();
  assert.equal(FakeSource.opened[0].url, '/stream');
  FakeSource.opened[0].say('changed', { after: '9' });
  await settle();
  assert.equal(got[0].reset, true);
  assert.equal(stream.cursor, '9');
  stream.stop();
});

test('an expired cursor resets, another failure keeps it', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const gone = Object.assign(new Error('gone'), { status: 410 });
  const { stream, got } = world({ pages: [Object.assign(new Error('down'), { status: 0 }), gone] });
  stream.start();
  FakeSource.opened[0].say('changed', { after: '5' });
  await settle();
  assert.equal(stream.cursor, '5');
  assert.equal(got.length, 0);
  FakeSource.opened[0].say('changed', { after: '5' });
  await settle();
  assert.deepEqual(got, [{ items: [], cursor: null, reset: true }]);
  assert.equal(FakeSource.opened.at(-1).url, '/stream');
  stream.stop();
});

test('age, stale, offline and the silent connection', (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { stream, clock } = world();
  stream.start();
  const states = [];
  stream.watch(({ state }) => states.push(state));
  const pass = (s) => { clock.ms += s * 1000; context.mock.timers.tick(1000); };
  pass(10);
  assert.equal(stream.state, 'connected');
  FakeSource.opened[0].say('beat', {});
  assert.equal(stream.age_s(), 0);
  pass(16);
  assert.equal(stream.state, 'stale');
  pass(10); // 26 s of silence: given up and tried again although nobody closed it
  assert.ok(FakeSource.opened[0].closed);
  assert.equal(stream.attempt, 1);
  pass(40);
  assert.equal(stream.state, 'offline');
  assert.ok(states.includes('stale') && states.includes('offline'));
  stream.stop();
});

test('reconnects with growing pauses and resumes at the cursor', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const { stream, clock, asked } = world();
  stream.start();
  FakeSource.opened[0].say('error');
  assert.equal(stream.attempt, 1);
  clock.ms += 1300;
  context.mock.timers.tick(1300);
  assert.equal(FakeSource.opened.length, 2);
  FakeSource.opened[1].say('error');
  context.mock.timers.tick(1300);
  assert.equal(FakeSource.opened.length, 2, 'the second pause is longer');
  context.mock.timers.tick(1200);
  assert.equal(FakeSource.opened.length, 3);
  FakeSource.opened[2].say('open');
  await settle();
  assert.deepEqual(asked, [{ after: '5', limit: 200 }]);
  assert.equal(stream.attempt, 0);
  stream.stop();
});

test('heartbeats do not make a board look fresh whose changes could not be fetched', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
  const failed = Object.assign(new Error('broken'), { status: 500 });
  const { stream, clock, got } = world({ pages: [failed, failed, { items: [{ number: 6 }], next: '6' }] });
  stream.start();
  FakeSource.opened[0].say('changed', { after: '5' });
  await settle();
  clock.ms += 10_000;
  FakeSource.opened[0].say('beat', {});
  assert.equal(stream.age_s(), 10);
  await settle();
  clock.ms += 10_000;
  FakeSource.opened[0].say('beat', {});
  await settle();
  assert.equal(got.length, 1);
  assert.equal(stream.age_s(), 0);
  stream.stop();
});

test('levels of the wall', () => {
  assert.deepEqual([0, 10.9, 11, 60, 61, 600, 601].map(wallLevel), ['fresh', 'fresh', 'aging', 'aging', 'stale', 'stale', 'dead']);
});
