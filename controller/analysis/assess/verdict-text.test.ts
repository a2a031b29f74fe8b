// The message of a measurement names the value, the condition and the query.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metric } from '../../api/types.generated.ts';
import { verdictText } from './verdict-text.ts';

const prometheus: Metric = { name: 'm', provider: { prometheus: { query: 'sum(\n  up\n)' } } };
const successCondition = 'result[0] >= 0.95';
const failureCondition = 'result[0] < 0.9';

test('a success condition that does not hold', () => {
  const text = verdictText({ ...prometheus, successCondition }, 'Failed', '[0.83]');
  assert.equal(text, '[0.83] does not meet successCondition "result[0] >= 0.95", query: sum( up )');
});

test('a failure condition that holds, whatever the success condition says', () => {
  const text = verdictText({ ...prometheus, successCondition, failureCondition }, 'Failed', '[0.83]');
  assert.equal(text, '[0.83] meets failureCondition "result[0] < 0.9", query: sum( up )');
});

test('neither of the two', () => {
  const text = verdictText({ ...prometheus, successCondition, failureCondition }, 'Inconclusive', '[0.92]');
  const neither = 'meets neither successCondition "result[0] >= 0.95" nor failureCondition "result[0] < 0.9"';
  assert.equal(text, `[0.92] ${neither}, query: sum( up )`);
});

test('long values and queries are cut, since the message stands in conditions of the Rollout', () => {
  const provider = { prometheus: { query: 'x'.repeat(5000) } };
  const text = verdictText({ name: 'm', provider, successCondition }, 'Failed', 'y'.repeat(5000)) ?? '';
  assert.ok(text.length < 700, `${text.length}`);
});

test('what passed says nothing, and neither does a metric without a query', () => {
  assert.equal(verdictText({ ...prometheus, successCondition }, 'Successful', '[1]'), undefined);
  const web = { name: 'm', provider: { web: { url: 'http://x' } }, successCondition };
  assert.equal(verdictText(web, 'Failed', '1'), undefined);
});
