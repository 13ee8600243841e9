/** What all views of the phone's page share: account, stores, lists, network, and which view stands. */
import { api } from '../api.js';
import { labelWords, t } from '../i18n.js';
import { live } from '../live.js';
import { Catalogue } from './catalogue.js';
import { WORKING } from './casestate.js';
import { Draft } from './draft.js';
import { nav } from './frame.js';
import { countsOf, Outbox } from './outbox.js';
import { Copies, openStore } from './store.js';

const REFRESH_MS = 60000;
const PAGE = 200;
const DETAILS_MOST = 60;
const SAID_MS = 800;
const STATES = {
  reported: '已上报', rejected: '不予受理', filed: '已立案', returned: '已退回', dispatched: '已派遣', accepted: '已签收', handling: '处理中', rework: '返工',
  handled: '已处理', feedback: '已反馈', checking: '核查通过', closed: '已结案', evaluated: '已评价',
};
const ELDER_COOKIE = 'gridcenter_elder';
const YEAR_S = 31536000;

export class App extends EventTarget {
  #views = {}; #view = null; #name = ''; #main; #refreshing = false; #again = false;

  constructor({ account, place, bounds }) {
    super();
    this.account = account;
    this.place = place;
    this.bounds = bounds;
    this.items = [];
    this.tasks = null;
    this.duties = null;
    this.areas = [];
    this.online = navigator.onLine;
    this.heard_at = null;
    this.#main = document.getElementById('main');
  }

  get counts() { return countsOf(this.items, Date.now()); }
  get elder() { return document.documentElement.hasAttribute('data-elder'); }
  /** Where the reports of these posts come from. */
  get channel() {
    if (this.account.posts.includes('grid_worker')) return 'grid_worker';
    return this.account.posts.includes('handler') ? 'department' : 'desk';
  }

  /** Opens the stores and takes what they hold; the page then has something to show without a network. */
  async open() {
    this.db = await openStore(this.account.username);
    this.copies = new Copies(this.db);
    this.outbox = new Outbox(this.db, { name: this.account.username });
    this.draft = new Draft(this.db);
    this.catalogue = new Catalogue(this.db, this.copies);
    this.tasks = await this.copies.read('tasks');
    this.duties = (await this.copies.read('duties'))?.data ?? null;
    this.areas = (await this.copies.read('areas'))?.data ?? [];
    this.redrawn = (await this.copies.read('redrawn'))?.data ?? null;
    this.items = await this.outbox.items();
    this.outbox.addEventListener('change', (event) => this.#outboxChanged(event.detail));
    navigator.storage?.persist?.().catch(() => {});
  }

  start(views) {
    this.#views = views;
    window.addEventListener('hashchange', () => this.#route());
    window.addEventListener('online', () => this.wake(true));
    window.addEventListener('offline', () => this.#heard(false));
    window.addEventListener('focus', () => this.wake());
    window.addEventListener('signed-out', () => { this.outbox.signedOut = true; this.redraw(); });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.wake(); });
    setInterval(() => { if (!document.hidden) this.wake(); }, REFRESH_MS);
    live()?.subscribe(() => this.refresh());
    this.#route();
    this.outbox.prune();
    this.wake(true);
  }

  /** Sends what waits and takes what is new. */
  wake(force = false) {
    this.outbox.drain({ force });
    this.refresh();
  }

  async #outboxChanged(detail) {
    this.items = await this.outbox.items();
    if (detail?.state === 'arrived') this.#heard(true);
    if (detail?.state === 'waiting' && this.items.find(({ id }) => id === detail.id)?.problem?.status === 0) this.#heard(false);
    if (detail?.state === 'arrived' && detail.kind !== 'photo') this.refresh();
    this.redraw(detail);
  }

  #heard(online) {
    this.online = online && navigator.onLine;
    if (online) this.heard_at = Date.now();
    this.redraw();
  }

  /** The lists anew; without a network the stored ones stay. */
  async refresh() {
    if (this.#refreshing) {
      this.#again = true; // something came while the lists were being taken
      return;
    }
    this.#refreshing = true;
    try {
      await this.#takeTasks();
      this.#heard(true);
      this.outbox.signedOut = false;
      if (!this.catalogue.matters.length) await this.catalogue.load();
      await this.#takeDuties();
      await this.#keepDetails();
    } catch (error) {
      if (error.status === 0) this.#heard(false);
      else if (error.status === undefined) throw error;
    } finally {
      this.#refreshing = false;
      this.redraw();
    }
    if (this.#again) {
      this.#again = false;
      await this.refresh();
    }
  }

  async #takeTasks() {
    const [mine, check, who] = await Promise.all([
      api.get('incidents', { mine: true, state: WORKING.join(','), order: 'due', limit: PAGE }),
      this.account.posts.includes('grid_worker') ? api.get('incidents', { state: 'feedback', order: 'due', limit: PAGE }) : { items: [] },
      this.duties?.worker ?? this.worker(),
    ]);
    const me = who?.code ?? this.account.username;
    const others = check.items.filter(({ holder }) => holder !== me);
    this.tasks = await this.copies.keep('tasks', [...mine.items, ...others].map((item) => ({ ...item, me })));
  }

  /** The details of the tasks, so that each opens without a network; one after the other, only what has changed. */
  async #keepDetails() {
    const names = new Set(this.tasks.data.map(({ id }) => `case-${id}`));
    for (const name of await this.db.getAllKeys('copy')) {
      if (name.startsWith('case-') && !names.has(name) && name !== `case-${location.hash.split('/')[1]}`) await this.db.delete('copy', name);
    }
    for (const { id, version } of this.tasks.data.slice(0, DETAILS_MOST)) {
      const kept = await this.copies.read(`case-${id}`);
      if (kept?.data.version === version) continue;
      try {
        await this.copies.keep(`case-${id}`, await api.get(`incidents/${id}`));
      } catch (error) {
        if (error.status !== 404) throw error; // gone meanwhile: the next list says so
      }
    }
  }

  async worker() {
    return (await this.#dutiesOf())?.worker ?? null;
  }

  async #dutiesOf() {
    if (!this.account.posts.includes('grid_worker')) return null;
    try {
      const before = this.duties;
      this.duties = (await this.copies.keep('duties', await api.get('/field/duties'))).data;
      await this.#noteRedrawn(before);
    } catch (error) {
      if (error.status === 0) throw error; // 404: an account without a worker row has no duties
    }
    return this.duties;
  }

  /** Keeps what is to be said when the own grids are others than before: told once, also hours later. */
  async #noteRedrawn(before) {
    const grids = (duties) => (duties?.duties ?? []).filter(({ level }) => level === 'grid');
    const [was, now] = [grids(before), grids(this.duties)];
    const codes = (list) => list.map(({ area }) => area).sort().join();
    if (!was.length || codes(was) === codes(now)) return;
    this.redrawn = (await this.copies.keep('redrawn', { was, now })).data;
  }

  /** The worker has read that the own grids changed. */
  async seenRedrawn() {
    this.redrawn = (await this.copies.keep('redrawn', null)).data;
    this.redraw();
  }

  async #takeDuties() {
    await this.#dutiesOf();
    const grids = [...new Set((this.duties?.duties ?? []).filter(({ level }) => level === 'grid').map(({ area }) => area))];
    if (!grids.length || this.areasFor === grids.join()) return;
    const pages = await Promise.all(grids.map((parent) => api.get('areas', { level: 'microgrid', parent, geometry: true, limit: PAGE })));
    this.areas = (await this.copies.keep('areas', pages.flatMap(({ items }) => items))).data;
    this.areasFor = grids.join();
  }

  /** The middle of what I answer for, for a map that has no position yet. */
  home() {
    const box = this.areas.length ? this.areas.map(({ bbox }) => bbox) : [this.bounds];
    return box.reduce((a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])]);
  }

  /** '01-001　社区01 第1网格' */
  whereWords() {
    const { worker } = this.duties ?? {};
    return worker ? `${worker.code}　${String(worker.place ?? '').replaceAll(' · ', ' ')}` : labelWords(this.account.label);
  }

  network() {
    return { online: this.online, signedOut: this.outbox.signedOut, counts: this.counts, heard_at: this.heard_at };
  }

  go(view) {
    location.hash = view;
  }

  #route() {
    const [name, ...rest] = location.hash.slice(1).split('/');
    this.#view?.hide?.();
    this.#name = this.#views[name] ? name : 'today';
    this.#view = this.#views[this.#name];
    document.body.dataset.view = this.#name;
    const said = document.querySelector('[data-say]');
    if (Date.now() - Number(said.dataset.since ?? 0) > SAID_MS) said.replaceChildren(); // what was just said came with this view
    this.#main.className = `field-view field-${this.#name}-view`;
    this.#view.show(this.#main, rest.join('/'));
    window.scrollTo(0, 0);
    this.#foot();
    this.#main.focus({ preventScroll: true });
  }

  redraw(detail = null) {
    this.#view?.changed?.(detail);
    this.#foot();
  }

  #foot() {
    const place = document.querySelector('[data-nav]');
    const bare = this.elder || ['report', 'task'].includes(this.#name);
    place.replaceChildren(...(bare ? [] : [nav(this.#name, this.counts)]));
  }

  setElder(on) {
    document.cookie = `${ELDER_COOKIE}=${on ? 1 : ''}; path=/; max-age=${on ? YEAR_S : 0}; samesite=lax`;
    document.documentElement.toggleAttribute('data-elder', on);
    this.go('today');
    this.#route();
  }

  /** Opens the camera; `take(file)` gets what it took. The page's own input: a view may be drawn anew meanwhile. */
  shoot(take) {
    const input = document.querySelector('[data-camera-input]');
    input.onchange = () => {
      if (input.files[0]) take(input.files[0]);
      input.value = '';
    };
    input.click();
  }

  /** The report view with the camera open: one tap. A cancelled camera leaves the report. */
  photograph() {
    this.shoot((file) => this.draft.addPhoto(file, 'near'));
    this.go('report');
  }

  /** The word for a state. */
  stateName(state) {
    return t(STATES[state] ?? '已改');
  }
}
