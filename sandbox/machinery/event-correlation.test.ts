import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventCorrelation } from './event-correlation.ts';

const text = (message: string, reason = 'SuccessfulCreate') =>
  ({ type: 'Normal', reason, message, fieldPath: undefined }) as const;

/** What is told of each text, in short: the count, or `dropped`. */
function tell(correlation: EventCorrelation, message: string, now = 0, object = 'a'): string {
  const given = correlation.take(object, text(message), now);
  if (given === undefined) return 'dropped';
  if (given.known === undefined) correlation.written(given.key, message);
  return `${given.message} ${given.known?.count ?? 1}`;
}

test('the same text raises the count of its event', () => {
  const correlation = new EventCorrelation();
  assert.deepEqual(
    ['pod', 'pod', 'other', 'pod'].map((message) => tell(correlation, message)),
    ['pod 1', 'pod 2', 'other 1', 'pod 3'],
  );
});

test('from the tenth text of one reason on they are combined into one event', () => {
  const correlation = new EventCorrelation();
  const told = Array.from({ length: 12 }, (_, index) => tell(correlation, `pod ${index}`));
  assert.deepEqual(told.slice(8), [
    'pod 8 1',
    '(combined from similar events): pod 9 1',
    '(combined from similar events): pod 10 2',
    '(combined from similar events): pod 11 3',
  ]);
  assert.equal(tell(correlation, 'pod x', 0, 'b'), 'pod x 1', 'of another object');
  assert.equal(tell(correlation, 'pod y', 600_001), 'pod y 1', 'after ten quiet minutes');
});

test('of one object 25 are told in a burst, then one in five minutes; what was dropped counts all the same', () => {
  const correlation = new EventCorrelation();
  const told = Array.from({ length: 27 }, () => tell(correlation, 'pod'));
  assert.deepEqual(told.slice(24), ['pod 25', 'dropped', 'dropped']);
  assert.equal(tell(correlation, 'pod', 300_000), 'pod 28');
  assert.equal(tell(correlation, 'pod', 300_000), 'dropped');
  assert.equal(tell(correlation, 'pod', 300_000, 'b'), 'pod 1');
});
