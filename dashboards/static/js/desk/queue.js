/** The queue: tabs with counts, groups by time left, pages by cursor. Rows stay where they are while the reader points at them. */
import { api } from '../api.js';
import { timeLeft, timeState } from '../format.js';
import { locale, nameOf, t, tn } from '../i18n.js';
import { caseSymbol } from '../symbols.js';
import { now, onTick } from '../ticker.js';
import { arrange, button, el } from './dom.js';
import { emptyQueue, failed, whileWaiting } from './states.js';
import { channelName, firstTab, placeWords, shortNumber, stateName, tabsFor } from './words.js';

const PAGE = 50;
const MOST = 200;
const AGAIN_MS = 5000; // what did not arrive is asked for again
const GROUPS = ['overdue', 'soon', 'in_time', 'stopped', 'closed'];
const groupName = (key) => ({
  overdue: t('超期'), soon: t('即将到期'), in_time: t('时限内'), stopped: t('停表'), closed: t('已结束'),
}[key]);

export class Queue {
  #list; #tabs; #found; #posts; #open; #tab; #filter = { area: '', channel: '', order: 'due', q: '' };
  #items = []; #next = null; #rows = new Map(); #heads = new Map(); #counts = {}; #chosen = null;
  #waiting = null; #pointed = false; #loading = null; #more; #end; #gone = new Set(); #fresh = new Set(); #drawn; #error = null; #asked = false;
  #refreshing = null; #missed = false; #again = null;

  /** `open(id)` is called when a row is chosen, `drawn()` after the list says something new. */
  constructor(root, { posts, open, drawn }) {
    this.#list = root.querySelector('[data-list]');
    this.#tabs = root.querySelector('[data-tabs]');
    this.#found = root.querySelector('[data-found]');
    this.#posts = posts;
    this.#open = open;
    this.#drawn = drawn;
    this.#tab = firstTab(posts);
    this.#more = el('button', { type: 'button', class: 'queue-more', hidden: true, on: { click: () => this.#takeWaiting(true) } });
    this.#end = el('div', { class: 'desk-end', 'aria-hidden': 'true' });
    this.#listen(root);
  }

  #listen(root) {
    const list = this.#list;
    list.addEventListener('pointerenter', () => { this.#pointed = true; });
    list.addEventListener('pointerleave', () => { this.#pointed = false; this.#takeWaiting(); });
    list.addEventListener('scroll', () => { if (list.scrollTop === 0) this.#takeWaiting(); }, { passive: true });
    new IntersectionObserver(([seen]) => { if (seen.isIntersecting) this.#page(); }, { root: list, rootMargin: '300px' })
      .observe(this.#end);
    for (const name of ['order', 'area', 'channel']) {
      root.querySelector(`[data-${name}]`).addEventListener('change', (event) => {
        this.#filter[name] = event.target.value;
        this.load();
      });
    }
    onTick(() => this.#tick());
  }

  get items() { return this.#ordered(); }
  get tabs() { return tabsFor(this.#posts); }
  get searching() { return this.#filter.q; }
  get filter() { return { ...this.#filter }; }

  /** What the list says: 'loading', 'failed', 'found', 'unmatched' (a search or filter hides all) or 'none' (no work here). */
  get standing() {
    if (this.#error) return 'failed';
    if (!this.#asked) return 'loading';
    if (this.#items.length) return 'found';
    const { q, area, channel } = this.#filter;
    return q || area || channel ? 'unmatched' : 'none';
  }
  get error() { return this.#error; }

  choose(key) {
    if (!this.tabs.some((tab) => tab.key === key)) return;
    this.#tab = key;
    this.#filter.q = '';
    this.load();
  }

  /** Searches all states; an empty text goes back to the tab. Resolves to the first row found. */
  async search(q) {
    this.#filter.q = q.trim();
    await this.load();
    return this.#items[0] ?? null;
  }

  #params() {
    const { q, order, area, channel } = this.#filter;
    const states = this.tabs.find(({ key }) => key === this.#tab)?.states ?? [];
    return { area, channel, q, order: q ? 'opened' : order, state: q ? '' : states.join(',') };
  }

  /** From the first page, with the skeleton in its place. */
  async load() {
    this.#loading?.abort();
    this.#refreshing?.abort();
    clearTimeout(this.#again);
    const loading = new AbortController();
    this.#loading = loading;
    this.#missed = false;
    this.#waiting = null;
    this.#more.hidden = true;
    this.#drawTabs();
    const done = whileWaiting(this.#list, t('正在取案件…'));
    try {
      const [page] = await Promise.all([
        api.get('incidents', { ...this.#params(), limit: PAGE }, { signal: loading.signal }), this.#count(loading.signal),
      ]);
      this.#gone.clear();
      this.#fresh.clear();
      this.#items = page.items;
      this.#next = page.next;
      this.#asked = true;
      this.#error = null;
      this.#list.scrollTop = 0;
      this.#draw();
    } catch (error) {
      if (error.code !== 'aborted') this.#failed(error);
    } finally {
      done();
      this.#loaded(loading);
    }
  }

  /** Ends a loading; what the feed said meanwhile may be younger than the answer. */
  #loaded(loading) {
    if (this.#loading !== loading) return;
    this.#loading = null;
    if (!this.#missed) return;
    this.#missed = false;
    this.refresh();
  }

  #failed(error) {
    this.#error = error;
    this.#items = [];
    this.#next = null;
    this.#rows.clear();
    this.#list.replaceChildren(failed(error, t('没能取到案件'), () => this.load()));
    this.#drawn();
  }

  /** Rows and counts are asked for together and given up together: an older answer never stands over a younger one. */
  async #count(signal) {
    const { area, channel } = this.#filter;
    this.#counts = (await api.get('incidents/counts', { area, channel }, { signal })).times;
    this.#drawTabs();
  }

  async #page() {
    if (!this.#next || this.#loading) return;
    const loading = new AbortController();
    this.#loading = loading;
    try {
      const page = await api.get('incidents', { ...this.#params(), after: this.#next, limit: PAGE }, { signal: loading.signal });
      const known = new Set(this.#items.map(({ id }) => id));
      this.#items.push(...page.items.filter(({ id }) => !known.has(id)));
      this.#next = page.next;
      this.#draw();
    } catch (error) {
      if (error.code !== 'aborted') this.#list.append(failed(error, t('没能取到后面的案件'), () => this.#page()));
    } finally {
      this.#loaded(loading);
    }
  }

  /**
   * After the feed said that something changed: what is on the screen is brought up to date, nothing is pushed away.
   * What does not arrive is asked for again; the banner tells of a lost connection.
   */
  async refresh() {
    this.#missed = Boolean(this.#loading);
    if (this.#missed) return;
    this.#refreshing?.abort();
    clearTimeout(this.#again);
    const refreshing = new AbortController();
    this.#refreshing = refreshing;
    try {
      await this.#bring(refreshing.signal);
    } catch (error) {
      if (error.code !== 'aborted' && this.#refreshing === refreshing) this.#again = setTimeout(() => this.refresh(), AGAIN_MS);
    }
  }

  async #bring(signal) {
    const limit = Math.min(MOST, Math.max(PAGE, this.#items.length));
    const [page] = await Promise.all([api.get('incidents', { ...this.#params(), limit }, { signal }), this.#count(signal)]);
    this.#missed = Boolean(this.#loading); // a further page began meanwhile
    if (this.#missed || signal.aborted) return;
    const there = new Set(page.items.map(({ id }) => id));
    const tail = page.next && this.#items.length > limit ? this.#items.slice(limit).filter(({ id }) => !there.has(id)) : [];
    this.#arrived({ items: [...page.items, ...tail], next: tail.length ? this.#next : page.next });
  }

  #arrived(state) {
    const known = new Set(this.#items.map(({ id }) => id));
    const wanted = new Map(state.items.map((item) => [item.id, item]));
    const added = state.items.filter(({ id }) => !known.has(id));
    for (const { id } of added) this.#fresh.add(id);
    const held = this.#pointed || (this.#list.scrollTop > 0 && added.length > 0);
    if (!held) {
      this.#take(state);
      return;
    }
    this.#waiting = state;
    this.#items = this.#items.map((item) => wanted.get(item.id) ?? item);
    this.#gone = new Set(this.#items.filter(({ id }) => !wanted.has(id)).map(({ id }) => id));
    this.#more.hidden = added.length === 0;
    this.#more.textContent = tn('有 %(n)s 件新的', added.length);
    for (const item of this.#items) this.#dress(this.#rows.get(item.id), item);
  }

  #take({ items, next }) {
    this.#error = null;
    this.#items = items;
    this.#next = next;
    this.#gone.clear();
    this.#waiting = null;
    this.#more.hidden = true;
    this.#draw();
    this.#fresh.clear();
  }

  #takeWaiting(asked = false) {
    if (!this.#waiting) return;
    if (!asked && (this.#pointed || (this.#list.scrollTop > 0 && !this.#more.hidden))) return;
    if (asked) this.#list.scrollTop = 0;
    this.#take(this.#waiting);
  }

  /** Marks the row of the open case. */
  mark(id) {
    this.#chosen = id;
    for (const [key, row] of this.#rows) {
      if (key === id) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }

  /** The row `by` away from the open one, in the order on the screen; the first when none is open. */
  neighbour(by) {
    const order = this.#ordered();
    const at = order.findIndex(({ id }) => id === this.#chosen);
    const wanted = at < 0 ? (by > 0 ? 0 : order.length - 1) : at + by;
    const item = order[Math.max(0, Math.min(order.length - 1, wanted))];
    this.#rows.get(item?.id)?.scrollIntoView({ block: 'nearest' });
    return item ?? null;
  }

  focus() {
    (this.#rows.get(this.#chosen) ?? this.#list.querySelector('.queue-row') ?? this.#list).focus();
  }

  #grouped() {
    if (this.#filter.order !== 'due' || this.#filter.q) return null;
    const groups = new Map(GROUPS.map((key) => [key, []]));
    for (const item of this.#items) groups.get(timeState(item)).push(item);
    return groups;
  }

  #ordered() {
    const groups = this.#grouped();
    return groups ? [...groups.values()].flat() : this.#items;
  }

  #countOf(states, time = null) {
    let sum = 0;
    for (const state of states) {
      for (const [key, n] of Object.entries(this.#counts[state] ?? {})) if (time === null || key === time) sum += n;
    }
    return sum;
  }

  #drawTabs() {
    const { q } = this.#filter;
    this.#tabs.hidden = Boolean(q);
    this.#found.hidden = !q;
    if (q) {
      this.#found.replaceChildren(el('b', { class: 'cut grow' }, t('找 “%(q)s”', { q })),
        button(t('回到队列'), { kind: 'text', size: 'small', run: () => this.#leaveSearch() }));
    }
    this.#tabs.classList.toggle('tabs-tight', this.tabs.length > 3);
    arrange(this.#tabs, this.tabs.map((tab) => this.#tabButton(tab)));
  }

  #leaveSearch() {
    const field = document.querySelector('[data-search]');
    if (field) field.value = '';
    this.search('');
  }

  #tabButton(tab) {
    const old = this.#tabs.querySelector(`[data-tab="${tab.key}"]`);
    const node = old ?? el('button', {
      class: 'tab', role: 'tab', type: 'button', dataset: { tab: tab.key }, 'aria-controls': 'desk-list',
      on: { click: () => this.choose(tab.key), keydown: (event) => this.#tabKey(event) },
    });
    const chosen = tab.key === this.#tab;
    node.setAttribute('aria-selected', String(chosen));
    node.tabIndex = chosen ? 0 : -1;
    node.replaceChildren(tab.name(), ' ', el('span', { class: 'tab-count' }, String(this.#countOf(tab.states))));
    return node;
  }

  #tabKey(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const tabs = this.tabs;
    const next = tabs[(tabs.findIndex(({ key }) => key === this.#tab) + by + tabs.length) % tabs.length];
    this.choose(next.key);
    this.#tabs.querySelector(`[data-tab="${next.key}"]`).focus();
  }

  #draw() {
    const tab = this.tabs.find(({ key }) => key === this.#tab);
    if (this.#items.length === 0) {
      this.#rows.clear();
      arrange(this.#list, [emptyQueue(this.#filter, tab, () => this.clear())]);
      this.#drawn();
      return;
    }
    const nodes = [this.#more];
    const groups = this.#grouped();
    if (!groups) nodes.push(...this.#items.map((item) => this.#row(item)));
    else {
      for (const [key, items] of groups) {
        if (!items.length) continue;
        nodes.push(this.#head(key, Math.max(items.length, this.#countOf(tab?.states ?? [], key))));
        nodes.push(...items.map((item) => this.#row(item)));
      }
    }
    const shown = new Set(this.#items.map(({ id }) => id));
    for (const id of this.#rows.keys()) if (!shown.has(id)) this.#rows.delete(id);
    if (this.#next) nodes.push(this.#end);
    arrange(this.#list, nodes);
    this.mark(this.#chosen);
    this.#drawn();
  }

  /** Without search and filters, from the first page. */
  clear() {
    Object.assign(this.#filter, { area: '', channel: '', q: '' });
    const field = document.querySelector('[data-search]');
    if (field) field.value = '';
    for (const name of ['area', 'channel']) this.#list.parentElement.querySelector(`[data-${name}]`).value = '';
    this.load();
  }

  #head(key, count) {
    if (!this.#heads.has(key)) this.#heads.set(key, el('h2', { class: `queue-group queue-group-${key}` }));
    const node = this.#heads.get(key);
    node.textContent = `${groupName(key)} ${count}`;
    return node;
  }

  #row(item) {
    let row = this.#rows.get(item.id);
    if (!row) {
      row = el('button', { type: 'button', class: 'queue-row', dataset: { id: item.id }, on: { click: () => this.#open(item.id) } });
      if (this.#fresh.has(item.id)) row.classList.add('is-new');
      this.#rows.set(item.id, row);
    }
    this.#dress(row, item);
    return row;
  }

  /** The words of a row; drawn again only when they changed. */
  #dress(row, item) {
    if (!row) return;
    const time = timeState(item, now());
    const gone = this.#gone.has(item.id);
    const left = gone || time === 'closed' ? stateName(item.state) : timeLeft(item, now(), { locale: locale(), brief: true });
    const key = [item.version, time, left, gone].join('|');
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    row.classList.toggle('is-gone', gone);
    const number = this.#filter.q ? [shortNumber(item.number), ' '] : [];
    const place = [placeWords(item), channelName(item.channel)].filter(Boolean).join(' · ');
    row.replaceChildren(
      el('span', { class: 'symbol' }, caseSymbol({ severity: item.severity, time, state: item.state }, { label: stateName(item.state) })),
      el('span', { class: 'queue-text' },
        el('span', { class: 'queue-matter' }, ...number, nameOf(item.matter)),
        el('span', { class: 'queue-place', title: item.address || null }, place)),
      el('span', { class: `queue-time queue-time-${time}` }, left),
    );
  }

  #tick() {
    let moved = false;
    for (const item of this.#items) {
      const row = this.#rows.get(item.id);
      if (!row) continue;
      const before = row.querySelector('.queue-time')?.className;
      this.#dress(row, item);
      if (row.querySelector('.queue-time').className !== before) moved = true;
    }
    if (moved) this.refresh();
  }
}
