/** The matters on the phone: searched without a network by code, name, alias, pinyin and initials; the four last used first. */
import { api } from '../api.js';

const RECENT_MOST = 4;
/** What stands first on a phone that has reported nothing yet: the matters that are reported most in sample streets. */
const COMMON = ['09012', '09010', '06010', '09005'];
const fold = (text) => String(text ?? '').normalize('NFKC').toLowerCase().trim();

/** Rank of one matter for folded words, the same order as the server's search; null is no match. */
export function rankOf(matter, q) {
  const name = fold(matter.name);
  const starts = (list) => (list ?? []).some((each) => each.startsWith(q));
  const holds = (list) => (list ?? []).some((each) => fold(each).includes(q));
  if (!q) return 5;
  if (fold(matter.code) === q) return 0;
  if (name === q || fold(matter.name_en) === q) return 1;
  if (fold(matter.code).startsWith(q)) return 2;
  if (name.startsWith(q)) return 3;
  if (starts(matter.initials)) return 4;
  if (name.includes(q)) return 5;
  if (fold(matter.name_en).includes(q) || holds(matter.aliases)) return 6;
  if (starts(matter.pinyin)) return 7;
  if (holds(matter.initials)) return 8;
  return q.length > 2 && holds(matter.pinyin) ? 9 : null;
}

export class Catalogue {
  #copies; #db; #matters = [];

  constructor(db, copies) {
    this.#db = db;
    this.#copies = copies;
  }

  get matters() { return this.#matters; }

  /** The stored copy at once, then the server's; quiet without a network. */
  async load() {
    this.#matters = (await this.#copies.read('catalogue'))?.data ?? [];
    const fresh = api.get('/field/catalogue').then(({ items }) => {
      this.#matters = items;
      return this.#copies.keep('catalogue', items);
    }).catch(() => {});
    if (!this.#matters.length) await fresh;
  }

  byCode(code) {
    return this.#matters.find((matter) => matter.code === code) ?? null;
  }

  search(words, limit = 30) {
    const q = fold(words);
    return this.#matters.map((matter, at) => ({ matter, at, rank: rankOf(matter, q) })).filter(({ rank }) => rank !== null)
      .sort((a, b) => a.rank - b.rank || a.at - b.at).slice(0, limit).map(({ matter }) => matter);
  }

  /** The four last used, filled up with common ones. */
  async recent() {
    const used = (await this.#db.get('draft', 'recent')) ?? [];
    return [...new Set([...used, ...COMMON])].map((code) => this.byCode(code)).filter(Boolean).slice(0, RECENT_MOST);
  }

  async use(code) {
    const used = (await this.#db.get('draft', 'recent')) ?? [];
    await this.#db.put('draft', [code, ...used.filter((each) => each !== code)].slice(0, RECENT_MOST), 'recent');
  }
}
