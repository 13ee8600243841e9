/** Parts of the report: the place in words, the photos and what the rule asks for, possible duplicates. */
import { accuracy, moment } from '../format.js';
import { locale, nameOf, t } from '../i18n.js';
import { icon } from '../icons.js';
import { caseNumber, h, symbolOf } from './dom.js';

/** What a photo shows, in the order in which they are taken. */
export const PHOTO = { near: '近景', far: '远景', reference: '参照', before: '处置前', after: '处置后', check: '核查' };

/** Which area, how certain, how exact; two large buttons where it lies on a border. */
export function placePart({ position, place, finding, problem, choose }) {
  const line = (...children) => h('p', { class: 'second field-place-second' }, children);
  if (!position) return h('div', { class: 'field-place' }, h('p', { class: 'field-place-name' }, finding ? t('正在定位…') : t('还没有位置')), problem ? line(problem) : null);
  const exact = position.accuracy_m === null ? t('图钉定的位置') : t('精度 %(accuracy)s', { accuracy: accuracy(position.accuracy_m, locale()) });
  if (!place) {
    return h('div', { class: 'field-place' }, h('p', { class: 'field-place-name' }, t('位置已存')), line(h('span', {}, t('没有网络，归属由受理时定')), h('span', {}, exact)));
  }
  if (place.outside) {
    return h('div', { class: 'field-place' }, h('p', { class: 'field-place-name' }, t('辖区外')),
      line(h('span', { class: 'is-soon' }, t('不在任何网格里，照常上报，由受理员定')), h('span', {}, exact)));
  }
  const words = String(place.place).replaceAll(' · ', ' ');
  return h('div', { class: 'field-place' }, h('p', { class: 'field-place-name' }, words), line(...certainty(place, exact)), candidateButtons(place, choose));
}

function certainty(place, exact) {
  if (place.by === 'phone') return [h('span', { class: 'is-soon' }, t('按本机地图，联网后核对')), h('span', {}, exact)];
  if (place.certain) return [h('span', { class: 'is-done' }, icon('check'), t('归属确定')), h('span', {}, exact)];
  return [h('b', { class: 'is-soon' }, t('归属待确认')), h('span', {}, t('%(exact)s，离边界 %(n)s 米，请选哪一边', { exact, n: Math.round(place.border_m) }))];
}

function candidateButtons(place, choose) {
  const near = (place.candidates ?? []).slice(0, 2);
  if (place.certain || near.length < 2) return null;
  return h('div', { class: 'field-candidates' }, near.map((each) => h('button', {
    type: 'button', class: 'button', dataset: { candidate: each.code }, onclick: () => choose(each),
  }, h('span', {}, h('b', {}, shortPlace(each.place)), h('small', {}, each.distance_m === 0 ? t('图钉在这里') : t('离图钉 %(n)s 米', { n: Math.round(each.distance_m) }))))));
}

/** '第1网格 微网格01' of the whole place: the community is the same on most borders. */
function shortPlace(place) {
  return String(place).split(' · ').slice(-2).join(' ');
}

/** Near and far photos, and in words what this matter asks for. */
export function photoPart({ draft, condition, owed }) {
  const { photos } = draft.fields;
  const kind = (stage, word) => {
    const own = photos.filter((photo) => photo.stage === stage);
    return [...own.map((photo) => photoTile(photo, word, () => draft.removePhoto(photo.id))),
      own.length ? null : photoAsk({ word: stage === 'near' && owed ? word : t('%(what)s，选拍', { what: word }), owed: stage === 'near' && owed > 0, take: (file) => draft.addPhoto(file, stage), stage })];
  };
  const wants = (condition?.evidence ?? []).includes('near');
  const note = !condition ? null : wants
    ? h('p', { class: 'field-photo-note' }, t('本事项要近景 1 张，'), owed ? h('b', { class: 'is-soon' }, t('还欠 1 张')) : h('b', { class: 'is-done' }, t('已够')))
    : h('p', { class: 'field-photo-note' }, t('本事项不要求照片'));
  return h('div', { class: 'photos' }, kind('near', t('近景')), kind('far', t('远景')), note);
}

const urls = new WeakMap();
/** One address per stored picture, given back when the picture is gone with its page. */
export function urlOf(blob) {
  if (!urls.has(blob)) urls.set(blob, URL.createObjectURL(blob));
  return urls.get(blob);
}

export function photoTile({ blob, url, taken_at, at }, word, remove = null) {
  const time = taken_at ?? at;
  const caption = time ? `${word} ${moment(time, Date.now(), { locale: locale() })}` : word;
  return h('figure', { class: 'photo' }, h('img', { src: blob ? urlOf(blob) : url, alt: caption, loading: 'lazy' }), h('figcaption', {}, caption),
    remove ? h('button', { type: 'button', class: 'photo-remove', 'aria-label': t('删除这张%(what)s', { what: word }), onclick: remove }, icon('close')) : null);
}

/** A frame that opens the camera; `take(file)`. */
export function photoAsk({ word, owed = false, take, stage }) {
  const input = h('input', {
    type: 'file', accept: 'image/*', capture: 'environment', class: 'visually-hidden', dataset: { photo: stage }, 'aria-label': word,
    onchange: (event) => { if (event.target.files[0]) take(event.target.files[0]); event.target.value = ''; },
  });
  return h('label', { class: `photo-missing${owed ? ' photo-owed' : ''}` }, icon('camera', { size: 24 }), word, input);
}

/** Cases of the same matter close by: is it one of these? */
export function duplicateCard(items, same) {
  const [first] = items;
  const most = Math.max(...items.map(({ distance_m }) => distance_m));
  return h('section', { class: 'duplicate-card', 'aria-live': 'polite' },
    h('h2', { class: 'is-soon' }, Math.round(most) ? t('%(m)s 米内有 %(n)s 件同类，在办', { m: Math.round(most), n: items.length })
      : t('同一位置有 %(n)s 件同类，在办', { n: items.length })),
    items.slice(0, 3).map((item) => h('div', { class: 'duplicate-row' }, symbolOf({ ...item, time_state: 'in_time' }),
      h('span', { class: 'grow' }, h('span', { class: 'duplicate-name' }, `${nameOf(item)} ${caseNumber(item.number)}`),
        h('small', {}, t('%(time)s，%(n)s 米', { time: moment(item.opened_at, Date.now(), { locale: locale() }), n: Math.round(item.distance_m) }))),
      h('button', { type: 'button', class: 'button button-soon', dataset: { same: item.id }, onclick: () => same(item) }, first === item ? t('是同一件') : t('是这件')))));
}
