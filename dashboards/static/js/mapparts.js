/** Parts around the map: legend, pin, hatch, controls. */
import { t } from './i18n.js';
import { icon } from './icons.js';

/** Boxes from weak to strong with the class above and its count below; breaks [1, 2, 3, 4] read 0 1 2 3 4+. */
export function legendElement({ title, breaks }) {
  const node = document.createElement('div');
  node.className = 'legend';
  const name = document.createElement('span');
  name.className = 'legend-name';
  name.textContent = title;
  const ramp = document.createElement('ul');
  ramp.className = 'legend-ramp';
  for (let i = 0; i <= breaks.length; i += 1) {
    const item = document.createElement('li');
    item.className = 'legend-class';
    const box = document.createElement('span');
    box.className = `legend-box legend-box-${i + 1}`;
    const count = document.createElement('span');
    count.className = 'legend-count';
    item.append(box, classWords(breaks, i), count);
    ramp.append(item);
  }
  node.append(name, ramp);
  return node;
}

function classWords(breaks, i) {
  if (i === breaks.length) return `${breaks[i - 1]}+`;
  const from = i === 0 ? 0 : breaks[i - 1];
  return breaks[i] - from === 1 ? String(from) : `${from}–${breaks[i]}`;
}

/** A tile of diagonal lines that repeats: no data. */
export function hatch(ink, ground) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 16;
  const context = canvas.getContext('2d');
  context.fillStyle = ground;
  context.fillRect(0, 0, 16, 16);
  context.strokeStyle = ink;
  context.lineWidth = 2;
  for (const shift of [-16, 0, 16]) {
    context.beginPath();
    context.moveTo(shift - 1, 17);
    context.lineTo(shift + 17, -1);
    context.stroke();
  }
  return context.getImageData(0, 0, 16, 16);
}

/** The pin that marks a place; its point is the middle of the lower edge. */
export function pinElement() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 40 54');
  svg.setAttribute('class', 'map-pin');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', t('事发位置'));
  const body = document.createElementNS(svg.namespaceURI, 'path');
  body.setAttribute('d', 'M20 52C9 40 3 29 3 19.5a17 17 0 0 1 34 0C37 29 31 40 20 52z');
  body.setAttribute('fill', 'var(--act)');
  body.setAttribute('stroke', 'var(--surface)');
  body.setAttribute('stroke-width', '2.5');
  const eye = document.createElementNS(svg.namespaceURI, 'circle');
  for (const [name, value] of [['cx', 20], ['cy', 19], ['r', 7], ['fill', 'var(--surface)']]) eye.setAttribute(name, value);
  svg.append(body, eye);
  const holder = document.createElement('div');
  holder.append(svg);
  return holder;
}

/** MapLibre's own stylesheet lies beside its module. */
export function loadStylesheet() {
  const href = import.meta.resolve('maplibre-gl').replace(/[^/]+$/, 'maplibre-gl.css');
  if (document.querySelector(`link[href="${href}"]`)) return;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = href;
  document.head.prepend(link);
}

/** Says where the boundaries come from; text only, never HTML. */
export class TextControl {
  constructor(text) { this.text = text; }
  onAdd() {
    this.node = document.createElement('div');
    this.node.className = 'maplibregl-ctrl map-attribution';
    this.node.textContent = this.text;
    return this.node;
  }
  onRemove() { this.node.remove(); }
}

/** 三维: buildings by their height, with how many of each class are in view; pressed while it stands. */
export class ThreeControl {
  #act; #button; #counts; #list;

  constructor(act) { this.#act = act; }

  onAdd() {
    this.node = document.createElement('div');
    this.node.className = 'maplibregl-ctrl map-three';
    this.#button = document.createElement('button');
    this.#button.type = 'button';
    this.#button.className = 'map-three-switch';
    this.#button.textContent = t('三维');
    this.#button.addEventListener('click', () => this.#act());
    this.#list = document.createElement('ul');
    this.#list.className = 'map-three-legend';
    this.#counts = [t('1–3 层'), t('4–7 层'), t('8 层以上')].map((words, i) => this.#line(words, i));
    this.node.append(this.#button, this.#list);
    this.show(false);
    return this.node;
  }

  #line(words, i) {
    const item = document.createElement('li');
    const box = document.createElement('span');
    box.className = `map-three-box map-three-box-${i + 1}`;
    const count = document.createElement('span');
    count.className = 'figure';
    item.append(box, words, count);
    this.#list.append(item);
    return count;
  }

  show(on) {
    this.#button.setAttribute('aria-pressed', String(on));
    this.#list.hidden = !on;
  }

  /** Numbers of buildings, low to tall. */
  count(numbers) {
    numbers.forEach((number, i) => { this.#counts[i].textContent = String(number); });
  }

  onRemove() { this.node.remove(); }
}

/** Two buttons; north stays up, so there is no compass. */
export class ZoomControl {
  onAdd(map) {
    this.node = document.createElement('div');
    this.node.className = 'maplibregl-ctrl maplibregl-ctrl-group';
    const button = (name, label, act) => {
      const node = document.createElement('button');
      node.type = 'button';
      node.className = 'map-zoom';
      node.setAttribute('aria-label', label);
      node.append(icon(name));
      node.addEventListener('click', act);
      return node;
    };
    this.node.append(button('plus', t('放大'), () => map.zoomIn()), button('minus', t('缩小'), () => map.zoomOut()));
    return this.node;
  }
  onRemove() { this.node.remove(); }
}
