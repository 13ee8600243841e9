import assert from 'node:assert/strict';
import { test } from 'node:test';
import { axisStart, valueShift } from '../../../dashboards/static/js/wall/trend.js';

const AXIS = 300;

test('a value stands above its point unless the line of the target would strike it through', () => {
  assert.equal(valueShift(150, null, AXIS), -20);
  assert.equal(valueShift(150, 200, AXIS), -20); // the line runs below the point
  assert.equal(valueShift(150, 60, AXIS), -20); // and far above the value
  for (const line of [106, 115, 120, 130]) assert.equal(valueShift(150, line, AXIS), 42, `line at ${line}`);
});

test('near the axis a value stays above: below there is no room', () => {
  assert.equal(valueShift(280, 250, AXIS), -20);
});

test('the axis begins below the lowest value and the target', () => {
  assert.equal(axisStart([{ value: 92.6 }, { value: null }], 95), 90);
  assert.equal(axisStart([{ value: 99 }], null), 95);
});
