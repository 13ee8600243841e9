/** What can be done with a task now: accept, handle with a note and a photo, feedback, return, check. Buttons as the server allows. */
import { isEnglish, t } from '../i18n.js';
import { icon } from '../icons.js';
import { operationOf } from './casestate.js';
import { takenPicture } from './picture.js';
import { button, choices, h, reasonButton } from './dom.js';
import { newId } from './store.js';
import { PHOTO, photoAsk, photoTile } from './reportparts.js';

const QUICK = { handle: ['当场劝离', '已清理干净', '已通知责任人', '张贴提示'], feedback: ['已处理完毕', '已恢复原状'], return: ['不在我的网格', '不属于这个事项', '现场没有找到', '要专业部门处理'], check: ['现场没有变化', '只处理了一部分', '又出现了'] };
const ORDER = ['accept', 'handle', 'feedback', 'check'];
const MAIN = { accept: '签收', handle: '办结', feedback: '反馈' };

export class TaskForm {
  #app; #send; #redraw; #note = ''; #free = false; #photos = []; #asking = null; #why = ''; #drawn = '';

  /** `send(operation, given, photos)` stores the operation; `redraw()` draws this form anew. */
  constructor(app, { send, redraw }) {
    this.#app = app;
    this.#send = send;
    this.#redraw = redraw;
  }

  /** Empties the form and returns what it held, for `restore`. */
  reset() {
    const held = { note: this.#note, free: this.#free, photos: this.#photos, asking: this.#asking, why: this.#why };
    this.restore({ note: '', free: false, photos: [], asking: null, why: '' });
    return held;
  }

  restore({ note, free, photos, asking, why }) {
    this.#note = note;
    this.#free = free;
    this.#photos = photos;
    this.#asking = asking;
    this.#why = why;
    this.#drawn = '';
  }

  draw(places, item) {
    const now = this.#now(item);
    const key = JSON.stringify([now, item.version, item.state, this.#note && !this.#free, this.#free, this.#photos.length, item.allowed_operations?.map(({ operation, allowed, reasons }) => [operation, allowed, reasons]), this.#asking, this.#lacking(item)]);
    if (key === this.#drawn && places.actions.firstChild) {
      this.#drawActions(places.actions, item, now);
      return; // typed words and the place of the cursor stay
    }
    this.#drawn = key;
    places.form.replaceChildren(...this.#fields(item, now));
    places.note.replaceChildren(...this.#reasons(item));
    this.#drawActions(places.actions, item, now);
  }

  #now(item) {
    return this.#asking ?? ORDER.find((name) => operationOf(item, name)?.allowed) ?? null;
  }

  #fields(item, now) {
    if (!now || now === 'accept') return [];
    if (now === 'check' && !this.#asking) return this.#withoutPhotos(item);
    const title = { handle: t('怎么办的'), feedback: t('反馈什么'), check: t('哪里没办好'), return: t('为什么退回') }[now];
    return [h('h2', { class: 'field-section-title' }, title), this.#quick(item, now), ...this.#freeField(title)];
  }

  #quick(item, now) {
    const condition = item.filing_condition;
    const closing = isEnglish() ? condition?.closing_condition_en || condition?.closing_condition : condition?.closing_condition;
    const said = [...(item.events ?? [])].reverse().find(({ operation, note }) => operation === 'handle' && note)?.note;
    const first = now === 'handle' ? closing : now === 'feedback' ? said ?? closing : null;
    const words = [...new Set([first, ...QUICK[now].map((each) => t(each))].filter(Boolean))].slice(0, 4);
    if (now === 'feedback' && !this.#note && !this.#free) [this.#note] = words;
    return choices([...words.map((text) => ({ value: text, text })), { value: '', text: t('自己写') }], this.#free ? '' : this.#note || null, (value) => this.#choose(value), t('常用的话'));
  }

  #choose(value) {
    this.#free = value === '';
    this.#note = value;
    this.#drawn = '';
    this.#redraw();
    if (this.#free) document.querySelector('[data-task-note]')?.focus();
  }

  #freeField(label) {
    if (!this.#free) return [];
    const area = h('textarea', { class: 'input', rows: 3, maxlength: 2000, 'aria-label': label, dataset: { taskNote: '' }, oninput: (event) => { this.#note = event.target.value; this.#redraw(); } });
    area.value = this.#note;
    return [area];
  }

  /** Photos of what is being done now, and the frame that takes the next; they stand in one row with those that are there. */
  photoNodes(item) {
    const now = this.#now(item);
    const stage = { handle: 'after', check: 'check' }[now] ?? null;
    if (!stage) return [];
    const word = stage === 'after' ? t('处置后') : t('核查');
    const owed = this.#owed(item, now);
    const take = async (file) => {
      const blob = await takenPicture(file);
      if (!blob) return;
      this.#photos.push({ id: newId(), stage, blob, taken_at: new Date().toISOString() });
      this.#redraw();
    };
    const remove = (photo) => { this.#photos = this.#photos.filter((each) => each !== photo); this.#redraw(); };
    return [this.#photos.map((photo) => photoTile(photo, word, () => remove(photo))), photoAsk({ word: owed ? word : t('%(what)s，选拍', { what: word }), owed, take, stage }),
      now === 'handle' && owed ? h('p', { class: 'field-photo-note' }, t('同角度拍，办结要 1 张')) : null].flat().filter(Boolean);
  }

  /** The rule asks for an after photo and neither the server nor this form has one. */
  #owed(item, now) {
    const there = [...(item.photos ?? []), ...this.#photos, ...this.#app.items.filter(({ kind, case_id }) => kind === 'photo' && case_id === item.id)];
    return now === 'handle' && (item.filing_condition?.evidence ?? []).includes('after') && !there.some(({ stage }) => stage === 'after');
  }

  /** Photos that a check would pass without: neither on the server nor in the outbox, which sends them first. */
  #lacking(item) {
    const passing = operationOf(item, 'check')?.moves?.find(({ when }) => when?.passed === true);
    if (!('without_evidence' in (passing?.requires?.properties ?? {}))) return [];
    const waiting = this.#app.items.filter(({ kind, case_id }) => kind === 'photo' && case_id === item.id);
    return (item.photos_owed ?? []).filter((stage) => !waiting.some((photo) => photo.stage === stage));
  }

  /** What is owed, and room for why; both may be left as they are. */
  #withoutPhotos(item) {
    const lacking = this.#lacking(item);
    if (!lacking.length) return [];
    const what = Object.keys(PHOTO).filter((stage) => lacking.includes(stage)).map((stage) => t(PHOTO[stage])).join(isEnglish() ? ', ' : '、');
    const label = t('没有照片的理由');
    const area = h('textarea', { class: 'input', rows: 2, maxlength: 2000, 'aria-label': label, dataset: { withoutPhotos: '' }, oninput: (event) => { this.#why = event.target.value; this.#redraw(); } });
    area.value = this.#why;
    return [h('p', { class: 'field-photo-note', dataset: { photosOwed: '' } }, t('缺照片：%(what)s', { what })),
      h('h2', { class: 'field-section-title' }, label, ' ', h('small', {}, t('可不填'))), area];
  }

  /** The button that passes the check; a reason is sent where one is written and something is lacking. */
  #pass(item) {
    const why = this.#lacking(item).length ? this.#why.trim() : '';
    if (why.length === 1) return reasonButton(t('理由至少写 2 个字'), () => document.querySelector('[data-without-photos]')?.focus());
    const given = why ? { passed: true, without_evidence: why } : { passed: true };
    return button(t('核查通过'), { kind: 'primary main', dataset: { operate: 'check-passed' }, onclick: () => this.#send('check', given, this.#photos) });
  }

  /** Why something that lies ahead is not mine to do: who handled does not check. */
  #reasons(item) {
    const check = operationOf(item, 'check');
    if (item.state !== 'feedback' || !check || check.allowed) return [];
    return [h('p', { class: 'field-info' }, icon('info', { size: 24 }), h('span', {}, t('等别人核查：%(why)s', { why: check.reasons.join('；') })))];
  }

  #drawActions(place, item, now) {
    const nodes = this.#actions(item, now).filter(Boolean);
    place.replaceChildren(...nodes.length ? [h('div', { class: 'phone-actions' }, nodes)] : []);
  }

  #actions(item, now) {
    if (!item.allowed_operations) return this.#app.online ? [] : [reasonButton(t('没有网络，这件的细节还没存到本机'))];
    if (this.#asking) return this.#asked(this.#asking);
    const back = operationOf(item, 'return')?.allowed ? button(t('退回…'), { kind: 'main', dataset: { operate: 'return' }, onclick: () => this.#ask('return') }) : null;
    if (now === 'check') {
      return [button(t('没办好…'), { kind: 'main', dataset: { operate: 'check-failed' }, onclick: () => this.#ask('check') }),
        this.#pass(item)];
    }
    if (!now) return back ? [back] : [];
    return [back, ...this.#main(item, now)];
  }

  #main(item, now) {
    if (now === 'accept') return [button(t(MAIN.accept), { kind: 'primary main', dataset: { operate: 'accept' }, onclick: () => this.#send('accept', {}) })];
    const note = this.#note.trim();
    const go = () => this.#send(now, { note: note || t('已处理') }, this.#photos);
    if (now === 'handle' && this.#owed(item, now)) {
      return [h('div', { class: 'field-owe grow' }, reasonButton(t('先拍处置后照片'), () => document.querySelector('[data-photo="after"]')?.click()),
        note ? button(t('拍不了，欠照片办结'), { kind: 'text', dataset: { operate: 'handle-owing' }, onclick: go }) : null)];
    }
    if (!note) return [reasonButton(now === 'handle' ? t('先选怎么办的') : t('先写反馈'), () => document.querySelector('.field-task-form')?.scrollIntoView({ block: 'center' }))];
    return [button(t(MAIN[now]), { kind: 'primary main', dataset: { operate: now }, onclick: go })];
  }

  #ask(name) {
    this.#asking = name;
    this.#note = '';
    this.#free = false;
    this.#redraw();
    document.querySelector('.field-task-form')?.scrollIntoView({ block: 'center' });
  }

  #asked(name) {
    const note = this.#note.trim();
    const back = button(t('返回'), { kind: 'main', onclick: () => { this.#asking = null; this.#note = ''; this.#free = false; this.#redraw(); } });
    if (note.length < 2) return [back, reasonButton(name === 'return' ? t('先选退回原因') : t('先选哪里没办好'))];
    const go = name === 'return' ? () => this.#send('return', { reason: note }) : () => this.#send('check', { passed: false, note }, this.#photos);
    return [back, button(name === 'return' ? t('退回') : t('不通过，返工'), { kind: 'primary main', dataset: { operate: `${name}-go` }, onclick: go })];
  }
}
