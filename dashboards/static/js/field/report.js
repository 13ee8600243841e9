/** 上报: where (pin), what (matter), photos, nearby duplicates, send. Known things are filled in, the rest is optional. */
import { api } from '../api.js';
import { clockTime } from '../format.js';
import { t } from '../i18n.js';
import { icon } from '../icons.js';
import { button, choices, h, head, reasonButton } from './dom.js';
import { photoRecords, recordsOf } from './draft.js';
import { fieldMap, putCases } from './fieldmap.js';
import { say } from './frame.js';
import { MatterPart } from './matterpart.js';
import { duplicateCard, photoPart, placePart } from './reportparts.js';
import { findMe, locate, nearestInside } from './place.js';

const NEARBY_M = 50;

export class Report {
  #app; #map = null; #search = null; #nearby = null; #dismissed = false; #gps = null; #matter; #parts = {}; #ends = [];

  constructor(app) {
    this.#app = app;
    this.#matter = new MatterPart(app, (change) => this.#chosen(change));
  }

  async show(place) {
    const { draft } = this.#app;
    await draft.open();
    await this.#matter.open();
    const parts = { map: h('div', { class: 'field-map field-map-report' }) };
    for (const name of ['place', 'matter', 'photos', 'duplicates', 'words', 'actions', 'saved']) parts[name] = h('div', { class: `field-report-${name}` });
    this.#parts = parts;
    parts.saved.classList.add('end');
    place.replaceChildren(
      head(t('上报'), { leave: () => this.#app.go('today'), closing: true, label: t('关闭，草稿留在本机'), end: parts.saved }),
      h('div', { class: 'field-map-frame' }, parts.map, h('p', { class: 'map-note' }, t('拖动图钉可改位置')),
        h('div', { class: 'map-tools' }, h('button', { type: 'button', class: 'button button-icon', 'aria-label': t('回到我的位置'), onclick: () => this.#findMe() }, icon('locate', { size: 24 })))),
      parts.place,
      h('div', { class: 'phone-page field-report' }, parts.matter, parts.photos, parts.duplicates, parts.words),
      parts.actions,
    );
    const listen = (name, act) => {
      draft.addEventListener(name, act);
      this.#ends.push(() => draft.removeEventListener(name, act));
    };
    listen('change', () => this.#draw());
    listen('saved', () => this.#drawSaved());
    this.#openMap();
    this.#drawWords();
    this.#draw();
    if (!draft.fields.position) this.#findMe();
    else this.#locate();
  }

  hide() {
    this.#gps?.abort();
    this.#search?.abort();
    for (const end of this.#ends.splice(0)) end();
    this.#map?.destroy();
    this.#map = null;
  }

  changed() {
    if (this.#parts.actions) this.#draw();
  }

  #openMap() {
    const { position } = this.#app.draft.fields;
    const [w, s, e, n] = this.#app.home();
    const centre = position ? [position.lon, position.lat] : [(w + e) / 2, (s + n) / 2];
    try {
      this.#map = fieldMap(this.#parts.map, { centre, areas: this.#app.areas, onClick: (point) => this.#moved(point) });
    } catch {
      this.#parts.map.replaceChildren(h('p', { class: 'empty-text' }, t('这台手机画不了地图；按定位上报，照常可用')));
    }
    this.#setPin(centre, position?.accuracy_m);
  }

  #setPin([lon, lat], accuracy_m = null) {
    this.#map?.setPin({ lon, lat, accuracy_m, draggable: true, onMove: (point) => this.#moved(point) });
  }

  async #findMe() {
    this.#gps?.abort();
    const gps = new AbortController();
    this.#gps = gps;
    this.finding = true;
    this.problem = null;
    this.#draw();
    const take = (position) => {
      if (gps.signal.aborted) return;
      this.#app.draft.set({ position });
      this.#setPin([position.lon, position.lat], position.accuracy_m);
      this.#map?.flyTo([position.lon, position.lat]);
      this.#locate();
    };
    try {
      await findMe({ onBetter: take, signal: gps.signal });
    } catch (error) {
      if (gps.signal.aborted) return;
      this.problem = error.code === 1 ? t('没有允许定位。拖动图钉到事发地，或在手机设置里允许') : t('暂时定不到位。拖动图钉到事发地');
    }
    if (gps.signal.aborted) return;
    this.finding = false;
    this.#draw();
  }

  /** The pin was put by hand: a place on our map (CGCS2000) without an accuracy of its own. */
  #moved([lon, lat]) {
    this.#gps?.abort();
    this.finding = false;
    this.problem = null;
    this.#app.draft.set({ position: { lon, lat, accuracy_m: null, datum: 'cgcs2000', at: Date.now() } });
    this.#setPin([lon, lat]);
    this.#locate();
  }

  async #locate() {
    const { draft, areas } = this.#app;
    const { position } = draft.fields;
    if (!position) return;
    const place = await locate(position, areas);
    if (draft.fields.position !== position) return; // the pin has moved on
    draft.set({ place });
    this.#map?.chooseArea(place?.levels?.find(({ level }) => level === 'microgrid')?.code ?? null);
    this.#findNearby();
  }

  /** A person says on which side it is: the pin goes to the nearest point there; the present side stays where it is. */
  async #choose(candidate) {
    const { position, place } = this.#app.draft.fields;
    const here = [place.lon ?? position.lon, place.lat ?? position.lat];
    if (candidate.distance_m === 0) {
      this.#moved(here);
      return;
    }
    const area = await api.get(`areas/${candidate.code}`).catch(() => null);
    const point = area && nearestInside(here, area.geometry);
    if (point) this.#moved(point);
    else say(t('没有网络，选不了哪一边；照常上报，由受理员定'), { kind: 'soon' });
  }

  #chosen(change) {
    this.#dismissed = false;
    this.#app.draft.set(change);
    this.#findNearby();
  }

  /** Open cases of the same matter within 50 m, shown before anything is sent. */
  async #findNearby() {
    this.#search?.abort();
    this.#nearby = null;
    const { matter, position } = this.#app.draft.fields;
    if (!matter || !position) return;
    const search = new AbortController();
    this.#search = search;
    try {
      const { lon, lat, datum } = position;
      const { items } = await api.get('incidents/nearby', { lon, lat, datum, matter, within_m: NEARBY_M }, { signal: search.signal, timeout_s: 8 });
      this.#nearby = items;
      if (this.#map) {
        const words = ({ distance_m }) => t('%(n)s 米', { n: Math.round(distance_m) });
        putCases(this.#map, items.map((item) => ({ point: [item.lon, item.lat], item: { ...item, time_state: 'in_time', note: words(item) } })));
      }
    } catch (error) {
      if (error.code === 'aborted') return;
      this.#nearby = 'unknown';
    }
    if (this.#search !== search) return;
    this.#draw();
    this.#showDuplicates();
  }

  /** What the main button asks about must be seen; nothing moves under who is typing. */
  #showDuplicates() {
    if (!Array.isArray(this.#nearby) || !this.#nearby.length || document.activeElement?.matches('input, textarea')) return;
    this.#parts.duplicates.scrollIntoView({ block: 'nearest' });
  }

  get #condition() {
    const { matter, condition } = this.#app.draft.fields;
    const list = this.#app.catalogue.byCode(matter)?.filing_conditions ?? [];
    return list.find(({ code }) => code === condition) ?? list[0] ?? null;
  }

  /** How many near photos the rule asks for and that are not there. */
  get #owed() {
    const { photos } = this.#app.draft.fields;
    return (this.#condition?.evidence ?? []).includes('near') && !photos.some(({ stage }) => stage === 'near') ? 1 : 0;
  }

  #draw() {
    const { fields } = this.#app.draft;
    const parts = this.#parts;
    if (!parts.map?.isConnected) return;
    this.#drawSaved();
    parts.place.replaceChildren(placePart({ ...fields, finding: this.finding, problem: this.problem, choose: (each) => this.#choose(each) }));
    this.#matter.draw(parts.matter, fields);
    parts.photos.replaceChildren(photoPart({ draft: this.#app.draft, condition: this.#condition, owed: this.#owed }));
    const duplicates = Array.isArray(this.#nearby) ? this.#nearby : [];
    parts.duplicates.replaceChildren(...duplicates.length ? [duplicateCard(duplicates, (item) => this.#same(item))] : []);
    if (this.#nearby === 'unknown') parts.duplicates.replaceChildren(h('p', { class: 'note' }, t('没有网络，未查附近有没有同类；受理时会查')));
    this.#drawActions(duplicates.length > 0);
  }

  #drawSaved() {
    const { saved_at } = this.#app.draft.fields;
    this.#parts.saved?.replaceChildren(saved_at ? t('已存本机 %(time)s', { time: clockTime(saved_at) }) : '');
  }

  #drawWords() {
    const { fields } = this.#app.draft;
    const open = Boolean(fields.description || fields.address);
    const field = (label, node) => h('label', { class: 'field' }, h('span', { class: 'field-label' }, label, h('small', {}, t('可不填'))), node);
    const description = h('textarea', { class: 'input', rows: 3, maxlength: 4000, oninput: (event) => this.#app.draft.set({ description: event.target.value }) });
    description.value = fields.description;
    const address = h('input', { class: 'input', maxlength: 256, value: fields.address, oninput: (event) => this.#app.draft.set({ address: event.target.value }) });
    this.#parts.words.replaceChildren(field(t('说明'), description), field(t('楼栋、门牌或标志物'), address));
    this.#parts.words.hidden = !open;
  }

  #drawActions(duplicates) {
    const { fields } = this.#app.draft;
    const words = button(t('说明'), { kind: 'main', onclick: () => this.#openWords() });
    const shown = { word: this.#mainWord(duplicates), reason: this.#reason(fields) };
    const key = JSON.stringify(shown);
    if (this.#parts.actions.dataset.key === key && this.#parts.actions.firstChild) return; // the button under the thumb stays the same node
    this.#parts.actions.dataset.key = key;
    const main = shown.reason ? reasonButton(shown.reason, () => this.#explain(fields))
      : button(shown.word, { kind: 'primary main', dataset: { send: '' }, onclick: (event) => this.#send(event.currentTarget) });
    this.#parts.actions.replaceChildren(h('div', { class: 'phone-actions' }, words, main));
  }

  #mainWord(duplicates) {
    if (duplicates) return t('不是同一件，上报');
    return this.#owed ? t('先上报，欠照片 %(n)s 张', { n: this.#owed }) : t('上报');
  }

  #reason({ position, matter }) {
    if (!position) return this.finding ? t('正在定位…') : t('先把图钉拖到事发地');
    return matter ? null : t('先选是什么事');
  }

  #explain({ position }) {
    (position ? this.#parts.matter : this.#parts.map).scrollIntoView({ block: 'center' });
  }

  #openWords() {
    this.#parts.words.hidden = false;
    this.#parts.words.querySelector('textarea').focus();
  }

  async #send(node) {
    if (node.getAttribute('aria-busy')) return;
    node.setAttribute('aria-busy', 'true');
    const { app } = { app: this.#app };
    const { fields } = app.draft;
    const matter = app.catalogue.byCode(fields.matter);
    try {
      await app.outbox.put(recordsOf(fields, { channel: app.channel, matter, now: Date.now() }), { draft: 'report' });
    } catch {
      node.removeAttribute('aria-busy');
      say(t('手机存不下了，没有上报；内容还在这里。腾出空间再按一次'), { kind: 'over', seconds: 20 });
      return;
    }
    await this.#leave();
    say(app.online ? t('已存本机，正在发送') : t('已存本机，有网自动发'), { href: '#outbox', action: t('看待发箱') });
  }

  /** "是同一件": my photos go to that case, nothing new is reported. */
  async #same(item) {
    const { app } = { app: this.#app };
    const { photos, matter } = app.draft.fields;
    const known = app.catalogue.byCode(matter);
    const title = { name: known?.name ?? item.name, name_en: known?.name_en ?? item.name_en };
    if (photos.length) await app.outbox.put(photoRecords(photos, { case_id: item.id, title, number: item.number }), { draft: 'report' });
    await this.#leave(photos.length > 0);
    say(photos.length ? t('照片归到已有的案件，不另立案') : t('已有这件，不另上报'));
  }

  async #leave(stored = true) {
    const { matter } = this.#app.draft.fields;
    if (matter) await this.#app.catalogue.use(matter);
    await this.#app.draft.clear({ stored });
    this.#nearby = null;
    this.#app.go('today');
  }
}
