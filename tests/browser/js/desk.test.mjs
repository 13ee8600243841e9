import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setMessages } from '../../../dashboards/static/js/i18n.js';
import { differentWords, sameWords, similarTo } from '../../../dashboards/static/js/desk/similar.js';
import { stateSince } from '../../../dashboards/static/js/desk/timeline.js';
import { doneBy, lastChange } from '../../../dashboards/static/js/desk/words.js';

const events = [
  { operation: 'report', from_state: null, to_state: 'reported', at: '2026-11-28T17:30:00Z', who: '01-001', post: 'grid_worker' },
  { operation: 'file', from_state: 'reported', to_state: 'filed', at: '2026-11-28T17:36:00Z', who: '受理员 I-01', post: 'intake' },
  { operation: 'photo', from_state: 'filed', to_state: 'filed', at: '2026-11-28T17:40:00Z', who: '01-001', post: 'grid_worker' },
  { operation: 'overdue', from_state: 'filed', to_state: 'filed', at: '2026-11-28T18:06:00Z', who: null, post: null },
];

afterEach(() => { setMessages({}); delete globalThis.fetch; });

test('what is waited for began with the state, whatever fell due or was added since', () => {
  assert.equal(stateSince({ events, opened_at: 'x' }), '2026-11-28T17:36:00Z');
  assert.equal(stateSince({ events: [], opened_at: '2026-11-28T17:30:00Z' }), '2026-11-28T17:30:00Z');
});

test('who changed a case is told by post and id in the language of the page', () => {
  const last = lastChange({ events });
  assert.equal(last.operation, 'file');
  assert.equal(doneBy(last), '受理员 I-01');
  setMessages({ 受理员: 'Intake', 系统: 'System' });
  assert.equal(doneBy(last), 'Intake I-01');
  assert.equal(doneBy(events[3]), 'System');
});

test('others like it are asked for only while a case waits to be filed, and it is none of them', async () => {
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(String(url));
    return new Response(JSON.stringify({ items: [{ id: 'own' }, { id: 'other' }] }), { headers: { 'Content-Type': 'application/json' } });
  };
  const item = { id: 'own', state: 'filed', lon: 120.6, lat: 31.3, matter: { code: '09012' } };
  assert.equal(await similarTo(item), null);
  assert.deepEqual(asked, []);
  assert.deepEqual(await similarTo({ ...item, state: 'reported' }), { items: [{ id: 'other' }], more: false });
  assert.match(asked[0], /nearby\?lon=120\.6&lat=31\.3&datum=cgcs2000&matter=09012&within_m=50$/);
  globalThis.fetch = async () => { throw new TypeError('no network'); };
  assert.equal(await similarTo({ ...item, state: 'reported' }), 'unknown');
});

test('the words of both decisions name the other cases', () => {
  const year = new Date().getFullYear();
  assert.equal(sameWords({ number: '20261128-0003' }), '与已有案件 20261128-0003 重复');
  assert.equal(differentWords([{ number: `${year}1128-0003` }, { number: `${year}1128-0004` }]),
    '附近 50 米、24 小时内有 2 件同类（1128-0003、1128-0004），判定不重复');
});
