import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caseParts, characterOf, clusterParts, personParts, SEVERITIES, STATE_CHARACTERS, TIME_STATES } from '../../../dashboards/static/js/symbols.js';

const body = (look) => caseParts(look).parts[1];

test('every state has one Han character, and the two checks differ', () => {
  for (const character of Object.values(STATE_CHARACTERS)) assert.match(character, /^\p{Script=Han}$/u);
  assert.equal(characterOf('verifying'), '实');
  assert.equal(characterOf('checking'), '查');
  assert.equal(characterOf('unheard-of'), '·');
});

test('time is readable without colour', () => {
  const looks = TIME_STATES.map((time) => {
    const { fill, stroke, width, dash } = body({ severity: 'general', time, state: 'handling' });
    return { solid: !stroke && fill, width, dashed: Boolean(dash) };
  });
  const [in_time, soon, overdue, stopped, closed] = looks;
  assert.ok(soon.width > in_time.width && !overdue.width && stopped.dashed && !in_time.dashed);
  assert.equal(overdue.solid, 'over');
  assert.equal(closed.solid, 'done');
});

test('each severity has a shape or size of its own; an unknown one is 一般', () => {
  const shapes = SEVERITIES.slice(0, 4).map((severity) => body({ severity, time: 'in_time', state: 'filed' }).d);
  assert.equal(new Set(shapes).size, 4);
  assert.equal(body({ severity: 'nonsense', time: 'in_time', state: 'filed' }).d, shapes[1]);
  assert.equal(body({ severity: '突出', time: 'in_time', state: 'filed' }).d, shapes[2]);
});

test('supervision and selection add marks, emergency takes its numeral', () => {
  const plain = caseParts({ severity: 'major', time: 'soon', state: 'filed' });
  const marked = caseParts({ severity: 'major', time: 'soon', state: 'filed', supervised: true, selected: true });
  assert.ok(marked.parts.length === plain.parts.length + 3 && marked.extent > plain.extent);
  assert.ok(marked.parts.some(({ text }) => text === '督'));
  assert.ok(caseParts({ severity: 'emergency', time: 'soon', character: 'Ⅱ' }).parts.some(({ text }) => text === 'Ⅱ'));
});

test('stale people are outlined and dashed; cluster rings show their shares', () => {
  assert.ok(personParts({ text: 'A', stale: true }).parts[1].dash);
  assert.equal(personParts({ text: 'A' }).parts[1].dash, undefined);
  assert.equal(clusterParts({ count: 3 }).parts.length, 3);
  assert.equal(clusterParts({ count: 3, soon: 1, over: 1 }).parts.length, 5);
});
