/** Files go to the server in pieces, so that a lost connection costs one piece: each waits and goes on where it was. */
import { api, ApiError } from '../api.js';

const WAITS_S = [1, 2, 4, 8, 15, 30]; // after a piece that did not arrive; the last one again and again
const GIVE_UP_S = 600; // without a single piece getting through
const READING_TIMEOUT_S = 600;
const KEPT = 'gridcenter.upload';

const CRC = new Uint32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of bytes as eight hexadecimal digits. (The browser's own hashes want https, which an intranet may not have.) */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC[(value ^ byte) & 255] ^ (value >>> 8);
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}

/** What tells these files from others: names, sizes, times of change. */
function likeness(files) {
  return JSON.stringify(files.map(({ name, size, lastModified }) => [name, size, lastModified]));
}

/** An upload of the same files that was broken off in this browser, or a new one. */
async function begun(files) {
  const kept = JSON.parse(localStorage.getItem(KEPT) ?? 'null');
  if (kept?.files === likeness(files)) {
    try {
      return await api.get(`imports/uploads/${kept.id}`);
    } catch (error) {
      if (error.status !== 404) throw error; // given up or read meanwhile: begin anew
    }
  }
  const upload = await api.post('imports/uploads', { files: files.map(({ name, size }) => ({ name, size })) });
  localStorage.setItem(KEPT, JSON.stringify({ id: upload.id, files: likeness(files) }));
  return upload;
}

const pause = (seconds) => new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });

/** `work()` until it gets through; `waiting(true)` while the line is down. Throws what waiting cannot mend. */
async function patiently(work, waiting, wait) {
  const since = Date.now();
  for (let tries = 0; ; tries += 1) {
    try {
      const answer = await work();
      waiting(false);
      return answer;
    } catch (error) {
      if (!(error instanceof ApiError) || !error.retryable || Date.now() - since > GIVE_UP_S * 1000) throw error;
      waiting(true);
      await wait(WAITS_S[Math.min(tries, WAITS_S.length - 1)]);
    }
  }
}

/**
 * The id of the batch that these files became. `progress(share, sent)` as they go, share 1 while the server reads;
 * `waiting(down)` when the line breaks and when it is back. Throws ApiError.
 */
export async function sendFiles(files, options, { progress, waiting, wait = pause }) {
  const upload = await patiently(() => begun(files), waiting, wait);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const have = upload.files.map((file) => file.have);
  const tell = () => {
    const sent = have.reduce((sum, bytes) => sum + bytes, 0);
    progress(total ? Math.min(sent / total, 0.999) : 0, sent); // 1 is kept for the reading
  };
  tell();
  for (const [number, file] of files.entries()) {
    while (have[number] < file.size) {
      const at = have[number];
      const piece = file.slice(at, at + upload.piece_bytes);
      const params = { at, crc32: crc32(new Uint8Array(await piece.arrayBuffer())) };
      const answer = await patiently(() => api.put(`imports/uploads/${upload.id}/${number}`, piece, { params }), waiting, wait)
        .catch((error) => {
          if (error.status === 409 && Number.isInteger(error.current?.have)) return error.current;
          throw error;
        });
      have[number] = answer.have;
      tell();
    }
  }
  progress(1, total);
  const { id } = await api.post(`imports/uploads/${upload.id}/batch`, options, { timeout_s: READING_TIMEOUT_S });
  localStorage.removeItem(KEPT);
  return id;
}
