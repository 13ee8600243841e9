/** Days and clock times of the place, whose time zone the page carries as <html data-zone>. Pure apart from that. */

/** Node's tests have no page; there the zone is the setting's default. */
export const ZONE = globalThis.document?.documentElement.dataset.zone || 'Asia/Shanghai';

const two = (n) => String(n).padStart(2, '0');
const formatters = new Map();

/** {year, month, day, hour, minute, second} of a moment (epoch milliseconds) as clocks in `zone` show it. */
export function parts(ms, zone = ZONE) {
  if (!formatters.has(zone)) {
    formatters.set(zone, new Intl.DateTimeFormat('en-US', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric',
      hour: 'numeric', minute: 'numeric', second: 'numeric',
    }));
  }
  const found = {};
  for (const { type, value } of formatters.get(zone).formatToParts(ms)) found[type] = Number(value);
  return found;
}

/** Today as 'YYYY-MM-DD', for date fields and periods. */
export function today(now = Date.now(), zone = ZONE) {
  const p = parts(now, zone);
  return `${p.year}-${two(p.month)}-${two(p.day)}`;
}

/** 'YYYY-MM-DDTHH:MM' of a moment, for a datetime-local field. */
export function localMinute(ms, zone = ZONE) {
  const p = parts(ms, zone);
  return `${today(ms, zone)}T${two(p.hour)}:${two(p.minute)}`;
}

/** The moment, in epoch milliseconds, at which clocks in `zone` show 'YYYY-MM-DDTHH:MM'. */
export function momentOf(text, zone = ZONE) {
  const wanted = Date.parse(`${text}Z`);
  const ahead = (ms) => Date.parse(`${localMinute(ms, zone)}Z`) - ms;
  return wanted - ahead(wanted - ahead(wanted)); // twice, where clocks are changed in between
}
