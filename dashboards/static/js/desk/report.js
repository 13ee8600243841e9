/** A new report from the desk: hotline, letter, superior. The pin says where, the server whose it is. */
import { api } from '../api.js';
import { distance, number } from '../format.js';
import { isEnglish, locale, nameOf, t } from '../i18n.js';
import { whileBusy } from '../dialog.js';
import { button, calmly, el } from './dom.js';
import { MatterField } from './matterfield.js';
import { NEAR_M, nearList } from './similar.js';
import { channelChoices, channelName, limitWords, placeWords, semicolons, severityName } from './words.js';

const FIRST_CHANNEL = 'hotline_12345';
const WAIT_MS = 250;
const DECIMALS = 7;

export class ReportForm {
  #map; #done; #back; #point = null; #posts; #id = crypto.randomUUID(); #at = null; #fields = {}; #where; #near; #fault; #go; #checked = 0;

  /** `posts` of who reports; `done(receipt)` after the server has it; `back()` closes without. */
  constructor({ map, posts, done, back }) {
    this.#map = map;
    this.#posts = posts;
    this.#done = done;
    this.#back = back;
    this.#where = el('div', { class: 'report-where', role: 'status' }, t('在地图上点一下，或拖动图钉，定下事发位置。'));
    this.#near = el('div', { class: 'report-near', role: 'status' });
    this.#fault = el('div');
    this.node = this.#build();
    this.#map.pick((point) => this.#moved(point));
  }

  #build() {
    const f = this.#fields;
    const channels = channelChoices(this.#posts);
    f.channel = el('select', { class: 'input', id: 'report-channel' }, channels.map(({ code }) => el('option', { value: code }, channelName(code))));
    f.channel.value = channels.some(({ code }) => code === FIRST_CHANNEL) ? FIRST_CHANNEL : channels[0]?.code ?? '';
    f.matter = new MatterField({ id: 'report-matter', changed: (matter) => this.#matter(matter) });
    f.condition = el('select', { class: 'input', id: 'report-condition', disabled: true }, el('option', { value: '' }, t('先选事项')));
    f.address = el('input', { class: 'input', id: 'report-address', maxlength: 256, placeholder: t('路名、门牌、几幢，或附近的标志物') });
    f.description = el('textarea', { class: 'input', id: 'report-description', maxlength: 4000, rows: 3 });
    this.#go = button(t('上报'), { kind: 'primary', type: 'submit', key: 'Ctrl ↵' });
    const form = el('form', { class: 'report-form stack', novalidate: true },
      field(t('来源'), f.channel), field(t('事项'), f.matter.node, f.matter.input.id), field(t('立案条件'), f.condition),
      el('fieldset', { class: 'field' }, el('legend', { class: 'field-label' }, t('位置')), this.#where),
      this.#near, field(t('地址'), f.address, null, t('可不填')), field(t('描述'), f.description), this.#fault,
      el('div', { class: 'button-row' }, this.#go, button(t('先不上报'), { run: () => this.close() }),
        button(t('图钉放在地图中央'), { kind: 'text', run: () => this.#moved(this.#map.centre()) })));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#send();
    });
    form.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    return el('div', { class: 'case-scroll report' }, el('h2', { class: 'title', tabindex: '-1' }, t('新建案件')), form);
  }

  focus() { this.#fields.matter.input.focus(); }

  #matter(matter) {
    const { condition } = this.#fields;
    condition.disabled = !matter;
    condition.replaceChildren(...(matter?.filing_conditions ?? []).map((each) => el('option', { value: each.code },
      `${nameOf(each)} · ${severityName(each.severity)} · ${limitWords(each)}`)));
    if (!matter) condition.append(el('option', { value: '' }, t('先选事项')));
    this.#look();
  }

  #moved(point) {
    this.#point = point.map((degrees) => Number(degrees.toFixed(DECIMALS)));
    this.#map.setPin(this.#point);
    this.#look();
  }

  #look = calmly(() => this.#check(), WAIT_MS);

  async #check() {
    if (!this.#point) return;
    const checked = ++this.#checked;
    const [lon, lat] = this.#point;
    const matter = this.#fields.matter.value?.code;
    const place = { lon, lat, datum: 'cgcs2000' };
    const [found, near] = await Promise.allSettled([
      api.get('locate', place), matter ? api.get('incidents/nearby', { ...place, matter, within_m: NEAR_M }) : { items: [] },
    ]);
    if (checked !== this.#checked) return;
    this.#where.replaceChildren(...(found.status === 'fulfilled' ? located(found.value)
      : [t('现在查不到归属，上报后由系统判定；图钉 %(lon)s, %(lat)s', { lon: number(lon, 5), lat: number(lat, 5) })]));
    this.#near.replaceChildren(...(near.status === 'fulfilled' ? duplicates(near.value.items) : []));
  }

  async #send() {
    const f = this.#fields;
    this.#fault.replaceChildren();
    if (!f.matter.value) {
      this.#refuse(t('还没有选事项：写几个字或拼音首字母，从列表里选一个。'), f.matter.input);
      return;
    }
    if (!this.#point) {
      this.#refuse(t('还没有位置：在地图上点一下事发地点。'), null);
      return;
    }
    if (!f.description.value.trim()) {
      this.#refuse(t('还没有描述：写一句来人或来电说了什么。'), f.description);
      return;
    }
    this.#at ??= new Date().toISOString(); // the same report sent again after a lost answer must be the same
    const body = {
      id: this.#id, matter: f.matter.value.code, filing_condition: f.condition.value || null, lon: this.#point[0], lat: this.#point[1],
      datum: 'cgcs2000', accuracy_m: null, address: f.address.value.trim() || null, description: f.description.value.trim(), channel: f.channel.value,
      reported_at: this.#at,
    };
    await whileBusy(this.#go, t('正在上报…'), async () => {
      try {
        const receipt = await api.post('incidents', body);
        this.close(false);
        this.#done(receipt);
      } catch (error) {
        this.#failed(error);
      }
    });
  }

  #failed(error) {
    if (error.code === 'id_used' || error.status === 409) this.#id = crypto.randomUUID();
    if (!error.retryable) this.#at = null;
    const said = semicolons(error.errors.map(({ detail }) => detail)) || error.detail;
    this.#refuse(error.retryable ? t('没报上：服务器没有回答。填的都还在，再按一次“上报”不会重复。') : t('没报上：%(why)s', { why: said }), null);
  }

  #refuse(words, input) {
    this.#fault.replaceChildren(el('p', { class: 'banner banner-over', role: 'alert' }, words));
    input?.focus();
  }

  close(told = true) {
    this.#map.pick(null);
    if (told) this.#back();
  }
}

function field(words, input, id = null, note = '') {
  return el('div', { class: 'field' }, el('label', { class: 'field-label', for: id ?? input.id }, words, note && el('small', {}, note)), input);
}

/** Whose place it is, in words: certain, uncertain with both sides, outside. */
function located(found) {
  if (found.outside) return [el('span', { class: 'chip chip-soon' }, t('辖区外')), ' ', t('不在任何网格内，仍可上报，由受理员处理')];
  const border = found.border_m === null ? '' : t('距边界 %(d)s', { d: distance(found.border_m, locale()) });
  if (found.certain) return [el('b', {}, placeWords(found, 3)), el('span', { class: 'case-line' }, el('b', { class: 'is-done' }, '✓ ', t('确定')), border && (isEnglish() ? `, ${border}` : `，${border}`))];
  return [el('span', { class: 'chip chip-soon' }, t('归属待确认')), ' ', border,
    el('ul', { class: 'case-sides' }, found.candidates.map(({ place, distance_m }) => el('li', {}, place.split(' · ').join(' '),
      ` · ${distance_m > 0 ? distance(distance_m, locale()) : t('图钉在内')}`)))];
}

function duplicates(items) {
  if (!items.length) return [];
  return [el('div', { class: 'duplicate-card' }, el('b', {}, t('附近 %(m)s 米、24 小时内有 %(n)s 件同类在办', { m: NEAR_M, n: items.length })),
    nearList(items),
    el('p', { class: 'note' }, t('是同一件就不用再报；不是，照常上报。')))];
}
