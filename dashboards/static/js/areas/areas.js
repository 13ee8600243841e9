/** The areas page: tree, map and card are one choice; the address keeps it (#code). */
import { api } from '../api.js';
import { area as areaWords, day, number } from '../format.js';
import { labelWords, locale, nameOf, t } from '../i18n.js';
import { dutyName, empty, facts, levelName, loading, node, sentence } from './nodes.js';
import { shape, ShapeMap } from './shapes.js';
import { AreaTree, childrenOf } from './tree.js';

const FIND_MS = 250;
const MOST_DRAWN = 300;
const date = (at) => (at ? day(at, Date.now(), { locale: locale() }) : null);
const BELOW = { district: 'street', street: 'community', community: 'grid', grid: 'microgrid' };
const KINDS = () => ({ general_grid: t('综合网格'), special_grid: t('专属网格') });

class Areas {
  #root; #tree; #map = null; #places; #run = 0; #all = null;

  constructor(root) {
    this.#root = root;
    this.#places = JSON.parse(root.querySelector('[data-places]').textContent);
    if (!this.#places.length) {
      this.#part('tree').replaceChildren(empty('map', t('还没有区域'), t('由系统管理员在“导入”里导入边界')));
      this.#part('card').replaceChildren(empty('info', t('没有可看的区域')));
      return;
    }
    this.#tree = new AreaTree(this.#part('tree'), this.#places, (code) => this.choose(code));
    const [{ bbox }] = this.#places;
    this.#map = new ShapeMap(this.#part('map'), { children: 'plain', chosen: 'chosen' }, {
      bounds: bbox, onShape: ({ code }) => { if (code) this.choose(code); },
    });
    this.#finder();
    window.addEventListener('hashchange', () => this.#show(location.hash.slice(1)));
    this.#show(location.hash.slice(1) || this.#places[0].code);
  }

  #part(name) { return this.#root.querySelector(`[data-${name}]`); }

  choose(code) {
    if (location.hash.slice(1) === code) this.#show(code);
    else location.hash = code;
  }

  async #show(code) {
    const run = ++this.#run;
    const card = this.#part('card');
    if (!card.firstChild) loading(card, 4);
    try {
      const area = await api.get(`areas/${encodeURIComponent(code)}`);
      if (run !== this.#run) return;
      this.#card(area);
      this.#draw(area, run);
      await this.#tree.reveal([...area.ancestors.map((above) => above.code), area.code]);
      if (!area.ancestors.length) this.#tree.toggle(area.code, true);
    } catch (error) {
      if (run === this.#run) card.replaceChildren(empty('search', t('没有取到'), sentence(error)));
    }
  }

  async #draw(area, run) {
    const own = shape(area.geometry, { code: '' });
    this.#map.set('chosen', [own]);
    this.#map.fit([own]);
    this.#map.grid.setNames(BELOW[area.level] ?? area.level);
    if (!area.children) {
      this.#map.set('children', []);
      return;
    }
    const { items } = await api.get('areas', { parent: area.code, geometry: true, limit: MOST_DRAWN }).catch(() => ({ items: [] }));
    if (run !== this.#run) return;
    const drawn = items.filter(({ level }) => level !== 'unit_grid');
    this.#map.set('children', drawn.map((child) => shape(child.geometry, { code: child.code })));
  }

  #card(area) {
    const crumbs = area.ancestors.map((above) => node('button', { type: 'button', on: { click: () => this.choose(above.code) } }, nameOf(above)));
    const figure = (name, words, note = '') => node('div', { className: 'kpi' }, node('span', { className: 'kpi-name' }, name), node('span', { className: 'kpi-figure' }, words), note ? node('span', { className: 'kpi-note' }, note) : null);
    const people = node('section', {}, node('h3', {}, t('谁负责')), node('p', { className: 'second' }, t('正在取')));
    const below = node('section', {});
    this.#part('card').replaceChildren(...[
      crumbs.length ? node('nav', { className: 'areas-crumbs', aria: { label: t('上级') } }, crumbs.flatMap((crumb, i) => (i ? ['›', crumb] : [crumb]))) : null,
      node('div', { className: 'row' }, node('h2', { className: 'grow' }, nameOf(area)), node('span', { className: 'chip chip-outline' }, KINDS()[area.kind] ?? levelName(area.level))),
      node('div', { className: 'areas-figures' },
        figure(t('面积'), areaWords(area.area_m2, locale())),
        figure(t('住户'), number(area.households), area.households === null ? t('数据里没有') : t('户，随边界数据带来')),
        figure(t('下级'), number(area.children), area.children ? '' : t('最末一级'))),
      facts([
        [t('代码'), area.code], [t('层级'), levelName(area.level)], [t('周长'), area.perimeter_m ? t('%(n)s 米', { n: number(area.perimeter_m) }) : null],
        [t('生效'), t('%(day)s 起，现行', { day: date(area.valid_from) })], [t('数据来源'), area.source], [t('示例'), area.is_example ? t('示例边界，非行政区划') : null],
      ]),
      people, area.children ? below : null,
    ].filter(Boolean));
    this.#people(area, people);
    if (area.children) this.#below(area, below);
  }

  async #people(area, place) {
    const title = node('h3', {}, t('谁负责'));
    try {
      const { items, covered } = await api.get('duties', { area: area.code }); // the area's own come first
      const own = items.filter((duty) => duty.area === area.code);
      const list = own.map((duty) => node(
        'li', {}, node('b', {}, duty.worker), node('span', { className: 'grow cut' }, labelWords(duty.display_name)), node('span', { className: 'end' }, `${dutyName(duty)} · ${t('从 %(day)s', { day: date(duty.since) })}`),
      ));
      const words = items.length ? t('这一级没有直接的责任人；下面 %(n)s 处有', { n: number(covered) }) : t('没有责任人，案件会往上一级找人');
      place.replaceChildren(title, list.length ? node('ul', { className: 'areas-people' }, list) : node('p', { className: 'second' }, words));
    } catch (error) {
      place.replaceChildren(title, node('p', { className: 'is-over' }, sentence(error)));
    }
  }

  async #below(area, place) {
    const title = node('h3', {}, t('下级 %(n)s 个', { n: number(area.children) }));
    place.replaceChildren(title);
    try {
      const children = await childrenOf(area.code);
      place.append(node('ul', { className: 'areas-people' }, children.map((child) => node(
        'li', {}, node('a', { href: `#${child.code}`, className: 'grow' }, nameOf(child)), node('span', { className: 'end' }, areaWords(child.area_m2, locale())),
      ))));
    } catch (error) {
      place.append(node('p', { className: 'is-over' }, sentence(error)));
    }
  }

  #finder() {
    const input = this.#part('find');
    const found = this.#part('found');
    let timer = null;
    const find = async () => {
      const q = input.value.trim().toLowerCase();
      found.textContent = '';
      if (!q) return;
      this.#all ??= Promise.all(['street', 'community', 'grid', 'microgrid'].map((level) => everyArea(level))).then((lists) => lists.flat());
      try {
        const all = await this.#all;
        const hits = all.filter(({ code, name, place }) => code.toLowerCase().startsWith(q) || `${name} ${place ?? ''}`.toLowerCase().includes(q));
        found.textContent = hits.length ? t('%(n)s 处，回车看第一处：%(name)s', { n: number(hits.length), name: hits[0].place || nameOf(hits[0]) }) : t('没有名称或编码像“%(q)s”的区域', { q });
        input.dataset.hit = hits[0]?.code ?? '';
      } catch (error) {
        this.#all = null;
        found.textContent = sentence(error);
      }
    };
    input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(find, FIND_MS); });
    input.addEventListener('keydown', async (event) => {
      if (event.key !== 'Enter') return;
      clearTimeout(timer);
      await find();
      if (input.dataset.hit) this.choose(input.dataset.hit);
    });
  }
}

async function everyArea(level) {
  const found = [];
  let after = null;
  do {
    const page = await api.get('areas', { level, after, limit: 1000 });
    found.push(...page.items);
    after = page.next;
  } while (after);
  return found;
}

const root = document.querySelector('[data-areas]');
if (root) new Areas(root);
