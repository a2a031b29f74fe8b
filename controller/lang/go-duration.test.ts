import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatAge, formatGoDuration, parseGoDuration, pauseSeconds } from './go-duration.ts';

test('durations are read as Go reads them', () => {
  const rows: readonly (readonly [string, number | undefined])[] = [
    ['0', 0],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['-1.5s', -1500],
    ['+90s', 90_000],
    ['.5s', 500],
    ['1.s', 1000],
    ['2us', 0.002],
    ['2µs', 0.002],
    ['10ns', 0.00001],
    ['1m1m', 120_000],
    ['', undefined],
    ['1', undefined],
    ['1d', undefined],
    ['.s', undefined],
    ['1h 2m', undefined],
    ['3000000h', undefined],
  ];
  for (const [text, want] of rows) assert.equal(parseGoDuration(text), want, text);
});

test('durations are written as Go writes them', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [3_600_000, '1h0m0s'],
    [90_000, '1m30s'],
    [1500, '1.5s'],
    [300, '300ms'],
    [0.0025, '2.5µs'],
    [0.000001, '1ns'],
    [-60_000, '-1m0s'],
    [360_000_000, '100h0m0s'],
  ];
  for (const [milliseconds, want] of rows) assert.equal(formatGoDuration(milliseconds), want);
});

test('a written duration reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e12, max: 1e12 }), (milliseconds) => {
      assert.equal(parseGoDuration(formatGoDuration(milliseconds)), milliseconds === 0 ? 0 : milliseconds);
    }),
  );
});

test('a pause is whole seconds; -1 stands for what cannot be read', () => {
  const rows: readonly (readonly [number | string, number])[] = [
    [10, 10],
    ['10', 10],
    ['1h30m', 5400],
    ['1ms', 0],
    ['-5s', -5],
    [-5, -5],
    ['abc', -1],
    ['1d', -1],
    ['99999999999', -1],
  ];
  for (const [duration, want] of rows) assert.equal(pauseSeconds(duration), want, String(duration));
});

test('ages are as short as in the tables of kubectl', () => {
  const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];
  const rows: readonly (readonly [number, string])[] = [
    [-5 * second, '<invalid>'],
    [-1 * second, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [125 * second, '2m5s'],
    [179 * minute, '179m'],
    [3 * hour + 10 * minute, '3h10m'],
    [9 * hour, '9h'],
    [47 * hour, '47h'],
    [4 * day + 2 * hour, '4d2h'],
    [9 * day, '9d'],
    [800 * day, '2y70d'],
    [3000 * day, '8y'],
  ];
  for (const [milliseconds, want] of rows) assert.equal(formatAge(milliseconds), want);
});
