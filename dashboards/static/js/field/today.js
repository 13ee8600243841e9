/** 今日: what I hold and what is to be checked in my grid, most urgent first, and the one large button. */
import { clockTime, timeState } from '../format.js';
import { nameOf, t, tn } from '../i18n.js';
import { icon } from '../icons.js';
import { button, choices, empty, h, leftWords, symbolOf } from './dom.js';
import { networkBar } from './frame.js';
import { laidOver, WORKING } from './casestate.js';

const URGENT = { overdue: 0, soon: 1, in_time: 2, stopped: 3, closed: 4 };
const DOING = { dispatched: '待签收', accepted: '已签收', handling: '处理中', rework: '返工', handled: '待反馈', feedback: '结案前核查' };
const TICK_MS = 20000;

/** 'handle' for what I hold, 'check' for what others handled in my area. */
export function kindOf(item, worker) {
  return item.state === 'feedback' && item.holder !== worker ? 'check' : 'handle';
}

/** Tasks of the stored list under the own unsent operations, most urgent first. */
export function tasksOf(list, items, now) {
  return list.map((item) => ({ ...laidOver(item, items), kind: kindOf(item, item.me) }))
    .sort((a, b) => URGENT[timeState(a, now)] - URGENT[timeState(b, now)] || String(a.due_at ?? '9').localeCompare(String(b.due_at ?? '9')));
}

/** The words of the last part of a place: '微网格04' of '社区08 · 第2网格 · 微网格04'. */
function placeWords(item, elder) {
  const parts = String(item.place ?? '').split(' · ');
  const area = elder && item.address ? null : parts[parts.length - 1];
  return [area, item.address].filter(Boolean).join('　') || t('辖区外');
}

/** One case as a link to its page: symbol, matter, place, what is left; `doing` says where it stands. */
export function caseRow(item, now, elder, doing) {
  const time = timeState(item, now);
  return h('a', { class: `queue-row field-task${elder ? ` field-task-${time}` : ''}`, href: `#task/${item.id}`, dataset: { task: item.id } },
    symbolOf(item, now),
    h('span', { class: 'queue-text' }, h('span', { class: 'queue-matter' }, nameOf(item.matter)), h('span', { class: 'queue-place' }, placeWords(item, elder))),
    h('span', { class: `queue-time queue-time-${time}` }, leftWords(item, now), h('small', {}, doing)));
}

export class Today {
  #app; #chip = 'all'; #timer = null;

  constructor(app) {
    this.#app = app;
  }

  show(place) {
    this.place = place;
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), TICK_MS);
  }

  hide() {
    clearInterval(this.#timer);
  }

  /** Something changed outside: list, outbox, network. */
  changed() {
    this.#draw();
  }

  #draw() {
    const { app, now } = { app: this.#app, now: Date.now() };
    const tasks = tasksOf(app.tasks?.data ?? [], app.items, now);
    const shown = tasks.filter(({ kind }) => this.#chip === 'all' || kind === this.#chip);
    const held = document.activeElement?.dataset?.task; // a new drawing must not take the reader's place away
    this.place.replaceChildren(...(app.elder ? this.#elder(tasks, now) : this.#standard(tasks, shown, now)));
    if (held) this.place.querySelector(`[data-task="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
  }

  #standard(tasks, shown, now) {
    const { app } = { app: this.#app };
    const count = (kind) => tasks.filter((task) => task.kind === kind).length;
    const options = [
      { value: 'all', text: t('全部 %(n)s', { n: tasks.length }) }, { value: 'handle', text: t('处理 %(n)s', { n: count('handle') }) },
      { value: 'check', text: t('核查 %(n)s', { n: count('check') }) },
    ];
    return [
      networkBar(app.network()),
      h('div', { class: 'phone-page field-today' },
        h('div', { class: 'field-title' }, h('h1', {}, tn('今日 %(n)s 件', tasks.length)), h('span', { class: 'second' }, app.whereWords())),
        this.#redrawn(),
        choices(options, this.#chip, (value) => { this.#chip = value; this.#draw(); }, t('任务种类')),
        this.#list(shown, now), this.#age()),
      h('div', { class: 'field-main' }, this.#camera()),
    ];
  }

  #elder(tasks, now) {
    const { app } = { app: this.#app };
    const open = app.counts.needs + app.counts.waiting;
    return [
      h('header', { class: 'phone-head field-elder-head' }, h('h1', { class: 'title' }, tn('今日 %(n)s 件', tasks.length)),
        button(t('标准版'), { class: 'button end', onclick: () => app.setElder(false) })),
      networkBar(app.network()),
      h('div', { class: 'phone-page field-today' }, this.#redrawn(), this.#list(tasks, now, true), this.#age()),
      h('div', { class: 'field-main field-main-elder' }, this.#camera(),
        h('a', { class: 'button', href: '#outbox' }, icon('upload', { size: 24 }), open ? t('待发箱 %(n)s', { n: open }) : t('待发箱')),
        h('a', { class: 'button', href: '#me' }, icon('user', { size: 24 }), t('我的'))),
    ];
  }

  /** That the own grids were redrawn, until it was read. */
  #redrawn() {
    const told = this.#app.redrawn;
    if (!told) return null;
    const names = (list) => list.map(({ place, name, area }) => place ?? name ?? area).join(t('、')) || t('无');
    return h('section', { class: 'duplicate-card', role: 'status', dataset: { redrawn: '' } },
      h('b', {}, t('您负责的网格已调整')),
      h('p', {}, t('原来：%(was)s', { was: names(told.was) })),
      h('p', {}, t('现在：%(now)s', { now: names(told.now) })),
      h('div', { class: 'row' }, h('a', { class: 'button', href: '#grid' }, t('查看我的网格')),
        button(t('知道了'), { onclick: () => this.#app.seenRedrawn() })));
  }

  #camera() {
    return button(t('拍照上报'), { kind: 'primary main', name: 'camera', size: 24, dataset: { camera: '' }, onclick: () => this.#app.photograph() });
  }

  #list(tasks, now, elder = false) {
    const doing = ({ unsent, state }) => (unsent ? t('已办，待发送') : t(DOING[state] ?? '处理中'));
    if (tasks.length) return h('div', { class: `task-list${elder ? ' task-list-elder' : ''}` }, tasks.map((item) => caseRow(item, now, elder, doing(item))));
    if (!this.#app.tasks) {
      return h('div', { 'aria-hidden': 'true' }, [1, 2, 3].map(() => h('div', { class: 'skeleton-row' }, h('span', { class: 'skeleton' }), h('span', { class: 'skeleton' }))));
    }
    return empty('check-circle', this.#chip === 'check' ? t('没有要核查的') : t('今日没有任务'), t('有新任务会出现在这里'), 'good');
  }

  #age() {
    const { tasks, online } = this.#app;
    if (!tasks) return h('p', { class: 'note field-age' }, t('还没有取到清单'));
    const words = t('清单存于本机，%(time)s 更新', { time: clockTime(tasks.at) });
    return h('p', { class: 'note field-age' }, online ? t('%(words)s。', { words }) : t('%(words)s。无网时剩余时间照常计算。', { words }));
  }
}
