/** The tree of areas: children are fetched when a branch opens. Keys: arrows, Home, End, Enter. */
import { api } from '../api.js';
import { levelName, node, sentence } from './nodes.js';
import { icon } from '../icons.js';
import { nameOf, t } from '../i18n.js';

const PAGE = 1000;

/** All areas right below a code, by code. */
export async function childrenOf(parent) {
  const found = [];
  let after = null;
  do {
    const page = await api.get('areas', { parent, after, limit: PAGE });
    found.push(...page.items);
    after = page.next;
  } while (after);
  return found.filter(({ level }) => level !== 'unit_grid');
}

export class AreaTree {
  #place; #onChoose; #root; #items = new Map();

  constructor(place, tops, onChoose) {
    this.#place = place;
    this.#onChoose = onChoose;
    this.#root = node('ul', { attributes: { role: 'tree', 'aria-label': t('区域') } }, tops.map((area) => this.#item(area, 0)));
    this.#place.replaceChildren(this.#root);
    this.#root.addEventListener('keydown', (event) => this.#key(event));
    const first = this.#root.querySelector('[role="treeitem"]');
    if (first) first.tabIndex = 0;
  }

  #item(area, depth) {
    const leaf = area.level === 'microgrid' || area.children === 0;
    const line = node(
      'div', { className: `areas-node areas-depth-${depth}` }, leaf ? node('span', { className: 'areas-leaf' }) : icon('down'),
      node('span', { className: 'cut' }, nameOf(area)), node('span', { className: 'code' }, levelName(area.level)),
    );
    const item = node('li', { tabIndex: -1, attributes: { role: 'treeitem', 'aria-selected': 'false', 'aria-level': String(depth + 1), ...(leaf ? {} : { 'aria-expanded': 'false' }) }, data: { code: area.code } }, line);
    line.addEventListener('click', (event) => {
      if (event.target.closest('.icon')) this.toggle(area.code);
      else this.#onChoose(area.code);
    });
    this.#items.set(area.code, { item, area, depth });
    return item;
  }

  async toggle(code, open = null) {
    const { item, depth } = this.#items.get(code) ?? {};
    if (!item?.hasAttribute('aria-expanded')) return;
    const next = open ?? item.getAttribute('aria-expanded') !== 'true';
    item.setAttribute('aria-expanded', String(next));
    let group = item.querySelector(':scope > ul');
    if (!next || group) {
      if (group) group.hidden = !next;
      return;
    }
    group = node('ul', { attributes: { role: 'group' } }, node('li', { className: 'areas-more note', attributes: { role: 'none' } }, t('正在取')));
    item.append(group);
    try {
      const children = await childrenOf(code);
      group.replaceChildren(...children.map((area) => this.#item(area, depth + 1)));
      if (!children.length) group.replaceChildren(node('li', { className: 'areas-more note', attributes: { role: 'none' } }, t('下面没有区域')));
    } catch (error) {
      item.setAttribute('aria-expanded', 'false');
      group.remove();
      this.#place.prepend(node('p', { className: 'areas-more is-over', attributes: { role: 'alert' } }, sentence(error)));
    }
  }

  /** Opens the branches of `codes` from above and marks the last. */
  async reveal(codes) {
    for (const code of codes.slice(0, -1)) await this.toggle(code, true); // one after the other: a branch holds the next
    const code = codes[codes.length - 1];
    for (const { item } of this.#items.values()) {
      item.setAttribute('aria-selected', String(item.dataset.code === code));
      item.tabIndex = -1;
    }
    const found = this.#items.get(code)?.item;
    if (!found) return;
    found.tabIndex = 0;
    found.querySelector('.areas-node').scrollIntoView({ block: 'nearest' });
  }

  #shown() {
    return [...this.#root.querySelectorAll('[role="treeitem"]')].filter((item) => !item.parentElement.closest('ul[hidden]'));
  }

  async #key(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item) return;
    const items = this.#shown();
    const at = items.indexOf(item);
    const expanded = item.getAttribute('aria-expanded');
    const to = { ArrowDown: items[at + 1], ArrowUp: items[at - 1], Home: items[0], End: items[items.length - 1] }[event.key];
    if (to) this.#focus(item, to);
    else if (event.key === 'Enter' || event.key === ' ') this.#onChoose(item.dataset.code);
    else if (event.key === 'ArrowRight' && expanded === 'false') this.toggle(item.dataset.code, true);
    else if (event.key === 'ArrowRight' && expanded === 'true') this.#focus(item, items[at + 1] ?? item);
    else if (event.key === 'ArrowLeft' && expanded === 'true') this.toggle(item.dataset.code, false);
    else if (event.key === 'ArrowLeft') this.#focus(item, item.parentElement.closest('[role="treeitem"]') ?? item);
    else return;
    event.preventDefault();
  }

  #focus(from, to) {
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  }
}
