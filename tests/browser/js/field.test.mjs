import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ApiError } from '../../../dashboards/static/js/api.js';
import { laidOver, moveOf } from '../../../dashboards/static/js/field/casestate.js';
import { rankOf } from '../../../dashboards/static/js/field/catalogue.js';
import { backoff_s, countsOf, groupsOf, Outbox, sendable } from '../../../dashboards/static/js/field/outbox.js';
import { offered } from '../../../dashboards/static/js/field/matterpart.js';
import { nearestInside } from '../../../dashboards/static/js/field/place.js';
import { distanceM, inside } from '../../../dashboards/static/js/mapgeometry.js';

/** The little of IndexedDB that the outbox uses, by value as a database gives it. */
class Memory {
  rows = new Map();
  drafts = new Map([['report', {}]]);

  async getAll() { return structuredClone([...this.rows.values()]); }
  async get(_store, id) { return structuredClone(this.rows.get(id)); }
  async put(_store, row) { this.rows.set(row.id, structuredClone(row)); }
  async delete(_store, id) { this.rows.delete(id); }
  transaction() {
    const store = (name) => ({
      put: (row) => this.put(name, row), delete: async (key) => (name === 'draft' ? this.drafts : this.rows).delete(key),
    });
    return { objectStore: store, done: Promise.resolve() };
  }
}

const item = (id, more = {}) => ({ id, kind: 'report', case_id: id, group: id, state: 'waiting', created_at: 1, order: 0, attempts: 0, next_at: 0, receipt: null, ...more });
const photo = (id, case_id, more = {}) => item(id, { kind: 'photo', case_id, group: case_id, ...more });

const opened = [];
afterEach(() => { for (const box of opened.splice(0)) box.close(); });

async function outbox(sender, rows = []) {
  const db = new Memory();
  for (const row of rows) await db.put('outbox', row);
  const box = new Outbox(db, { name: `test-${Math.random()}`, sender, now: () => 1000 });
  opened.push(box);
  return { db, box };
}

test('waiting doubles to five minutes, spread by a fifth', () => {
  assert.deepEqual([1, 2, 3, 8, 40].map((n) => Math.round(backoff_s(n, () => 0.5))), [3, 6, 12, 300, 300]);
  assert.equal(backoff_s(1, () => 0).toFixed(1), '2.7');
});

test('words go before photos, a photo after its report, one case in its own order', () => {
  const rows = [photo('p0', 'other'), item('r'), photo('p', 'r'), item('a', { kind: 'operation', case_id: 'c' }), item('b', { kind: 'operation', case_id: 'c' })];
  assert.deepEqual(sendable(rows, 0).map(({ id }) => id), ['r', 'a', 'p0']);
  rows[1].state = 'arrived';
  rows[3].state = 'needs';
  assert.deepEqual(sendable(rows, 0).map(({ id }) => id), ['p0', 'p']);
  rows[0].next_at = 50;
  assert.deepEqual(sendable(rows, 0).map(({ id }) => id), ['p']);
  assert.deepEqual(sendable(rows, 0, true).map(({ id }) => id), ['p0', 'p']);
});

test('a record is stored before it is sent and keeps its photo until the receipt', async () => {
  const seen = [];
  const { db, box } = await outbox(async (each) => { seen.push([each.id, db.rows.get(each.id).state]); return { number: '20261123-0001' }; });
  await box.put([item('r'), photo('p', 'r', { blob: { size: 3 } })], { draft: 'report' });
  while (db.rows.get('p').state !== 'arrived') await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.deepEqual(seen, [['r', 'sending'], ['p', 'sending']]);
  assert.equal(db.rows.get('r').receipt.number, '20261123-0001');
  assert.equal(db.rows.get('p').blob, null);
  assert.equal(db.drafts.has('report'), false);
});

for (const [name, error, state, others] of [
  ['500 waits', new ApiError(500, 'unexpected', ''), 'waiting', 'arrived'],
  ['a timeout waits', new ApiError(0, 'timeout', ''), 'waiting', 'arrived'],
  ['429 waits', new ApiError(429, 'too_many', ''), 'waiting', 'arrived'],
  ['no network stops the rest too', new ApiError(0, 'network', ''), 'waiting', 'waiting'],
  ['401 stops the rest too', new ApiError(401, 'not_authenticated', ''), 'waiting', 'waiting'],
  ['422 asks', new ApiError(422, 'invalid_input', 'x'), 'needs', 'arrived'],
  ['409 asks', new ApiError(409, 'conflict', 'x', { current: { version: 4 } }), 'needs', 'arrived'],
  ['a broken record asks and blocks nobody', new TypeError('x'), 'needs', 'arrived'],
]) {
  test(`one refused record: ${name}`, async () => {
    const { db, box } = await outbox(async ({ id }) => { if (id === 'bad') throw error; return {}; }, [item('bad'), item('good', { order: 1 })]);
    await box.drain();
    assert.equal(db.rows.get('bad').state, state);
    assert.equal(db.rows.get('good').state, others);
    assert.equal(db.rows.get('bad').problem.status, error.status ?? 400);
    assert.equal(db.rows.size, 2);
  });
}

test('what was being sent when the page died is sent again under its id', async () => {
  const sent = [];
  const { box } = await outbox(async ({ id }) => { sent.push(id); return {}; }, [item('r', { state: 'sending' })]);
  await box.drain();
  assert.deepEqual(sent, ['r']);
});

test('dropping a step drops what was built on it and keeps both in the history', async () => {
  const { db, box } = await outbox(async () => ({}), [
    item('a', { kind: 'operation', case_id: 'c', state: 'needs' }), item('b', { kind: 'operation', case_id: 'c', group: 'b', order: 1 }), item('z', { order: 2 })]);
  await box.drop('a');
  assert.deepEqual([...db.rows.values()].map(({ state }) => state), ['dropped', 'dropped', 'arrived']);
});

test('counts are of records as people see them', () => {
  const rows = [item('r', { state: 'arrived', receipt: { at: 5 } }), photo('p', 'r'), item('x', { state: 'needs' }), item('y', { state: 'arrived', receipt: { at: 5 } }), item('old', { state: 'arrived', receipt: { at: -9e9 } })];
  assert.deepEqual(countsOf(rows, 10), { needs: 1, waiting: 1, arrived_today: 2 });
  assert.equal(groupsOf(rows)[0].owed, 1);
});

test('a refused picture is taken anew under another id; the words that arrived count as arrived', async () => {
  const sent = [];
  const { db, box } = await outbox(async (each) => { sent.push(each); return {}; }, [
    item('r', { state: 'arrived', receipt: { at: 500 } }), photo('p', 'r', { state: 'needs', stage: 'near', blob: { size: 9 }, problem: { status: 422 } })]);
  assert.deepEqual(countsOf(await box.items(), 1000), { needs: 1, waiting: 0, arrived_today: 1 });
  await box.retake('p', { size: 3 });
  assert.equal(db.rows.has('p'), false);
  assert.equal(sent.length, 1);
  assert.notEqual(sent[0].id, 'p');
  assert.deepEqual([sent[0].stage, sent[0].case_id, sent[0].size], ['near', 'r', 3]);
  assert.deepEqual(countsOf(await box.items(), 1000), { needs: 0, waiting: 0, arrived_today: 1 });
  await box.retake(sent[0].id, { size: 4 }); // what has arrived is not replaced
  assert.equal(sent.length, 1);
});

test('the chosen matter stands once among those last used, also in a list taken anew', () => {
  const recent = [{ code: '09012' }, { code: '06010' }, { code: '06036' }, { code: '06028' }];
  assert.deepEqual(offered(recent, { code: '06010' }), recent);
  assert.deepEqual(offered(recent, { code: '07001' }).map(({ code }) => code), ['07001', '09012', '06010', '06036']);
  assert.deepEqual(offered(recent, null), recent);
});

test('an own unsent step shows where it leads, and only what follows from it', () => {
  const allowed_operations = [
    { operation: 'accept', allowed: true, reasons: [], moves: [{ to_state: 'accepted', when: {} }] },
    { operation: 'handle', allowed: false, reasons: ['先要签收'], moves: [{ to_state: 'handling', when: { done: false } }, { to_state: 'handled', when: {} }] },
  ];
  const base = { id: 'c', state: 'dispatched', version: 3, allowed_operations };
  const step = item('s', { kind: 'operation', case_id: 'c', to_state: 'accepted', body: { version: 3 } });
  const over = laidOver(base, [step]);
  assert.deepEqual([over.state, over.version, over.unsent], ['accepted', 4, 1]);
  assert.deepEqual(over.allowed_operations.map(({ allowed }) => allowed), [false, true]);
  assert.equal(laidOver(base, [{ ...step, state: 'needs' }]).allowed_operations.some(({ allowed }) => allowed), false);
  assert.equal(laidOver({ ...base, version: 4 }, [step]).unsent, 0); // it has arrived: the copy knows it
  assert.equal(moveOf(allowed_operations[1], { done: false }).to_state, 'handling');
  assert.equal(moveOf(allowed_operations[1], { note: 'x' }).to_state, 'handled');
});

test('matters are found by code, name, alias, initials and pinyin, in the server\'s order', () => {
  const lane = { code: '09012', name: '占用消防通道', name_en: 'Blocked fire lane', aliases: ['消防通道'], initials: ['zyxftd'], pinyin: ['zhanyongxiaofangtongdao'] };
  assert.deepEqual(['09012', '占用消防通道', '090', '占用', 'zyx', '消防', 'fire', 'zhanyong', 'xftd', 'tongdao', 'qq'].map((q) => rankOf(lane, q)), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, null]);
});

test('a pin that a person puts on the other side lies inside, at the nearest rim', () => {
  const geometry = { type: 'Polygon', coordinates: [[[120.001, 31], [120.002, 31], [120.002, 31.001], [120.001, 31.001], [120.001, 31]]] };
  const from = [120.0009, 31.0005];
  const point = nearestInside(from, geometry);
  assert.ok(inside(point, geometry.coordinates));
  assert.ok(distanceM(from, point) < 9.6 + 2.1);
  assert.deepEqual(nearestInside([120.0015, 31.0005], geometry), [120.0015, 31.0005]);
});
