// Floats are those of Go (analysis.md §9.3); the texts are its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixedDecimal, floatText, parseGoFloat, shortestDecimal } from './go-float.ts';

/** `%.2f`, `%f`, `%v` and FormatFloat(x, 'f', -1, 64). */
const rows: readonly [value: number, two: string, six: string, general: string, shortest: string][] = [
  [0.125, '0.12', '0.125000', '0.125', '0.125'],
  [0.375, '0.38', '0.375000', '0.375', '0.375'],
  [-0.125, '-0.12', '-0.125000', '-0.125', '-0.125'],
  [0.0078125, '0.01', '0.007812', '0.0078125', '0.0078125'],
  [1.005, '1.00', '1.005000', '1.005', '1.005'],
  [-0, '-0.00', '-0.000000', '-0', '-0'],
  [123_456, '123456.00', '123456.000000', '123456', '123456'],
  [1_234_567, '1234567.00', '1234567.000000', '1.234567e+06', '1234567'],
  [0.00001, '0.00', '0.000010', '1e-05', '0.00001'],
  [1e21, `1${'0'.repeat(21)}.00`, `1${'0'.repeat(21)}.000000`, '1e+21', `1${'0'.repeat(21)}`],
  [Number.NaN, 'NaN', 'NaN', 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf', '+Inf', '+Inf', '+Inf'],
];

for (const [value, ...want] of rows) {
  test(`${value} is ${want[2]}`, () => {
    assert.deepEqual([fixedDecimal(value, 2), fixedDecimal(value, 6), floatText(value), shortestDecimal(value)], want);
  });
}

test('texts of services are numbers as Go reads them', () => {
  assert.deepEqual(['1', '-.5', '1e3', '+Inf', 'nan', ' 1', '1x', '', '0x10'].map(parseGoFloat), [
    1,
    -0.5,
    1000,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    ...Array<undefined>(4).fill(undefined),
  ]);
});
