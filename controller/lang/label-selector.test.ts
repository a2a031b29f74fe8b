import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LabelSelector } from '../api/kubernetes-types.ts';
import {
  formatLabelSelector,
  formatTerms,
  matchesLabelSelector,
  matchesTerms,
  parseLabelSelector,
  selectorTerms,
} from './label-selector.ts';

test('a selector is written with its keys and values sorted', () => {
  const selector: LabelSelector = {
    matchLabels: { b: '2', a: '1' },
    matchExpressions: [
      { key: 'd', operator: 'DoesNotExist' },
      { key: 'c', operator: 'In', values: ['y', 'x'] },
      { key: 'f', operator: 'NotIn', values: ['z'] },
      { key: 'e', operator: 'Exists' },
    ],
  };
  assert.equal(formatLabelSelector(selector), 'a=1,b=2,c in (x,y),!d,e,f notin (z)');
  assert.equal(formatLabelSelector({}), '<none>');
  assert.equal(formatLabelSelector(undefined), '<none>');
  assert.equal(formatLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] }), '<error>');
});

test('an absent selector selects nothing, an empty one everything', () => {
  assert.equal(matchesLabelSelector(undefined, { a: '1' }), false);
  assert.equal(matchesLabelSelector({}, undefined), true);
  assert.equal(matchesLabelSelector({ matchExpressions: [{ key: 'a', operator: 'Like' }] }, { a: '1' }), false);
});

test('each operator matches as Kubernetes says', () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['a=1', true],
    ['a==1', true],
    ['a!=1', false],
    ['x!=1', true],
    ['a in (1,2)', true],
    ['a notin (1)', false],
    ['x notin (1)', true],
    ['x in (1)', false],
    ['a', true],
    ['!a', false],
    ['!x', true],
    ['n>4', true],
    ['n<5', false],
    ['a=1,n=5', true],
    ['a=1,n=6', false],
    ['e=', true],
    ['', true],
  ];
  for (const [text, want] of rows) {
    const parsed = parseLabelSelector(text);
    assert.ok('terms' in parsed, text);
    assert.equal(matchesTerms(parsed.terms, { a: '1', n: '5', e: '' }), want, text);
  }
});

test('a broken text is refused in the words of the API server', () => {
  const rows: readonly (readonly [string, string])[] = [
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['app in x', "unable to parse requirement: found 'x' expected: '('"],
    ['=', "found '=', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
  ];
  for (const [text, problem] of rows) assert.deepEqual(parseLabelSelector(text), { problem });
});

const word = fc.constantFrom('a', 'b', 'c.d/e', 'in', '1');
const selectors: fc.Arbitrary<LabelSelector> = fc.record({
  matchLabels: fc.dictionary(fc.constantFrom('a', 'b', 'c.d/e'), word),
  matchExpressions: fc.array(
    fc.oneof(
      fc.record({
        key: word,
        operator: fc.constantFrom('In', 'NotIn'),
        values: fc.uniqueArray(word, { minLength: 1 }),
      }),
      fc.record({ key: word, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
    ),
  ),
});

test('what is written reads back as the same selector', () => {
  fc.assert(
    fc.property(selectors, (selector) => {
      const terms = selectorTerms(selector) ?? [];
      assert.deepEqual(parseLabelSelector(formatTerms(terms)), { terms });
    }),
  );
});
