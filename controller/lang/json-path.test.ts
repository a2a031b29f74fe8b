// The executed vectors of spec/analysis.md ("Dialect"), and what printer columns and `-o jsonpath` need besides.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonPath, firstAtPath, type JsonPathOptions } from './json-path.ts';

function first(body: string, template: string, options?: JsonPathOptions): unknown {
  const compiled = compileJsonPath(template, options);
  if ('problem' in compiled) return compiled;
  const found = compiled.value.find(JSON.parse(body));
  return 'problem' in found ? found : found.value.flat()[0];
}

test('the recorded vectors of the dialect', () => {
  const people = '{"a":[{"n":"x","v":1},{"n":"y","v":2}]}';
  const rows: readonly (readonly [string, string, unknown])[] = [
    ['{"a":{"b":5}}', '{$.a.b}', 5],
    ['{"a":{"b":5}}', '{.a.b}', 5],
    ['{"a":{"b":5}}', '$.a.b', '$.a.b'],
    ['{"a":{"b":5}}', '{$}', { a: { b: 5 } }],
    ['{"a":{"b":5}}', '{.a.c}', { problem: 'c is not found' }],
    ['{"a":[1,2,3]}', '{.a[*]}', 1],
    ['{"a":[1,2,3]}', '{.a}', [1, 2, 3]],
    ['{"a":[1,2,3]}', '{.a[-1:]}', 3],
    ['{"a":[1,2,3]}', '{.a[1:3]}', 2],
    ['{"a":[1,2,3]}', '{.a[5]}', { problem: 'array index out of bounds: index 5, length 3' }],
    [people, '{.a[?(@.n=="y")].v}', 2],
    [people, '{.a[?(@.n=="z")].v}', undefined],
    [people, '{.a[?(@.v>1)].n}', { problem: 'incompatible types for comparison' }],
    [people, '{.a[?(@.v>1.0)].n}', 'y'],
    [people, '{..v}', 1],
    [people, '{range .a[*]}{.v}{end}', 1],
    ['{"a.b":1}', '{.a\\.b}', 1],
    ['{"a":null}', '{.a}', null],
  ];
  for (const [body, template, want] of rows) assert.deepEqual(first(body, template), want, `${template} of ${body}`);
  assert.ok('problem' in (first('{"a b":1}', "{['a b']}") as object));
});

test('what kubectl prints', () => {
  const pods = {
    items: [
      { metadata: { name: 'a', labels: { 'app.io/x': '1' } }, status: { ready: true } },
      { metadata: { name: 'b', labels: {} }, status: { ready: false } },
    ],
  };
  const rows: readonly (readonly [string, string])[] = [
    ['{.items[*].metadata.name}', 'a b'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.status.ready}{"\\n"}{end}', 'a\ttrue\nb\tfalse\n'],
    ['{.items[0].metadata.labels.app\\.io/x}', '1'],
    ["{.items[0].metadata['name', 'labels']}", 'a {"app.io/x":"1"}'],
    ['name: {.items[1].metadata.name}!', 'name: b!'],
    ['{.items[?(@.status.ready==true)].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'b'],
    ['{.items..name}', 'a b'],
  ];
  for (const [template, want] of rows) {
    const compiled = compileJsonPath(template);
    assert.ok('value' in compiled, template);
    assert.deepEqual(compiled.value.format(pods), { value: want }, template);
  }
});

test('a missing field of a column is nothing', () => {
  assert.equal(firstAtPath('.status.replicas', { spec: {} }), undefined);
  assert.equal(firstAtPath('.spec.replicas', { spec: { replicas: 0 } }), 0);
  assert.equal(firstAtPath('.status.conditions[?(@.type=="Ready")].status', { status: {} }), undefined);
});

test('a broken template is refused', () => {
  for (const template of ['{.a', '{.a[}', '{.a[x]}', '{end}', '{"a}']) {
    assert.ok('problem' in compileJsonPath(template), template);
  }
});
