/** 任务: one case. What is left, where it is, what was there before, what I may do; the server's word on each button. */
import { api } from '../api.js';
import { clockWords, distance, dueMoment, moment, timeState } from '../format.js';
import { labelWords, locale, nameOf, t } from '../i18n.js';
import { icon } from '../icons.js';
import { boundsOf, distanceM } from '../mapgeometry.js';
import { laidOver, moveOf, operationOf, runningTimer, unsentOf } from './casestate.js';
import { banner } from '../dialog.js';
import { caseNumber, empty, h, head, leftWords, symbolOf } from './dom.js';
import { fieldMap } from './fieldmap.js';
import { say } from './frame.js';
import { findMe } from './place.js';
import { newId } from './store.js';
import { TaskForm } from './taskform.js';
import { photoRecords } from './draft.js';
import { takenPicture } from './picture.js';
import { PHOTO, photoAsk, photoTile } from './reportparts.js';

const STEPS = [['签收', ['accepted', 'handling', 'rework', 'handled', 'feedback', 'checking', 'closed', 'evaluated']],
  ['到场', ['handling', 'handled', 'feedback', 'checking', 'closed', 'evaluated']],
  ['处理', ['handled', 'feedback', 'checking', 'closed', 'evaluated']], ['反馈', ['feedback', 'checking', 'closed', 'evaluated']]];
const UNTIL = { accept: '前签收', handle: '前办结', feedback: '前反馈', check: '前核查', dispatch: '前派遣', intake: '前受理', close: '前结案' };
const SEVERITY = { simple: '简易', general: '一般', prominent: '突出', major: '重大', emergency: '紧急' };
const TICK_MS = 20000;
const WALK_M = 1500;
const RIM_DEG = 0.0003; // about 30 m, so that standing at the place does not zoom into a doormat

export class Task {
  #app; #id = null; #server = null; #me = null; #map = null; #timer = null; #parts = {}; #form = null; #state = 'loading';

  constructor(app) {
    this.#app = app;
  }

  async show(place, id) {
    this.#id = id;
    this.#server = (await this.#app.copies.read(`case-${id}`))?.data ?? null;
    this.#state = this.#server ? 'stored' : 'loading';
    this.#form = new TaskForm(this.#app, { send: (...given) => this.#operate(...given), redraw: () => { this.#drawPhotos(this.#case); this.#drawForm(); } });
    this.#parts = Object.fromEntries(['head', 'time', 'steps', 'place', 'photos', 'form', 'note', 'story', 'actions'].map((name) => [name, h('div', { class: `field-task-${name}` })]));
    const { head: top, time, actions, ...rest } = this.#parts;
    this.#parts.map = h('div', { class: 'field-map field-map-task' });
    place.replaceChildren(top, time, h('div', { class: 'phone-page field-task-page' }, Object.values(rest)), actions);
    this.#draw();
    this.#timer = setInterval(() => this.#drawTime(), TICK_MS);
    this.#load();
    findMe().then((me) => { this.#me = me; this.#showMe(); this.#showBoth(); }).catch(() => {});
  }

  hide() {
    clearInterval(this.#timer);
    this.#map?.destroy();
    this.#map = null;
    this.#id = null;
  }

  changed(detail) {
    if (!this.#id || !this.#parts.head?.isConnected) return;
    if (detail?.case_id === this.#id && detail.state === 'arrived') this.#load();
    this.#draw();
  }

  async #load() {
    const id = this.#id;
    try {
      const found = await api.get(`incidents/${id}`);
      await this.#app.copies.keep(`case-${id}`, found);
      if (this.#id !== id) return;
      this.#server = found;
      this.#state = 'fresh';
    } catch (error) {
      if (this.#id !== id) return;
      this.#state = error.status === 404 ? 'gone' : this.#server ? 'stored' : 'unknown';
    }
    this.#draw();
  }

  /** The case with the own unsent steps; from the list alone while its details were never fetched. */
  get #case() {
    const base = this.#server ?? (this.#app.tasks?.data ?? []).find(({ id }) => id === this.#id) ?? null;
    return base && laidOver(base, this.#app.items);
  }

  #draw() {
    const item = this.#case;
    if (!item || this.#state === 'gone') {
      this.#parts.head.replaceChildren(head(t('任务'), { leave: () => this.#leave(), label: t('返回') }));
      this.#parts.actions.replaceChildren();
      const words = this.#state === 'gone' ? t('没有这个案件，或不在您的辖区') : this.#state === 'unknown' ? t('没有网络，这件还没有存到本机') : t('正在打开…');
      this.#parts.steps.replaceChildren(empty('info', words));
      return;
    }
    this.#parts.head.replaceChildren(head(nameOf(item.matter), {
      leave: () => this.#leave(), label: t('返回'),
      end: h('span', { class: 'end row' }, h('span', { class: 'chip chip-outline' }, t(SEVERITY[item.severity] ?? '一般')), caseNumber(item.number)),
    }));
    this.#drawTime();
    this.#drawSteps(item);
    this.#drawPlace(item);
    this.#drawPhotos(item);
    this.#drawForm();
    this.#drawStory(item);
  }

  #leave() {
    if (history.length > 1) history.back();
    else this.#app.go('today');
  }

  #drawTime() {
    const item = this.#case;
    if (!item) return;
    const time = timeState(item);
    const timer = runningTimer(item);
    const due = item.due_at && !['stopped', 'closed'].includes(time)
      ? `${dueMoment(item.due_at, Date.now(), { locale: locale() })} ${t(UNTIL[item.stage] ?? '到期')}` : '';
    const clock = timer ? clockWords(timer.limit_unit, locale()) : '';
    this.#parts.time.replaceChildren(h('div', { class: `field-left field-left-${time}` }, symbolOf(item),
      h('div', {}, h('p', { class: 'field-left-words' }, leftWords(item)), h('p', { class: 'second' }, [due, clock].filter(Boolean).join('，')))));
  }

  #drawSteps(item) {
    const at = STEPS.findIndex(([, done]) => !done.includes(item.state));
    this.#parts.steps.replaceChildren(h('ol', { class: 'steps', 'aria-label': t('进度') }, STEPS.map(([word, done], i) => {
      const state = done.includes(item.state) ? 'step-done' : i === at ? `step-now step-${timeState(item)}` : '';
      return h('li', { class: `step ${state}`, 'aria-current': i === at ? 'step' : null }, t(word));
    })), ...this.#unsent(item));
  }

  #unsent(item) {
    if (!item.unsent) return this.#state === 'stored' && !this.#app.online ? [h('p', { class: 'note' }, t('没有网络，这是存在本机的内容'))] : [];
    const problem = unsentOf(this.#app.items, item.id).find(({ state }) => state === 'needs');
    return [problem ? banner({ kind: 'over', text: problem.problem?.detail || t('有一步没送成'), action: { label: t('去处理'), run: () => this.#app.go('outbox') } })
      : banner({ kind: 'soon', text: t('%(n)s 步已存本机，等待发送', { n: item.unsent }) })];
  }

  #drawPlace(item) {
    if (!this.#map) {
      const { map } = this.#parts;
      this.#parts.place.replaceChildren(h('section', { class: 'panel field-where' }, map, h('div', { class: 'field-where-words' }, h('div', { class: 'grow', dataset: { where: '' } }), h('div', { dataset: { arrive: '' } }))));
      try {
        this.#map = fieldMap(map, { centre: [item.lon, item.lat], areas: this.#app.areas });
      } catch {
        map.hidden = true;
      }
    }
    this.#map?.select({ id: item.id, point: [item.lon, item.lat], severity: item.severity, state: item.state, time_state: timeState(item), pill: false });
    this.#map?.chooseArea(this.#app.areas.find(({ path }) => path === item.area_path)?.code ?? null);
    this.#showMe();
    const handle = operationOf(item, 'handle');
    const arriving = handle?.allowed && ['accepted', 'rework'].includes(item.state) && moveOf(handle, { done: false })?.to_state === 'handling';
    this.#parts.place.querySelector('[data-arrive]').replaceChildren(...arriving ? [h('button', {
      type: 'button', class: 'button', dataset: { operate: 'arrive' }, onclick: () => this.#operate('handle', { note: t('已到场'), done: false }),
    }, icon('pin'), t('到场'))] : []);
  }

  #showMe() {
    const item = this.#case;
    if (!item || !this.#parts.place.firstChild) return;
    if (this.#me) this.#map?.setPeople([{ text: '我', lon: this.#me.lon, lat: this.#me.lat }]);
    const away = this.#me ? t('直线 %(distance)s', { distance: distance(distanceM([this.#me.lon, this.#me.lat], [item.lon, item.lat]), locale()) }) : '';
    const words = String(item.place ?? t('辖区外')).replaceAll(' · ', ' ');
    this.#parts.place.querySelector('[data-where]').replaceChildren(h('p', { class: 'field-where-name' }, item.address || words),
      h('p', { class: 'second field-where-second' }, [item.address ? words : '', away].filter(Boolean).map((each) => h('span', {}, each))));
  }

  /** Me and the case in one picture where that still shows the way. */
  #showBoth() {
    const item = this.#case;
    if (!item || !this.#map || distanceM([this.#me.lon, this.#me.lat], [item.lon, item.lat]) > WALK_M) return;
    const [w, s, e, n] = boundsOf([[this.#me.lon, this.#me.lat], [item.lon, item.lat]]);
    this.#map.fit([[w - RIM_DEG, s - RIM_DEG], [e + RIM_DEG, n + RIM_DEG]], 24);
  }

  #drawPhotos(item) {
    const own = this.#app.items.filter((each) => each.kind === 'photo' && each.case_id === item.id && each.blob);
    const tiles = [...(item.photos ?? []).map((photo) => photoTile(photo, t(PHOTO[photo.stage] ?? '照片'))),
      ...own.map((photo) => photoTile(photo, t('%(what)s 待发', { what: t(PHOTO[photo.stage] ?? '照片') })))];
    const owing = this.#owing(item, own);
    tiles.push(...owing.map((stage) => photoAsk({ word: t('欠%(what)s', { what: t(PHOTO[stage]) }), owed: true, stage, take: (file) => this.#addPhoto(file, stage) })));
    tiles.push(...this.#form.photoNodes(item));
    this.#parts.photos.replaceChildren(...tiles.length ? [h('div', { class: 'photos' }, tiles)] : [], ...item.description ? [h('p', { class: 'field-task-words' }, item.description)] : []);
  }

  /** Photos that the rule asks for and that are neither on the server nor in the outbox; the one after handling belongs to the form. */
  #owing(item, own) {
    const handling = operationOf(item, 'handle')?.allowed;
    return (item.photos_owed ?? []).filter((stage) => !own.some((photo) => photo.stage === stage) && !(stage === 'after' && handling));
  }

  async #addPhoto(file, stage) {
    const item = this.#case;
    const blob = await takenPicture(file);
    if (!blob) return;
    const title = { name: item.matter.name, name_en: item.matter.name_en };
    await this.#app.outbox.put(photoRecords([{ id: newId(), stage, blob, taken_at: new Date().toISOString() }], { case_id: item.id, title, number: item.number }));
  }

  #drawForm() {
    const item = this.#case;
    if (!item) return;
    this.#form.draw({ form: this.#parts.form, note: this.#parts.note, actions: this.#parts.actions }, item);
  }

  #drawStory(item) {
    if (!item.events?.length) return;
    const open = this.#parts.story.querySelector('details')?.open ?? false;
    const words = { report: '上报', file: '立案', dispatch: '派遣', accept: '签收', handle: '处理', feedback: '反馈', check: '核查', return: '退回', reject: '不予受理', close: '结案', evaluate: '评价', overdue: '超期', photo: '加照片', promise: '工作日历已导入，算出到期时间' };
    const rows = [...item.events].reverse().map((event) => h('li', { class: 'timeline-item' }, h('span', { class: 'timeline-dot', 'aria-hidden': 'true' }, t(words[event.operation] ?? '改').slice(0, 1)),
      h('span', {}, h('span', { class: 'timeline-what' }, t(words[event.operation] ?? event.operation)), h('span', { class: 'timeline-who' }, labelWords(event.who))),
      h('span', { class: 'timeline-time' }, moment(event.happened_at ?? event.at, Date.now(), { locale: locale() })), event.note ? h('span', { class: 'timeline-note' }, event.note) : null));
    this.#parts.story.replaceChildren(h('details', { class: 'field-story', open }, h('summary', {}, t('经过 %(n)s 步', { n: rows.length })), h('ol', { class: 'timeline' }, rows)));
  }

  /** Stores an operation with its photos; the server judges it when it arrives. */
  async #operate(operation, given, photos = []) {
    const item = this.#case;
    const move = moveOf(operationOf(item, operation), given);
    const id = newId();
    const title = { name: item.matter.name, name_en: item.matter.name_en };
    const record = {
      id, kind: 'operation', case_id: item.id, group: id, operation, title, number: item.number, place: item.place, name: move?.name ?? operation,
      to_state: move?.to_state ?? null, body: { version: item.version, happened_at: new Date().toISOString(), ...given },
    };
    const pictures = photos.map((photo) => ({ ...photo, kind: 'photo', case_id: item.id, group: id, title, number: item.number, size: photo.blob.size }));
    // Emptied before it is stored: the next step's form stands as soon as the outbox has this one.
    const held = this.#form.reset();
    try {
      await this.#app.outbox.put([record, ...pictures]);
    } catch {
      this.#form.restore(held);
      this.#drawForm();
      say(t('手机存不下了，没有存；内容还在这里。腾出空间再按一次'), { kind: 'over', seconds: 20 });
      return;
    }
    say(this.#app.online ? t('已存本机，正在发送') : t('已存本机，有网自动发'), { href: '#outbox', action: t('看待发箱') });
    this.#draw();
  }
}
