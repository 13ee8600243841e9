import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as f from '../../../dashboards/static/js/format.js';

const plain = (text) => text.replaceAll(f.NBSP, ' ');
const NOW = '2026-11-20T14:32:00+08:00'; // a Friday
const after = (seconds) => new Date(Date.parse(NOW) + seconds * 1000).toISOString();
const M = 60;
const H = 3600;

function table(name, rows, run) {
  test(name, () => {
    for (const [given, expected] of rows) assert.equal(plain(run(given)), expected, JSON.stringify(given));
  });
}

table('time left in words', [
  [17 * M, '剩 17 分钟'], [17 * M + 59, '剩 17 分钟'], [59, '剩不到 1 分钟'], [-30, '超不到 1 分钟'], [H - 1, '剩 59 分钟'], [H, '剩 1 小时'],
  [H + 4 * M, '剩 1 小时 04 分'], [3 * H + 10 * M, '剩 3 小时 10 分'], [24 * H - 1, '剩 23 小时 59 分'],
  [24 * H, '剩 1 天'], [51 * H, '剩 2 天 3 小时'], [-26 * M, '超 26 分钟'], [-(3 * H + 40 * M), '超 3 小时 40 分'],
], (s) => f.timeLeft({ due_at: after(s), time_state: s < 0 ? 'overdue' : 'in_time' }, NOW));

table('time left in English', [
  [17 * M, '17 min left'], [H + 4 * M, '1 h 04 min left'], [51 * H, '2 d 3 h left'], [-26 * M, '26 min overdue'],
], (s) => f.timeLeft({ due_at: after(s) }, NOW, { locale: 'en' }));

const OFFICE = { until: '2026-12-31', days: {}, periods: [['08:00', '12:00', null, null], ['14:00', '18:00', null, null]] };
const said = (item, now = NOW, more = {}) => plain(f.timeLeft({ time_state: 'in_time', stage: 'handle', ...item }, now, { calendar: OFFICE, ...more }));
const FRIDAY = '2026-11-27T17:00:00+08:00';

test('four working hours on Friday at five are four, not three days', () => {
  const item = { due_at: '2026-11-30T11:00:00+08:00', limit_unit: 'work_hour' };
  assert.equal(said(item, FRIDAY), '剩 4 工作时，至周一 11:00');
  assert.equal(said(item, FRIDAY, { brief: true }), '剩 4 工作时');
  assert.equal(said(item, FRIDAY, { locale: 'en' }), '4 working h left, until Mon 11:00');
  assert.equal(said(item, '2026-11-28T10:00:00+08:00', { brief: true }), '剩 3 工作时'); // over the weekend it stands
  assert.equal(said(item, '2026-11-29T23:00:00+08:00', { brief: true }), '剩 3 工作时');
  assert.equal(said(item, '2026-11-30T10:20:00+08:00', { brief: true }), '剩 40 工作分钟');
  assert.equal(said(item, '2026-11-30T12:00:00+08:00'), '超 1 小时'); // being late does not pause
  assert.equal(said({ ...item, limit_unit: 'urgent_hour' }, FRIDAY), '剩 2 天 18 小时');
  assert.equal(said(item, FRIDAY, { calendar: null }), '剩 2 天 18 小时'); // a page without the calendar
});

test('working days are counted by the hours of their day', () => {
  const item = { due_at: '2026-12-02T10:00:00+08:00', limit_unit: 'work_day' };
  assert.equal(said(item, '2026-11-27T10:00:00+08:00', { brief: true }), '剩 3 工作日');
  assert.equal(said(item, '2026-11-27T11:00:00+08:00', { brief: true }), '剩 2 工作日');
  assert.equal(said(item, '2026-12-01T16:00:00+08:00', { brief: true }), '剩 4 工作时');
  assert.equal(said(item, '2026-12-01T10:30:00+08:00', { brief: true, locale: 'en' }), '7 working h left');
  const off = { ...OFFICE, days: { '2026-11-30': false, '2026-11-28': true } };
  assert.equal(said(item, '2026-11-27T10:00:00+08:00', { brief: true, calendar: off }), '剩 3 工作日');
  const summer = { ...OFFICE, periods: [['08:00', '12:00', null, '2026-12-01'], ['09:00', '11:00', '2026-12-01', null]] };
  assert.equal(said(item, '2026-11-30T10:00:00+08:00', { brief: true, calendar: summer }), '剩 2 工作日');
});

test('a clock that waits for a calendar says for which', () => {
  const item = { due_at: null, limit_unit: 'work_day', time_state: 'stopped' };
  assert.equal(said(item), '2027 年工作日历未导入');
  assert.equal(said(item, NOW, { brief: true }), '缺 2027 年日历');
  assert.equal(said(item, NOW, { locale: 'en' }), 'the 2027 working calendar is missing');
  assert.equal(said(item, NOW, { calendar: { ...OFFICE, until: null } }), '2026 年工作日历未导入');
});

test('stopped and closed', () => {
  assert.equal(f.timeLeft({ time_state: 'stopped' }, NOW), '停表');
  const closed = { time_state: 'closed', closed_at: '2026-11-20T10:00:00+08:00' };
  assert.equal(f.timeLeft({ ...closed, close_due_at: '2026-11-20T10:00:00+08:00' }, NOW), '按期结案');
  assert.equal(f.timeLeft({ ...closed, close_due_at: '2026-11-20T09:59:59+08:00' }, NOW), '超期结案');
  assert.equal(f.timeLeft({ ...closed, close_due_at: null }, NOW), '已结案');
  assert.equal(f.timeLeft({ time_state: 'in_time', due_at: null }, NOW), '无时限');
});

test('the time state only moves forward', () => {
  const item = { time_state: 'in_time', soon_at: after(-60), due_at: after(600) };
  assert.equal(f.timeState(item, Date.parse(NOW)), 'soon');
  assert.equal(f.timeState({ ...item, due_at: after(-1) }, Date.parse(NOW)), 'overdue');
  assert.equal(f.timeState({ ...item, time_state: 'stopped', due_at: after(-1) }, Date.parse(NOW)), 'stopped');
  assert.equal(f.timeState({ ...item, time_state: 'overdue' }, Date.parse(NOW)), 'overdue');
});

table('moments', [
  ['2026-11-20T09:05:00+08:00', '09:05'], ['2026-11-19T14:32:00+08:00', '11月19日 14:32'],
  ['2025-11-20T14:32:00+08:00', '2025-11-20'], ['2026-11-20T16:30:00Z', '11月21日 00:30'],
], (at) => f.moment(at, NOW));

table('due moments', [
  ['2026-11-20T16:19:00+08:00', '今日 16:19'], ['2026-11-21T09:00:00+08:00', '明日 09:00'],
  ['2026-11-23T10:00:00+08:00', '周一 10:00'], ['2026-12-10T10:00:00+08:00', '12月10日 10:00'],
], (at) => f.dueMoment(at, NOW));

table('ages', [
  [-2, '2 秒前'], [-59, '59 秒前'], [-6 * M, '6 分钟前'], [-59 * M - 59, '59 分钟前'], [-H, '13:32'], [5, '0 秒前'],
], (s) => f.age(after(s), NOW));

test('official date and long day', () => {
  assert.equal(f.officialDate(NOW), '2026年11月20日');
  assert.equal(f.longDay(NOW), '11月20日 星期五');
  assert.equal(f.spanWords(250), `4${f.NBSP}分钟`);
});

table('rates: half up, never up to 100 nor down to 0', [
  [[608, 652], '93.3%'], [[1, 8], '12.5%'], [[1, 2000], '0.1%'], [[1, 100000], '0.1%'], [[3, 2000], '0.2%'],
  [[99999, 100000], '99.9%'], [[1999, 2000], '99.9%'], [[652, 652], '100%'], [[0, 652], '0%'], [[0, 0], '—'],
  [[5, 0], '—'], [[null, 5], '—'], [[5, null], '—'], [[100001, 100000], '100.1%'], [[3, 2], '150.0%'],
], ([n, d]) => f.rate(n, d));

table('numbers', [[27609, '27,609'], [0, '0'], [-1234567, '-1,234,567'], [null, '—'], [undefined, '—'], [NaN, '—'], [999, '999']], f.number);
table('areas', [[312, '312 平方米'], [9999.4, '9,999 平方米'], [9999.6, '1.0 公顷'], [465000, '46.5 公顷'], [null, '—']], f.area);
table('distances', [[33.4, '33 米'], [999.4, '999 米'], [999.6, '1.0 公里'], [1249, '1.2 公里'], [1250, '1.3 公里'], [null, '—']], f.distance);
table('accuracy is never said better than it is', [[8, '±8 米'], [8.1, '±9 米'], [null, '—']], f.accuracy);
table('small counts of care objects', [[0, '0'], [1, '少于 5'], [4, '少于 5'], [5, '5'], [null, '—']], f.smallCount);

test('figures keep their unit', () => {
  assert.ok(f.withUnit(38, '件') === `38${f.NBSP}件`);
  assert.equal(f.fraction(608, 652), `608${f.NBSP}/${f.NBSP}652`);
  assert.equal(plain(f.faultDistance(0.55)), '0.6 米');
  assert.equal(plain(f.faultArea(12.44)), '12.4 平方米');
  assert.equal(plain(f.bytes(1.2 * 1024 * 1024)), '1.2 MB');
  assert.equal(f.clockWords('urgent_hour'), '紧急工作时（昼夜计时）');
});
