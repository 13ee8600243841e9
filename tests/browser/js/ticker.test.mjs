/** One clock for all times left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

test('all views are told the same moment, which stands between steps', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1_000_000 });
  const listeners = {};
  globalThis.document = { visibilityState: 'visible', addEventListener: (name, act) => { listeners[name] = act; } };
  const { now, onTick } = await import('../../../dashboards/static/js/ticker.js');
  const told = [];
  const end = onTick((at) => told.push([at, now()]));
  assert.equal(now(), 1_000_000);
  context.mock.timers.tick(4_000);
  assert.equal(now(), 1_000_000);
  context.mock.timers.tick(1_000);
  assert.equal(now(), 1_005_000);
  end();
  context.mock.timers.tick(5_000);
  assert.deepEqual(told, [[1_005_000, 1_005_000]]);
  context.mock.timers.tick(2_000);
  listeners.visibilitychange(); // a page that slept catches up at once
  assert.equal(now(), 1_012_000);
  delete globalThis.document;
});
