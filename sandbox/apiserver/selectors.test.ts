import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesLabels, parseFieldSelector, parseLabelSelector, requirementsOf } from './selectors.ts';

const labels = { app: 'web', tier: 'front', size: '3' };

for (const [selector, expected] of [
  ['', true],
  ['app=web', true],
  ['app==web,tier=front', true],
  ['app!=web', false],
  ['absent!=x', true],
  ['app in (web, api)', true],
  ['app notin (web)', false],
  ['absent notin (web)', true],
  ['tier', true],
  ['!tier', false],
  ['!absent , app', true],
  ['size>2,size<4', true],
  ['app>1', false],
  ['app=', false],
] as const) {
  test(`the selector ${JSON.stringify(selector)} is read as kube-apiserver reads it`, () => {
    assert.equal(matchesLabels(parseLabelSelector(selector), labels), expected);
  });
}

for (const [selector, message] of [
  ['app in x', "unable to parse requirement: found 'x' expected: '('"],
  ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ['=', "found '=', expected: !, identifier, or 'end of string'"],
  ['a,', "found '', expected: identifier after ','"],
] as const) {
  test(`the selector ${JSON.stringify(selector)} is refused in Go's words`, () => {
    assert.throws(() => parseLabelSelector(selector), { message, code: 400 });
  });
}

test('a selector object and its text select the same', () => {
  const requirements = requirementsOf({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front'] },
      { key: 'absent', operator: 'DoesNotExist' },
      { key: 'size', operator: 'NotIn', values: ['4'] },
    ],
  });
  assert.ok(matchesLabels(requirements, labels));
  assert.ok(!matchesLabels(requirements, { ...labels, absent: '' }));
});

test('field selectors unescape their values', () => {
  assert.deepEqual(parseFieldSelector('a=b,c!=d\\,e\\=f'), [
    { field: 'a', equal: true, value: 'b' },
    { field: 'c', equal: false, value: 'd,e=f' },
  ]);
  assert.throws(() => parseFieldSelector('nonsense'), { code: 400 });
});
