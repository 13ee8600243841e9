/** Search of buildings: a table by code and the same buildings as points on the map. */
import { api } from '../api.js';
import { childrenOf } from '../areas/tree.js';
import { button, empty, loading, node, sentence } from '../areas/nodes.js';
import { shape, ShapeMap } from '../areas/shapes.js';
import { number } from '../format.js';
import { nameOf, placeText, t } from '../i18n.js';
import { cell, makeTable } from '../table.js';

const WAIT_MS = 250;
const PAGE = 200;

class Registry {
  #root; #map; #rows = []; #next = null; #run = 0; #table = null; #fitted = false;

  constructor(root) {
    this.#root = root;
    const places = JSON.parse(root.querySelector('[data-places]').textContent);
    this.#map = new ShapeMap(this.#part('map'), { building: 'chosen' }, {
      layers: ['street', 'community', 'grid', 'microgrid', 'building'], bounds: places[0]?.bbox, onShape: ({ code }) => { if (code) this.#open(code); },
    });
    this.#areas(places);
    let timer = null;
    const later = () => { clearTimeout(timer); timer = setTimeout(() => this.load(), WAIT_MS); };
    this.#part('find').value = new URLSearchParams(location.search).get('q') ?? '';
    this.#part('find').addEventListener('input', later);
    this.#part('area').addEventListener('change', () => { this.#fitted = false; this.load(); });
    this.#part('box').addEventListener('change', () => this.load());
    this.#map.map.on('moveend', (event) => { if (event.originalEvent && this.#part('box').checked) later(); });
    this.load();
  }

  #part(name) { return this.#root.querySelector(`[data-${name}]`); }
  #open(code) { location.assign(`/registry/${encodeURIComponent(code)}`); }

  async #areas(places) {
    const select = this.#part('area');
    for (const top of places) {
      const communities = await childrenOf(top.code).catch(() => []);
      select.append(node('option', { value: top.code }, nameOf(top)));
      for (const community of communities) {
        const grids = await childrenOf(community.code).catch(() => []);
        const group = node('optgroup', { label: nameOf(community) }, node('option', { value: community.code }, t('%(name)s 全部', { name: nameOf(community) })),
          grids.map((grid) => node('option', { value: grid.code }, nameOf(grid))));
        select.append(group);
      }
    }
  }

  #query() {
    const box = this.#map.map.getBounds();
    const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((x) => x.toFixed(6)).join(',');
    return { q: this.#part('find').value.trim() || null, area: this.#part('area').value || null, bbox: this.#part('box').checked ? bbox : null, limit: PAGE };
  }

  async load() {
    const run = ++this.#run;
    const place = this.#part('rows');
    if (!this.#table) loading(place, 8);
    try {
      const found = await api.get('buildings', this.#query());
      if (run !== this.#run) return;
      this.#rows = found.items;
      this.#next = found.next;
      this.#show();
    } catch (error) {
      this.#table = null;
      if (run === this.#run) place.replaceChildren(empty('triangle', t('没有取到'), sentence(error), { kind: 'over' }));
    }
  }

  #show() {
    const place = this.#part('rows');
    if (!this.#rows.length) {
      this.#table = null;
      const { q, area, bbox } = this.#query();
      const searched = q || area || bbox;
      place.replaceChildren(empty('home', searched ? t('没有符合的楼栋') : t('辖区里还没有楼栋'), searched ? t('换一个词，或放宽区域') : t('由系统管理员在“导入”里导入')));
    } else {
      if (!this.#table) this.#make(place);
      this.#table.rows.setRows(this.#rows);
      const more = this.#next ? button(t('再取 %(n)s 幢', { n: PAGE }), { kind: 'text', small: true, on: () => this.#more() }) : null;
      this.#table.foot.replaceChildren(...[t('%(n)s 幢', { n: number(this.#rows.length) + (this.#next ? '+' : '') }), `　${t('* 高度按层数推算')}`, more].filter(Boolean));
    }
    this.#draw();
  }

  #make(place) {
    const heads = [['name', t('楼栋')], ['place', t('所在')], ['usage', t('用途')], ['floors', t('层数'), 'num'], ['height_m', t('高'), 'num'], ['households_estimated', t('估计住户'), 'num']];
    const element = node('table', { className: 'table', aria: { label: t('楼栋') } },
      node('thead', {}, node('tr', {}, heads.map(([key, name, className = '']) => node('th', { scope: 'col', className, data: { key, sort: '' }, attributes: { 'aria-sort': 'none' } }, name)))), node('tbody'));
    const foot = node('p', { className: 'registry-foot' });
    place.replaceChildren(node('div', { className: 'table-scroll', tabIndex: -1 }, element), foot);
    const rows = makeTable(element, {
      key: ({ code }) => code, onOpen: ({ code }) => this.#open(code),
      cells: (row) => [
        node('th', { scope: 'row' }, nameOf(row) || t('没有名称'), node('small', { className: 'faint' }, ` ${row.code.slice(-4)}`)), cell(row.place ?? '—'), cell(placeText(row.usage) ?? '—'),
        cell(number(row.floors), { className: 'num' }), cell(row.height_m === null ? '—' : `${number(row.height_m)}${row.height_derived ? '*' : ''}`, { className: 'num' }),
        cell(number(row.households_estimated), { className: 'num' }),
      ],
    });
    this.#table = { rows, foot };
  }

  async #more() {
    try {
      const found = await api.get('buildings', { ...this.#query(), after: this.#next });
      this.#rows = [...this.#rows, ...found.items];
      this.#next = found.next;
      this.#show();
    } catch (error) {
      this.#table.foot.append(node('span', { className: 'is-over' }, sentence(error)));
    }
  }

  #draw() {
    const points = this.#rows.map(({ code, name, lon, lat }) => shape({ type: 'Point', coordinates: [lon, lat] }, { code, name }));
    this.#map.set('building', points);
    if (this.#part('box').checked || this.#fitted || !points.length) return;
    if (this.#part('area').value || this.#part('find').value) this.#map.fit(points, 48, 18);
    this.#fitted = Boolean(this.#part('area').value);
  }
}

const root = document.querySelector('[data-registry]');
if (root) new Registry(root);
