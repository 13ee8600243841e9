/** The open case: fetches it, draws it, does what the bar asks, keeps it fresh without taking what is being written. */
import { api } from '../api.js';
import { clockTime } from '../format.js';
import { t } from '../i18n.js';
import { onTick } from '../ticker.js';
import { caseBody, caseSkeleton, sidesOf, timeChip } from './casepanel.js';
import { conflictCard } from './conflict.js';
import { el } from './dom.js';
import { OperationBar } from './operations.js';
import { differentWords, sameWords, similarTo } from './similar.js';
import { empty, failed, notThere, unmatched, whileWaiting } from './states.js';
import { doneBy, eventName, lastChange } from './words.js';

const SLOW_MS = 150;
const LATE_MS = 1000; // so long a case waits for who could go; then it is drawn without
const AGAIN_MS = 5000; // what did not arrive is asked for again
const SENDING = Object.freeze({ code: 'sending' });

const pause = (wait_ms) => new Promise((done) => { setTimeout(done, wait_ms); });

const mayDispatch = (item) => item.allowed_operations.some(({ operation, allowed }) => operation === 'dispatch' && allowed);

export class CaseView {
  #place; #map; #candidates; #shown; #changed; #close; #id = null; #item = null; #bar; #foot; #body; #loading = null; #loaded; #beside = { sides: [], similar: null };
  #sending = new Set(); #missed = false;

  constructor(place, { map, candidates, toDepartments, shown, changed, close }) {
    this.#place = place;
    this.#map = map;
    this.#candidates = candidates;
    this.#shown = shown;
    this.#changed = changed;
    this.#close = close;
    this.#foot = el('footer', { class: 'case-foot', hidden: true });
    this.#body = el('div', { class: 'case-body' });
    this.#bar = new OperationBar(this.#foot, { act: (...given) => this.act(...given), toDepartments });
    place.replaceChildren(this.#body, this.#foot);
    onTick(() => this.#tick());
  }

  get id() { return this.#id; }
  get primary() { return this.#bar.primary; }
  press(key) { return this.#bar.press(key); }
  closeForm() { return this.#bar.close(true); }

  async open(id) {
    if (id !== this.#id) {
      this.#bar.hide();
      this.#item = null; // nothing can be done with the case that is left
    }
    this.#id = id;
    await this.#load(id);
  }

  /** The same case again, after the feed named it. What is being written stays. */
  async refresh() {
    this.#missed = this.#sending.has(this.#id); // its answer brings the case as it then stands
    if (this.#missed) return;
    const before = this.#item;
    const writing = this.#bar.writing;
    await this.#load(this.#id);
    if (writing && before && this.#item?.id === before.id && this.#item.version !== before.version) this.#sayChanged(writing);
  }

  #sayChanged({ name }) {
    const last = lastChange(this.#item);
    const still = this.#bar.lapsed ? t('您写的还在，可以复制，也可以不要。') : t('您写的还在；按现在的样子再决定。');
    this.#bar.say('soon', t('写的时候案件变了：%(who)s 在 %(when)s 已%(what)s', { who: doneBy(last), when: clockTime(last.at), what: eventName(last) }),
      this.#bar.writing ? still : t('现在的环节不能再%(what)s。', { what: name }));
    this.#foot.hidden = false;
  }

  /** Fetches and draws; settles with the newest of several loads, so that who waited sees the case as it stands. */
  #load(id) {
    this.#loading?.abort();
    const loading = new AbortController();
    this.#loading = loading;
    this.#loaded = this.#fetch(id, loading).then(() => (this.#loading === loading ? undefined : this.#loaded));
    return this.#loaded;
  }

  async #fetch(id, loading) {
    const fresh = this.#item?.id !== id;
    let waited = null;
    const slow = fresh ? setTimeout(() => {
      this.#body.replaceChildren(caseSkeleton());
      waited = whileWaiting(this.#body, t('正在取案件…'));
    }, SLOW_MS) : null;
    try {
      const item = await api.get(`incidents/${id}`, {}, { signal: loading.signal });
      clearTimeout(slow);
      if (this.#loading !== loading) return;
      const besides = this.#besides(item, loading.signal);
      const intime = await Promise.race([besides, pause(LATE_MS)]);
      if (this.#loading !== loading) return;
      this.#arrived(item, intime ?? {}, loading);
      if (!intime) besides.then((late) => this.#loading === loading && this.#arrived(item, late, loading));
    } catch (error) {
      if (error.code === 'aborted' || this.#loading !== loading) return;
      if (fresh || error.status === 404) this.#missing(error, id);
      else if (error.retryable) this.#again(loading);
    } finally {
      clearTimeout(slow);
      waited?.();
    }
  }

  /** Who could go, the sides of an uncertain place, others like it, asked for beside the case: {found, error, beside}. */
  async #besides(item, signal) {
    const asks = mayDispatch(item) ? api.get(`incidents/${item.id}/candidates`, {}, { signal }).then((found) => ({ found }), (error) => ({ error })) : {};
    const [told, sides, similar] = await Promise.all([asks, sidesOf(item), similarTo(item, signal)]);
    return { ...told, beside: { sides, similar } };
  }

  /** Draws what is new of a case; it is drawn without what is late, which is drawn when it comes. */
  #arrived(item, { found, error, beside = this.#item?.id === item.id ? this.#beside : { sides: [], similar: null } }, loading) {
    let news = JSON.stringify([item, beside]) !== JSON.stringify([this.#item, this.#beside]); // drawn again, a focus inside would be lost
    this.#beside = beside;
    if (found) news = this.#candidates.show(item.id, found) || news;
    else if (error) this.#candidates.fail(item.id, error, () => this.refresh());
    else if (mayDispatch(item)) this.#candidates.expect(item.id);
    else this.#candidates.hide();
    if (news) this.#draw(item);
    if (error?.retryable) this.#again(loading);
  }

  /** A load that failed is repeated, unless a newer one began meanwhile. */
  #again(loading) {
    setTimeout(() => { if (this.#loading === loading) this.refresh(); }, AGAIN_MS);
  }

  #missing(error, id) {
    this.#item = null;
    if (this.#bar.lapse()) this.#bar.say('soon', t('写的时候案件变了：它已经离开您的辖区或部门'), t('您写的还在，可以复制，也可以不要。'));
    else this.#bar.hide();
    this.#candidates.hide();
    this.#map.clear();
    const bad = error.status === 404 || error.status === 422;
    this.#body.replaceChildren(bad ? notThere(this.#close) : failed(error, t('没能打开案件'), () => this.open(id)));
    this.#shown(null);
  }

  /** The only place that sets the item: what is stored is what is shown, and an operation is sent with its version. */
  #draw(item) {
    const fresh = this.#item?.id !== item.id;
    this.#item = item;
    const old = this.#body.querySelector('.case-scroll');
    const scroll = fresh ? 0 : old?.scrollTop ?? 0;
    this.#body.replaceChildren(caseBody(item, this.#beside, {
      onPhoto: (file, stage) => this.#photo(file, stage),
      same: (other) => this.#bar.write('reject', { reason: sameWords(other) }), different: (others) => this.#bar.write('file', { note: differentWords(others) }),
    }));
    this.#body.firstElementChild.scrollTop = scroll;
    this.#bar.show(item, this.#candidates.proposal);
    this.#foot.hidden = item.allowed_operations.length === 0 && !this.#bar.message.hasChildNodes() && !this.#bar.writing;
    this.#shown(item);
    this.#map.showCase(item, this.#candidates.found?.workers ?? []);
  }

  /**
   * Does an operation on the version that is shown. Resolves to null, or to the error when something was refused
   * that the reader can mend; a conflict shows both versions instead. While one is being sent no other is.
   */
  async act(operation, given, name) {
    const item = this.#item;
    if (!item) return null;
    if (this.#sending.has(item.id)) return SENDING;
    this.#sending.add(item.id);
    let after;
    try {
      after = await api.post(`incidents/${item.id}/operations/${operation}`, { version: item.version, ...given });
    } catch (error) {
      this.#sending.delete(item.id);
      return this.#refused(error, { operation, given, name });
    }
    this.#sending.delete(item.id);
    this.#bar.message.replaceChildren();
    this.#changed();
    if (this.#id === item.id) await this.#afterwards(after, item, name);
    return null;
  }

  #refused(error, { operation, given, name }) {
    if (error.status === 409) return this.#conflict(operation, given, name, error);
    if (this.#missed) this.refresh();
    const text = error.status === 0 ? t('没存上：没有网络') : t('没存上：%(why)s', { why: error.detail || name });
    const detail = error.status === 0 ? t('案件没有变；填的内容还在，连上后再按一次。') : error.number ? t('案件没有变；编号 %(n)s', { n: error.number }) : t('案件没有变。');
    this.#bar.say('over', text, detail);
    this.#foot.hidden = false;
    return error;
  }

  async #afterwards(after, before, name) {
    if (after.events) {
      await this.#load(before.id);
      if (this.#id !== before.id) return;
      this.#bar.say('done', t('已%(what)s，%(when)s', { what: name, when: clockTime(Date.now()) }));
      this.#foot.hidden = false;
      return;
    }
    this.#candidates.hide();
    this.#bar.hide();
    this.#body.replaceChildren(empty({ kind: 'good', name: 'check', title: t('已%(what)s', { what: name }), text: t('这个案件已经离开您的辖区或部门。') }));
    this.#map.clear();
    this.#shown(null);
  }

  async #conflict(operation, given, name, error) {
    await this.#load(this.#id);
    const item = this.#item;
    if (!item) return error;
    const still = item.allowed_operations.find((each) => each.operation === operation)?.allowed;
    if (error.code === 'move_not_allowed' && still) {
      this.#bar.say('over', error.detail);
      return error;
    }
    const words = given.note ?? given.reason ?? '';
    const keep = () => { this.#bar.message.replaceChildren(); this.#bar.close(true); };
    const again = still ? () => { this.#bar.message.replaceChildren(); this.act(operation, given, name); } : null;
    this.#bar.message.replaceChildren(conflictCard({ item, why: error.detail, mine: { name, words }, keep, again }));
    this.#foot.hidden = false;
    this.#bar.message.querySelector('button')?.focus();
    return null;
  }

  async #photo(file, stage) {
    const item = this.#item;
    this.#bar.say('plain', t('正在传照片…'));
    this.#foot.hidden = false;
    try {
      await api.put(`incidents/${item.id}/photos/${crypto.randomUUID()}?stage=${stage}`, file);
      if (this.#id === item.id) await this.#load(item.id);
      this.#bar.say('done', t('照片已收到'));
    } catch (error) {
      this.#bar.say('over', t('照片没传上：%(why)s', { why: error.detail || t('没有网络') }), t('案件没有变，可以再选一次。'));
    }
  }

  /** No case open: what the reader can do now, by how the queue stands. */
  showNothing(queue) {
    this.#leave();
    this.#body.replaceChildren(nothing(queue));
    this.#shown(null);
  }

  /** Another thing in the case's place (the form of a new report). */
  showOther(node) {
    this.#leave();
    this.#body.replaceChildren(node);
    this.#shown(null);
  }

  #leave() {
    this.#loading?.abort();
    this.#loading = null; // what still comes is of a case that was left
    this.#id = null;
    this.#item = null;
    this.#bar.hide();
    this.#candidates.hide();
  }

  #tick() {
    const chip = this.#item && this.#body.querySelector('[data-chip]');
    chip?.replaceWith(timeChip(this.#item));
  }
}

function nothing({ standing, error, filter, load, clear }) {
  switch (standing) {
    case 'loading': return empty({ name: 'clock', title: t('正在取案件…') });
    case 'failed': return failed(error, t('没能取到案件'), load);
    case 'unmatched': return unmatched(filter, t('没有符合条件的案件'), clear);
    case 'none': return empty({ kind: 'good', name: 'check', title: t('这一环节没有案件'), text: t('新案件会自动出现在左边。') });
    default: return empty({ name: 'list', title: t('从队列里选一件'), text: t('按 J 打开第一件；? 看全部按键。') });
  }
}
