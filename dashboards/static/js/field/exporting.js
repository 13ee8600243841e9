/** Unsent records as one file, for a phone that does not get a network any more. */
import { today } from '../localtime.js';
import { OPEN_STATES } from './outbox.js';

export const OLD_MS = 7 * 86400000;
const CHUNK = 8192;

async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = '';
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}

/** Downloads gridcenter-ACCOUNT-DATE.json with every open record, photos as base64. */
export async function exportUnsent({ items, account }) {
  const open = items.filter(({ state }) => OPEN_STATES.includes(state));
  const records = await Promise.all(open.map(async ({ blob, ...record }) => (blob ? { ...record, photo_base64: await base64(blob) } : record)));
  const file = new Blob([JSON.stringify({ account: account.username, exported_at: new Date().toISOString(), records }, null, 1)], { type: 'application/json' });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = `gridcenter-${account.username}-${today()}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
