import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  difference,
  equalSets,
  formatPath,
  fromFieldsV1,
  intersection,
  pathsOf,
  toFieldsV1,
  union,
} from './field-set.ts';

const element = fc.constantFrom('f:a', 'f:b', 'k:{"name":"x"}', 'v:"y"', 'i:0');
const fields = fc.letrec((tie) => ({
  node: fc.dictionary(element, fc.oneof({ depthSize: 'small' }, fc.constant({}), tie('inner')), { maxKeys: 3 }),
  inner: fc.tuple(tie('node'), fc.boolean()).map(([node, isMember]) => ({
    ...(isMember ? { '.': {} } : {}),
    ...(node as object),
  })),
})).node;
const sets = fields.map((node) => fromFieldsV1(node));

const paths = (set: Parameters<typeof pathsOf>[0]): Set<string> =>
  new Set([...pathsOf(set)].map((path) => path.join('|')));

test('FieldsV1 read and written is the same set', () => {
  fc.assert(fc.property(sets, (set) => assert.ok(equalSets(fromFieldsV1(toFieldsV1(set)), set))));
});

test('union, intersection and difference are those of the paths', () => {
  fc.assert(
    fc.property(sets, sets, (a, b) => {
      assert.deepEqual(paths(union(a, b)), paths(a).union(paths(b)));
      assert.deepEqual(paths(intersection(a, b)), paths(a).intersection(paths(b)));
      assert.deepEqual(paths(difference(a, b)), paths(a).difference(paths(b)));
    }),
  );
});

test('paths are named as conflicts name them', () => {
  assert.equal(formatPath(['f:spec', 'k:{"name":"main"}', 'f:image']), '.spec[name="main"].image');
  assert.equal(formatPath(['f:tags', 'v:"a"']), '.tags[="a"]');
});

test('what is no FieldsV1 is refused', () => {
  assert.throws(() => fromFieldsV1({ spec: {} }), TypeError);
  assert.throws(() => fromFieldsV1([]), TypeError);
});
