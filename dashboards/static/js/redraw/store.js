/**
 * One plan: read, changed step by step, and kept here first. A step that is drawn is written into the browser's
 * own database before it is sent, and leaves it when the server has it: a lost connection loses nothing.
 */
import { openDB } from 'idb';
import { api } from '../api.js';

const RETRY_MS = 8000;

export function drafts() {
  return openDB('gridcenter-redraw', 1, {
    upgrade(db) {
      db.createObjectStore('step', { keyPath: 'key', autoIncrement: true }).createIndex('plan', 'plan');
      db.createObjectStore('kept'); // by `${plan}/sketch` and `${plan}/locked`
    },
  });
}

export class PlanStore extends EventTarget {
  #id; #db; #sending = null; #timer = null; #redo = [];
  plan = null;
  waiting = [];
  conflict = null;

  constructor(id) {
    super();
    this.#id = id;
    this.#db = drafts();
    window.addEventListener('online', () => this.send());
  }

  get path() { return `redraw/plans/${this.#id}`; }
  get mayRedo() { return this.#redo.length > 0; }
  may(move) { return Boolean(this.plan?.allowed_operations.includes(move)); }

  #tell() { this.dispatchEvent(new Event('change')); }

  async load() {
    this.plan = await api.get(this.path);
    this.waiting = await (await this.#db).getAllFromIndex('step', 'plan', this.#id);
    this.#tell();
    this.send();
  }

  /** What the plan would do on the ground of now; with `trial` {operation, given} as one more step. */
  preview(trial = null, signal = undefined) {
    return trial ? api.post(`${this.path}/preview`, trial, { signal }) : api.get(`${this.path}/preview`, {}, { signal });
  }

  /** Keeps a step and sends it; resolves when it has arrived or has to wait. Throws what the server refuses. */
  async add(operation, given, { again = false } = {}) {
    const row = { plan: this.#id, operation, given, at: Date.now() };
    row.key = await (await this.#db).add('step', row);
    this.waiting = [...this.waiting, row];
    if (!again) this.#redo = [];
    this.#tell();
    await this.send(true);
  }

  /** Sends what waits, in order; `loud` throws a refusal to the caller, who stands before the page. */
  async send(loud = false) {
    await this.#sending;
    this.#sending = this.#sendAll(loud);
    try {
      await this.#sending;
    } finally {
      this.#sending = null;
    }
  }

  async #sendAll(loud) {
    clearTimeout(this.#timer);
    while (this.waiting.length && this.plan && !this.conflict) {
      const row = this.waiting[0];
      try {
        this.plan = await api.post(`${this.path}/items`, { version: this.plan.version, operation: row.operation, given: row.given });
      } catch (error) {
        if (error.retryable) {
          this.#timer = setTimeout(() => this.send(), RETRY_MS);
          this.#tell();
          return;
        }
        if (error.status === 409) {
          this.conflict = row;
          this.plan = await api.get(this.path).catch(() => this.plan);
          this.#tell();
          return;
        }
        await this.#forget(row);
        if (loud) throw error;
        this.dispatchEvent(new CustomEvent('refused', { detail: error }));
        continue;
      }
      await this.#forget(row);
    }
  }

  async #forget(row) {
    await (await this.#db).delete('step', row.key);
    this.waiting = this.waiting.filter(({ key }) => key !== row.key);
    this.#tell();
  }

  /** After somebody else changed the plan: the waiting step is put on their version, or dropped. */
  async resolve(keep) {
    const row = this.conflict;
    this.conflict = null;
    if (row && !keep) await this.#forget(row);
    this.#tell();
    await this.send(true);
  }

  async remove(item) {
    await this.#versioned(() => api.delete(`${this.path}/items/${item.id}?version=${this.plan.version}`));
    this.#redo.push({ operation: item.operation, given: item.given });
    this.#tell();
  }

  async undo() {
    if (this.waiting.length) {
      const row = this.waiting[this.waiting.length - 1];
      this.#redo.push({ operation: row.operation, given: row.given });
      await this.#forget(row);
      return;
    }
    const last = this.plan.items[this.plan.items.length - 1];
    if (last) await this.remove(last);
  }

  async redo() {
    const step = this.#redo.pop();
    if (step) await this.add(step.operation, step.given, { again: true });
  }

  /** check | approve | withdraw | reverse, or edit (title, reason, hour). */
  async act(move, body = {}) {
    if (move === 'edit') await this.#versioned(() => api.patch(this.path, { version: this.plan.version, ...body }));
    else if (move === 'reverse') return api.post(`${this.path}/reverse`);
    else await this.#versioned(() => api.post(`${this.path}/${move}`, { version: this.plan.version, ...body }));
    this.#tell();
    return this.plan;
  }

  async #versioned(call) {
    try {
      this.plan = await call();
    } catch (error) {
      if (error.status === 409) {
        this.plan = await api.get(this.path).catch(() => this.plan);
        this.#tell();
      }
      throw error;
    }
  }

  async keep(name, value) {
    const db = await this.#db;
    if (value === null) await db.delete('kept', `${this.#id}/${name}`);
    else await db.put('kept', value, `${this.#id}/${name}`);
  }

  async kept(name) {
    return (await this.#db).get('kept', `${this.#id}/${name}`);
  }
}
