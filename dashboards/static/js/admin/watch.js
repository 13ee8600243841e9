/** Sessions (security administrator) and the audit of accounts (audit administrator). */
import { api } from '../api.js';
import { button, facts, node, sentence } from '../areas/nodes.js';
import { banner, confirmDialog, whileBusy } from '../dialog.js';
import { age, moment } from '../format.js';
import { locale, t } from '../i18n.js';
import { ZONE } from '../localtime.js';
import { cell } from '../table.js';

const when = (at) => moment(at, Date.now(), { locale: locale() });
const ago = (at) => age(at, Date.now(), { locale: locale() });
const kinds = () => ({ browser: t('网页'), api: t('手机或接口'), wall: t('大屏') });
const EVENTS = () => ({
  login: t('登录'), login_failed: t('登录失败'), layer_exported: t('导出图层'), account_created: t('新建账号'), account_disabled: t('停用账号'),
  account_enabled: t('启用账号'), account_unlocked: t('解除锁定'), password_reset: t('重置密码'), password_changed: t('修改密码'),
  post_granted: t('授予岗位'), post_ended: t('收回岗位'), session_revoked: t('结束登录'), department_created: t('新增部门'),
});

/** 'Chrome · Windows' of a user agent, or its first words. */
export function agentWords(agent) {
  if (!agent) return '—';
  const browser = /(Edg|OPR|Firefox|Chrome|Safari|MicroMessenger)[/ ]?/.exec(agent)?.[1];
  const system = /(Windows|Android|iPhone|iPad|Macintosh|HarmonyOS|Linux)/.exec(agent)?.[1];
  const names = { Edg: 'Edge', OPR: 'Opera', MicroMessenger: '微信', Macintosh: 'macOS' };
  return [browser, system].filter(Boolean).map((name) => names[name] ?? name).join(' · ') || agent.slice(0, 40);
}

export function sessions() {
  return {
    key: 'sessions', name: t('登录记录'), search: t('找账号或地址'), keyOf: ({ id }) => id,
    columns: [
      { key: 'username', name: t('账号') }, { key: 'kind', name: t('方式') }, { key: 'agent', name: t('设备') }, { key: 'address', name: t('地址') },
      { key: 'created_at', name: t('登录于') }, { key: 'seen_at', name: t('最近在用') },
    ],
    value: (row, column) => (column.endsWith('_at') ? Date.parse(row[column]) : row[column]),
    cells: (row) => {
      const own = row.current ? [' ', node('span', { className: 'chip chip-act' }, t('本次'))] : [];
      return [
        node('th', { scope: 'row' }, row.username, own), cell(kinds()[row.kind] ?? row.kind), cell(agentWords(row.agent)), cell(row.address ?? '—'),
        cell(when(row.created_at)), cell(ago(row.seen_at)),
      ];
    },
    load: async (q) => {
      const { items } = await api.get('accounts/sessions');
      const wanted = q.toLowerCase();
      return { items: items.filter((row) => !q || `${row.username} ${row.address}`.toLowerCase().includes(wanted)), next: null };
    },
    side: (row, page) => {
      const end = button(t('结束这次登录…'), { kind: 'danger', on: async () => {
        const sure = await confirmDialog({
          title: t('结束 %(name)s 的登录', { name: row.username }), action: t('结束登录'), danger: true,
          body: [t('这台设备要重新登录'), t('手机上还没有送出的记录留在手机里，不会丢')],
        });
        if (!sure) return;
        try {
          await whileBusy(end, t('正在结束…'), () => api.delete(`sessions/${row.id}`));
          page.showNothing();
          await page.reload();
        } catch (error) {
          page.tell(banner({ kind: 'over', text: t('没存上'), detail: sentence(error) }));
        }
      } });
      return [
        node('h2', {}, row.username),
        facts([
          [t('方式'), kinds()[row.kind]], [t('设备'), row.agent ?? '—'], [t('地址'), row.address ?? '—'], [t('登录于'), when(row.created_at)],
          [t('最近在用'), ago(row.seen_at)], [t('到期'), when(row.expires_at)],
        ]),
        row.current ? node('p', { className: 'note' }, t('这是您现在用的登录，从右上角退出')) : node('div', { className: 'button-row' }, end),
      ];
    },
    hint: t('丢了手机、换了人：结束那台设备的登录'),
    empty: [t('现在没有人登录'), ''],
  };
}

export function events() {
  return {
    key: 'events', name: t('审计记录'), keyOf: ({ id }) => id,
    columns: [
      { key: 'at', name: t('时间') }, { key: 'event', name: t('做了什么') }, { key: 'account', name: t('对哪个账号') }, { key: 'actor', name: t('谁做的') },
      { key: 'address', name: t('地址') }, { key: 'detail', name: t('细节') },
    ],
    value: (row, column) => (column === 'at' ? Date.parse(row.at) : row[column]),
    cells: (row) => {
      const failed = row.event === 'login_failed';
      return [
        cell(when(row.at), { head: true }), node('td', {}, node('span', { className: `chip${failed ? ' chip-soon' : ''}` }, EVENTS()[row.event] ?? row.event)),
        cell(row.account ?? row.username ?? '—'), cell(row.actor ?? (row.event === 'login_failed' ? '—' : t('系统'))), cell(row.address ?? '—'), cell(row.detail ?? ''),
      ];
    },
    load: (_q, after) => api.get('account-events', { after }),
    side: (row) => [
      node('h2', {}, EVENTS()[row.event] ?? row.event),
      facts([
        [t('编号'), String(row.id)], [t('时间'), new Date(row.at).toLocaleString(locale(), { timeZone: ZONE })], [t('对哪个账号'), row.account ?? row.username],
        [t('谁做的'), row.actor], [t('地址'), row.address], [t('细节'), row.detail],
      ]),
      node('p', { className: 'note' }, t('记录只增不改，数据库不许改也不许删')),
    ],
    hint: t('谁在什么时候对哪个账号做了什么，新的在上'),
    empty: [t('还没有记录'), ''],
  };
}
