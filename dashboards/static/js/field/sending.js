/** How one record of the outbox is sent. Each answers with the receipt; ApiError tells what went wrong. */
import { api, ApiError } from '../api.js';

const PAGE = '/field';

async function sendReport({ body }) {
  const { number, state, version } = await api.post('incidents', body);
  return { number, state, version };
}

async function sendOperation({ case_id, operation, body }) {
  const { number, state, version } = await api.post(`incidents/${case_id}/operations/${operation}`, body);
  return { number, state, version };
}

async function sendPhoto({ id, case_id, stage, blob }) {
  const { sha256, size_bytes } = await api.put(`incidents/${case_id}/photos/${id}`, blob, { params: { stage } });
  return { sha256, size_bytes };
}

const KINDS = { report: sendReport, operation: sendOperation, photo: sendPhoto };

/**
 * A page that was opened from the phone's own copy carries an old form token. Takes a new one from the server;
 * false when there is none to be had (signed out).
 */
async function renewToken() {
  const response = await fetch(PAGE, { credentials: 'same-origin', headers: { Accept: 'text/html' }, cache: 'no-store' });
  if (!response.ok || response.redirected) return false;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.querySelector('meta[name="csrf-token"]')?.content;
  const held = document.querySelector('meta[name="csrf-token"]');
  if (!fresh || !held) return false;
  held.content = fresh;
  return true;
}

/** The receipt of one record; throws ApiError. A stale form token is renewed once. */
export async function send(item) {
  try {
    return await KINDS[item.kind](item);
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'csrf') throw error;
    const renewed = await renewToken().catch(() => false);
    if (!renewed) throw new ApiError(401, 'signed_out', error.detail);
    return KINDS[item.kind](item);
  }
}
