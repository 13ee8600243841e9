/** The wall's head: clock, date and the age of what is shown. A board that is old says so and never goes blank. */
import { ageWords, clockTime, longDay, spanWords } from '../format.js';
import { locale, t } from '../i18n.js';
import { wallLevel } from '../live.js';
import { say } from './rows.js';

export class Head {
  #root; #stream; #figures; #find;

  /** `figures.behind_s()` is the age of figures that could not be fetched, 0 while all is well. */
  constructor(root, stream, figures) {
    this.#root = root;
    this.#stream = stream;
    this.#figures = figures;
    this.#find = (name) => root.querySelector(`[data-${name}]`);
    stream.watch(() => this.#show());
  }

  #show() {
    const now = Date.now();
    say(this.#find('clock'), clockTime(now));
    say(this.#find('day'), longDay(now, { locale: locale() }));
    const age_s = Math.max(this.#stream.age_s(), this.#figures.behind_s());
    const level = this.#figures.absent ? 'dead' : wallLevel(age_s);
    if (this.#root.dataset.level !== level) this.#root.dataset.level = level;
    say(this.#find('age-text'), t('数据 %(age)s', { age: ageWords(age_s, locale()) }));
    this.#icon(level);
    const bar = this.#find('bar');
    bar.hidden = level !== 'stale' && level !== 'dead';
    if (!bar.hidden) this.#words(now - age_s * 1000, age_s);
  }

  #icon(level) {
    const use = this.#find('age').querySelector('use');
    const href = use.getAttribute('href').replace(/#.*/, level === 'fresh' ? '#check-circle' : '#clock');
    if (use.getAttribute('href') !== href) use.setAttribute('href', href);
  }

  #words(since, age_s) {
    say(this.#find('bar-text'), t('数据停在 %(time)s，已 %(age)s', { time: clockTime(since), age: spanWords(age_s, locale()) }));
    const { refused, absent } = this.#figures;
    const { attempt, retry_s } = this.#stream;
    say(this.#find('bar-detail'), refused ? t('登录已结束，请在这台大屏重新登录')
      : absent ? t('这个账号看不到这个区域的数字，请换账号或区域')
      : retry_s === null ? t('正在重连') : t('第 %(n)s 次重连，%(s)s 秒后再试', { n: attempt, s: retry_s }));
  }
}
