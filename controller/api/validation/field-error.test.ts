import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duplicate, forbidden, internal, invalid, notFound, notSupported, quoteGo, required } from './field-error.ts';

test('each kind of problem has the form that Kubernetes gives it', () => {
  const rows = [
    [required('a'), 'a: Required value'],
    [required('a', 'why'), 'a: Required value: why'],
    [invalid('a', 'x', 'why'), 'a: Invalid value: "x": why'],
    [invalid('a', 0, 'why'), 'a: Invalid value: 0: why'],
    [invalid('a', true, 'why'), 'a: Invalid value: true: why'],
    [invalid('a', undefined, 'why'), 'a: Invalid value: null: why'],
    [invalid('a', { b: ['c'] }, 'why'), 'a: Invalid value: {"b":["c"]}: why'],
    [notSupported('a', 'x', ['c', 'b']), 'a: Unsupported value: "x": supported values: "b", "c"'],
    [duplicate('a', 'x'), 'a: Duplicate value: "x"'],
    [notFound('a', 'x'), 'a: Not found: "x"'],
    [forbidden('a', 'why'), 'a: Forbidden: why'],
    [internal('a', 'why'), 'a: Internal error: why'],
  ] as const;
  for (const [error, want] of rows) assert.equal(error.text, want);
});

test('texts are quoted as Go quotes them', () => {
  assert.equal(quoteGo('a"b\\c\n\t\u0001é✓\u00a0\u{1F600}'), '"a\\"b\\\\c\\n\\t\\x01é✓\\u00a0😀"');
});
