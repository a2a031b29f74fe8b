import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { areEqualQuantities, canonicalQuantity, compareQuantities, formatQuantity, parseQuantity } from './quantity.ts';

test('a quantity has one canonical spelling', () => {
  const rows: readonly (readonly [string | number, string])[] = [
    ['2000m', '2'],
    ['0.15', '150m'],
    ['8192M', '8192M'],
    ['1000M', '1G'],
    ['128974848', '128974848'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['1.5e3', '1500'],
    ['12e6', '12e6'],
    ['1e-3', '1e-3'],
    ['1.5Gi', '1536Mi'],
    ['0.5Gi', '512Mi'],
    ['1024Ki', '1Mi'],
    ['512', '512'],
    ['0.5Ki', '512'],
    ['100u', '100u'],
    ['0.1n', '1n'],
    ['-0.1n', '-1n'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1E', '1E'],
    ['0', '0'],
    ['-0Ki', '0'],
    ['+5m', '+5m'],
    [1, '1'],
    [0.5, '500m'],
    ['16Ei', '9223372036854775807'],
  ];
  for (const [input, want] of rows) assert.equal(canonicalQuantity(input), want, String(input));
});

test('what is no quantity is refused', () => {
  for (const input of ['', 'lots', '1 Gi', '1gi', 'm', '.', '1.2.3', '--1', '1e', '1Ee', null, true, {}]) {
    assert.equal(parseQuantity(input), undefined, String(input));
  }
});

test('amounts are compared, not spellings', () => {
  assert.ok(areEqualQuantities('1000m', 1));
  assert.ok(areEqualQuantities('1Gi', '1073741824'));
  assert.ok(!areEqualQuantities('1G', '1Gi'));
  assert.ok(!areEqualQuantities('lots', 'lots'));
  const order = ['1Gi', '-1', '1G', '100m'].map((text) => parseQuantity(text)!).sort(compareQuantities);
  assert.deepEqual(order.map(formatQuantity), ['-1', '100m', '1G', '1Gi']);
});

test('the canonical spelling means the same and is its own canonical spelling', () => {
  const texts = fc
    .tuple(
      fc.constantFrom('', '-'),
      fc.nat(999_999),
      fc.option(fc.nat(999), { nil: undefined }),
      fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e2', 'e-2', 'E6'),
    )
    .map(
      ([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === undefined ? '' : `.${fraction}`}${suffix}`,
    );
  fc.assert(
    fc.property(texts, (text) => {
      const canonical = canonicalQuantity(text)!;
      assert.ok(areEqualQuantities(text, canonical));
      assert.equal(canonicalQuantity(canonical), canonical);
    }),
  );
});
