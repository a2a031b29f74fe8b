import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { applyMergePatch, diffMergePatch, isEqualJson } from './merge-patch.ts';

test('the examples of RFC 7386', () => {
  const rows: readonly (readonly [unknown, unknown, unknown])[] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, want] of rows) assert.deepEqual(applyMergePatch(target, patch), want);
});

test('a patch that changes nothing returns the same object', () => {
  const target = { a: { b: [1] }, c: 'd' };
  assert.equal(applyMergePatch(target, { a: { b: [1] }, gone: null }), target);
});

test('undefined is absent, on both sides of a difference', () => {
  assert.equal(diffMergePatch({ a: undefined }, { b: undefined }), undefined);
  assert.deepEqual(diffMergePatch({ abort: true }, { abort: undefined }), { abort: null });
  assert.deepEqual(diffMergePatch({}, { canary: {}, conditions: [] }), { canary: {}, conditions: [] });
});

test('a list is replaced whole', () => {
  assert.deepEqual(diffMergePatch({ l: [{ a: 1 }, { b: 1 }] }, { l: [{ a: 1 }] }), { l: [{ a: 1 }] });
});

/** Objects without nulls, which no merge patch can write. */
const json = fc.object({
  key: fc.constantFrom('a', 'b', 'c', '__proto__'),
  values: [fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', ''), fc.boolean()],
  maxDepth: 3,
});

test('the difference of two objects, applied to the first, gives the second', () => {
  fc.assert(
    fc.property(json, json, (from, to) => {
      const patch = diffMergePatch(from, to);
      const result = patch === undefined ? from : applyMergePatch(from, patch);
      assert.ok(isEqualJson(result, to), JSON.stringify({ patch, result }));
    }),
  );
});

test('applying a patch mutates nothing and is idempotent', () => {
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify(target);
      const once = applyMergePatch(target, patch);
      assert.equal(JSON.stringify(target), before);
      assert.equal(applyMergePatch(once, patch), once);
    }),
  );
});
