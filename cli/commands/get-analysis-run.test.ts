// `get analysisrun` (EXT, spec/cli.md §14.6).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster } from '../../test/builders/fake-cluster.ts';
import { runCli, startCli } from '../../test/builders/run-cli.ts';

const measured = (phase: string, second: number, value: string, message?: string) => ({
  phase,
  startedAt: `2026-11-21T02:50:${second}Z`,
  finishedAt: `2026-11-21T02:50:${second}Z`,
  value,
  ...(message === undefined ? {} : { message }),
});

const run = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: {
    name: 'web-abc-2',
    namespace: 'shop',
    ownerReferences: [{ kind: 'Rollout', name: 'web', controller: true }],
  },
  spec: {
    args: [
      { name: 'floor', value: '0.95' },
      { name: 'token', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ],
    metrics: [
      {
        name: 'success',
        interval: '5s',
        count: '10',
        failureLimit: 2,
        successCondition: 'result[0] >= {{args.floor}}',
        provider: { prometheus: { query: 'x' } },
      },
      { name: 'smoke', failureCondition: 'result == "{{args.token}}"', provider: { web: { url: 'http://x' } } },
    ],
  },
  status: {
    phase: 'Running',
    startedAt: '2026-11-21T02:50:10Z',
    metricResults: [
      {
        name: 'success',
        phase: 'Running',
        count: 2,
        successful: 1,
        failed: 1,
        error: 1,
        metadata: { ResolvedPrometheusQuery: 'sum(\n  up)\n' },
        measurements: [
          measured('Successful', 10, '[0.97]'),
          measured('Failed', 15, `[0.${'1'.repeat(80)}]`, 'not good enough, query: sum( up)'),
        ],
      },
    ],
  },
};

const wanted = `Name:            web-abc-2
Namespace:       shop
Status:          ◌ Running
Owner:           Rollout web
Started:         2026-11-21T02:50:10Z (15s ago)

Metric:          success
  Status:        ◌ Running
  Provider:      prometheus
  Measured:      2 of 10: 1 successful, 1 failed of 2 allowed, 1 errors, 0 of 4 allowed in a row
  Success if:    result[0] >= 0.95
  Query:         sum( up)
  Interval:      5s
  Next:          2026-11-21T02:50:20Z

  STARTED               PHASE         VALUE                                                         MESSAGE
  2026-11-21T02:50:10Z  ✔ Successful  [0.97]
  2026-11-21T02:50:15Z  ✖ Failed      [0.${'1'.repeat(56)}…  not good enough

Metric:          smoke
  Status:        ◷ Pending
  Provider:      web
  Measured:      0 of 1: 0 successful, 0 failed of 0 allowed
  Failure if:    result == "{{args.token}}"
`;

test('each metric tells its limits, its conditions with their arguments but no secret, and what was measured', async () => {
  const transport = new FakeCluster([run as unknown as KubernetesObject]);
  const { code, stdout } = await runCli(['get', 'analysisrun', 'web-abc-2'], { transport });
  assert.equal(stdout, wanted);
  assert.equal(code, 0);
});

test('-w draws again when it changes, until it is interrupted', async () => {
  const transport = new FakeCluster([run as unknown as KubernetesObject]);
  const running = startCli(['get', 'ar', 'web-abc-2', '-w'], { transport });
  await running.clock.runFor(2000);
  transport.put({
    ...run,
    status: { ...run.status, phase: 'Failed', message: 'because' },
  } as unknown as KubernetesObject);
  await running.clock.runFor(2000);
  running.interrupt();
  await running.clock.runFor(1000);
  const { code, stdout } = await running.result;
  assert.equal(code, 0);
  assert.match(stdout, /Status: {10}◌ Running[\s\S]*Status: {10}✖ Failed\nMessage: {9}because\n/);
});

test('a run that is not there, and none', async () => {
  const transport = new FakeCluster();
  const { code, stderr } = await runCli(['get', 'ar', 'nope'], { transport });
  assert.deepEqual([code, stderr], [1, 'Error: analysisrun.argoproj.io "nope" not found\n']);
  assert.match(
    (await runCli(['get', 'ar'], { transport })).stderr,
    /^Usage:\n {2}\S+ get analysisrun ANALYSISRUN_NAME/,
  );
});
