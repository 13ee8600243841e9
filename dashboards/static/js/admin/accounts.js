/** Accounts: who may log in, with which posts. The system administrator makes and shuts them, the security administrator posts them. */
import { api, everything } from '../api.js';
import { button, facts, field, node, select, sentence } from '../areas/nodes.js';
import { banner, confirmDialog, whileBusy } from '../dialog.js';
import { moment } from '../format.js';
import { labelWords, locale, nameOf, t } from '../i18n.js';
import { icon } from '../icons.js';
import { cell } from '../table.js';
import { areaField, form } from './choose.js';

const when = (at) => (at ? moment(at, Date.now(), { locale: locale() }) : null);
const departmentOf = (held) => nameOf({ name: held?.department, name_en: held?.department_en });
const locked = ({ locked_until }) => locked_until && Date.parse(locked_until) > Date.now();

function chip(text, kind = '') {
  return node('span', { className: `chip${kind ? ` chip-${kind}` : ''}` }, text);
}

function stateOf(row) {
  if (row.disabled_at) return chip(t('已停用'), 'outline');
  if (locked(row)) return chip(t('已锁定'), 'soon');
  return chip(t('可登录'), 'done');
}

function cells(row) {
  const state = node('td', {}, stateOf(row));
  const posts = row.postings.slice(0, 3).map((held) => chip(nameOf(held)));
  const rest = row.postings.length > 3 ? `+${row.postings.length - 3}` : '';
  const where = [...new Set(row.postings.map((held) => held.place || held.area || departmentOf(held)).filter(Boolean))].join('、');
  return [
    cell(row.username, { head: true }), cell(labelWords(row.display_name)),
    node('td', {}, posts.length ? posts : node('span', { className: 'faint' }, t('还没有岗位')), rest),
    cell(where || '—'), state, cell(when(row.last_login_at) ?? t('没有登录过')),
  ];
}

/** The one-time password, shown this once. */
function passwordShown(page, { username, password }, { fresh = false } = {}) {
  const copy = button(t('复制'), { small: true, data: { copy: password, copied: t('已复制') } });
  page.tell(node(
    'section', { className: 'stack', attributes: { role: 'status' } },
    node('h3', {}, t('%(name)s 的一次性密码，只显示这一次', { name: username })),
    node('div', { className: 'admin-password' }, node('output', {}, password), copy),
    node('p', { className: 'note' }, fresh ? t('当面或用可靠的方式告诉本人，登录后让本人改掉') : t('当面或用可靠的方式告诉本人，登录后让本人改掉。原来的登录都已结束')),
  ));
}

async function act(page, control, busy, work, done) {
  try {
    const answer = await whileBusy(control, busy, work);
    await done?.(answer);
  } catch (error) {
    page.tell(banner({ kind: 'over', text: t('没存上'), detail: sentence(error) }));
  }
}

function manage(row, page) {
  const own = row.username === page.username;
  const call = (verb) => api.post(`accounts/${encodeURIComponent(row.username)}/${verb}`);
  const again = () => page.reload(row.id);
  const reset = button(t('重置密码…'), { on: async () => {
    const sure = await confirmDialog({
      title: t('重置 %(name)s 的密码', { name: row.username }), action: t('重置密码'),
      body: [t('原密码立即失效'), t('这个账号的所有登录都会结束'), t('新密码只显示一次')],
    });
    if (sure) await act(page, reset, t('正在重置…'), () => call('reset-password'), async (told) => { await again(); passwordShown(page, told); });
  } });
  const shut = button(t('停用账号…'), { kind: 'danger', on: async () => {
    const sure = await confirmDialog({
      title: t('停用 %(name)s', { name: row.username }), action: t('停用账号'), danger: true,
      body: [t('%(n)s 个岗位留着，但不能再登录', { n: row.postings.length }), t('正在用的登录立即失效'), t('名下的责任和在办案件不会自动转给别人')],
    });
    if (sure) await act(page, shut, t('正在停用…'), () => call('disable'), again);
  } });
  const enable = button(t('重新启用'), { on: () => act(page, enable, t('正在启用…'), () => call('enable'), again) });
  const open = button(t('解除锁定'), { kind: 'soon', on: () => act(page, open, t('正在解锁…'), () => call('unlock'), again) });
  const buttons = row.disabled_at ? [enable] : [locked(row) ? open : null, reset, shut].filter(Boolean);
  if (own) return node('section', {}, node('p', { className: 'note' }, t('这是您自己的账号，由另一位系统管理员维护')));
  return node('section', {}, node('div', { className: 'button-row' }, buttons));
}

function postings(row, page) {
  const may = page.may('security_admin') && row.username !== page.username;
  const items = row.postings.map((held) => {
    const end = button(t('收回'), { kind: 'text', small: true, aria: { label: t('收回岗位 %(name)s', { name: nameOf(held) }) }, on: async () => {
      const sure = await confirmDialog({
        title: t('收回岗位'), action: t('收回岗位'), danger: true,
        body: [t('%(name)s 不再是%(post)s', { name: row.username, post: nameOf(held) }), t('从现在起就看不到这个岗位的内容')],
      });
      if (sure) await act(page, end, t('正在收回…'), () => api.delete(`postings/${held.id}`), () => page.reload(row.id));
    } });
    const place = (held.place || held.area) ?? (departmentOf(held) || t('不分辖区'));
    return node('li', {}, node('span', { className: 'grow' }, nameOf(held), node('small', {}, place)), may ? end : null);
  });
  return node(
    'section', {}, node('h3', {}, t('岗位 %(n)s 个', { n: items.length })),
    items.length ? node('ul', { className: 'admin-posts' }, items)
      : node('p', { className: 'second' }, t('还没有岗位，登录后什么都看不到。由安全管理员授岗')),
  );
}

function grantForm(row, page) {
  const place = node('div', { className: 'stack' });
  const post = select('post', []);
  const kinds = new Map();
  const show = async () => {
    const bound = kinds.get(post.value);
    if (bound === 'area') place.replaceChildren(areaField(t('辖区')));
    else if (bound === 'department') {
      const items = await everything('departments');
      place.replaceChildren(field(t('部门'), select('department', items.map((item) => [item.code, nameOf(item)]), items[0]?.code)));
    } else place.replaceChildren();
  };
  api.get('posts').then(({ items }) => {
    for (const item of items) kinds.set(item.code, item.bound);
    post.replaceChildren(...items.map((item) => node('option', { value: item.code }, nameOf(item))));
    return show();
  });
  post.addEventListener('change', show);
  return form([node('h3', {}, t('授予岗位')), field(t('岗位'), post), place], {
    action: t('授予岗位'), busy: t('正在授予…'),
    send: (values) => api.post(`accounts/${encodeURIComponent(row.username)}/postings`, values),
    after: () => page.reload(row.id),
  });
}

function side(row, page) {
  const title = node('div', { className: 'row' }, icon('user'), node('h2', { className: 'grow' }, row.username), stateOf(row));
  const about = facts([
    [t('姓名或称呼'), labelWords(row.display_name)], [t('上次登录'), when(row.last_login_at) ?? t('没有登录过')], [t('建于'), when(row.created_at)],
    [t('停用于'), when(row.disabled_at)], [t('锁定到'), locked(row) ? when(row.locked_until) : null],
    [t('来源'), row.is_example ? t('示例数据') : null],
  ]);
  const parts = [title, about, postings(row, page)];
  if (page.may('security_admin')) {
    parts.push(row.username === page.username
      ? node('p', { className: 'note' }, t('不能给自己授岗，由另一位安全管理员办')) : grantForm(row, page));
  }
  if (page.may('system_admin')) parts.push(manage(row, page));
  return parts;
}

function addForm(page) {
  const parts = [
    node('h2', {}, t('新建账号')),
    field(t('账号'), node('input', { name: 'username', autocapitalize: 'none', spellcheck: false, autocomplete: 'off' }), { help: t('2 至 60 个字符，不含空格，建后不改') }),
    field(t('姓名或称呼'), node('input', { name: 'display_name', autocomplete: 'off' })),
    field(t('界面语言'), select('locale', [['zh', '中文'], ['en', 'English']], 'zh')),
    node('p', { className: 'note' }, t('密码由系统给出，只显示一次。岗位由安全管理员另外授予')),
  ];
  return [form(parts, {
    action: t('新建账号'), busy: t('正在新建…'),
    send: ({ username, display_name, locale: language }) => api.post('accounts', { username: username ?? '', display_name: display_name ?? '', locale: language }),
    after: async (told) => { await page.reload(told.id); passwordShown(page, told, { fresh: true }); },
  })];
}

export function accounts(page) {
  return {
    key: 'accounts', name: t('账号'), search: t('找账号或姓名'), keyOf: ({ id }) => id,
    columns: [
      { key: 'username', name: t('账号') }, { key: 'display_name', name: t('姓名或称呼') }, { key: 'posts', name: t('岗位') },
      { key: 'where', name: t('辖区或部门') }, { key: 'state', name: t('状态') }, { key: 'last_login_at', name: t('上次登录') },
    ],
    value: (row, column) => ({
      posts: row.postings.map(nameOf).join(), where: row.postings[0]?.place ?? (departmentOf(row.postings[0]) || null),
      state: row.disabled_at ? 2 : locked(row) ? 1 : 0, last_login_at: row.last_login_at && Date.parse(row.last_login_at),
    }[column] ?? row[column]),
    cells, side, load: (q, after) => api.get('accounts', { q, after }),
    add: page.may('system_admin') ? { name: t('新建账号'), form: addForm } : null,
    hint: t('账号由系统管理员建，岗位由安全管理员授，两人互相看着'),
    empty: [t('还没有账号'), t('点“新建账号”')],
  };
}
