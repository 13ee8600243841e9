/** One clock for all times left on a page: two views of a case never tell different minutes. */

const EVERY_MS = 5000;
const listeners = new Set();
let shown_ms = 0;
let timer = null;

function tick() {
  shown_ms = Date.now();
  for (const listener of listeners) listener(shown_ms);
}

function start() {
  shown_ms = Date.now();
  timer = setInterval(tick, EVERY_MS);
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') tick(); });
}

/** The moment (epoch ms) that the page's times left are told for; it moves for all views together. */
export function now() {
  if (timer === null) start();
  return shown_ms;
}

/** Calls `listener(now)` at each step of the clock. Returns the function that ends it. */
export function onTick(listener) {
  if (timer === null) start();
  listeners.add(listener);
  return () => listeners.delete(listener);
}
