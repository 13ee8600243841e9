/**
 * Words people see. The Chinese text is the msgid; the page carries its locale's catalogue in
 * <script type="application/json" id="messages"> as {msgid: text} or {msgid: [one, other]}.
 */

let catalogue = null;

function messages() {
  if (catalogue === null) {
    const node = globalThis.document?.getElementById('messages');
    try {
      catalogue = JSON.parse(node?.textContent || '{}') ?? {};
    } catch {
      catalogue = {};
    }
  }
  return catalogue;
}

/** 'zh-CN' or 'en', from <html lang>. */
export function locale() {
  return globalThis.document?.documentElement.lang || 'zh-CN';
}
export function isEnglish() {
  return locale().toLowerCase().startsWith('en');
}

/** Replaces the catalogue (tests, service worker pages). */
export function setMessages(next) {
  catalogue = next;
}

function fill(text, params) {
  if (!params) return text;
  return text.replace(/%\((\w+)\)[sd]/g, (whole, name) => (name in params ? String(params[name]) : whole));
}

/** The text of `msgid` with %(name)s filled from `params`; a missing entry gives the Chinese. */
export function t(msgid, params = null) {
  const found = messages()[msgid];
  const text = Array.isArray(found) ? found[found.length - 1] : found;
  return fill(text || msgid, params);
}

/** As `t` for a counted thing: %(n)s is the count; the catalogue may hold [one, other]. */
export function tn(msgid, n, params = {}) {
  const found = messages()[msgid];
  const text = Array.isArray(found) ? found[n === 1 ? 0 : found.length - 1] : found;
  return fill(text || msgid, { n, ...params });
}

/** A label made of a post and an id ('派遣员 D-01') with the post in the page's language; names of people stay. */
export function labelWords(label) {
  const [post, ...rest] = String(label ?? '').split(' ');
  return rest.length ? [t(post), ...rest].join(' ') : post;
}

const PLACES = [
  [/^第(\d+)网格$/, (n) => t('第%(n)s网格', { n })], [/^微网格(\d+)$/, (n) => t('微网格%(n)s', { n })],
  [/^示例社区(\d+)$/, (n) => t('示例社区%(n)s', { n })], [/^(\d+) ?幢$/, (n) => t('第 %(n)s 幢', { n })],
  [/^姑苏示例街道$/, () => t('姑苏示例街道')], [/^住宅$/, () => t('住宅')], [/^非住宅$/, () => t('非住宅')],
];

/** A place ('示例社区03 · 第2网格') with the parts that are numbers or kinds in the page's language; names of their own stay. */
export function placeText(text) {
  if (!isEnglish() || !text) return text;
  return text.split(' · ').map((part) => {
    const [pattern, words] = PLACES.find(([each]) => each.test(part)) ?? [];
    return pattern ? words(pattern.exec(part)[1]) : part;
  }).join(' · ');
}

/** The name of a data row ({name, name_en}) in the page's language. */
export function nameOf(row) {
  return (isEnglish() && row?.name_en) || placeText(row?.name) || '';
}
