// The table of analysis.md §1.3: the first problem of a list of metrics, in the words that users see.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metric } from '../../api/types.generated.ts';
import { durationProblem, metricsProblem } from './validate-metrics.ts';

const good: Metric = { name: 'm', provider: { web: { url: 'http://a' } } };
const problem = (fields: object): string | undefined => metricsProblem([{ ...good, ...fields } as Metric]);

const table: readonly (readonly [fields: object, text: string])[] = [
  [{ consecutiveSuccessLimit: -1 }, 'consecutiveSuccessLimit must be >= 0'],
  [{ failureLimit: -2 }, 'failureLimit must be >= 0, or -1 to be disabled'],
  [{ failureLimit: '-1' }, 'failureLimit and consecutiveSuccessLimit cannot both be disabled'],
  [{ inconclusiveLimit: -1 }, 'inconclusiveLimit must be >= 0'],
  [{ consecutiveErrorLimit: -1 }, 'consecutiveErrorLimit must be >= 0'],
  [
    { count: 3, interval: '1s', failureLimit: 2, consecutiveSuccessLimit: 2 },
    'count (3) must be >= failureLimit + consecutiveSuccessLimit (2 + 2) if both >= 0',
  ],
  [{ count: 1, failureLimit: -1, consecutiveSuccessLimit: 2 }, 'count must be >= consecutiveSuccessLimit'],
  [{ count: 1, inconclusiveLimit: 2 }, 'count must be >= inconclusiveLimit'],
  [{ count: 2 }, 'interval must be specified when count > 1'],
  [{ interval: '5 minutes' }, 'invalid interval string: time: unknown unit " minutes" in duration "5 minutes"'],
  [{ initialDelay: '30' }, 'invalid startDelay string: time: missing unit in duration "30"'],
  [{ provider: {} }, 'no provider specified'],
  [{ provider: { web: { url: 'a' }, job: { spec: {} } } }, 'multiple providers specified'],
  [{ provider: { plugin: { a: {}, b: {} } } }, 'multiple providers specified'],
];
for (const [fields, text] of table) {
  test(`${JSON.stringify(fields)}: ${text}`, () => assert.equal(problem(fields), `metrics[0]: ${text}`));
}

test('a list without metrics, or with one name twice', () => {
  assert.equal(metricsProblem([]), 'no metrics specified');
  assert.equal(metricsProblem([good, good]), "metrics[1]: duplicate name 'm'");
});

test('what is allowed: V-07, limits as texts, an empty interval, one plugin', () => {
  for (const fields of [
    {},
    { count: 1, failureLimit: 1 },
    { count: '3', interval: '1m', failureLimit: '2' },
    { count: 'abc' },
    { interval: '' },
    { failureLimit: -1, consecutiveSuccessLimit: 1 },
    { provider: { plugin: { 'a/b': {} } } },
    { interval: '1h0.5s', initialDelay: '0' },
  ]) {
    assert.equal(problem(fields), undefined, JSON.stringify(fields));
  }
});

test('durations that are none are told as Go tells them', () => {
  assert.equal(durationProblem('1d'), 'time: unknown unit "d" in duration "1d"');
  assert.equal(durationProblem('30'), 'time: missing unit in duration "30"');
  assert.equal(durationProblem('soon'), 'time: invalid duration "soon"');
  assert.equal(durationProblem('1.5h'), undefined);
});
