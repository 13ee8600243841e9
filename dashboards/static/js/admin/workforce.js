/** Workers, duties and departments: kept by the system administrator. */
import { api, everything } from '../api.js';
import { button, dutyName, facts, field, levelName, node, select, sentence } from '../areas/nodes.js';
import { banner, confirmDialog, whileBusy } from '../dialog.js';
import { day, number } from '../format.js';
import { labelWords, locale, nameOf, t } from '../i18n.js';
import { today } from '../localtime.js';
import { cell } from '../table.js';
import { areaField, form, workerField } from './choose.js';

const date = (at) => (at ? day(at, Date.now(), { locale: locale() }) : null);
const employments = () => ({ full_time: t('专职'), part_time: t('兼职'), volunteer: t('志愿者') });

async function endDuty(page, duty, control, again) {
  const sure = await confirmDialog({
    title: t('结束责任'), action: t('结束责任'), danger: true,
    body: [
      t('%(worker)s 从今天起不再是 %(place)s 的%(kind)s', { worker: duty.worker, place: duty.place, kind: dutyName(duty) }),
      t('新案件将派给代理人或上一级'), t('在办案件不动'),
    ],
  });
  if (!sure) return;
  try {
    await whileBusy(control, t('正在结束…'), () => api.delete(`duties/${duty.id}`));
    await again();
  } catch (error) {
    page.tell(banner({ kind: 'over', text: t('没存上'), detail: sentence(error) }));
  }
}

function dutyForm(page, { worker = '', area = '', after }) {
  const rank = field(t('代理次序'), node('input', { name: 'rank', type: 'number', min: 1, max: 20, value: '1' }), { help: t('从 1 起，按次序代理') });
  const kind = select('kind', [['responsible', t('责任人')], ['deputy', t('代理人')], ['grid_leader', t('网格长')]], 'responsible');
  const show = () => { rank.hidden = kind.value !== 'deputy'; };
  kind.addEventListener('change', show);
  show();
  const who = workerField(t('网格员'));
  who.querySelector('input').value = worker;
  const where = areaField(t('责任区'));
  where.querySelector('input').value = area;
  const parts = [
    node('h3', {}, t('安排责任')), who, where, field(t('担任'), kind), rank,
    node('div', { className: 'admin-two' },
      field(t('从'), node('input', { name: 'since', type: 'date', value: today() })),
      field(t('到'), node('input', { name: 'until', type: 'date' }), { note: t('可空') })),
  ];
  return form(parts, {
    action: t('安排责任'), busy: t('正在安排…'), after,
    send: ({ rank: place, ...values }) => api.post('duties', { ...values, rank: values.kind === 'deputy' ? Number(place ?? 1) : 0 }),
  });
}

function workerDuties(row, page) {
  const place = node('section', {}, node('h3', {}, t('责任')), node('p', { className: 'second' }, t('正在取')));
  everything('duties', { worker: row.code }).then((items) => {
    const list = items.map((duty) => {
      const end = button(t('结束'), { kind: 'text', small: true, on: () => endDuty(page, duty, end, () => page.reload(row.id)) });
      return node('li', {}, node('span', { className: 'grow' }, duty.place, node('small', {}, `${dutyName(duty)} · ${t('从 %(day)s', { day: date(duty.since) })}`)), end);
    });
    place.replaceChildren(node('h3', {}, t('责任 %(n)s 处', { n: list.length })),
      list.length ? node('ul', { className: 'admin-posts' }, list) : node('p', { className: 'second' }, t('还没有责任区，不会被派案件')));
  }, (error) => place.replaceChildren(node('p', { className: 'is-over' }, sentence(error))));
  return place;
}

export function workers() {
  return {
    key: 'workers', name: t('网格员'), search: t('找编号、姓名、辖区'), keyOf: ({ id }) => id,
    columns: [
      { key: 'code', name: t('编号') }, { key: 'display_name', name: t('姓名或称呼') }, { key: 'employment', name: t('性质') },
      { key: 'place', name: t('辖区') }, { key: 'duties', name: t('责任区'), num: true }, { key: 'capacity', name: t('在办上限'), num: true },
    ],
    value: (row, column) => (column === 'duties' ? row.duties.length : row[column]),
    cells: (row) => [
      cell(row.code, { head: true }), cell(labelWords(row.display_name)), cell(employments()[row.employment] ?? row.employment), cell(row.place || '—'),
      cell(row.duties.length ? number(row.duties.length) : t('无'), { className: 'num' }), cell(number(row.capacity), { className: 'num' }),
    ],
    load: (q, after) => api.get('workers', { q, after }),
    side: (row, page) => [
      node('h2', {}, t('网格员 %(code)s', { code: row.code })),
      facts([
        [t('姓名或称呼'), labelWords(row.display_name)], [t('性质'), employments()[row.employment]], [t('辖区'), row.place],
        [t('在办上限'), t('%(n)s 件', { n: row.capacity })],
        [t('账号'), row.account_id ? (row.disabled ? t('已停用') : t('已绑定')) : t('没有账号，手机端不能登录')],
        [t('来源'), row.is_example ? t('示例数据') : null],
      ]),
      workerDuties(row, page), dutyForm(page, { worker: row.code, after: () => page.reload(row.id) }),
    ],
    add: { name: t('新增网格员'), form: (page) => [form([
      node('h2', {}, t('新增网格员')),
      field(t('编号'), node('input', { name: 'code', autocomplete: 'off' }), { help: t('如 03-012，派遣时大家看到的就是它') }),
      field(t('姓名或称呼'), node('input', { name: 'display_name', autocomplete: 'off' })),
      field(t('性质'), select('employment', Object.entries(employments()), 'full_time')),
      areaField(t('辖区')),
      field(t('在办上限'), node('input', { name: 'capacity', type: 'number', min: 1, max: 200, value: '10' }), { help: t('手上超过这个数，派遣建议会往后排') }),
      field(t('账号'), node('input', { name: 'username', autocomplete: 'off' }), { note: t('可空'), help: t('先在“账号”里建好') }),
    ], {
      action: t('新增网格员'), busy: t('正在新增…'),
      send: ({ capacity, ...values }) => api.post('workers', { ...values, code: values.code ?? '', display_name: values.display_name ?? '', area: values.area ?? '—', capacity: Number(capacity ?? 0) }),
      after: (told) => page.reload(told.id),
    })] },
    hint: t('先有网格员，再给责任区；派遣先找责任人，再找代理人'),
    empty: [t('还没有网格员'), t('可以在“导入”里用表格一次导入，或点“新增网格员”')],
  };
}

export function duties() {
  return {
    key: 'duties', name: t('责任分工'), search: t('找网格员或责任区'), keyOf: ({ id }) => id,
    columns: [
      { key: 'place', name: t('责任区') }, { key: 'level', name: t('层级') }, { key: 'kind', name: t('担任') }, { key: 'worker', name: t('网格员') },
      { key: 'since', name: t('从') }, { key: 'until', name: t('到') },
    ],
    value: (row, column) => (column === 'kind' ? `${row.kind}${row.rank}` : row[column]),
    cells: (row) => [
      cell(row.place || row.name, { head: true }), cell(levelName(row.level)), cell(dutyName(row)), cell(`${row.worker} ${labelWords(row.display_name)}`),
      cell(date(row.since)), cell(date(row.until) ?? t('长期')),
    ],
    load: (q, after) => api.get('duties', { q, after }),
    side: (row, page) => {
      const end = button(t('结束责任…'), { kind: 'danger', on: () => endDuty(page, row, end, async () => { page.showNothing(); await page.reload(); }) });
      return [
        node('h2', {}, row.place || row.name),
        facts([
          [t('代码'), row.area], [t('层级'), levelName(row.level)], [t('担任'), dutyName(row)], [t('网格员'), `${row.worker} ${labelWords(row.display_name)}`],
          [t('从'), date(row.since)], [t('到'), date(row.until) ?? t('长期')], [t('来源'), row.is_example ? t('示例数据') : null],
        ]),
        node('div', { className: 'button-row' }, end),
        dutyForm(page, { area: row.area, after: () => page.reload(row.id) }),
      ];
    },
    add: { name: t('安排责任'), form: (page) => [dutyForm(page, { after: () => page.reload() })] },
    hint: t('每处一位责任人，代理人按次序补上'),
    empty: [t('还没有责任分工'), t('没有责任人的网格，案件会一级一级往上找人。点“安排责任”')],
  };
}

export function departments() {
  return {
    key: 'departments', name: t('部门'), search: t('找部门'), keyOf: ({ code }) => code,
    columns: [{ key: 'code', name: t('代码') }, { key: 'name', name: t('名称') }, { key: 'name_en', name: t('英文名称') }],
    value: (row, column) => row[column],
    cells: (row) => [cell(row.code, { head: true }), cell(row.name), cell(row.name_en)],
    load: (q, after) => api.get('departments', { q, after }),
    side: (row) => [
      node('h2', {}, nameOf(row)),
      facts([[t('代码'), row.code], [t('名称'), row.name], [t('英文名称'), row.name_en], [t('来源'), row.is_example ? t('示例数据') : null]]),
      node('p', { className: 'note' }, t('处置岗位属于一个部门，只看得到派给本部门的案件')),
    ],
    add: { name: t('新增部门'), form: (page) => [form([
      node('h2', {}, t('新增部门')),
      field(t('代码'), node('input', { name: 'code', autocapitalize: 'none', spellcheck: false, autocomplete: 'off' }), { help: t('2 至 40 个字母、数字或连字符，建后不改') }),
      field(t('名称'), node('input', { name: 'name', autocomplete: 'off' })),
      field(t('英文名称'), node('input', { name: 'name_en', autocomplete: 'off' }), { note: t('可空') }),
    ], {
      action: t('新增部门'), busy: t('正在新增…'),
      send: ({ code, name, name_en }) => api.post('departments', { code: code ?? '', name: name ?? '', name_en: name_en ?? '' }),
      after: (told) => page.reload(told.code),
    })] },
    empty: [t('还没有部门'), t('点“新增部门”')],
  };
}
