/** The row that is looked at: on the map among its neighbours, with what the file said. */
import { api } from '../api.js';
import { boxOf, shape, ShapeMap } from '../areas/shapes.js';
import { facts, node } from '../areas/nodes.js';
import { faultArea, faultDistance, number } from '../format.js';
import { locale, t } from '../i18n.js';
import { icon } from '../icons.js';
import { circleRing, distanceM } from '../mapgeometry.js';
import { inLanguage } from './words.js';

const NEAR_M = 40;
const SMALL_M = 60;
const MOST_FACTS = 8;

export class Picture {
  #batch; #panel; #title; #pager; #holder; #map = null; #below; #run = 0;

  constructor(batch) {
    this.#batch = batch;
    this.#title = node('h2', {}, t('图形'));
    this.#pager = node('div', { className: 'imports-pager end' });
    this.#holder = node('div', { className: 'imports-map' });
    this.#below = node('div', { className: 'imports-row' }, node('p', { className: 'second' }, t('选一行，看它在哪里')));
    this.#panel = node('section', { className: 'panel' }, node('div', { className: 'imports-head' }, this.#title, this.#pager), this.#holder, this.#below);
    this.#holder.hidden = true;
  }

  get panel() { return this.#panel; }

  /** Shows `row`, the `index`-th of `rows`; `go(index)` chooses another. */
  show(row, index, rows, title, severity, go) {
    this.#title.textContent = title;
    if (!row) {
      this.#panel.hidden = true; // said of the whole file: there is no shape to look at
      return;
    }
    this.#panel.hidden = false;
    const arrow = (label, next, back) => node(
      'button', { type: 'button', className: `button button-text${back ? ' is-back' : ''}`, disabled: !rows[next], aria: { label }, on: { click: () => go(next) } }, icon('arrow'),
    );
    this.#pager.replaceChildren(node('span', {}, `${index + 1} / ${rows.length}`), arrow(t('上一行'), index - 1, true), arrow(t('下一行'), index + 1, false));
    this.#words(row, severity);
    this.#holder.hidden = !row.geometry;
    if (row.geometry) this.#draw(row, severity);
  }

  #words(row, severity) {
    const told = [t('第 %(n)s 行', { n: number(row.row) })];
    if (row.area_m2 !== null && row.area_m2 !== undefined) told.push(t('面积 %(area)s', { area: faultArea(row.area_m2, locale()) }));
    if (row.moved_m) told.push(t('比现有移动 %(d)s', { d: faultDistance(row.moved_m, locale()) }));
    if (row.place) told.push(row.place);
    const original = Object.entries(row.original ?? {}).slice(0, MOST_FACTS).map(([name, value]) => [name, value === null ? '—' : String(value)]);
    this.#below.replaceChildren(...[
      node('p', {}, told.join(' · ')), row.zh ? node('p', { className: severity === 'refuse' ? 'is-over' : '' }, inLanguage(row)) : null, original.length ? facts(original) : null,
      row.geometry ? null : node('p', { className: 'note' }, t('这一行没有可画的图形')),
    ].filter(Boolean));
  }

  async #draw(row, severity) {
    const run = ++this.#run;
    const look = severity === 'refuse' ? 'refused' : severity === 'warn' ? 'warned' : 'chosen';
    this.#map ??= new ShapeMap(this.#mapElement(), { ground: 'ground', refused: 'refused', warned: 'warned', chosen: 'chosen' }, { zoomButtons: true });
    const box = boxOf([row]);
    const centre = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    const reach = distanceM([box[0], box[1]], [box[2], box[3]]);
    const marks = [shape(row.geometry, {}), shape({ type: 'Point', coordinates: centre }, { label: t('第 %(n)s 行', { n: number(row.row) }), mark: 1 })];
    if (reach < SMALL_M) marks.push(shape({ type: 'Polygon', coordinates: [circleRing(centre, Math.max(reach * 0.7, 4))] }, {}));
    for (const name of ['refused', 'warned', 'chosen']) this.#map.set(name, name === look ? marks.filter((m) => m.geometry.type !== 'Point') : []);
    const view = around(box, Math.max(NEAR_M, reach * 0.6), centre[1]);
    this.#map.map.resize();
    this.#map.map.fitBounds([[view[0], view[1]], [view[2], view[3]]], { duration: 0, padding: 8, maxZoom: 20 });
    try {
      const near = await api.get(`imports/${this.#batch.id}/shapes`, { bbox: view.join(',') });
      if (run === this.#run) this.#map.set('ground', near.features.filter(({ id }) => id !== row.row));
    } catch {
      if (run === this.#run) this.#map.set('ground', []); // the row itself is drawn; its neighbours are company only
    }
  }

  #mapElement() {
    const element = node('div', { aria: { label: t('这一行的位置') } });
    this.#holder.replaceChildren(element);
    return element;
  }
}

/** The box widened by metres on each side. */
function around([west, south, east, north], metres, lat) {
  const dy = metres / 111320;
  const dx = dy / Math.cos((lat * Math.PI) / 180);
  return [west - dx, south - dy, east + dx, north + dy].map((x) => Number(x.toFixed(7)));
}
