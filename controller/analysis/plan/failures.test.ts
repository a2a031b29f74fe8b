// What made a run fail, for whoever asks.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisRun, MetricResult } from '../../api/types.generated.ts';
import { runFailures } from './failures.ts';

const provider = { web: { url: 'http://a' } };

function run(results: readonly Partial<MetricResult>[]): AnalysisRun {
  const metrics = [{ name: 'rate', successCondition: 'result >= 0.95', failureCondition: 'result < 0.5', provider }];
  return {
    metadata: { name: 'r' },
    spec: { metrics },
    status: { phase: 'Failed', metricResults: results as readonly MetricResult[] },
  };
}

test('the last three measurements of each metric that failed, with its conditions', () => {
  const measurements = ['0.99', '0.4', '0.3', '0.2'].map((value) => ({ phase: 'Failed', value }));
  const good = { name: 'good', phase: 'Successful', measurements };
  assert.deepEqual(runFailures(run([good, { name: 'rate', phase: 'Failed', measurements }])), [
    {
      metric: 'rate',
      phase: 'Failed',
      values: ['0.4', '0.3', '0.2'],
      condition: 'failureCondition: result < 0.5, successCondition: result >= 0.95',
    },
  ]);
});

test('an error is told by its message, a metric that is not in the spec has no condition, a dry run fails nothing', () => {
  const silent = { phase: 'Error', message: 'no answer' };
  const broken = { name: 'other', phase: 'Error', measurements: [silent, silent] };
  const dry = { name: 'rate', phase: 'Failed', dryRun: true, measurements: [] };
  const [failure, ...more] = runFailures(run([broken, dry]));
  assert.deepEqual([failure?.values, failure?.condition, more], [['no answer'], '', []]);
});
