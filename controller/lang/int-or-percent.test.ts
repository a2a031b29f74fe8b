import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePercent, scaledValue, writtenNumber } from './int-or-percent.ts';

test('a text is a percentage with or without its sign', () => {
  assert.equal(parsePercent('25%'), 25);
  assert.equal(parsePercent('25'), 25);
  assert.equal(parsePercent('2%5%'), 25);
  assert.equal(parsePercent('abc'), undefined);
  assert.equal(parsePercent('2.5%'), undefined);
});

test('shares are rounded as asked, numbers are themselves', () => {
  assert.equal(scaledValue('25%', 10, 'up'), 3);
  assert.equal(scaledValue('25%', 10, 'down'), 2);
  assert.equal(scaledValue(4, 10, 'up'), 4);
  assert.equal(scaledValue('abc', 10, 'up'), undefined);
  assert.equal(writtenNumber('0%'), 0);
  assert.equal(writtenNumber(7), 7);
});
