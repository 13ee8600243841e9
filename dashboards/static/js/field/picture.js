/** Photos are opened and made small on the phone before they are stored: the longer side at most 1920 px, JPEG. */
import { t } from '../i18n.js';
import { say } from './frame.js';

const LONGER_SIDE_PX = 1920;
const QUALITY = 0.82;
const SAID_S = 20;

/** The small picture of a file as a Blob; null for what is no picture, after saying what to do instead. */
export async function takenPicture(file) {
  const blob = await compress(file).catch(() => null);
  if (!blob) say(t('这个文件不是照片，没有用它。重拍一张，或另选一张 JPEG、PNG 照片'), { kind: 'over', seconds: SAID_S });
  return blob;
}

/** Rejects where the browser cannot open the file: the server could not either. */
async function compress(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const scale = Math.min(1, LONGER_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', QUALITY); });
  return blob ?? file; // no memory for a small copy: the picture as it was taken
}
