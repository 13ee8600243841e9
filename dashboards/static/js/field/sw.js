/**
 * The phone's page without a network. The server writes VERSION and SHELL before this text.
 *
 * Shell files come from the copy of their version, the page from the network while it answers (it carries the
 * account and a form token), area tiles from the network with the last seen ones behind. Nothing else is kept here:
 * cases and records lie in the page's own database.
 */
const SHELL_CACHE = `field-shell-${VERSION}`;
const PAGE_CACHE = 'field-page';
const TILE_CACHE = 'field-tiles';
const PAGE = '/field';
const PAGE_WAIT_MS = 4000;
const TILE_WAIT_MS = 4000;
const TILES_MOST = 600;
const TILES = /^\/tiles\/(street|community|grid|microgrid|building)\//;

self.addEventListener('install', (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(SHELL_CACHE);
    await cache.addAll(SHELL.map((path) => new Request(path, { cache: 'reload' })));
    await self.skipWaiting();
  })());
});

self.addEventListener('activate', (event) => {
  event.waitUntil((async () => {
    const old = (await caches.keys()).filter((name) => name.startsWith('field-shell-') && name !== SHELL_CACHE);
    await Promise.all(old.map((name) => caches.delete(name)));
    await self.clients.claim();
    await keepPage();
  })());
});

/** The person logged out: the next one must not see whose phone it was. */
self.addEventListener('message', (event) => {
  if (event.data === 'forget') event.waitUntil(Promise.all([caches.delete(PAGE_CACHE), caches.delete(TILE_CACHE)]));
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== self.location.origin) return;
  if (request.mode === 'navigate') {
    if (ofPage(url.pathname)) event.respondWith(page(request));
  } else if (SHELL.includes(url.pathname)) event.respondWith(shell(event, url));
  else if (TILES.test(url.pathname)) event.respondWith(tile(request, url));
});

function ofPage(path) {
  return path === PAGE || path.startsWith(`${PAGE}/`);
}

/** The first page was opened before this worker: fetch it once for the next time. */
async function keepPage() {
  const response = await fetch(PAGE, { credentials: 'same-origin' }).catch(() => null);
  await rememberPage(response);
}

async function rememberPage(response) {
  if (!response?.ok || response.redirected) return;
  const cache = await caches.open(PAGE_CACHE);
  await cache.put(PAGE, response.clone());
}

async function within(request, wait_ms) {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), wait_ms);
  try {
    return await fetch(request, { signal: controller.signal });
  } finally {
    clearTimeout(timer);
  }
}

async function page(request) {
  const stored = await (await caches.open(PAGE_CACHE)).match(PAGE);
  try {
    const response = stored ? await within(request, PAGE_WAIT_MS) : await fetch(request);
    if (response.status >= 500 && stored) return stored;
    await rememberPage(response);
    return response;
  } catch (error) {
    if (stored) return stored;
    throw error;
  }
}

/**
 * The scope is the whole site, because the map's worker is asked for under /static/ and would stand outside any smaller
 * one; so other pages are told apart here and get nothing from this copy.
 */
async function shell({ request, clientId }, url) {
  const client = clientId ? await self.clients.get(clientId) : null;
  const asking = client ? new URL(client.url).pathname : PAGE;
  if (!ofPage(asking) && !asking.startsWith('/static/vendor/')) return fetch(request);
  const cache = await caches.open(SHELL_CACHE);
  return (await cache.match(url.pathname)) ?? fetch(request);
}

async function tile(request, url) {
  const cache = await caches.open(TILE_CACHE);
  try {
    const response = await within(request, TILE_WAIT_MS);
    if (response.ok) {
      await cache.put(url.pathname, response.clone());
      const kept = await cache.keys();
      if (kept.length > TILES_MOST) await cache.delete(kept[0]);
    }
    return response;
  } catch {
    return (await cache.match(url.pathname)) ?? new Response(null, { status: 204 });
  }
}
