import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { duplicateFields } from './duplicate-fields.ts';

test('names each member that stands twice, with its path', () => {
  const json = '{"a":1,"spec":{"x":[{"k":1,"k":2}],"y":"}","y":true},"a":{"b":null}}';
  assert.deepEqual(duplicateFields(json), [
    'duplicate field "spec.x[0].k"',
    'duplicate field "spec.y"',
    'duplicate field "a"',
  ]);
});

test('finds nothing in what JSON.stringify writes', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2), (value, indent) => {
      assert.deepEqual(duplicateFields(JSON.stringify(value, null, indent)), []);
    }),
  );
});
