/** The log-in page: the eye, and a pale map of the own area if the installation publishes one. */
import { colours } from './theme.js';

const CENTRE_SHARE = 0.62; // the card stands left, so the middle of the area goes right of the page's
const ZOOM = 1.5; // streets stay readable as a picture, the rim leaves the page

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const label = button.getAttribute('aria-label');
  button.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.setAttribute('aria-pressed', String(!shown));
    button.setAttribute('aria-label', shown ? label : button.dataset.labelOn);
    const use = button.querySelector('use');
    use.setAttribute('href', use.getAttribute('href').replace(/#.*/, shown ? '#eye' : '#eye-off'));
  });
}

function rings({ geometry }) {
  if (geometry?.type === 'Polygon') return geometry.coordinates;
  if (geometry?.type === 'MultiPolygon') return geometry.coordinates.flat();
  if (geometry?.type === 'LineString') return [geometry.coordinates];
  return geometry?.type === 'MultiLineString' ? geometry.coordinates : [];
}

function projection(features, width, height) {
  let [w, s, e, n] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of features.flatMap(rings)) {
    for (const [x, y] of ring) {
      w = Math.min(w, x); e = Math.max(e, x); s = Math.min(s, y); n = Math.max(n, y);
    }
  }
  const squeeze = Math.cos((((s + n) / 2) * Math.PI) / 180);
  const scale = ZOOM * Math.max(width / ((e - w) * squeeze), height / (n - s));
  return ([x, y]) => [
    width * CENTRE_SHARE + (x - (w + e) / 2) * squeeze * scale, height / 2 - (y - (s + n) / 2) * scale,
  ];
}

function draw(canvas, features) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(2, devicePixelRatio);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  const colour = colours();
  const looks = {
    building: { fill: colour('map-building'), alpha: 0.75 }, grid: { stroke: colour('line-strong'), width: 1, alpha: 0.4 },
    community: { stroke: colour('line-strong'), width: 2.2, alpha: 0.7 }, street: { stroke: colour('line-strong'), width: 3, alpha: 0.7 },
  };
  const project = projection(features, width, height);
  for (const [layer, look] of Object.entries(looks)) {
    context.globalAlpha = look.alpha;
    context.beginPath();
    for (const ring of features.filter(({ properties }) => properties.layer === layer).flatMap(rings)) {
      ring.forEach((point, i) => context[i ? 'lineTo' : 'moveTo'](...project(point)));
    }
    if (look.fill) {
      context.fillStyle = look.fill;
      context.fill('evenodd');
    } else {
      context.strokeStyle = look.stroke;
      context.lineWidth = look.width;
      context.stroke();
    }
  }
}

async function backdrop(canvas) {
  const response = await fetch(canvas.dataset.backdrop, { credentials: 'same-origin' }).catch(() => null);
  if (!response?.ok) return; // an installation that publishes no picture has a plain page
  const { features = [], example = false } = await response.json().catch(() => ({}));
  document.querySelector('[data-example]').hidden = !example;
  if (!features.length) return;
  draw(canvas, features);
  new ResizeObserver(() => draw(canvas, features)).observe(canvas);
}

document.querySelectorAll('[data-reveal]').forEach(reveal);
const canvas = document.querySelector('[data-backdrop]');
if (canvas) backdrop(canvas);
