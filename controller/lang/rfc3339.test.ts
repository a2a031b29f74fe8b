import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatMicroTime, formatRfc3339, isSameTime, parseRfc3339 } from './rfc3339.ts';

test('times are read with any offset and fraction', () => {
  const at = Date.UTC(2021, 0, 2, 3, 4, 5);
  for (const text of ['2021-01-02T03:04:05Z', '2021-01-02T05:34:05+02:30', '2021-01-01T22:04:05-05:00']) {
    assert.equal(parseRfc3339(text), at, text);
  }
  assert.equal(parseRfc3339('2021-01-02T03:04:05.6789Z'), at + 678);
});

test('what is no time is refused', () => {
  for (const text of [
    '',
    '2021-01-02',
    '2021-02-29T00:00:00Z',
    '2021-13-01T00:00:00Z',
    '2021-01-02T24:00:00Z',
    '2021-01-02T03:04:05',
  ]) {
    assert.equal(parseRfc3339(text), undefined, text);
  }
});

test('fractions are cut off, not rounded', () => {
  assert.equal(formatRfc3339(1_999), '1970-01-01T00:00:01Z');
  assert.equal(formatMicroTime(1_999), '1970-01-01T00:00:01.999000Z');
  assert.equal(formatMicroTime(1_039.849_609_375), '1970-01-01T00:00:01.039849Z');
  assert.equal(formatMicroTime(-1), '1969-12-31T23:59:59.999000Z');
});

test('times agree with those of the platform', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      const text = date.toISOString();
      assert.equal(parseRfc3339(text), date.getTime());
      assert.equal(formatRfc3339(date.getTime()), text.replace(/\.\d+Z$/, 'Z'));
    }),
  );
});

test('two spellings of one second are the same time', () => {
  assert.ok(isSameTime('2021-01-02T03:04:05Z', '2021-01-02T04:04:05.9+01:00'));
  assert.ok(isSameTime(undefined, ''));
  assert.ok(!isSameTime('2021-01-02T03:04:05Z', undefined));
});
