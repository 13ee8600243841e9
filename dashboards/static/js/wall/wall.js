/** The wall: what is going wrong now, from across the room, for days without a hand on it. */
import { api } from '../api.js';
import { live } from '../live.js';
import { Definition } from './definition.js';
import { Figures } from './figures.js';
import { Head } from './head.js';
import { showMatters, showOverdue, showRecent } from './lists.js';
import { showOpen, showRate, showToday } from './overview.js';
import { WallMap } from './wallmap.js';

const root = document.querySelector('[data-wall]');
const LAYOUT = { width: 1920, height: 1080 };

/** Set once per screen by ?scale=; without it the 1920 layout grows with a finer screen. */
function scaleOf() {
  const own = Number(root.dataset.scale);
  return own > 0 ? own : Math.max(0.5, Math.min(innerWidth / LAYOUT.width, innerHeight / LAYOUT.height));
}

function fitScreen() {
  root.style.setProperty('--scale', scaleOf());
}

let map = null;
async function openMap() {
  const { bbox } = await api.get(`areas/${encodeURIComponent(root.dataset.area)}`);
  const [west, south, east, north] = bbox;
  map = new WallMap(root.querySelector('[data-map]'), {
    bounds: [[west, south], [east, north]], scale: scaleOf(), legend: root.querySelector('[data-legend]'),
    three: new URLSearchParams(location.search).has('three'), // for screens that nobody can touch
  });
}

let shown = null;
const definition = new Definition(root);

function show(figures) {
  shown = figures;
  definition.know(figures.definitions);
  root.querySelector('[data-synthetic]').hidden = !figures.open.synthetic;
  showOpen(root, figures.open);
  showToday(root, figures.today);
  showRate(root, figures.month.rate, figures.weeks);
  showRecent(root, figures.feed);
  showMatters(root, figures.month.matters, figures.month.filed);
  showOverdue(root, figures.overdue, figures.open.overdue); // last: it takes the room that the others leave
}

fitScreen();
const figures = new Figures(root.dataset.area, show);
const stream = live();
new Head(root, stream, figures);
stream.subscribe(() => {
  figures.changed();
  map?.refresh();
});
window.addEventListener('resize', fitScreen);
const fitRows = new ResizeObserver(() => { if (shown) show(shown); });
for (const name of ['overdue', 'trend']) fitRows.observe(root.querySelector(`[data-${name}]`));
figures.refresh(0);
openMap().catch(() => setTimeout(() => location.reload(), 30000));
