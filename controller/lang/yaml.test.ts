// The table of spec/kubernetes.md §3, and what the readers of manifests rely on.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseYaml, parseYamlDocuments, YamlError } from './yaml.ts';

test('plain values mean what they mean to kubectl', () => {
  const rows: readonly (readonly [string, unknown])[] = [
    ['yes', true],
    ['on', true],
    ['NO', false],
    ['010', 8],
    ['0o10', 8],
    ['0x1F', 31],
    ['0b11', 3],
    ['-0b11', -3],
    ['08', 8],
    ['1_000', 1000],
    ['12:30', '12:30'],
    ['1e3', 1000],
    ['.5', 0.5],
    ['+1', 1],
    ['1.20', 1.2],
    ['"1.20"', '1.20'],
    ['!!str 1', '1'],
    ['2021-01-02T03:04:05Z', '2021-01-02T03:04:05Z'],
    ['2021-01-02', '2021-01-02'],
    ['1.2.3', '1.2.3'],
    ['-', [null]],
    ['~', null],
    ['null', null],
    ['nullable', 'nullable'],
    ['1Gi', '1Gi'],
  ];
  for (const [text, want] of rows) assert.deepEqual(parseYaml(`a: ${text === '-' ? '[~]' : text}`), { a: want }, text);
});

test('keys stay what was written', () => {
  assert.deepEqual(
    parseYaml('n: 1\non: 2\n010: 3\n2021-01-02: 4\n"q": 5\n__proto__: {x: 1}'),
    JSON.parse('{"n":1,"on":2,"010":3,"2021-01-02":4,"q":5,"__proto__":{"x":1}}'),
  );
});

test('a merge adds what is not written, from one map or several', () => {
  const base = 'b: &b {x: 1, y: 2}\nc: &c {y: 3, z: 4}\n';
  assert.deepEqual(parseYaml(`${base}d: {<<: *b, x: 9}`), { b: { x: 1, y: 2 }, c: { y: 3, z: 4 }, d: { x: 9, y: 2 } });
  assert.deepEqual((parseYaml(`${base}d:\n  <<: [*b, *c]`) as Record<string, unknown>).d, { x: 1, y: 2, z: 4 });
  assert.deepEqual(parseYaml('"<<": 1'), { '<<': 1 });
});

test('a problem has a line and a reason', () => {
  const rows: readonly (readonly [string, number, RegExp])[] = [
    ['a: 1\nb: 2\na: 3', 3, /key "a" already set in map/],
    ['a: 1\nb: [1', 2, /./],
    ['a: *x', 1, /unknown anchor 'x'/],
    ['a: 1\n<<: 2', 2, /map merge requires/],
    ['a: !go/struct x', 1, /unknown tag/],
    ['a: b: c', 1, /./],
  ];
  for (const [text, line, reason] of rows) {
    assert.throws(
      () => parseYaml(text),
      (error: unknown) => {
        assert.ok(error instanceof YamlError, text);
        assert.match(error.problem.reason, reason, text);
        assert.equal(error.problem.line, line, text);
        return true;
      },
    );
  }
});

test('a broken document does not hide the others of its file', () => {
  const text = '# head\n---\na: 1\n--- # second\nb: [\n---\n---\n# nothing\n---\nc: 3\n';
  const documents = parseYamlDocuments(text);
  assert.deepEqual(
    documents.map(({ value, line, problem }) => [value, line, problem !== undefined]),
    [
      [{ a: 1 }, 3, false],
      [undefined, documents[1]?.line, true],
      [{ c: 3 }, 10, false],
    ],
  );
  assert.ok((documents[1]?.line ?? 0) >= 5);
});

test('each field knows its line', () => {
  const text =
    'kind: Rollout\nspec:\n  strategy:\n    canary:\n      steps:\n        - setWeight: 20\n        - pause: {}\n        - setWeight: 200\n';
  const [document] = parseYamlDocuments(`---\n${text}`);
  assert.equal(document?.lineOf('kind'), 2);
  assert.equal(document?.lineOf('spec.strategy.canary.steps[2].setWeight'), 9);
  assert.equal(document?.lineOf('spec.strategy.canary.steps[2].absent'), 9);
  assert.equal(document?.lineOf('spec.strategy.maxSurge'), 4);
});

test('JSON is YAML, carriage returns and a byte order mark are no obstacle', () => {
  assert.deepEqual(parseYaml('\uFEFF{\r\n\t"a": ["b", 1e2],\r\n\t"c": null\r\n}\r\n'), { a: ['b', 100], c: null });
  assert.equal(parseYaml('# only a comment\n'), undefined);
  assert.equal(parseYaml('null'), null);
});

test('block texts keep their lines', () => {
  assert.deepEqual(parseYaml('a: |\n  one\n  two\nb: >-\n  one\n  two\n'), { a: 'one\ntwo\n', b: 'one two' });
});
