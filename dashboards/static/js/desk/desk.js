/** The command centre: wires queue, map, candidates and case to the API, the live feed and the keyboard. */
import { api } from '../api.js';
import { nameOf, t } from '../i18n.js';
import { live } from '../live.js';
import { Candidates } from './candidates.js';
import { CaseView } from './caseview.js';
import { DeskMap } from './deskmap.js';
import { calmly, el, paced } from './dom.js';
import { listenKeys, showHelp } from './keys.js';
import { Queue } from './queue.js';
import { ReportForm } from './report.js';
import { channelChoices, channelName, loadWords } from './words.js';

const REFRESH_MS = 300;
const SLOW_MS = 1000;
const MINUTE_MS = 60000;
const root = document.querySelector('[data-desk]');
const part = (name) => root.querySelector(`[data-${name}]`);
const posts = root.dataset.posts.split(' ').filter(Boolean);

class Desk {
  #queue; #map; #case; #candidates; #report = null; #stood = '';

  async start() {
    await loadWords();
    this.#queue = new Queue(root, { posts, open: (id) => this.open(id), drawn: () => this.#queueDrawn() });
    this.#map = new DeskMap(part('map'), { bounds: JSON.parse(root.dataset.bounds), open: (id) => this.open(id) });
    this.#candidates = new Candidates(part('candidates'), { dispatch: (to, name) => this.#case.act('dispatch', { to }, t('派遣给 %(who)s', { who: name })) });
    this.#case = new CaseView(part('case'), {
      map: this.#map, candidates: this.#candidates, toDepartments: () => this.#departments(),
      shown: (item) => this.#shown(item), changed: () => this.#refresh(), close: () => this.close(),
    });
    this.#fillFilters();
    this.#listen();
    await this.#first();
    document.documentElement.dataset.ready = '';
  }

  async #first() {
    const q = new URLSearchParams(location.search).get('q') ?? '';
    const field = document.querySelector('[data-search]');
    if (q && field) field.value = q;
    const wanted = root.dataset.incident;
    if (wanted) {
      await Promise.all([this.#queue.load(), this.open(wanted, { push: false })]);
      return;
    }
    setTimeout(() => this.#queueDrawn(), SLOW_MS); // words for a slow network
    const found = await (q ? this.#queue.search(q) : this.#queue.load());
    if (q && found) await this.open(found.id);
  }

  /** The empty case panel says what the queue says, whenever that changes. */
  #queueDrawn() {
    if (!this.#queue.searching && new URLSearchParams(location.search).has('q')) history.replaceState(history.state, '', location.pathname);
    if (!this.#case || this.#case.id || this.#report || this.#stood === this.#standing()) return;
    this.#showNothing();
  }

  #standing() {
    return JSON.stringify([this.#queue.standing, this.#queue.filter]);
  }

  #showNothing() {
    this.#stood = this.#standing();
    const { standing, error, filter } = this.#queue;
    this.#case.showNothing({ standing, error, filter, load: () => this.#queue.load(), clear: () => this.#queue.clear() });
  }

  async #fillFilters() {
    part('channel').append(...channelChoices().map(({ code }) => el('option', { value: code }, channelName(code))));
    const { items } = await api.get('areas', { level: 'community', limit: 1000 });
    part('area').append(...items.map((area) => el('option', { value: area.code }, nameOf(area))));
  }

  #listen() {
    document.querySelector('.head-search')?.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#search(event.target.elements.q);
    });
    part('new').addEventListener('click', () => this.report());
    part('help').addEventListener('click', showHelp);
    part('unfold').addEventListener('click', () => this.#unfold());
    for (const tab of part('switch').querySelectorAll('[data-view]')) tab.addEventListener('click', () => this.#view(tab.dataset.view));
    window.addEventListener('popstate', () => this.#back());
    listenKeys(this.#keys());
    this.#follow();
  }

  async #search(field) {
    const found = await this.#queue.search(field.value);
    const url = field.value ? `/desk?q=${encodeURIComponent(field.value)}` : '/desk';
    history.replaceState(null, '', url);
    if (found && field.value) {
      field.blur();
      await this.open(found.id);
    }
  }

  #keys() {
    const once = (press) => ({ repeat }) => this.#report === null && (repeat || press()); // a key held down is one press
    const act = (key) => once(() => this.#candidates.press(key) || this.#case.press(key));
    const step = (by) => () => this.#step(by);
    const walk = (by) => (event) => (event.target === document.body || part('list').contains(event.target)) && this.#step(by, true);
    const tabs = Object.fromEntries(['1', '2', '3', '4', '5', '6', '7'].map((key, i) => [key, () => this.#tab(i)]));
    return {
      ...tabs, J: step(1), K: step(-1), ArrowDown: walk(1), ArrowUp: walk(-1), A: act('A'), B: act('B'), C: act('C'),
      D: once(() => this.#case.press('D')), R: act('R'), F: act('F'), G: () => false, E: act('E'),
      N: () => this.report(), M: () => this.#swap(), '?': () => showHelp(), Escape: () => this.#escape(),
    };
  }

  #tab(i) {
    const tab = this.#queue.tabs[i];
    return tab ? this.#queue.choose(tab.key) : false;
  }

  #step(by, focus = false) {
    const item = this.#queue.neighbour(by);
    if (!item || item.id === this.#case.id) return;
    this.#queue.mark(item.id);
    if (focus) this.#queue.focus();
    this.#openSoon(item.id);
  }

  #openSoon = calmly((id) => this.open(id), 90);

  #swap() {
    if (document.activeElement === this.#map.canvas) this.#queue.focus();
    else this.#map.canvas.focus();
  }

  /** Innermost first: dialog (the browser's), form, report, case. */
  #escape() {
    if (document.querySelector('dialog[open], details[data-menu][open]')) return false;
    if (this.#case.closeForm()) return true;
    if (this.#report) {
      this.#report.close();
      return true;
    }
    if (document.activeElement?.matches?.('input, select, textarea')) {
      document.activeElement.blur();
      return true;
    }
    this.close();
    return true;
  }

  /** Opens a case: marks its row, fetches it, shows it on the map. */
  async open(id, { push = true } = {}) {
    if (this.#report) this.#endReport();
    this.#queue.mark(id);
    this.#view('case');
    root.classList.remove('is-unfolded');
    if (push && !location.pathname.endsWith(id)) history.pushState({ id }, '', `/desk/${id}${location.search}`);
    await this.#case.open(id);
  }

  close() {
    this.#queue.mark(null);
    this.#showNothing();
    this.#map.clear();
    history.pushState(null, '', `/desk${location.search}`);
  }

  #back() {
    const id = /\/desk\/([\w-]+)/.exec(location.pathname)?.[1];
    if (id) this.open(id, { push: false });
    else {
      this.#queue.mark(null);
      this.#showNothing();
      this.#map.clear();
    }
  }

  report() {
    if (this.#report) return;
    this.#queue.mark(null);
    this.#map.clear();
    this.#view('case');
    this.#report = new ReportForm({
      map: this.#map, posts, back: () => { this.#endReport(); this.close(); },
      done: (receipt) => { this.#endReport(); this.#refresh(); this.open(receipt.id); },
    });
    this.#case.showOther(this.#report.node);
    this.#report.focus();
  }

  #endReport() {
    this.#map.pick(null);
    this.#report = null;
  }

  /** After a case was drawn: the hint under the queue and the switch between case and candidates. */
  #shown(item) {
    const hint = part('hint-primary');
    const primary = this.#case.primary;
    hint.hidden = !primary?.key;
    if (primary?.key) hint.replaceChildren(el('kbd', { class: 'key' }, primary.key), primary.operation === 'dispatch' ? t('派遣首选') : primary.name);
    part('switch').hidden = part('candidates').hidden;
    root.classList.toggle('has-candidates', !part('candidates').hidden);
    if (part('candidates').hidden) this.#view('case');
    if (item) document.querySelector('[data-said]').textContent = t('已打开 %(what)s', { what: nameOf(item.matter) });
  }

  #departments() {
    this.#view('candidates');
    this.#candidates.openTab('departments');
  }

  #view(view) {
    root.dataset.view = view;
    for (const tab of part('switch').querySelectorAll('[data-view]')) tab.setAttribute('aria-selected', String(tab.dataset.view === view));
  }

  #unfold() {
    const open = root.classList.toggle('is-unfolded');
    part('unfold').setAttribute('aria-expanded', String(open));
  }

  #follow() {
    const stream = live();
    if (!stream) return;
    let touched = new Set();
    // Each at its own pace: a late answer about one does not hold the other up.
    const bringQueue = paced(() => { this.#map.refresh(); return this.#queue.refresh(); }, REFRESH_MS);
    const bringCase = paced(() => {
      const ids = touched;
      touched = new Set();
      return this.#case.id && (ids.has(this.#case.id) || ids.has('*')) ? this.#case.refresh() : null;
    }, REFRESH_MS);
    const bring = () => { bringQueue(); bringCase(); };
    stream.subscribe(({ items, reset }) => {
      const cases = items.filter(({ topic }) => topic === 'case');
      const photos = items.filter(({ topic, subject_id }) => topic === 'photo' && subject_id === this.#case.id); // what is owed changes with them
      for (const { subject_id } of [...cases, ...photos]) touched.add(subject_id);
      if (reset) touched.add('*');
      if (cases.length || photos.length || reset) bring();
    });
    stream.watch(({ state }) => this.#map.setStale(state !== 'connected'));
    // Time passes without any event: what becomes nearly due is asked for once a minute.
    setInterval(() => {
      if (document.visibilityState !== 'visible' || stream.state !== 'connected') return;
      touched.add(this.#case.id);
      bring();
    }, MINUTE_MS);
  }

  #refresh() {
    this.#map.refresh();
    this.#queue.refresh();
  }
}

new Desk().start();
