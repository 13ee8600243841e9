/** The dwelling chart (楼盘表): floors from the top, entrances side by side, one cell a dwelling; arrows walk, Enter opens. */
import { button, empty, node } from '../areas/nodes.js';
import { number } from '../format.js';
import { t } from '../i18n.js';

export const OCCUPANCY = () => ({ owner: t('自住'), let: t('出租'), empty: t('空置'), unknown: t('未核实') });
const SHORT = () => ({ owner: t('住'), let: t('租'), empty: t('空'), unknown: '?' });
const LOOK = { owner: 'cell-2', let: 'cell-3', empty: '', unknown: 'cell-unknown' };
const FRESH = [[30, 'cell-3', () => t('30 天内')], [90, 'cell-2', () => t('90 天内')], [180, 'cell-1', () => t('180 天内')]];

/** Each view: what a cell says and looks like, and the legend's classes. */
const VIEWS = () => ({
  occupancy: {
    name: t('居住状态'),
    cell: (room) => ({ text: SHORT()[room.occupancy] ?? '?', look: `${LOOK[room.occupancy] ?? ''}${room.stale && room.occupancy !== 'unknown' ? ' cell-stale' : ''}` }),
    classes: (rooms) => [
      ...Object.entries(OCCUPANCY()).map(([key, name]) => [LOOK[key], `${SHORT()[key]}　${name}`, rooms.filter(({ occupancy }) => occupancy === key).length]),
      ['cell-stale', t('超过 180 天未核实'), rooms.filter(({ stale, occupancy }) => stale && occupancy !== 'unknown').length],
    ],
  },
  fresh: {
    name: t('核实新旧'),
    cell: ({ fresh_days }) => {
      if (fresh_days === null) return { text: t('从未'), look: 'cell-unknown' };
      const found = FRESH.find(([days]) => fresh_days <= days);
      return { text: t('%(n)s 天', { n: fresh_days }), look: found ? found[1] : 'cell-stale' };
    },
    classes: (rooms) => {
      const within = (from, to) => rooms.filter(({ fresh_days: d }) => d !== null && d > from && d <= to).length;
      return [
        ...FRESH.map(([days, look, name], i) => [look, name(), within(i ? FRESH[i - 1][0] : -1, days)]),
        ['cell-stale', t('超过 180 天'), within(180, Infinity)], ['cell-unknown', t('从未核实'), rooms.filter(({ fresh_days: d }) => d === null).length],
      ];
    },
  },
  size: {
    name: t('常住人数'),
    cell: ({ size }) => ({ text: size ? t('%(n)s 人', { n: size }) : '—', look: !size ? '' : size >= 4 ? 'cell-3' : size >= 2 ? 'cell-2' : 'cell-1' }),
    classes: (rooms) => {
      const count = (from, to) => rooms.filter(({ size }) => size && size >= from && size <= to).length;
      return [['cell-1', t('1 人'), count(1, 1)], ['cell-2', t('2 至 3 人'), count(2, 3)], ['cell-3', t('4 人以上'), count(4, Infinity)], ['', t('没有登记'), rooms.filter(({ size }) => !size).length]];
    },
  },
});

export class Chart {
  #place; #building; #onChoose; #view = 'occupancy'; #chosen = null; #grid = []; #body; #legend;

  constructor(place, building, onChoose) {
    this.#place = place;
    this.#building = building;
    this.#onChoose = onChoose;
    this.#frame();
  }

  #frame() {
    const tabs = Object.entries(VIEWS()).map(([key, { name }]) => button(name, {
      className: 'tab', aria: { pressed: String(key === this.#view) }, ...(key === this.#view ? { attributes: { 'aria-current': 'true' } } : {}),
      on: (event) => {
        this.#view = key;
        for (const tab of tabs) {
          tab.setAttribute('aria-pressed', String(tab === event.currentTarget));
          if (tab === event.currentTarget) tab.setAttribute('aria-current', 'true');
          else tab.removeAttribute('aria-current');
        }
        this.#draw();
      },
    }));
    this.#body = node('div', { className: 'panel chart' });
    this.#legend = node('ul', { className: 'chart-legend', aria: { label: t('图例') } });
    const print = button(t('打印'), { iconName: 'printer', on: () => window.print() });
    const keys = node('p', { className: 'note' }, t('方向键移动，Enter 打开。'), ' ', this.#building.is_example ? t('示例数据，非真实住户，户室分布由样例生成。') : '');
    const head = node('div', { className: 'chart-head' }, node('h2', {}, t('楼盘表')), node('div', { className: 'tabs' }, tabs), node('div', { className: 'end' }, print));
    this.#place.replaceChildren(head, this.#body, this.#legend, keys);
    if (!this.#building.entrances.length) {
      this.#body.replaceChildren(empty('home', t('没有户室'), t('这幢楼还没有登记户室，或您的岗位看不到户室')));
      for (const part of [keys, this.#legend]) part.remove();
      return;
    }
    this.#draw();
  }

  #rooms() {
    return this.#building.entrances.flatMap(({ entrance, floors }) => floors.flatMap(({ floor, rooms }) => rooms.map((room) => ({ ...room, entrance, floor }))));
  }

  #draw() {
    const view = VIEWS()[this.#view];
    const { entrances } = this.#building;
    const floors = [...new Set(entrances.flatMap((entrance) => entrance.floors.map(({ floor }) => floor)))].sort((a, b) => b - a);
    const widths = entrances.map((entrance) => Math.max(...entrance.floors.map(({ rooms }) => rooms.length)));
    const gap = () => node('td', { className: 'chart-gap', aria: { hidden: 'true' } });
    const heads = entrances.flatMap(({ entrance }, i) => [i ? node('th', { className: 'chart-gap', aria: { hidden: 'true' } }) : null, node('th', { scope: 'colgroup', colSpan: widths[i] }, t('%(n)s 单元', { n: entrance }))]).filter(Boolean);
    this.#grid = [];
    const rows = floors.map((floor) => {
      const line = [];
      const cells = entrances.flatMap((entrance, i) => {
        const rooms = entrance.floors.find((found) => found.floor === floor)?.rooms ?? [];
        const made = Array.from({ length: widths[i] }, (_, j) => {
          const control = rooms[j] ? this.#cell({ ...rooms[j], entrance: entrance.entrance, floor }, view, this.#grid.length, line.length) : null;
          line.push(control);
          return node('td', { attributes: { role: 'gridcell' } }, control);
        });
        return i ? [gap(), ...made] : made;
      });
      this.#grid.push(line);
      return node('tr', { attributes: { role: 'row' } }, node('th', { scope: 'row' }, t('%(floor)s 层', { floor })), cells);
    });
    const table = node('table', { attributes: { role: 'grid', 'aria-label': t('楼盘表：%(view)s', { view: view.name }) } },
      node('thead', {}, node('tr', { attributes: { role: 'row' } }, node('td'), heads)), node('tbody', {}, rows));
    this.#body.replaceChildren(table);
    this.#tabStop();
    const all = this.#rooms();
    this.#legend.replaceChildren(...view.classes(all).map(([look, name, count]) => node('li', {}, node('span', { className: `chart-key ${look}` }), name, node('b', {}, number(count)))));
  }

  #cell(room, view, y, x) {
    const { text, look } = view.cell(room);
    const words = t('%(entrance)s 单元 %(floor)s 层 %(room)s 室，%(state)s', { entrance: room.entrance, floor: room.floor, room: room.room, state: `${OCCUPANCY()[room.occupancy]} ${text}` });
    const control = node('button', { type: 'button', className: `chart-cell ${look}`, tabIndex: -1, aria: { label: words, pressed: String(room.id === this.#chosen) }, data: { id: room.id } },
      node('span', {}, room.room), node('b', {}, text));
    control.addEventListener('click', () => this.choose(room));
    control.addEventListener('keydown', (event) => this.#key(event, y, x));
    if (room.id === this.#chosen) control.toggleAttribute('data-chosen', true);
    return control;
  }

  #tabStop() {
    const all = this.#grid.flat().filter(Boolean);
    const first = all.find(({ dataset }) => dataset.id === this.#chosen) ?? all[0];
    if (first) first.tabIndex = 0;
  }

  #key(event, y, x) {
    const [dy, dx] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [0, 0];
    if (!dy && !dx) return;
    event.preventDefault();
    let [ny, nx] = [y + dy, x + dx];
    while (this.#grid[ny]?.[nx] === null) [ny, nx] = [ny + dy, nx + dx];
    const next = this.#grid[ny]?.[nx];
    if (!next) return;
    event.currentTarget.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  choose(room) {
    this.#chosen = room.id;
    for (const control of this.#grid.flat().filter(Boolean)) {
      const own = control.dataset.id === room.id;
      control.setAttribute('aria-pressed', String(own));
      control.toggleAttribute('data-chosen', own);
      control.tabIndex = own ? 0 : -1;
    }
    this.#onChoose(room);
  }
}
