/** 我的: who I am here, language, large type, where I am logged in, log out. */
import { api } from '../api.js';
import { confirmDialog } from '../dialog.js';
import { moment } from '../format.js';
import { isEnglish, labelWords, locale, t } from '../i18n.js';
import { button, choices, h, head } from './dom.js';
import { say } from './frame.js';

export class Me {
  #app; #sessions; #list = null;

  constructor(app) {
    this.#app = app;
  }

  show(place) {
    const { app } = { app: this.#app };
    const row = (label, control) => h('div', { class: 'field-setting' }, h('span', { class: 'grow' }, label), control);
    this.#sessions = h('div', { class: 'task-list' }, h('p', { class: 'skeleton-words' }, t('正在取…')));
    place.replaceChildren(
      head(t('我的'), { leave: app.elder ? () => app.go('today') : null, label: t('返回') }),
      h('div', { class: 'phone-page field-me' },
        h('section', { class: 'panel panel-body' }, h('p', { class: 'field-me-name' }, labelWords(app.account.label)), h('p', { class: 'second' }, app.whereWords()), h('p', { class: 'second' }, t('账号 %(name)s', { name: app.account.username }))),
        h('section', { class: 'panel' },
          row(t('字号'), choices([{ value: false, text: t('标准版') }, { value: true, text: t('大字版') }], app.elder, (on) => app.setElder(on), t('字号'))),
          row(t('语言'), choices([{ value: 'zh', text: '中文' }, { value: 'en', text: 'English' }], isEnglish() ? 'en' : 'zh', (value) => this.#speak(value), t('语言')))),
        h('h2', {}, t('在哪些设备登录')), this.#sessions,
        h('a', { class: 'button button-main button-wide', href: '/password' }, t('修改密码')),
        button(t('退出登录'), { kind: 'danger main', class: 'button button-danger button-main button-wide', dataset: { logout: '' }, onclick: () => this.#leave() })));
    this.#load();
  }

  async #load() {
    try {
      const { items } = await api.get('sessions');
      this.#list = items;
      this.#draw();
    } catch {
      this.#sessions.replaceChildren(h('p', { class: 'skeleton-words' }, t('没有网络，看不到登录记录')));
    }
  }

  #draw() {
    this.#sessions.replaceChildren(...this.#list.map((session) => h('div', { class: 'field-record', dataset: { session: session.id } },
      h('span', { class: 'grow' }, h('span', { class: 'field-record-name' }, device(session)), h('small', {}, t('%(time)s 用过', { time: moment(session.seen_at, Date.now(), { locale: locale() }) }))),
      session.current ? h('span', { class: 'is-done field-record-end' }, t('本机')) : button(t('结束'), { onclick: () => this.#end(session) }))));
  }

  async #end(session) {
    const sure = await confirmDialog({ title: t('结束那里的登录'), body: t('那台设备要重新登录才能用；它未送出的记录还在它上面。'), action: t('结束登录'), danger: true });
    if (!sure) return;
    try {
      await api.delete(`sessions/${session.id}`);
      await this.#load();
    } catch (error) {
      say(error.detail || t('没有网络，没有结束'), { kind: 'over' });
    }
  }

  /** A form, so that the server stores it and answers with the page in that language. */
  #post(action, fields) {
    const csrf_token = document.querySelector('meta[name="csrf-token"]').content;
    const form = h('form', { method: 'post', action, hidden: true }, Object.entries({ ...fields, csrf_token }).map(([name, value]) => h('input', { type: 'hidden', name, value })));
    document.body.append(form);
    form.submit();
  }

  #speak(value) {
    this.#post('/preferences', { locale: value, next: '/field' });
  }

  async #leave() {
    const open = this.#app.counts.needs + this.#app.counts.waiting;
    const body = open ? t('还有 %(n)s 件没送达。它们留在这台手机里，您再登录才会发。', { n: open }) : t('没有未送出的记录。');
    if (!await confirmDialog({ title: t('退出登录'), body, action: t('退出登录'), danger: open > 0 })) return;
    if (!this.#app.online) {
      say(t('没有网络，退不出去；有网再退'), { kind: 'soon' });
      return;
    }
    await this.#app.copies.forget();
    navigator.serviceWorker?.controller?.postMessage('forget');
    this.#post('/logout', {});
  }
}

/** 'Chrome · Android' from the name the browser gave. */
function device({ agent, kind }) {
  const text = String(agent ?? '');
  const browser = /MicroMessenger/.test(text) ? t('微信') : /Edg\//.test(text) ? 'Edge' : /Firefox\//.test(text) ? 'Firefox' : /Chrome\//.test(text) ? 'Chrome' : /Safari\//.test(text) ? 'Safari' : null;
  const system = /Android/.test(text) ? 'Android' : /iPhone|iPad/.test(text) ? 'iOS' : /HarmonyOS/.test(text) ? 'HarmonyOS' : /Windows/.test(text) ? 'Windows' : /Linux/.test(text) ? 'Linux' : /Mac OS/.test(text) ? 'macOS' : null;
  return [browser ?? (kind === 'api' ? t('程序接口') : t('浏览器')), system].filter(Boolean).join(' · ');
}
