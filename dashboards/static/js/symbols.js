/**
 * The symbol of a case: shape = severity, stroke and colour = time left, character = step.
 * One geometry serves pages (SVG with custom properties) and maps (canvas with resolved colours).
 */

const SVG = 'http://www.w3.org/2000/svg';

/** Character of each state of a case. 实 (before filing) and 查 (before closing) differ on purpose. */
export const STATE_CHARACTERS = Object.freeze({
  reported: '报', verifying: '实', filed: '立', rejected: '拒', dispatched: '派', accepted: '收',
  handling: '办', handled: '办', feedback: '反', checking: '查', rework: '返', returned: '退',
  extended: '延', deferred: '挂', supervised: '督', merged: '并', void: '废', voided: '废',
  closed: '结', evaluated: '评', visit_due: '访',
});
export const SEVERITIES = Object.freeze(['simple', 'general', 'prominent', 'major', 'emergency']);
export const TIME_STATES = Object.freeze(['in_time', 'soon', 'overdue', 'stopped', 'closed']);

/** Names other parts use for the same thing; the key is looked up in lower case. */
const SEVERITY_ALIASES = {
  minor: 'simple', easy: 'simple', 简易: 'simple', normal: 'general', ordinary: 'general', 一般: 'general',
  serious: 'prominent', 突出: 'prominent', critical: 'major', 重大: 'major', 紧急: 'emergency',
};

/** Outer half-size of each shape on a grid where the circle of a list symbol is 24 across. */
const SHAPES = {
  simple: (inset) => circle(8.9 - inset),
  general: (inset) => circle(12 - inset),
  prominent: (inset) => square(11.4 - inset, Math.max(1, 3.2 - inset / 2)),
  major: (inset) => diamond(15.6 - inset * Math.SQRT2),
  emergency: (inset) => diamond(15.6 - inset * Math.SQRT2),
};
const TIMES = {
  in_time: { fill: 'surface', stroke: 'act', width: 2, ink: 'act', weight: 700 },
  soon: { fill: 'soon-t', stroke: 'soon-fill', width: 3.4, ink: 'soon', weight: 700 },
  overdue: { fill: 'over', stroke: null, width: 0, ink: 'surface', weight: 700 },
  stopped: { fill: 'surface', stroke: 'pause', width: 1.6, dash: [3, 2.2], ink: 'ink-2', weight: 400 },
  closed: { fill: 'done', stroke: null, width: 0, ink: 'surface', weight: 700 },
};
export const FONT = '"Noto Sans SC","Noto Sans CJK SC","Source Han Sans SC","HarmonyOS Sans SC",'
  + '"PingFang SC","Microsoft YaHei",sans-serif';
const EXTENT = 18; // half of the drawing box: the diamond with its halo
const EXTENT_SELECTED = 23;
const PERSON_EXTENT = 16;

function circle(r) {
  return `M${-r} 0A${r} ${r} 0 1 1 ${r} 0A${r} ${r} 0 1 1 ${-r} 0Z`;
}
function square(h, r) {
  const s = h - r;
  return `M${-s} ${-h}H${s}A${r} ${r} 0 0 1 ${h} ${-s}V${s}A${r} ${r} 0 0 1 ${s} ${h}`
    + `H${-s}A${r} ${r} 0 0 1 ${-h} ${s}V${-s}A${r} ${r} 0 0 1 ${-s} ${-h}Z`;
}
function diamond(h) {
  return `M0 ${-h}L${h} 0L0 ${h}L${-h} 0Z`;
}

export function normalSeverity(severity) {
  const name = String(severity ?? 'general').toLowerCase();
  const known = SEVERITY_ALIASES[name] ?? name;
  return SEVERITIES.includes(known) ? known : 'general';
}

export function characterOf(state) {
  return STATE_CHARACTERS[state] ?? '·';
}

/**
 * The pieces of a case symbol, back to front: {d, fill, stroke, width, dash} or {text, x, y, size, weight, fill}.
 * Colours are token names. `character` overrides the state's (Ⅰ–Ⅳ, 急); unknown severity is drawn 一般.
 */
export function caseParts({ severity, time = 'in_time', state, character, supervised = false, selected = false }) {
  const shape = SHAPES[normalSeverity(severity)];
  const look = TIMES[time] ?? TIMES.in_time;
  const small = normalSeverity(severity) === 'simple';
  const width = small ? look.width * 0.75 : look.width; // the character must stay free inside the ring
  const parts = [{ d: shape(-2), fill: 'surface' }];
  parts.push({ d: shape(width / 2), fill: look.fill, stroke: look.stroke, width, dash: look.dash });
  parts.push({
    text: character ?? characterOf(state), x: 0, y: 0, size: small ? 10 : 13, weight: look.weight, fill: look.ink,
  });
  if (supervised) {
    parts.push({ d: 'M7 -18H18V-7H7Z', fill: 'ink-1', stroke: 'surface', width: 1 });
    parts.push({ text: '督', x: 12.5, y: -12.5, size: 8.5, weight: 700, fill: 'surface' });
  }
  if (selected) parts.push({ d: square(20.5, 2.5), stroke: 'ink-1', width: 2.4 });
  return { parts, extent: selected ? EXTENT_SELECTED : EXTENT };
}

/** The small mark of a case between z 14 and 15: same colours, no character. */
export function dotParts({ time = 'in_time' }) {
  const look = TIMES[time] ?? TIMES.in_time;
  const width = look.width ? Math.max(2, look.width) * 1.6 : 0;
  return {
    extent: 15,
    parts: [
      { d: circle(14), fill: 'surface' },
      { d: circle(12 - width / 2), fill: look.fill, stroke: look.stroke, width, dash: look.dash && [5, 3.6] },
    ],
  };
}

/**
 * The mark of a person: filled circle with a letter (candidate) or a number (load);
 * `stale` (position older than five minutes in a scene) is outlined and dashed.
 */
export function personParts({ text, stale = false }) {
  const long = String(text).length > 2;
  return {
    extent: PERSON_EXTENT,
    parts: [
      { d: circle(14), fill: 'surface' },
      stale
        ? { d: circle(11), fill: 'surface', stroke: 'ink-1', width: 2, dash: [3, 2.4] }
        : { d: circle(12), fill: 'ink-1' },
      { text: String(text), x: 0, y: 0, size: long ? 10 : 14, weight: 700, fill: stale ? 'ink-1' : 'surface' },
    ],
  };
}

/** A fault on the map: circle = error, triangle = reminder; the number is the one in the list. */
export function faultParts({ number, error = true }) {
  const shape = error ? circle(12) : 'M0 -13.5L14 11H-14Z';
  return {
    extent: PERSON_EXTENT,
    parts: [
      { d: shape, fill: error ? 'over' : 'soon-fill', stroke: 'surface', width: 2 },
      { text: String(number), x: 0, y: error ? 0 : 3, size: 12, weight: 700, fill: 'surface' },
    ],
  };
}

/** Cases in time that stand close together: count, and a ring by the share of soon and overdue around it. */
export function clusterParts({ count, soon = 0, over = 0 }) {
  const total = Math.max(1, count + soon + over);
  const parts = [{ d: circle(17), fill: 'surface' }, { d: circle(13.5), fill: 'surface', stroke: 'act', width: 3 }];
  const overEnd = over / total;
  if (over) parts.push({ d: arc(13.5, 0, overEnd), stroke: 'over', width: 5 });
  if (soon) parts.push({ d: arc(13.5, overEnd, overEnd + soon / total), stroke: 'soon-fill', width: 4 });
  parts.push({ text: String(count), x: 0, y: 0, size: count > 99 ? 11 : 13, weight: 700, fill: 'act' });
  return { parts, extent: EXTENT };
}

function arc(r, from, to) {
  const at = (share) => [Math.sin(share * 2 * Math.PI) * r, -Math.cos(share * 2 * Math.PI) * r];
  const [x0, y0] = at(from);
  const [x1, y1] = at(Math.min(to, from + 0.9999));
  return `M${x0} ${y0}A${r} ${r} 0 ${to - from > 0.5 ? 1 : 0} 1 ${x1} ${y1}`;
}

function svgOf({ parts, extent }, size, label) {
  const svg = document.createElementNS(SVG, 'svg');
  const side = (size * extent * 2) / 24;
  svg.setAttribute('viewBox', `${-extent} ${-extent} ${extent * 2} ${extent * 2}`);
  svg.setAttribute('width', side.toFixed(1));
  svg.setAttribute('height', side.toFixed(1));
  svg.setAttribute('role', 'img');
  if (label) svg.setAttribute('aria-label', label);
  else svg.setAttribute('aria-hidden', 'true');
  svg.append(...parts.map(svgPart));
  return svg;
}

function svgPart(part) {
  const colour = (name) => (name ? `var(--${name})` : 'none');
  const node = document.createElementNS(SVG, part.text === undefined ? 'path' : 'text');
  node.setAttribute('fill', colour(part.fill));
  if (part.text === undefined) {
    node.setAttribute('d', part.d);
    node.setAttribute('stroke', colour(part.stroke));
    if (part.width) node.setAttribute('stroke-width', part.width);
    if (part.dash) node.setAttribute('stroke-dasharray', part.dash.join(' '));
    return node;
  }
  node.textContent = part.text;
  node.setAttribute('x', part.x);
  node.setAttribute('y', part.y + part.size * 0.36);
  node.setAttribute('font-size', part.size);
  node.setAttribute('font-weight', part.weight);
  node.setAttribute('text-anchor', 'middle');
  return node;
}

/**
 * Draws parts on a new canvas of `size` CSS px (the shape, as in §4) at `ratio` device pixels.
 * `colour(name)` resolves a token. Returns ImageData for MapLibre's addImage (with pixelRatio = ratio).
 */
export function imageOf({ parts, extent }, { size = 24, ratio = 2, colour }) {
  const side = Math.ceil((size * extent * 2 * ratio) / 24);
  const canvas = document.createElement('canvas');
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.translate(side / 2, side / 2);
  context.scale((size * ratio) / 24, (size * ratio) / 24);
  for (const part of parts) draw(context, part, colour);
  return context.getImageData(0, 0, side, side);
}

function draw(context, part, colour) {
  if (part.text !== undefined) {
    context.fillStyle = colour(part.fill);
    context.font = `${part.weight} ${part.size}px ${FONT}`;
    context.textAlign = 'center';
    context.textBaseline = 'alphabetic';
    context.fillText(part.text, part.x, part.y + part.size * 0.36);
    return;
  }
  const path = new Path2D(part.d);
  if (part.fill) {
    context.fillStyle = colour(part.fill);
    context.fill(path);
  }
  if (part.stroke && part.width) {
    context.setLineDash(part.dash ?? []);
    context.strokeStyle = colour(part.stroke);
    context.lineWidth = part.width;
    context.stroke(path);
  }
}

/** SVGElement of a case; `label` is read aloud (default: hidden, the words stand beside it). */
export function caseSymbol(look, { size = 24, label = null } = {}) {
  return svgOf(caseParts(look), size, label);
}
export function personSymbol(look, { size = 24, label = null } = {}) {
  return svgOf(personParts(look), size, label);
}
export function faultSymbol(look, { size = 24, label = null } = {}) {
  return svgOf(faultParts(look), size, label);
}

/** ImageData of a case, person or fault for a map. */
export function caseImage(look, options) {
  return imageOf(caseParts(look), options);
}
export function personImage(look, options) {
  return imageOf(personParts(look), options);
}

/**
 * Fills every <span class="symbol" data-severity data-time data-state [data-size] [data-supervised] [data-selected]>
 * under `root` that the server wrote (its text is the character, so it reads without scripts).
 */
export function mountSymbols(root = document) {
  for (const span of root.querySelectorAll('.symbol[data-time]:not([data-drawn])')) {
    const { severity, time, state, size, character } = span.dataset;
    const look = {
      severity, time, state, character: character || undefined,
      supervised: 'supervised' in span.dataset, selected: 'selected' in span.dataset,
    };
    const own = getComputedStyle(span).getPropertyValue('--symbol');
    span.replaceChildren(caseSymbol(look, { size: Number(size) || Number.parseFloat(own) || 24 }));
    span.dataset.drawn = '';
  }
}
