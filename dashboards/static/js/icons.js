/** Icons of the 24-grid, drawn by reference into one sprite so that each stroke exists once. */

const SVG = 'http://www.w3.org/2000/svg';
export const SPRITE_URL = new URL('../icons/icons.svg', import.meta.url).pathname;

/** Every name the sprite knows. A wrong name is a mistake of the caller and throws. */
export const ICON_NAMES = Object.freeze([
  'camera', 'map', 'home', 'upload', 'user', 'search', 'clock', 'triangle', 'check', 'check-circle',
  'close', 'back', 'eye', 'eye-off', 'locate', 'pin', 'plus', 'minus', 'list', 'wifi', 'wifi-off',
  'printer', 'file', 'arrow', 'down', 'info', 'phone', 'code', 'refresh', 'flag', 'logo',
  'split', 'merge', 'border', 'lock', 'undo', 'redo', 'compare',
]);

/**
 * An <svg class="icon"> of the named icon.
 * Without `label` it is hidden from readers: the word stands beside it. Only close, back, zoom and
 * the eye may stand alone, and then need `label`.
 */
export function icon(name, { label = null, size = 18 } = {}) {
  if (!ICON_NAMES.includes(name)) throw new RangeError(`unknown icon: ${name}`);
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', name === 'logo' ? 'logo' : size > 18 ? `icon icon-${size}` : 'icon');
  svg.setAttribute('viewBox', '0 0 24 24');
  if (label) {
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', label);
  } else {
    svg.setAttribute('aria-hidden', 'true');
  }
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${SPRITE_URL}#${name}`);
  svg.append(use);
  return svg;
}
