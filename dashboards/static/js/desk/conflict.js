/** Somebody was faster: both versions side by side; what stands is kept unless the reader says otherwise. */
import { moment } from '../format.js';
import { locale, t } from '../i18n.js';
import { copyButton } from './copy.js';
import { button, el } from './dom.js';
import { commas, doneBy, eventName, lastChange, stateName } from './words.js';

/**
 * The card. `item` is the case as it stands, `why` the server's sentence on who changed it, `mine` {name, words} what was not stored; `keep()` closes,
 * `again()` does it on the new version, null where the server would not allow it any more.
 */
export function conflictCard({ item, why, mine, keep, again }) {
  const last = lastChange(item);
  const when = moment(last.at, Date.now(), { locale: locale() });
  const holder = item.holder?.to ?? item.department?.name ?? '';
  const stays = el('div', { class: 'version' }, t('现有（%(when)s）', { when }),
    el('b', {}, [stateName(item.state), holder].filter(Boolean).join('　')), commas([doneBy(last), eventName(last)]), last.note && el('div', {}, t('“%(note)s”', { note: last.note })));
  const lost = el('div', { class: 'version version-mine' }, t('您的（未存）'), el('b', {}, mine.name), mine.words && t('备注“%(note)s”', { note: mine.words }));
  const row = el('div', { class: 'button-row' }, button(t('保留现有'), { kind: 'primary', run: keep }),
    again && button(t('仍然%(what)s', { what: mine.name }), { run: again }),
    !again && mine.words && copyButton(t('复制您写的'), () => mine.words));
  return el('section', { class: 'conflict-card stack', role: 'alert', 'aria-label': t('案件已经变了') },
    el('div', {}, el('h3', {}, t('案件已经变了')), el('p', { class: 'second' }, why)),
    el('div', { class: 'versions' }, stays, lost),
    !again && el('p', { class: 'note' }, t('现在的环节不能再%(what)s。', { what: mine.name })), row);
}
