/** Photos are made small on the phone before they are stored: the longer side at most 1920 px, JPEG. */

const LONGER_SIDE_PX = 1920;
const QUALITY = 0.82;

/** {blob, width, height}; a file that the browser cannot open is passed on as it is, the server says what it thinks. */
export async function compress(file) {
  const picture = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => null);
  if (!picture) return { blob: file, width: null, height: null };
  const scale = Math.min(1, LONGER_SIDE_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((resolve) => { canvas.toBlob(resolve, 'image/jpeg', QUALITY); });
  return { blob: blob ?? file, width: canvas.width, height: canvas.height };
}
