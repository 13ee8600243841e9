/** Photos of a case: what is there, what is owed, and one enlarged. */
import { clockTime, moment } from '../format.js';
import { locale, t } from '../i18n.js';
import { button, el } from './dom.js';
import { photoName } from './words.js';

function caption({ stage, taken_at, at }) {
  return `${photoName(stage)} ${clockTime(taken_at ?? at)}`;
}

/** The column beside the facts; null when nothing is there and nothing owed. `onPhoto(file, stage)` stores a missing one. */
export function photoColumn(item, onPhoto) {
  if (!item.photos.length && !item.photos_owed.length) return null;
  const shown = item.photos.map((photo, i) => el('button', {
    type: 'button', class: `photo${i ? ' photo-small' : ''}`, title: caption(photo),
    'aria-label': t('放大 %(what)s', { what: caption(photo) }), on: { click: () => enlarge(item.photos, i) },
  }, el('img', { src: photo.url, alt: '', loading: 'lazy' }), i === 0 && el('span', { class: 'photo-caption' }, caption(photo))));
  return el('div', { class: 'photos' }, shown, item.photos_owed.map((stage) => missing(stage, shown.length > 0, onPhoto)));
}

function missing(stage, small, onPhoto) {
  const file = el('input', {
    type: 'file', accept: 'image/jpeg,image/png,image/webp,image/heic', class: 'visually-hidden',
    'aria-label': t('补传%(what)s照', { what: photoName(stage) }),
    on: { change: (event) => event.target.files[0] && onPhoto(event.target.files[0], stage) },
  });
  return el('label', { class: `photo-missing${small ? ' photo-small' : ''}`, title: t('点此补传') }, file,
    t('%(what)s照', { what: photoName(stage) }), el('span', {}, t('待补传')));
}

function enlarge(photos, at) {
  let i = at;
  const image = el('img', { alt: '' });
  const words = el('p', { class: 'dialog-body note' });
  const show = (by) => {
    i = (i + by + photos.length) % photos.length;
    const { taken_at, at: received } = photos[i];
    image.src = photos[i].url;
    image.alt = photoName(photos[i].stage);
    const when = moment(taken_at ?? received, Date.now(), { locale: locale() });
    words.textContent = [photoName(photos[i].stage), taken_at ? t('拍摄 %(when)s', { when }) : t('收到 %(when)s', { when }),
      `${i + 1}/${photos.length}`].join(' · ');
  };
  const dialog = el('dialog', {
    class: 'dialog dialog-photo', 'aria-label': t('照片'),
    on: {
      close: () => dialog.remove(),
      keydown: ({ key }) => { if (key === 'ArrowRight') show(1); else if (key === 'ArrowLeft') show(-1); },
    },
  }, image, words, el('div', { class: 'dialog-buttons' },
    photos.length > 1 && [button(t('上一张'), { run: () => show(-1) }), button(t('下一张'), { run: () => show(1) })],
    button(t('关闭'), { kind: 'primary', autofocus: true, run: () => dialog.close() })));
  document.body.append(dialog);
  show(0);
  dialog.showModal();
}
