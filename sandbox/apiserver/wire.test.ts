import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepFreeze } from './json.ts';
import { writeBody, writeFrame } from './wire.ts';

const stored = deepFreeze({ kind: 'ConfigMap', metadata: { name: 'a' }, data: { text: 'x\u2028y\u2029"z' } });

test('lists, objects and frames say what JSON says, as often as they are asked', () => {
  const list = { kind: 'List', metadata: { resourceVersion: '5', continue: undefined }, items: [stored, { plain: 1 }] };
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(JSON.parse(writeBody(list)), JSON.parse(JSON.stringify(list)));
    assert.deepEqual(JSON.parse(writeBody(stored)), stored);
    assert.deepEqual(JSON.parse(writeFrame({ type: 'ADDED', object: stored })), { type: 'ADDED', object: stored });
    assert.equal(writeBody({ items: null, kind: 'List' }), '{"items":null,"kind":"List"}\n');
  }
});

test('a frame is one line for every reader', () => {
  assert.equal(writeFrame({ type: 'MODIFIED', object: stored }).split(/[\n\u2028\u2029]/).length, 2);
});

test('what may still change is written anew', () => {
  const draft = { metadata: { name: 'a' }, data: { n: 1 } };
  assert.match(writeBody(draft), /"n":1/);
  draft.data.n = 2;
  assert.match(writeBody(draft), /"n":2/);
});
