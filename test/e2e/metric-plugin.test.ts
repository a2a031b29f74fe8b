// A metric plugin that is an executable, as its user meets it: named in the ConfigMap, started by the controller, its
// measurements in the AnalysisRun, and gone with the controller. The plugin is the one of test/fixtures/go-plugin where Go
// is there, else its twin in Node.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { AnalysisRun } from '../../controller/api/types.generated.ts';
import { createHttpTransport } from '../../controller/kubernetes/http-transport.ts';
import { loadClusterAccess } from '../../controller/kubernetes/kubeconfig.ts';
import { systemClock, systemRandom } from '../../controller/kubernetes/system-clock.ts';
import { fakePlugin } from '../builders/fake-plugin.ts';
import { buildGoPlugin } from '../builders/go-plugin.ts';
import { isRunning } from '../builders/is-running.ts';
import { endProgram, eventually, freePort, startProgram } from './cluster.ts';

const runs = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';

/** One metric for each thing that the plugin is told to do. */
function manifests(path: string): string {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex').toUpperCase();
  const data = { metricProviderPlugins: JSON.stringify([{ name: 'acme/judge', location: `file://${path}`, sha256 }]) };
  const metric = (name: string, config: object, more: object = {}) => ({
    name,
    provider: { plugin: { 'acme/judge': config } },
    ...more,
  });
  const metrics = [
    metric('good', { note: '{{args.service}}' }, { initialDelay: '14s' }),
    // A crash takes along whatever goes on: the others are asked before it, or after, also where a start takes seconds.
    metric('crashing', { do: 'crash' }, { consecutiveErrorLimit: 0, initialDelay: '7s' }),
    metric('refusing', { do: 'fail' }, { consecutiveErrorLimit: 0 }),
    metric('unknown', {}, { consecutiveErrorLimit: 0, provider: { plugin: { 'acme/nobody': {} } } }),
  ].map((each) => ({ interval: '1s', count: 2, ...each }));
  const dryRun = [{ metricName: 'crashing|refusing|unknown' }];
  const args = [{ name: 'service', value: 'guestbook' }];
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argo-rollouts' } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argo-rollouts-config', namespace: 'argo-rollouts' },
      data,
    },
    {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'AnalysisRun',
      metadata: { name: 'judged', namespace: 'default' },
      spec: { args, metrics, dryRun },
    },
  ];
  return objects.map((object) => JSON.stringify(object)).join('\n---\n');
}

test('a plugin measures for an AnalysisRun, and ends with the controller', async () => {
  const built = buildGoPlugin();
  const fake = fakePlugin();
  const folder = mkdtempSync(join(tmpdir(), 'slipway-plugin-'));
  writeFileSync(join(folder, 'objects.yaml'), manifests('path' in built ? built.path : fake.path));
  const [port, metricsPort, healthzPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const options = ['--plain', '--no-demo', '--no-load', '--no-controller', `--manifests=${folder}`, `--port=${port}`];
  const sandbox = startProgram('scripts/start.js', options);
  try {
    const kubeconfig = /export KUBECONFIG=(\S+)/.exec(await sandbox.printed(/export KUBECONFIG=(\S+)/))?.[1] ?? '';
    const flags = [`--kubeconfig=${kubeconfig}`, `--metricsPort=${metricsPort}`, `--healthzPort=${healthzPort}`];
    const controller = startProgram('controller/main.ts', flags, process.env, [], folder);
    const access = await loadClusterAccess({ kubeconfig }, process.env);
    const transport = createHttpTransport({
      access,
      clock: systemClock,
      random: systemRandom,
      userAgent: 'test',
      requestTimeoutMs: 10_000,
    });
    try {
      const { status } = await eventually(
        'the run has ended',
        async () => {
          const { body } = await transport.request({ verb: 'GET', path: `${runs}/judged` });
          return (body as AnalysisRun).status?.completedAt === undefined ? undefined : (body as AnalysisRun);
        },
        60_000,
      );
      assert.equal(status?.phase, 'Successful', status?.message);
      const resultOf = (name: string) => status?.metricResults?.find((result) => result.name === name);
      const messageOf = (name: string) => resultOf(name)?.measurements?.[0]?.message;

      const good = resultOf('good');
      assert.deepEqual(
        good?.measurements?.map(({ phase, value }) => [phase, value]),
        [
          ['Successful', 'done'],
          ['Successful', 'done'],
        ],
      );
      assert.deepEqual(good?.metadata, { judge: 'guestbook' });
      assert.equal(messageOf('crashing'), 'failed to run via plugin: Run rpc call error: unexpected EOF');
      assert.equal(messageOf('refusing'), 'failed to run via plugin: no such judge');
      assert.match(messageOf('unknown') ?? '', /plugin acme\/nobody not configured in configmap$/);

      const pid = Number(good?.measurements?.at(-1)?.metadata?.pid);
      assert.ok(isRunning(pid));
      assert.ok(existsSync(join(folder, 'plugin-bin/acme/judge')));
      await endProgram(controller.process);
      assert.equal(controller.process.exitCode, 0);
      assert.ok(!isRunning(pid), 'it ended with the controller');
    } finally {
      transport.close();
      await endProgram(controller.process);
    }
  } finally {
    await endProgram(sandbox.process);
    fake.remove();
    rmSync(folder, { recursive: true, force: true });
  }
});
