/** 待发箱: what needs me, what waits, what arrived; each counted, nothing hidden. */
import { api } from '../api.js';
import { bytes, clockTime, moment } from '../format.js';
import { labelWords, locale, nameOf, t, tn } from '../i18n.js';
import { icon } from '../icons.js';
import { confirmDialog } from '../dialog.js';
import { button, caseNumber, empty, h, head } from './dom.js';
import { groupsOf } from './outbox.js';
import { exportUnsent, OLD_MS } from './exporting.js';
import { networkBar } from './frame.js';
import { takenPicture } from './picture.js';

const KIND = { report: '上报', photo: '照片' };
const PHOTO = { near: '近景', far: '远景', after: '处置后照片', check: '核查照片' };
const ARRIVED_SHOWN = 30;

function whatWords({ main }) {
  if (main.kind === 'operation') return main.body.passed === false ? t('核查不通过') : main.body.passed ? t('核查通过') : main.operation === 'handle' && main.body.done === false ? t('到场') : t(main.name);
  return main.kind === 'photo' ? t(PHOTO[main.stage] ?? '照片') : t(KIND[main.kind]);
}

/** Whether the server refused the picture itself: the same bytes would be refused again. */
function isPictureRefused({ kind, problem }) {
  return kind === 'photo' && (problem?.errors ?? []).some(({ field }) => field === 'photo');
}

export class OutboxView {
  #app; #chosen = new Map(); #current = new Map();

  constructor(app) {
    this.#app = app;
  }

  show(place) {
    this.place = place;
    this.#draw();
  }

  changed() {
    this.#draw();
  }

  #draw() {
    const { app } = { app: this.#app };
    const groups = groupsOf(app.items);
    const { counts } = app;
    const needs = groups.filter(({ state }) => state === 'needs');
    const waiting = groups.filter(({ state }) => state === 'waiting' || state === 'sending');
    const done = groups.filter(({ main, state }) => main.state === 'arrived' || ['arrived', 'dropped'].includes(state)).reverse().slice(0, ARRIVED_SHOWN);
    const figure = (n, word, kind) => h('div', {}, h('b', { class: n ? `is-${kind}` : '' }, String(n)), h('span', {}, word));
    this.place.replaceChildren(
      head(t('待发箱'), {
        leave: app.elder ? () => app.go('today') : null, label: t('返回'),
        end: button(t('现在发送'), { kind: 'text', name: 'upload', class: 'button button-text end', dataset: { sendNow: '' }, onclick: () => app.wake(true) }),
      }),
      app.online && !app.outbox.signedOut ? '' : networkBar(app.network()),
      h('div', { class: 'field-counts', role: 'group', 'aria-label': t('待发箱') }, figure(counts.needs, t('要您处理'), 'over'), figure(counts.waiting, t('等待发送'), 'soon'), figure(counts.arrived_today, t('今日已送达'), 'done')),
      h('div', { class: 'phone-page field-outbox' },
        needs.length ? [h('h2', { class: 'is-over' }, t('要您处理')), needs.map((group) => this.#need(group))] : [],
        waiting.length ? [h('h2', { class: 'is-soon' }, t('等待发送')), h('div', { class: 'task-list' }, waiting.map((group) => this.#wait(group))), this.#old(waiting)] : [],
        done.length ? [h('h2', { class: 'is-done' }, t('已送达')), h('div', { class: 'task-list' }, done.map((group) => this.#arrived(group)))] : [],
        groups.length ? [] : empty('check-circle', t('都发出去了'), t('上报、照片和办理先存在这里，收到回执才算送达'), 'good')),
    );
  }

  #row(group, kind, name, second, end, state = group.state) {
    const { main } = group;
    return h('div', { class: 'field-record', dataset: { record: main.id, state } },
      h('span', { class: `field-record-icon field-record-${kind}` }, icon(name, { size: 24 })),
      h('span', { class: 'grow' }, h('span', { class: 'field-record-name' }, `${nameOf(main.title)}　${whatWords(group)}`), h('small', {}, second)), end);
  }

  #wait(group) {
    const { main, photos, owed, state } = group;
    const at = moment(main.created_at, Date.now(), { locale: locale() });
    const size = [main, ...photos].reduce((sum, { size: own = 0 }) => sum + own, 0);
    const second = owed ? t('%(time)s　文字已送达', { time: at }) : photos.length || main.kind === 'photo'
      ? t('%(time)s　照片 %(n)s 张，%(size)s', { time: at, n: photos.length + (main.kind === 'photo' ? 1 : 0), size: bytes(size) }) : at;
    const problem = [main, ...photos].map((item) => item.problem).find(Boolean);
    const end = state === 'sending' ? t('正在发') : owed ? tn('欠照片 %(n)s 张', owed) : problem && problem.status >= 500 ? t('服务器忙，会再试') : t('等待');
    return this.#row(group, 'soon', main.kind === 'operation' && !photos.length ? 'upload' : 'camera', second, h('span', { class: 'is-soon field-record-end' }, end));
  }

  #arrived(group) {
    const { main, owed } = group;
    const number = main.receipt?.number ?? main.number;
    const second = [number ? t('受理编号 %(number)s', { number: caseNumber(number) }) : t('已收到'), owed ? tn('欠照片 %(n)s 张', owed) : ''].filter(Boolean).join('　');
    if (main.state !== 'arrived') return this.#row(group, 'pause', 'minus', t('您决定不发，留作记录'), h('span', { class: 'field-record-end' }, moment(main.changed_at, Date.now(), { locale: locale() })));
    return h('a', { class: 'field-record-link', href: `#task/${main.case_id}` }, this.#row(group, 'done', 'check', second, h('span', { class: 'is-done field-record-end' }, `✓ ${moment(main.receipt.at, Date.now(), { locale: locale() })}`), main.state));
  }

  /** One record that the server refused, in its words, and what can be done. */
  #need(group) {
    const { main, photos } = group;
    const bad = [main, ...photos].find(({ state }) => state === 'needs');
    const { problem } = bad;
    const conflict = problem?.status === 409 && bad.kind === 'operation';
    const lines = [problem?.detail, ...(problem?.errors ?? []).map(({ detail }) => detail)].filter(Boolean);
    return h('section', { class: 'conflict-card', dataset: { need: bad.id } },
      h('div', { class: 'field-need-head' }, icon('triangle', { size: 24 }), h('div', {}, h('h3', {}, `${nameOf(main.title)}　${whatWords({ main: bad })}`),
        [...new Set(lines)].map((line) => h('p', { class: 'second' }, line)), problem?.number ? h('p', { class: 'note' }, t('编号 %(number)s', { number: problem.number })) : null,
        main !== bad && main.state === 'arrived' ? h('p', { class: 'second is-done' }, t('文字已送达，只差这张照片')) : null)),
      conflict ? this.#versions(bad) : null,
      h('div', { class: 'field-need-buttons' }, conflict ? this.#conflictButtons(bad) : this.#plainButtons(bad)));
  }

  #plainButtons(bad) {
    const drop = button(t('不发了…'), { kind: 'main', dataset: { drop: bad.id }, onclick: () => this.#drop(bad) });
    if (isPictureRefused(bad)) return [drop, button(t('重拍'), { kind: 'primary main', name: 'camera', size: 24, dataset: { retake: bad.id }, onclick: () => this.#app.shoot((file) => this.#retake(bad, file)) })];
    return [drop,
      button(t('再发一次'), { kind: 'primary main', dataset: { retry: bad.id }, onclick: () => this.#app.outbox.retry(bad.id) })];
  }

  async #retake(bad, file) {
    const blob = await takenPicture(file);
    if (blob) await this.#app.outbox.retake(bad.id, blob);
  }

  /** Mine and what stands, side by side; what stands is the safe choice. */
  #versions(bad) {
    const now = this.#now(bad);
    const last = now?.events?.[now.events.length - 1];
    const mine = this.#chosen.get(bad.id) === 'mine';
    const card = (own, title, strong, ...lines) => h('button', {
      type: 'button', class: 'version', 'aria-pressed': String(mine === own), dataset: { version: own ? 'mine' : 'theirs' }, onclick: () => { this.#chosen.set(bad.id, own ? 'mine' : 'theirs'); this.#draw(); },
    }, h('span', { class: 'field-version-head' }, title, mine === own ? h('b', { class: 'is-act' }, t('已选')) : null), h('b', {}, strong), lines.filter(Boolean).map((line) => h('span', { class: 'field-version-line' }, line)));
    return h('div', { class: 'versions' },
      card(true, t('您的'), whatWords({ main: bad }), moment(bad.body.happened_at, Date.now(), { locale: locale() }), bad.body.note ?? bad.body.reason),
      card(false, t('现有'), this.#app.stateName(bad.problem.current?.state ?? now?.state), last ? moment(last.happened_at ?? last.at, Date.now(), { locale: locale() }) : null, last && labelWords(last.who), last?.note));
  }

  /** The case as it stands on the server, fetched once per conflict. */
  #now(bad) {
    if (!this.#current.has(bad.id)) {
      this.#current.set(bad.id, null);
      api.get(`incidents/${bad.case_id}`).then((found) => { this.#current.set(bad.id, found); this.#draw(); }).catch(() => {});
    }
    return this.#current.get(bad.id);
  }

  #conflictButtons(bad) {
    const now = this.#now(bad);
    if (this.#chosen.get(bad.id) !== 'mine') {
      return [button(t('保留现有的'), { kind: 'primary main', dataset: { keep: bad.id }, onclick: () => this.#app.outbox.drop(bad.id) })];
    }
    const possible = now?.allowed_operations?.find(({ operation }) => operation === bad.operation);
    if (!possible?.allowed) return [h('p', { class: 'field-info grow' }, icon('info', { size: 24 }), possible?.sentence ?? t('现在这件您办不了，只能保留现有的'))];
    const body = { ...bad.body, version: now.version };
    return [button(t('用我的：%(what)s', { what: whatWords({ main: bad }) }), { kind: 'primary main', dataset: { mine: bad.id }, onclick: () => this.#app.outbox.retry(bad.id, { body }) })];
  }

  async #drop(bad) {
    const sure = await confirmDialog({ title: t('不发这条'), body: t('它留在本机的记录里，不会送到指挥中心。'), action: t('不发这条'), danger: true });
    if (sure) await this.#app.outbox.drop(bad.id);
  }

  /** After a week without a network: how the records leave the phone all the same. */
  #old(waiting) {
    if (Date.now() - waiting[0].main.created_at < OLD_MS) return [];
    return h('div', { class: 'field-old' }, h('p', { class: 'second' }, t('有记录一周没送出。可以存成文件，交给社区代送；存了也不会从这里删。')), button(t('存成文件'), { name: 'file', onclick: () => exportUnsent(this.#app) }));
  }
}
