/** The table as a file for a spreadsheet: figures with their numerators and denominators, then the definitions. */
import { isEnglish, nameOf, t } from '../i18n.js';

/** One CSV field; a text that a spreadsheet would run as a formula is told apart by an apostrophe. */
export function field(value) {
  const text = value === null || value === undefined ? '' : String(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** CSV text (UTF-8 with BOM, CRLF) of the API's answer. */
export function csvOf({ area, from, to, upto, definitions, areas }) {
  const pick = (row, name) => (isEnglish() && row[`${name}_en`]) || row[name];
  const head = [t('代码'), t('区域')];
  for (const row of definitions) {
    head.push(`${nameOf(row)} (${unit(row.unit)})`);
    if (row.denominator) head.push(`${nameOf(row)} · ${t('分子')}`, `${nameOf(row)} · ${t('分母')}`);
  }
  const lines = [[nameOf(area), t('%(from)s 至 %(to)s', { from, to }), t('数据截至'), upto], [], head];
  for (const place of areas) {
    const line = [place.code, place.asked ? t('%(name)s（合计）', { name: nameOf(place) }) : nameOf(place)];
    for (const row of definitions) {
      const figure = place.figures[row.code] ?? {};
      line.push(figure.value);
      if (row.denominator) line.push(figure.numerator, figure.denominator);
    }
    lines.push(line);
  }
  lines.push([]);
  for (const row of definitions) {
    lines.push([nameOf(row), t('分子'), pick(row, 'numerator'), t('分母'), pick(row, 'denominator'), t('不计'), pick(row, 'excluded'), t('依据'), row.source]);
  }
  return `\ufeff${lines.map((line) => line.map(field).join(',')).join('\r\n')}\r\n`;
}

function unit(name) {
  return { percent: '%', seconds: t('秒'), cases: t('件') }[name] ?? name;
}

/** Gives the browser a file. */
export function save(name, text, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
