import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { crc32, sendFiles } from '../../../dashboards/static/js/imports/pieces.js';

const PIECE = 4;

/** A server that keeps pieces as ours does; `broken` answers are lost, before or after the piece was kept. */
class Server {
  uploads = new Map();
  calls = [];
  broken = [];

  async fetch(url, { method, body }) {
    const address = new URL(url, 'http://localhost');
    this.calls.push(`${method} ${address.pathname.replace('/api/v1/imports/uploads', '') || '/'}`);
    const fault = method === 'PUT' ? this.broken.shift() : undefined;
    if (fault === 'before') throw new TypeError('no network');
    const [status, data] = await this.answer(method, address, body);
    if (fault === 'after') throw new TypeError('no network');
    return new Response(JSON.stringify(data), { status, headers: { 'Content-Type': 'application/json' } });
  }

  async answer(method, address, body) {
    const [, id, last] = address.pathname.replace('/api/v1/imports/uploads', '').split('/');
    if (!id) {
      const made = { id: `u${this.uploads.size}`, piece_bytes: PIECE, files: JSON.parse(body).files.map((file) => ({ ...file, have: 0, text: '' })) };
      this.uploads.set(made.id, made);
      return [201, made];
    }
    const upload = this.uploads.get(id);
    if (!upload) return [404, { code: 'not_found' }];
    if (method === 'GET') return [200, upload];
    if (last === 'batch') return [201, { id: 'batch', options: JSON.parse(body) }];
    const part = upload.files[Number(last)];
    const piece = new Uint8Array(await body.arrayBuffer());
    assert.equal(address.searchParams.get('crc32'), crc32(piece));
    const at = Number(address.searchParams.get('at'));
    if (at !== part.have) return [409, { code: 'conflict', current: { have: part.have } }];
    part.text += new TextDecoder().decode(piece);
    part.have += piece.length;
    return [200, { have: part.have }];
  }
}

let server;
const files = () => [new File(['0123456789'], 'a.shp', { lastModified: 1 }), new File(['xyz'], 'a.dbf', { lastModified: 2 })];

beforeEach(() => {
  server = new Server();
  globalThis.fetch = (url, options) => server.fetch(url, options);
  const kept = new Map();
  globalThis.localStorage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value), removeItem: (key) => kept.delete(key) };
});

async function send() {
  const told = { shares: [], down: [], waits: [] };
  const id = await sendFiles(files(), { kind: 'buildings' }, {
    progress: (share) => told.shares.push(share), waiting: (down) => told.down.push(down), wait: async (seconds) => { told.waits.push(seconds); },
  });
  return { id, ...told };
}

test('the checksum is that of everybody else', () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 'cbf43926');
  assert.equal(crc32(new Uint8Array()), '00000000');
});

test('files arrive whole, in pieces, and become a batch', async () => {
  const { id, shares } = await send();
  assert.equal(id, 'batch');
  assert.deepEqual(server.uploads.get('u0').files.map(({ text }) => text), ['0123456789', 'xyz']);
  assert.equal(shares.at(-1), 1);
  assert.ok(shares.slice(0, -1).every((share) => share < 1));
});

test('a lost piece and a lost answer cost one piece each', async () => {
  server.broken = [undefined, 'before', 'before', 'after'];
  const { id, waits, down } = await send();
  assert.equal(id, 'batch');
  assert.deepEqual(server.uploads.get('u0').files.map(({ text }) => text), ['0123456789', 'xyz']);
  assert.deepEqual(waits, [1, 2, 4]);
  assert.ok(down.includes(true) && down.at(-1) === false);
});

test('after a reload the same files go on, other files begin anew', async () => {
  const upload = { id: 'old', piece_bytes: PIECE, files: [{ name: 'a.shp', size: 10, have: 8, text: '01234567' }, { name: 'a.dbf', size: 3, have: 0, text: '' }] };
  server.uploads.set('old', upload);
  localStorage.setItem('gridcenter.upload', JSON.stringify({ id: 'old', files: JSON.stringify([['a.shp', 10, 1], ['a.dbf', 3, 2]]) }));
  await send();
  assert.deepEqual(upload.files.map(({ text }) => text), ['0123456789', 'xyz']);
  assert.ok(!server.calls.includes('POST /'));
  await send();
  assert.ok(server.calls.includes('POST /'));
});
