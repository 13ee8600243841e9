/** The map's images, drawn when MapLibre misses them; their names are made in mapstyle.js. */
import { hatch } from './mapparts.js';
import { caseParts, clusterParts, dotParts, faultParts, imageOf, personParts } from './symbols.js';

const IMAGE_RATIO = 2;

/** Adds the image `id` ('kind|…') in the sizes and colours of `look`; unknown kinds are left alone. */
export function drawImage(gl, id, look) {
  if (gl.hasImage(id)) return;
  const [kind, ...rest] = id.split('|');
  if (kind === 'hatch-none') {
    gl.addImage(id, hatch(look.colour('line-strong'), look.colour('surface')), { pixelRatio: IMAGE_RATIO });
    return;
  }
  const found = partsOf(kind, rest, look.size);
  if (!found) return;
  const image = imageOf(found.parts, { size: found.size, ratio: IMAGE_RATIO, colour: look.colour });
  gl.addImage(id, image, { pixelRatio: IMAGE_RATIO });
}

function partsOf(kind, [a, b, c, d], size) {
  const told = { severity: a, time: b, state: c, supervised: d === '1' };
  switch (kind) {
    case 'case': return { parts: caseParts(told), size: size[b] ?? size.symbol };
    case 'chosen': return { parts: caseParts({ ...told, selected: true }), size: size.selected };
    case 'dot': return { parts: dotParts(told), size: size.dot };
    case 'person': return { parts: personParts({ text: a, stale: b === '1' }), size: size.person };
    case 'cluster': return { parts: clusterParts({ count: Number(a), soon: Number(b), over: Number(c) }), size: size.symbol * 1.1 };
    case 'fault': return { parts: faultParts({ number: a, error: b === '1' }), size: size.person };
    default: return null;
  }
}
