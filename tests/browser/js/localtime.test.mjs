import assert from 'node:assert/strict';
import { test } from 'node:test';

const EARLY = Date.parse('2026-11-27T23:00:00Z'); // 07:00 of the 28th in Shanghai, 05:00 in Urumqi
globalThis.document = { documentElement: { dataset: { zone: 'Asia/Urumqi' } } };
const { localMinute, momentOf, today, ZONE } = await import('../../../dashboards/static/js/localtime.js');
const { clockTime, longDay } = await import('../../../dashboards/static/js/format.js');

test('the page says whose days and clock times these are', () => {
  assert.equal(ZONE, 'Asia/Urumqi');
  assert.equal(clockTime(EARLY), '05:00');
  assert.equal(longDay(EARLY), '11月28日 星期六');
  assert.equal(localMinute(EARLY), '2026-11-28T05:00');
});

test('today is the day of the place, not of UTC nor of the browser', () => {
  assert.equal(today(EARLY, 'Asia/Shanghai'), '2026-11-28');
  assert.equal(today(EARLY, 'UTC'), '2026-11-27');
  assert.equal(today(Date.parse('2026-11-27T15:59:59Z'), 'Asia/Shanghai'), '2026-11-27');
});

test('a typed time means the clocks of the place, on days when they are changed too', () => {
  assert.equal(momentOf('2026-11-28T05:00'), EARLY);
  assert.equal(momentOf('2026-11-28T07:00', 'Asia/Shanghai'), EARLY);
  assert.equal(momentOf('1991-04-14T00:30', 'Asia/Shanghai'), Date.parse('1991-04-13T16:30:00Z'));
  assert.equal(momentOf('1991-04-14T04:00', 'Asia/Shanghai'), Date.parse('1991-04-13T19:00:00Z'));
});
