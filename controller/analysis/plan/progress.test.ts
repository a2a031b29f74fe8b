// What a run waits for is told by metric: what is next, and how much more may go wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisRunSpec, AnalysisRunStatus, Measurement } from '../../api/types.generated.ts';
import { runProgress } from './progress.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const provider = { web: { url: 'http://a' } };
const of = (spec: AnalysisRunSpec, status?: AnalysisRunStatus) =>
  runProgress({ metadata: { name: 'r' }, spec, ...(status ? { status } : {}) });

test('a new run is measured at once, with all its limits left', () => {
  const given = { name: 'm', interval: '30s', count: 5, failureLimit: 2, provider };
  assert.deepEqual(of({ metrics: [given] }), [
    {
      metric: 'm',
      count: 0,
      wanted: 5,
      failuresLeft: 2,
      inconclusiveLeft: 0,
      errorsLeft: 4,
      lastProblem: undefined,
      nextAt: undefined,
    },
  ]);
});

test('what was measured takes from the limits, and the interval says what is next', () => {
  const measurement = { phase: 'Failed', finishedAt: '2026-11-21T10:00:00Z' };
  const done = { name: 'done', phase: 'Successful', count: 1 };
  const half = {
    name: 'm-web',
    phase: 'Running',
    count: 3,
    failed: 2,
    consecutiveError: 1,
    measurements: [measurement],
  };
  const metrics = [
    { name: 'done', provider },
    { name: 'm-{{args.of}}', interval: '30s', failureLimit: 2, consecutiveErrorLimit: 1, provider },
    { name: 'later', initialDelay: '1m', failureLimit: -1, consecutiveSuccessLimit: 3, provider },
  ];
  const status = { phase: 'Running', startedAt: '2026-11-21T10:00:00Z', metricResults: [done, half] };
  const [first, second, ...rest] = of({ metrics, args: [{ name: 'of', value: 'web' }] }, status);
  assert.deepEqual(rest, []);
  assert.deepEqual(
    [first?.metric, first?.count, first?.wanted, first?.failuresLeft, first?.errorsLeft, first?.nextAt],
    ['m-web', 3, undefined, 0, 0, start + 30_001],
  );
  assert.deepEqual([second?.metric, second?.failuresLeft, second?.nextAt], ['later', undefined, start + 60_000]);
});

test('a run that is over, or whose arguments are missing, waits for nothing', () => {
  const metrics = [{ name: 'm', provider }];
  assert.deepEqual(of({ metrics }, { phase: 'Failed' }), []);
  assert.deepEqual(of({ metrics, args: [{ name: 'x' }] }), []);
});

test('of the last measurement only what was wrong with it is told', () => {
  const told = (...measurements: readonly object[]) => {
    const result = { name: 'm', phase: 'Running', measurements: measurements as Measurement[] };
    const status = { phase: 'Running', startedAt: '2026-11-21T10:00:00Z', metricResults: [result] };
    return of({ metrics: [{ name: 'm', interval: '30s', count: 5, provider }] }, status)[0]?.lastProblem;
  };
  const finishedAt = '2026-11-21T10:00:00Z';
  const failed = { phase: 'Failed', value: '0.4', finishedAt };
  assert.equal(told(failed), 'Failed: 0.4');
  assert.equal(told({ phase: 'Error', message: 'no answer', finishedAt }), 'Error: no answer');
  assert.equal(told(failed, { phase: 'Running' }), 'Failed: 0.4');
  assert.equal(told(failed, { phase: 'Successful', finishedAt }), undefined);
});
