/**
 * The outbox: every report, photo and operation is stored here first, under an id made on the phone, then sent.
 * Nothing leaves it before the server's receipt. One record's fate never holds up another's, except that a case's
 * own words go in the order in which they were made (a feedback after its handling), and its photos after its report.
 *
 * States: waiting, sending, arrived (receipt), needs (the server refused it: a person decides), dropped (kept in history).
 */
import { ApiError } from '../api.js';
import { send } from './sending.js';
import { newId } from './store.js';

export const OPEN_STATES = Object.freeze(['waiting', 'sending', 'needs']);
const RETRY_FIRST_S = 3;
const RETRY_MOST_S = 300;
const KEEP_ARRIVED_DAYS = 7;
const DAY_MS = 86400000;

/** Seconds until the next try after `attempts` failures: 3, 6, 12 … 300, spread by a fifth so that phones do not all knock at once. */
export function backoff_s(attempts, random = Math.random) {
  return Math.min(RETRY_MOST_S, RETRY_FIRST_S * 2 ** Math.max(0, attempts - 1)) * (0.9 + 0.2 * random());
}

/**
 * What may be sent now, words before photos. Of each case the words go one after the other and none passes one that needs
 * a person; a photo waits only for the report of its own case.
 */
export function sendable(items, now, force = false) {
  const held = new Set();
  const reports = new Set();
  const words = [];
  const photos = [];
  const due = ({ state, next_at }) => state !== 'needs' && (force || (next_at ?? 0) <= now);
  for (const item of items) {
    if (!OPEN_STATES.includes(item.state)) continue;
    if (item.kind === 'photo') {
      if (!reports.has(item.case_id) && due(item)) photos.push(item);
      continue;
    }
    if (item.kind === 'report') reports.add(item.case_id);
    if (!held.has(item.case_id) && due(item)) words.push(item);
    held.add(item.case_id);
  }
  return [...words, ...photos];
}

export class Outbox extends EventTarget {
  #db; #lock; #now; #send; #timer = null; #channel; #again = false; #running = false; #closed = false;

  constructor(db, { name, now = () => Date.now(), sender = send } = {}) {
    super();
    this.#db = db;
    this.#lock = `gridcenter-outbox-${name}`;
    this.#now = now;
    this.#send = sender;
    this.#channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(this.#lock) : null;
    if (this.#channel) this.#channel.onmessage = ({ data }) => this.dispatchEvent(new CustomEvent('change', { detail: data }));
    /** True after the server said that nobody is logged in; records wait. */
    this.signedOut = false;
  }

  /** All records, in the order in which they were made. */
  async items() {
    return (await this.#db.getAll('outbox')).sort((a, b) => a.created_at - b.created_at || a.order - b.order);
  }

  /** {needs, waiting, arrived_today}: true counts, photos counted with the record they belong to. */
  async counts() {
    return countsOf(await this.items(), this.#now());
  }

  /**
   * Stores records together (all or none) and starts sending. `draft` names the draft they came from, which goes in the
   * same transaction. Rejects when the phone has no room; then nothing was stored.
   */
  async put(records, { draft = null } = {}) {
    const created_at = this.#now();
    const tx = this.#db.transaction(draft ? ['outbox', 'draft'] : ['outbox'], 'readwrite', { durability: 'strict' });
    const puts = records.map((record, order) => tx.objectStore('outbox').put({
      state: 'waiting', attempts: 0, next_at: 0, problem: null, receipt: null, created_at, order, ...record,
    }));
    if (draft) puts.push(tx.objectStore('draft').delete(draft));
    await Promise.all([...puts, tx.done]);
    this.#tell({ kind: 'put' });
    this.drain();
  }

  /** Sends what can be sent. `force` does not wait for the next due try. One tab of this phone sends at a time. */
  async drain({ force = false } = {}) {
    if (this.#running) {
      this.#again = this.#again || force;
      return;
    }
    this.#running = true;
    try {
      const locks = globalThis.navigator?.locks;
      if (locks) await locks.request(this.#lock, () => this.#drainAlone(force));
      else await this.#drainAlone(force); // ids made on the phone keep a second tab from making a second case
    } finally {
      this.#running = false;
      await this.#plan();
    }
    if (this.#again) {
      this.#again = false;
      await this.drain({ force: true });
    }
  }

  async #drainAlone(force) {
    for (const item of await this.items()) { // who holds the lock knows that nobody is sending: a tab was closed meanwhile
      if (item.state === 'sending') await this.#change(item, { state: 'waiting' });
    }
    const tried = new Set();
    for (;;) {
      const next = sendable(await this.items(), this.#now(), force).find(({ id }) => !tried.has(id));
      if (!next) return;
      tried.add(next.id);
      if (!await this.#sendOne(next)) return;
    }
  }

  /** False when the rest should wait too: no network, or nobody logged in. */
  async #sendOne(item) {
    await this.#change(item, { state: 'sending' });
    try {
      const receipt = { ...await this.#send(item), at: this.#now() };
      this.signedOut = false;
      await this.#change(item, { state: 'arrived', receipt, problem: null, blob: null });
      return true;
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(400, 'unexpected', String(error));
      const { status, code, detail, errors, current, number } = failure;
      if (status === 401) this.signedOut = true;
      const attempts = item.attempts + 1;
      const later = failure.retryable || status === 401 || code === 'aborted';
      await this.#change(item, {
        state: later ? 'waiting' : 'needs', attempts, next_at: this.#now() + backoff_s(attempts) * 1000,
        problem: { status, code, detail, errors, current, number, at: this.#now() },
      });
      return code !== 'network' && status !== 401;
    }
  }

  /** What a person decided about a record that needed them. `change` may hold a new body. */
  async retry(id, change = {}) {
    const item = await this.#db.get('outbox', id);
    if (!item || item.state === 'arrived') return;
    await this.#change(item, { state: 'waiting', next_at: 0, problem: null, ...change });
    await this.drain({ force: true });
  }

  /** Another picture in the place of one that the server refused, under an id of its own. */
  async retake(id, blob) {
    const item = await this.#db.get('outbox', id);
    if (item?.kind !== 'photo' || item.state !== 'needs') return;
    const taken = {
      ...item, id: newId(), blob, size: blob.size, taken_at: new Date(this.#now()).toISOString(), state: 'waiting', attempts: 0, next_at: 0, problem: null,
    };
    const tx = this.#db.transaction(['outbox'], 'readwrite', { durability: 'strict' });
    await Promise.all([tx.objectStore('outbox').put(taken), tx.objectStore('outbox').delete(id), tx.done]);
    this.#tell({ kind: 'photo', id: taken.id, case_id: item.case_id, state: 'waiting' });
    await this.drain({ force: true });
  }

  /** Not to be sent any more; it stays in the history, and so do the records of the same case that built on it. */
  async drop(id) {
    const item = await this.#db.get('outbox', id);
    if (!item || item.state === 'arrived') return;
    const all = await this.items();
    const after = all.slice(all.findIndex((each) => each.id === id) + 1)
      .filter((each) => each.case_id === item.case_id && OPEN_STATES.includes(each.state) && (item.kind === 'report' || each.kind === 'operation'));
    for (const each of item.kind === 'photo' ? [item] : [item, ...after]) await this.#change(each, { state: 'dropped' });
    await this.drain();
  }

  /** No more timers and no more words from other tabs; what is stored stays. */
  close() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#closed = true;
    this.#channel?.close();
  }

  /** Receipts of the last week stay readable. */
  async prune() {
    const oldest = this.#now() - KEEP_ARRIVED_DAYS * DAY_MS;
    for (const item of await this.items()) {
      if (!OPEN_STATES.includes(item.state) && (item.receipt?.at ?? item.changed_at) < oldest) await this.#db.delete('outbox', item.id);
    }
  }

  async #change(item, change) {
    Object.assign(item, change, { changed_at: this.#now() });
    await this.#db.put('outbox', item);
    this.#tell({ kind: item.kind, id: item.id, case_id: item.case_id, state: item.state });
  }

  #tell(detail) {
    this.dispatchEvent(new CustomEvent('change', { detail }));
    if (!this.#closed) this.#channel?.postMessage(detail);
  }

  async #plan() {
    clearTimeout(this.#timer);
    const waiting = (await this.items()).filter(({ state }) => state === 'waiting');
    if (!waiting.length || this.#closed) return;
    const next_at = Math.min(...waiting.map((item) => item.next_at ?? 0));
    this.#timer = setTimeout(() => this.drain(), Math.max(1000, next_at - this.#now()));
  }
}

/** See Outbox.counts. Words that arrived count as arrived although a photo of theirs still waits or needs somebody. */
export function countsOf(items, now) {
  const groups = groupsOf(items);
  const start = new Date(now);
  start.setHours(0, 0, 0, 0);
  return {
    needs: groups.filter(({ state }) => state === 'needs').length,
    waiting: groups.filter(({ state }) => state === 'waiting' || state === 'sending').length,
    arrived_today: groups.filter(({ main }) => main.state === 'arrived' && main.receipt.at >= start.getTime()).length,
  };
}

/**
 * Records as people count them: a report or operation with the photos made with it. [{main, photos, state, owed}];
 * state is needs > sending > waiting > arrived; owed = photos that have not arrived while the words have.
 */
export function groupsOf(items) {
  const groups = new Map();
  for (const item of items) {
    const key = item.group ?? item.id;
    const group = groups.get(key) ?? { main: item, photos: [] };
    groups.set(key, group);
    if (item.kind === 'photo' && group.main !== item) group.photos.push(item);
    else if (item.kind !== 'photo' && group.main !== item) {
      group.photos.push(group.main);
      group.main = item;
    }
  }
  return [...groups.values()].map(({ main, photos }) => {
    const states = [main, ...photos].map(({ state }) => state);
    const state = ['needs', 'sending', 'waiting', 'arrived'].find((each) => states.includes(each)) ?? 'dropped';
    const owed = main.state === 'arrived' ? photos.filter(({ state: own }) => OPEN_STATES.includes(own)).length : 0;
    return { main, photos, state, owed };
  });
}
