/** The administration page: tabs by post, a table, a side panel that shows one row or the form of a new one. */
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { icon } from '../icons.js';
import { t } from '../i18n.js';
import { makeTable } from '../table.js';
import { accounts } from './accounts.js';
import { departments, duties, workers } from './workforce.js';
import { events, sessions } from './watch.js';

const VIEWS = [
  [accounts, ['system_admin', 'security_admin', 'audit_admin']], [workers, ['system_admin']], [duties, ['system_admin']],
  [departments, ['system_admin']], [sessions, ['security_admin']], [events, ['audit_admin']],
];
const DUTIES = {
  system_admin: () => t('系统管理员：建停账号，管网格员、责任和部门。不授岗，不看案件'),
  security_admin: () => t('安全管理员：授予和收回岗位，结束登录。不建账号，不看案件'),
  audit_admin: () => t('审计管理员：只看账号的审计记录。不看案件'),
};
const SEARCH_MS = 250;

class Admin {
  #root; #posts; #views; #view = null; #table = null; #rows = []; #next = null; #q = ''; #run = 0;

  constructor(root) {
    this.#root = root;
    this.#posts = root.dataset.posts.split(' ').filter(Boolean);
    this.username = root.dataset.username;
    this.#views = VIEWS.filter(([, posts]) => posts.some((post) => this.may(post))).map(([make]) => make(this));
    this.#part('duty').textContent = this.#posts.map((post) => DUTIES[post]?.()).filter(Boolean).join(' ');
    this.#tabs();
    window.addEventListener('hashchange', () => this.#open());
    this.#open();
  }

  may(post) { return this.#posts.includes(post); }
  #part(name) { return this.#root.querySelector(`[data-${name}]`); }

  #tabs() {
    const tabs = this.#views.map((view) => button(view.name, {
      className: 'tab', id: `tab-${view.key}`, attributes: { role: 'tab', 'aria-controls': 'admin-list' },
      on: () => { location.hash = view.key; },
    }));
    this.#part('tabs').replaceChildren(...tabs);
    this.#part('tabs').addEventListener('keydown', (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      const at = tabs.indexOf(document.activeElement);
      tabs[(at + move + tabs.length) % tabs.length].focus();
      event.preventDefault();
    });
  }

  #open() {
    const wanted = location.hash.slice(1).split('=')[0];
    this.#view = this.#views.find(({ key }) => key === wanted) ?? this.#views[0];
    for (const tab of this.#part('tabs').children) {
      const chosen = tab.id === `tab-${this.#view.key}`;
      tab.setAttribute('aria-selected', String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.#part('list').setAttribute('aria-labelledby', `tab-${this.#view.key}`);
    this.#q = '';
    this.#tools();
    this.showNothing();
    this.reload();
  }

  #tools() {
    const parts = [];
    if (this.#view.search) {
      const input = node('input', {
        className: 'input', type: 'search', placeholder: this.#view.search, aria: { label: this.#view.search }, autocomplete: 'off',
      });
      let timer = null;
      input.addEventListener('input', () => {
        clearTimeout(timer);
        timer = setTimeout(() => { this.#q = input.value.trim(); this.reload(); }, SEARCH_MS);
      });
      parts.push(node('div', { className: 'input-group' }, icon('search'), input));
    }
    if (this.#view.add) parts.push(button(this.#view.add.name, { kind: 'primary', iconName: 'plus', on: () => this.showForm() }));
    this.#part('tools').replaceChildren(...parts);
  }

  /** Fetches the list again; `select` is the key of the row to open then. */
  async reload(select = null) {
    const run = ++this.#run;
    const list = this.#part('list');
    if (!list.querySelector('table') || this.#table?.view !== this.#view) loading(list, 8);
    try {
      const shown = select === null ? 0 : this.#rows.length; // as many as before, or the row may be on a later page
      let found = await this.#view.load(this.#q);
      const rows = found.items;
      while (rows.length < shown && found.next != null) {
        found = await this.#view.load(this.#q, found.next);
        rows.push(...found.items);
      }
      if (run !== this.#run) return;
      this.#rows = rows;
      this.#next = found.next ?? null;
      this.#show(select);
    } catch (error) {
      if (run === this.#run) list.replaceChildren(empty('triangle', t('没有取到'), sentence(error), { kind: 'over' }));
    }
  }

  #show(select) {
    const view = this.#view;
    const list = this.#part('list');
    if (!this.#rows.length) {
      const searched = this.#q ? [t('没有符合“%(q)s”的', { q: this.#q }), t('换一个词，或清空搜索')] : view.empty;
      list.replaceChildren(empty(this.#q ? 'search' : 'list', ...searched));
      this.#table = null;
      return;
    }
    if (this.#table?.view !== view || !list.contains(this.#table.element)) this.#makeTable(list);
    this.#table.setRows(this.#rows);
    this.#foot();
    if (select !== null) this.#openKey(select);
  }

  #makeTable(list) {
    const view = this.#view;
    const head = view.columns.map(({ key, name, num }) => node('th', {
      scope: 'col', className: num ? 'num' : '', data: { key, sort: '' }, attributes: { 'aria-sort': 'none' },
    }, name));
    const element = node('table', { className: 'table', aria: { label: view.name } }, node('thead', {}, node('tr', {}, head)), node('tbody'));
    const foot = node('p', { className: 'admin-foot' });
    list.replaceChildren(node('div', { className: 'table-scroll', tabIndex: -1 }, element), foot);
    const made = makeTable(element, {
      key: view.keyOf, cells: view.cells, value: view.value, onOpen: (row) => this.showRow(row),
    });
    this.#table = { view, element, foot, setRows: (rows) => made.setRows(rows), select: (key) => made.select(key) };
  }

  #foot() {
    const words = t('%(n)s 条', { n: this.#rows.length });
    const more = this.#next === null ? null : button(t('再取一页'), { kind: 'text', small: true, on: () => this.#more() });
    this.#table.foot.replaceChildren(...[words, more].filter(Boolean));
  }

  async #more() {
    try {
      const found = await this.#view.load(this.#q, this.#next);
      this.#rows = [...this.#rows, ...found.items];
      this.#next = found.next ?? null;
      this.#table.setRows(this.#rows);
      this.#foot();
    } catch (error) {
      this.#table.foot.append(node('span', { className: 'is-over' }, sentence(error)));
    }
  }

  #openKey(key) {
    const row = this.#rows.find((item) => String(this.#view.keyOf(item)) === String(key));
    if (row) this.showRow(row);
  }

  showRow(row) {
    this.#table?.select(this.#view.keyOf(row));
    this.#part('side').replaceChildren(...this.#view.side(row, this));
  }

  showForm() {
    this.#table?.select(null);
    this.#part('side').replaceChildren(...this.#view.add.form(this));
    this.#part('side').querySelector('input, select')?.focus();
  }

  showNothing() {
    this.#part('side').replaceChildren(empty('info', t('选一行看详情'), this.#view.hint ?? ''));
  }

  /** Shows what came out of an act on top of the panel. */
  tell(made) {
    this.#part('side').querySelector('[data-told]')?.remove();
    const place = node('div', { data: { told: '' } }, made);
    this.#part('side').prepend(place);
    place.scrollIntoView({ block: 'nearest' });
  }
}

const root = document.querySelector('[data-admin]');
if (root) new Admin(root);
