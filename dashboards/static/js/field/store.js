/**
 * What the phone keeps: outbox, drafts, and copies of lists for the time without a network.
 * One database per account, so that two people on one phone never see or send each other's records.
 */
import { openDB } from 'idb';

const VERSION = 1;
const STORES = ['outbox', 'draft', 'copy'];

/** The open database of an account. Throws where the browser keeps nothing (private mode, full disk). */
export function openStore(username) {
  return openDB(`gridcenter-field-${username}`, VERSION, {
    upgrade(db) {
      for (const name of STORES) if (!db.objectStoreNames.contains(name)) db.createObjectStore(name, name === 'outbox' ? { keyPath: 'id' } : {});
    },
  });
}

/** UUID version 4; crypto.randomUUID exists in secure contexts only, a closed network may have none. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Copies of server answers with the time they were fetched. */
export class Copies {
  #db; #now;

  constructor(db, now = () => Date.now()) {
    this.#db = db;
    this.#now = now;
  }

  /** {data, at} or null. */
  async read(name) {
    return (await this.#db.get('copy', name)) ?? null;
  }

  async keep(name, data) {
    const copy = { data, at: this.#now() };
    await this.#db.put('copy', copy, name);
    return copy;
  }

  /** Everything but the outbox and the draft: what a person who logs out leaves behind must not be read by the next. */
  async forget() {
    await this.#db.clear('copy');
  }
}
