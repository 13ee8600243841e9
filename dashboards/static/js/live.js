/**
 * One stream per page: the server only says "there is something after CURSOR", the page then fetches
 * under its own rights. Knows the age of the last word, so that a stale board never looks fresh.
 */
import { api } from './api.js';

export const STALE_S = 15;
export const OFFLINE_S = 60;
const SILENCE_S = 25; // two and a half heartbeats: the connection is dead although nobody closed it
const BACKOFF_S = [1, 2, 4, 8, 15, 30];
const PAGE = 200;
const TICK_MS = 1000;
const JOURNAL = '/api/v1/journal';

/** Level of a wall by the age of its data: fresh, aging (> 10 s), stale (> 60 s), dead (> 10 min). */
export function wallLevel(age_s) {
  const whole_s = Math.floor(age_s);
  if (whole_s > 600) return 'dead';
  if (whole_s > 60) return 'stale';
  return whole_s > 10 ? 'aging' : 'fresh';
}

export class Live {
  #url; #journal; #cursor; #source = null; #heard; #subscribers = new Set(); #watchers = new Set();
  #attempt = 0; #retry = null; #tick = null; #fetching = false; #again = false; #state = 'connected';
  #now; #EventSource; #get; #retry_at = null; #opened = 0; #missed = false; #listeners = new AbortController();

  /** `cursor` null: the first word from the server makes every subscriber load anew (`reset`). */
  constructor({
    url, journal = JOURNAL, cursor = null, now = () => Date.now(),
    EventSource = globalThis.EventSource, get = (path, params) => api.get(path, params),
  }) {
    this.#url = url;
    this.#journal = journal;
    this.#cursor = cursor;
    this.#now = now;
    this.#EventSource = EventSource;
    this.#get = get;
    this.#heard = now();
  }

  get cursor() { return this.#cursor; }
  get state() { return this.#state; }
  get attempt() { return this.#attempt; }
  /** When the last word from the server came, epoch ms. */
  get heard_at() { return this.#heard; }
  /** Seconds until the next attempt, or null while connected. */
  get retry_s() {
    return this.#retry_at === null ? null : Math.max(0, Math.ceil((this.#retry_at - this.#now()) / 1000));
  }

  /** Seconds since the last word from the server. */
  age_s() { return Math.max(0, (this.#now() - this.#heard) / 1000); }

  /**
   * `callback({items, cursor, reset})`: journal rows in order; `reset` true means "load everything anew"
   * (unknown or expired cursor). Returns the function that ends it.
   */
  subscribe(callback) {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  }

  /** `callback({state, age_s, heard_at, attempt, retry_s})` once a second and on every change. */
  watch(callback) {
    this.#watchers.add(callback);
    callback(this.#report());
    return () => this.#watchers.delete(callback);
  }

  start() {
    if (this.#tick !== null) return this;
    this.#connect();
    this.#tick = setInterval(() => this.#beat(), TICK_MS);
    const { signal } = this.#listeners;
    globalThis.document?.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#awake();
    }, { signal });
    globalThis.addEventListener?.('online', () => this.reconnect(), { signal });
    globalThis.addEventListener?.('offline', () => this.#beat(), { signal });
    globalThis.addEventListener?.('pagehide', () => this.#close(), { signal });
    globalThis.addEventListener?.('pageshow', (event) => { if (event.persisted) this.reconnect(); }, { signal });
    return this;
  }

  stop() {
    clearInterval(this.#tick);
    this.#tick = null;
    this.#listeners.abort();
    this.#listeners = new AbortController();
    this.#close();
  }

  /** "现在重连": at once, with the first back-off again. */
  reconnect() {
    this.#attempt = 0;
    this.#close();
    this.#connect();
  }

  #connect() {
    const separator = this.#url.includes('?') ? '&' : '?';
    const after = this.#cursor === null ? '' : `${separator}after=${encodeURIComponent(this.#cursor)}`;
    const source = new this.#EventSource(this.#url + after, { withCredentials: true });
    this.#source = source;
    this.#retry_at = null;
    this.#opened = this.#now();
    source.addEventListener('open', () => {
      const again = this.#attempt > 0;
      this.#attempt = 0;
      this.#hear();
      if (again || this.#cursor !== null) this.fetch();
    });
    source.addEventListener('beat', () => {
      this.#hear();
      if (this.#missed) this.fetch();
    });
    source.addEventListener('changed', (event) => {
      this.#hear();
      this.#changed(event.data);
    });
    source.addEventListener('error', () => { if (source === this.#source) this.#later(); });
  }

  #changed(text) {
    let after = null;
    try {
      after = JSON.parse(text)?.after ?? null;
    } catch {
      return;
    }
    if (this.#cursor === null) {
      this.#cursor = after;
      this.#emit({ items: [], cursor: after, reset: true });
    }
    this.fetch();
  }

  #later() {
    this.#close();
    const wait_s = BACKOFF_S[Math.min(this.#attempt, BACKOFF_S.length - 1)];
    this.#attempt += 1;
    const wait_ms = wait_s * 1000 * (0.8 + Math.random() * 0.4); // screens must not return in one second
    this.#retry_at = this.#now() + wait_ms;
    this.#retry = setTimeout(() => this.#connect(), wait_ms);
    this.#beat();
  }

  #close() {
    clearTimeout(this.#retry);
    this.#retry = null;
    const source = this.#source;
    this.#source = null;
    source?.close();
  }

  /** A heartbeat proves nothing while the changes it announced could not be fetched: the age keeps growing. */
  #hear() {
    if (!this.#missed) this.#heard = this.#now();
    this.#beat();
  }

  #awake() {
    if (this.#source === null || this.age_s() > STALE_S) this.reconnect();
    else this.fetch();
  }

  #beat() {
    const silent_s = Math.min(this.age_s(), (this.#now() - this.#opened) / 1000);
    if (this.#source && silent_s > SILENCE_S) {
      this.#later();
      return;
    }
    const cut = globalThis.navigator?.onLine === false;
    const age_s = this.age_s();
    this.#state = cut || age_s > OFFLINE_S ? 'offline' : age_s > STALE_S ? 'stale' : 'connected';
    for (const watcher of this.#watchers) watcher(this.#report());
  }

  #report() {
    return {
      state: this.#state, age_s: this.age_s(), heard_at: this.#heard, attempt: this.#attempt, retry_s: this.retry_s,
    };
  }

  #emit(message) {
    for (const subscriber of this.#subscribers) subscriber(message);
  }

  /** Fetches everything after the cursor; calls that come meanwhile are answered by one more round. */
  async fetch() {
    if (this.#cursor === null) return;
    if (this.#fetching) {
      this.#again = true;
      return;
    }
    this.#fetching = true;
    try {
      do {
        this.#again = false;
        await this.#drain();
      } while (this.#again);
    } catch (error) {
      if (error.status === 410 || error.status === 400) this.#restart();
      else this.#missed = true; // told by the growing age; the next word or reconnect fetches again
    } finally {
      this.#fetching = false;
    }
  }

  async #drain() {
    for (;;) {
      const { items, next } = await this.#get(this.#journal, { after: this.#cursor, limit: PAGE });
      this.#missed = false;
      this.#hear();
      const moved = next !== null && next !== undefined && next !== this.#cursor;
      if (moved) this.#cursor = next;
      if (items.length) this.#emit({ items, cursor: this.#cursor, reset: false });
      if (items.length < PAGE || !moved) return;
    }
  }

  #restart() {
    this.#missed = false;
    this.#cursor = null;
    this.#emit({ items: [], cursor: null, reset: true });
    this.reconnect();
  }
}

let shared = null;

/** The page's one stream, from <meta name="stream-url"> (and "journal-cursor" if the page was made at one); null without. */
export function live() {
  if (shared === null) {
    const content = (name) => document.querySelector(`meta[name="${name}"]`)?.content || null;
    const url = content('stream-url');
    if (!url) return null;
    shared = new Live({ url, cursor: content('journal-cursor') }).start();
  }
  return shared;
}
