/** The height of a building in words: '33 米（按层数推算）', null where it is not known. */
import { distance } from '../format.js';
import { locale, t } from '../i18n.js';

export function heightWords({ height_m, height_derived }) {
  if (height_m === null || height_m === undefined) return null;
  const words = distance(height_m, locale());
  return height_derived ? t('%(h)s（按层数推算）', { h: words }) : words;
}
