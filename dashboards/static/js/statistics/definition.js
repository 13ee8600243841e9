/** The pop-over of a figure: what it means, and the buttons to the lists behind it. */
import { number } from '../format.js';
import { icon } from '../icons.js';
import { isEnglish, t } from '../i18n.js';
import { element } from './nodes.js';

const GAP = 8;
const LISTS = {
  reported: [['numerator', '名单']], filed: [['numerator', '名单']], closed: [['numerator', '名单']],
  closure_rate: [['numerator', '分子'], ['denominator', '分母'], ['missing', '未结案的']],
  on_time_closure_rate: [['numerator', '分子'], ['denominator', '分母'], ['missing', '未按期的']],
  handling_median: [['denominator', '名单']], handling_p90: [['denominator', '名单']],
  staffing: [['numerator', '分子'], ['denominator', '分母'], ['missing', '未配备的']],
  spatial_coverage: [['numerator', '网格名单']],
};

/** How many rows the list of a part has, as the figure counted them; null where the figure counts no rows. */
export function countOf(code, part, { numerator, denominator }) {
  if (code === 'spatial_coverage') return null;
  return { numerator, denominator, missing: denominator - numerator }[part];
}

export class Definition {
  #box; #page; #from = null; #onList;

  /** `onList({code, part, area, name, count})` opens a list. */
  constructor(page, box, onList) {
    this.#page = page;
    this.#box = box;
    this.#onList = onList;
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !box.hidden) this.close({ back: true });
    });
    document.addEventListener('pointerdown', (event) => {
      if (!box.hidden && !box.contains(event.target) && !this.#from?.contains(event.target)) this.close();
    });
  }

  close({ back = false } = {}) {
    this.#box.hidden = true;
    this.#from?.setAttribute('aria-expanded', 'false');
    if (back) this.#from?.focus();
    this.#from = null;
  }

  /** Opens at `button` for `row` (area) and `definition`; `period` in words, `unfinished` says it runs on. */
  open(button, { definition, row, period, unfinished, note }) {
    const again = this.#from === button;
    this.close();
    if (again) return;
    const pick = (name) => (isEnglish() && definition[`${name}_en`]) || definition[name];
    const title = element('h2', '', pick('name'));
    title.id = 'definition-title';
    this.#box.setAttribute('aria-labelledby', title.id);
    const close = element('button', 'button button-icon button-small button-text end', icon('close', { label: t('关闭') }));
    close.type = 'button';
    close.addEventListener('click', () => this.close({ back: true }));
    const chip = definition.number ? [element('span', 'chip chip-outline', t('指标 %(n)s', { n: definition.number }))] : [];
    const facts = element('dl');
    const lines = [
      [t('分子'), pick('numerator')], [t('分母'), pick('denominator')],
      [t('期间'), unfinished ? t('%(period)s，按事实发生日；期间未结束', { period }) : t('%(period)s，按事实发生日', { period })],
      [t('不计'), pick('excluded')], [t('边界'), t('案件按上报时所在网格；网格和面积按现在')],
      [t('目标'), definition.target === null ? null : `${number(definition.target)}%`], [t('依据'), definition.source], [t('范围'), note],
    ];
    for (const [name, text] of lines) if (text) facts.append(element('dt', '', name), element('dd', '', text));
    this.#box.replaceChildren(element('header', '', title, ...chip, close), facts, this.#buttons(definition, row));
    this.#place(button);
    button.setAttribute('aria-expanded', 'true');
    this.#from = button;
    close.focus({ preventScroll: true });
  }

  #buttons(definition, row) {
    const holder = element('div', 'button-row');
    const figure = row.figures[definition.code];
    for (const [part, word] of (figure?.value === null || !figure ? [] : LISTS[definition.code] ?? [])) {
      const count = countOf(definition.code, part, figure);
      const unit = definition.code === 'staffing' ? t('个') : t('件');
      const button = element('button', 'button button-small', count === null ? t(word) : `${t(word)} ${number(count)}\u00a0${unit}`);
      button.type = 'button';
      button.dataset.part = part;
      button.addEventListener('click', () => {
        this.close();
        this.#onList({ definition, part, word, row, count });
      });
      holder.append(button);
    }
    return holder;
  }

  #place(button) {
    const [page, at] = [this.#page.getBoundingClientRect(), button.getBoundingClientRect()];
    this.#box.hidden = false;
    const [width, height] = [this.#box.offsetWidth, this.#box.offsetHeight];
    const below = at.bottom + GAP + height < innerHeight;
    const top = below ? at.bottom + GAP : Math.max(GAP, Math.min(at.top - GAP - height, innerHeight - height - GAP));
    const left = Math.max(16, Math.min(at.right - width / 2, innerWidth - width - 16));
    this.#box.style.top = `${top - page.top}px`;
    this.#box.style.left = `${left - page.left}px`;
  }
}
