// A run stays within what the store of the cluster takes, whatever its rules of retention say: V-32 and issue "Never".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisRun, AnalysisRunStatus, Measurement, MetricResult } from '../../api/types.generated.ts';
import { planRun } from '../plan.ts';
import type { CallAnswer } from '../types.ts';
import { keepMeasurements } from './kept-measurements.ts';
import { finishedCount } from './tasks.ts';

const start = Date.parse('2026-11-21T10:00:00Z');
const measured = (value: string): Measurement => ({ phase: 'Successful', value, startedAt: 'a', finishedAt: 'b' });
const result = (name: string, measurements: readonly Measurement[]): MetricResult => ({
  name,
  phase: 'Running',
  measurements,
});
const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

test('the newest of each metric are kept, as many as its rule says', () => {
  const many = Array.from({ length: 25 }, (_, index) => measured(String(index)));
  const kept = keepMeasurements([result('a', many), result('b', many)], (name) => (name === 'a' ? 10 : 20));
  assert.deepEqual(
    kept.map(({ measurements }) => measurements?.length),
    [10, 20],
  );
  assert.equal(kept[0]?.measurements?.[0]?.value, '15');
});

test('large values push out the oldest of the largest metric, never the last of any', () => {
  const large = Array.from({ length: 40 }, (_, index) => measured(`${index}${'ü'.repeat(32_000)}`));
  const small = Array.from({ length: 40 }, (_, index) => measured(String(index)));
  const kept = keepMeasurements([result('large', large), result('small', small)], () => 100);
  assert.ok(sizeOf(kept) <= 1024 * 1024 + 1_000, String(sizeOf(kept)));
  assert.ok(sizeOf(kept) > 800 * 1024);
  assert.equal(kept[1]?.measurements?.length, 40);
  assert.match(kept[0]?.measurements?.at(-1)?.value ?? '', /^39/);
  const alone = keepMeasurements([result('one', [measured('x'.repeat(2_000_000))])], () => 10);
  assert.equal(alone[0]?.measurements?.length, 1);
});

test('what the rest of the object takes is not there for measurements', () => {
  const values = Array.from({ length: 40 }, (_, index) => measured(`${index}${'x'.repeat(60_000)}`));
  const query = 'q'.repeat(30_000);
  const results = Array.from({ length: 12 }, (_, index) => ({
    ...result(`m${index}`, values),
    metadata: { ResolvedPrometheusQuery: query },
  }));
  const rest = { spec: { metrics: results.map(({ name }) => ({ name, query })) } };
  const kept = keepMeasurements(results, () => 100, rest);
  const size = sizeOf([rest, kept]);
  assert.ok(size < 1.45 * 1024 * 1024 && size > 1024 * 1024, String(size));
});

/** The run after further measurements, one every second. */
function after(run: AnalysisRun, count: number): AnalysisRun {
  let current = run;
  for (let index = 0; index < count; index += 1) {
    const answeredAt = start + index * 1_000;
    const answer: CallAnswer = {
      is: 'measured',
      kind: 'run',
      finishedBefore: finishedCount(current.status?.metricResults?.[0]),
      startedAt: answeredAt,
      answeredAt,
      phase: 'Successful',
      value: '[0.973]',
    };
    const { status } = planRun({ run: current, ledger: { inFlight: {}, answers: { m: answer } } }, answeredAt);
    current = { ...current, status };
  }
  return current;
}

function longRun(retention: number, status?: AnalysisRunStatus): AnalysisRun {
  return {
    metadata: { name: 'r', namespace: 'n' },
    spec: {
      metrics: [{ name: 'm', interval: '1s', provider: { web: { url: 'http://a' } } }],
      measurementRetention: [{ metricName: 'm', limit: retention }],
    },
    ...(status === undefined ? {} : { status }),
  };
}

test('a run of 50,000 measurements stays below what etcd takes, and counts them all', () => {
  const run = after(longRun(10), 50_000);
  assert.equal(run.status?.metricResults?.[0]?.successful, 50_000);
  assert.equal(run.status?.metricResults?.[0]?.measurements?.length, 10);
  assert.ok(sizeOf(run) < 4_000);
});

test('so does one whose rule says to keep them all', () => {
  const old = Array.from({ length: 50_000 }, () => ({
    phase: 'Successful',
    startedAt: '2026-11-21T10:00:00Z',
    finishedAt: '2026-11-21T10:00:00Z',
    value: '[0.973]',
  }));
  const result = { name: 'm', phase: 'Running', count: 50_000, successful: 50_000, measurements: old };
  const run = after(longRun(100_000, { phase: 'Running', metricResults: [result] }), 20);
  assert.ok(sizeOf(run) < 1_200_000, String(sizeOf(run)));
  assert.equal(run.status?.metricResults?.[0]?.successful, 50_020);
  assert.ok((run.status?.metricResults?.[0]?.measurements?.length ?? 0) > 8_000);
});
