import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setMessages, t, tn } from '../../../dashboards/static/js/i18n.js';
import { ApiError, request } from '../../../dashboards/static/js/api.js';
import { ICON_NAMES } from '../../../dashboards/static/js/icons.js';

const read = (path) => readFileSync(new URL(`../../../dashboards/static/${path}`, import.meta.url), 'utf8');

function declarations(css, selector) {
  const at = css.indexOf(selector);
  assert.ok(at >= 0, selector);
  const block = css.slice(css.indexOf('{', at) + 1, css.indexOf('}', at));
  return Object.fromEntries(block.split(';').map((line) => line.trim()).filter(Boolean).map((line) => line.split(/:\s*/, 2)));
}

test('the automatic dark theme equals the dark one, and every theme names the same tokens', () => {
  const css = read('css/tokens.css');
  const dark = declarations(css, '\n[data-theme="dark"]');
  assert.deepEqual(declarations(css, '\n  [data-theme="auto"]'), dark);
  for (const other of [':root,', '\n[data-theme="wall"]']) assert.deepEqual(Object.keys(declarations(css, other)), Object.keys(dark));
});

function luminance(hex) {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a, b) => {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05);
};

test('text colours keep their contrast in every theme', () => {
  const css = read('css/tokens.css');
  for (const selector of [':root,', '\n[data-theme="dark"]', '\n[data-theme="wall"]']) {
    const token = declarations(css, selector);
    for (const name of ['ink-1', 'ink-2', 'ink-3', 'act', 'done', 'soon', 'over', 'prop', 'pause']) {
      assert.ok(contrast(token[`--${name}`], token['--bg']) >= 4.5, `${selector} ${name}`);
    }
    for (const name of ['act', 'done', 'soon', 'over', 'prop']) {
      assert.ok(contrast(token[`--${name}`], token[`--${name}-t`]) >= 4.5, `${selector} ${name} on its tint`);
    }
    for (const name of ['act', 'done', 'over']) {
      assert.ok(contrast(token['--surface'], token[`--${name}`]) >= 6.4, `${selector} text on solid ${name}`);
    }
    for (const name of ['line-strong', 'soon-fill']) assert.ok(contrast(token[`--${name}`], token['--bg']) >= 3, `${selector} ${name}`);
  }
});

test('only tokens.css and the caption of photos name a colour', () => {
  const base = read('css/base.css').replace(/@media print[\s\S]*/, '');
  for (const [name, css] of [['base', base], ...['button', 'chip', 'queue', 'steps', 'timeline', 'candidate', 'kpi', 'legend', 'banner', 'nav', 'state', 'map', 'input', 'tabs']
    .map((sheet) => [sheet, read(`css/${sheet}.css`)])]) {
    assert.doesNotMatch(css.replace(/@media print[\s\S]*/, ''), /#[0-9a-f]{3,8}\b/i, name);
  }
});

test('every icon name is in the sprite and the other way round', () => {
  const drawn = [...read('icons/icons.svg').matchAll(/<symbol id="([^"]+)"/g)].map(([, id]) => id);
  assert.deepEqual(drawn.toSorted(), [...ICON_NAMES].toSorted());
});

test('words: filled, counted, and Chinese where the catalogue has none', () => {
  setMessages({ '撤回（还有 %(n)s 秒）': 'Undo (%(n)s s left)', '%(n)s 件': ['%(n)s case', '%(n)s cases'] });
  assert.equal(t('撤回（还有 %(n)s 秒）', { n: 4 }), 'Undo (4 s left)');
  assert.equal(tn('%(n)s 件', 1), '1 case');
  assert.equal(tn('%(n)s 件', 0), '0 cases');
  assert.equal(t('派遣'), '派遣');
  assert.equal(t('%(who)s 与 %(other)s', { who: 'A' }), 'A 与 %(other)s');
  setMessages({});
});

test('problem JSON becomes one error with the other version', async (context) => {
  const seen = [];
  context.mock.method(globalThis, 'fetch', async (url, options) => {
    seen.push([url, options]);
    return new Response(JSON.stringify({ status: 409, code: 'version_conflict', detail: '别人先改了', current: { version: 4 } }), { status: 409 });
  });
  await assert.rejects(request('POST', 'incidents/x/operations/file', { body: { version: 3 }, params: { a: 1, b: null } }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.current.version, error.retryable], [409, 'version_conflict', 4, false]);
    return true;
  });
  assert.equal(seen[0][0], '/api/v1/incidents/x/operations/file?a=1');
  assert.equal(seen[0][1].credentials, 'same-origin');
  assert.ok(seen[0][1].headers.has('X-CSRF-Token'));
  assert.equal(seen[0][1].body, '{"version":3}');
});

test('no answer, no JSON, a late answer and an abort are told apart', async (context) => {
  const mock = context.mock.method(globalThis, 'fetch', async () => { throw new TypeError('no network'); });
  const failure = async (options) => request('GET', 'x', options).catch((error) => error);
  assert.deepEqual([(await failure()).code, (await failure()).retryable], ['network', true]);
  mock.mock.mockImplementation(async () => new Response('<html>', { status: 502 }));
  assert.deepEqual([(await failure()).code, (await failure()).retryable], ['http_502', true]);
  mock.mock.mockImplementation((url, { signal }) => new Promise((_, reject) => {
    if (signal.aborted) reject(new Error('aborted'));
    signal.addEventListener('abort', () => reject(new Error('aborted')));
  }));
  assert.equal((await failure({ timeout_s: 0.01 })).code, 'timeout');
  const aborted = await failure({ signal: AbortSignal.abort() });
  assert.deepEqual([aborted.code, aborted.retryable], ['aborted', false]);
});
