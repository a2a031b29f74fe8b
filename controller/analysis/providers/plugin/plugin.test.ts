// Metric plugins that are executables, by one suite: a plugin that is written with the genuine go-plugin in Go, and its twin
// in Node, which is there without Go, and is held to the same answers by it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { fakePlugin } from '../../../../test/builders/fake-plugin.ts';
import { buildGoPlugin } from '../../../../test/builders/go-plugin.ts';
import { hurryingClock, makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import type { AnalysisRun, Metric } from '../../../api/types.generated.ts';
import { silentLogger } from '../../../kubernetes/log.ts';
import { createPluginHost } from '../../../plugins/host.ts';
import type { PluginProcess } from '../../../plugins/process/plugin-process.ts';
import type { Answer, Measurement } from '../contract.ts';
import { plugin } from './client.ts';
import { measureByGo, metadataByGo } from './go-plugin.ts';

const fake = fakePlugin();
const built = buildGoPlugin();
const folder = mkdtempSync(join(tmpdir(), 'metric-plugin-'));
after(() => {
  fake.remove();
  rmSync(folder, { recursive: true, force: true });
});

const metricOf = (config: object): Metric => ({
  name: 'judged',
  interval: '5s',
  count: 3,
  failureLimit: '20%',
  successCondition: 'result > 1',
  provider: { plugin: { 'acme/judge': config } },
});

const run: AnalysisRun = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: {
    name: 'web-6b4f-2',
    namespace: 'demo',
    uid: 'u-1',
    generation: 4,
    creationTimestamp: '2026-11-21T03:15:04Z',
    labels: { app: 'größer' },
    ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'o', controller: true }],
  },
  spec: {
    args: [
      { name: 'service', value: 'web-canary' },
      { name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ],
    dryRun: [{ metricName: 'judged' }],
    metrics: [
      metricOf({ note: '{{args.service}}' }),
      { name: 'up', provider: { prometheus: { address: 'http://p', query: 'up' } } },
      { name: 'page', provider: { web: { url: 'http://w', jsonPath: '{$.x}', headers: [{ key: 'a', value: 'b' }] } } },
      {
        name: 'task',
        provider: {
          job: {
            spec: {
              backoffLimit: 2,
              template: {
                metadata: { labels: { a: 'b' } },
                spec: { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '5m' } } }] },
              },
            },
          },
        },
      },
    ],
  },
  status: {
    phase: 'Running',
    startedAt: '2026-11-21T03:15:05Z',
    metricResults: [
      {
        name: 'up',
        phase: 'Running',
        count: 1,
        metadata: { q: 'up' },
        measurements: [{ phase: 'Successful', value: '1', startedAt: '2026-11-21T03:15:05Z' }],
      },
    ],
  },
};

const clock = hurryingClock();

interface Asker {
  ask(verb: 'run' | 'resume' | 'terminate', config: object, more?: Partial<Measurement>): Promise<Answer>;
  collect(limit: number): Promise<void>;
  close(): Promise<void>;
}

function asker(path: string, fields = ', name: acme/judge'): Asker {
  const host = createPluginHost({ clock, log: silentLogger, environment: process.env, folder });
  const list = `[{location: "file://${path}"${fields}}]`;
  const tools = makeProviderTools({
    plugins: host,
    request: async () => ({ status: 200, headers: {}, body: { data: { metricProviderPlugins: list } } }),
  });
  const measurement = { phase: 'Running' as const, startedAt: '2026-11-21T03:15:05Z', metadata: { job: '7' } };
  return {
    ask: (verb, config, more = {}) => {
      const call = { metric: metricOf(config), run, finishedCount: 0, measurement: { ...measurement, ...more } };
      return (plugin[verb] as NonNullable<typeof plugin.resume>)(call, tools);
    },
    collect: async (limit) => plugin.garbageCollect?.({ metric: metricOf({}), run, finishedCount: 9, limit }, tools),
    async close() {
      await host.close();
      tools.close();
    },
  };
}

const failed = (message: string) => ({ name: 'ProviderError', message });
const phaseOf = (answer: Answer) => (answer.is === 'phase' ? answer : assert.fail('the plugin decides the phase'));

const plugins = [
  { name: 'in Node', path: fake.path, skip: false },
  {
    name: 'in Go, with go-plugin',
    path: 'path' in built ? built.path : '',
    skip: 'missing' in built ? built.missing : false,
  },
];

for (const { name, path, skip } of plugins) {
  describe(`a plugin ${name}`, { skip }, () => {
    let judge: Asker | undefined;
    const ask: Asker['ask'] = (...call) => {
      judge ??= asker(path);
      return judge.ask(...call);
    };
    afterEach(async () => {
      clock.hurried = 0;
      await judge?.close();
      judge = undefined;
    });

    test('decides a measurement, and tells what is stored with the result', async () => {
      const { message: _seen, metadata, ...answer } = phaseOf(await ask('run', { note: 'hello' }));
      const resultMetadata = { judge: 'hello' };
      assert.deepEqual(answer, { is: 'phase', phase: 'Successful', value: 'done', resultMetadata });
      assert.equal(metadata?.runs, '1');
    });

    test('may take its time: it is resumed with what it left', async () => {
      const { resultMetadata: _note, ...answer } = phaseOf(await ask('run', { do: 'last' }));
      const resumeAt = Date.UTC(2030, 0, 2, 2, 4, 5);
      assert.deepEqual(answer, { is: 'phase', phase: 'Running', metadata: { job: '7' }, resumeAt });
      const { message: _seen, ...resumed } = phaseOf(await ask('resume', {}));
      assert.deepEqual(resumed, { is: 'phase', phase: 'Successful', value: 'done', metadata: { job: '7' } });
    });

    test('is told to stop', async () => {
      const { phase, message } = phaseOf(await ask('terminate', {}, { metadata: {} }));
      assert.deepEqual([phase, message], ['Successful', 'stopped']);
      const stopped = phaseOf(await ask('terminate', { do: 'fail' }));
      assert.deepEqual([stopped.phase, stopped.message], ['Error', 'failed to terminate via plugin: stopped']);
    });

    test('is asked to remove what is old', async () => {
      judge = asker(path);
      await assert.rejects(judge.collect(10), failed('failed to garbage collect via plugin: 10 are kept'));
    });

    test('says that it failed, in the words of the reference', async () => {
      const { phase, message } = phaseOf(await ask('run', { do: 'fail' }));
      assert.deepEqual([phase, message], ['Error', 'failed to run via plugin: no such judge']);
      const refused = failed('failed to run via plugin: Run rpc call error: I will not');
      await assert.rejects(ask('run', { do: 'refuse' }), refused);
    });

    test('that hangs fails its measurement after 30 s, and no other', async () => {
      await ask('run', {});
      clock.hurried = 30_000; // of a call
      const hanging = ask('run', { do: 'hang' });
      await assert.rejects(hanging, failed('failed to run via plugin: Run rpc call error: no answer within 30 s'));
      clock.hurried = 0;
      assert.equal(phaseOf(await ask('run', {})).metadata?.runs, '3');
    });

    test('that crashes fails its measurement, and is started again for the next', async () => {
      const before = phaseOf(await ask('run', {})).metadata;
      const crashed = failed('failed to run via plugin: Run rpc call error: unexpected EOF');
      await assert.rejects(ask('run', { do: 'crash' }), crashed);
      const after = phaseOf(await ask('run', {})).metadata;
      assert.notEqual(after?.pid, before?.pid);
      assert.deepEqual([before?.runs, after?.runs], ['1', '1']);
    });

    test('answers many at a time', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask('run', {})));
      assert.equal(new Set(answers.map((answer) => phaseOf(answer).metadata?.pid)).size, 1);
      assert.equal(new Set(answers.map((answer) => phaseOf(answer).metadata?.runs)).size, 50);
    });
  });
}

test('a plugin in Go sees the run and the metric as their Go types', { skip: plugins[1]?.skip ?? false }, async () => {
  const judge = asker(plugins[1]?.path ?? '');
  const seen = JSON.parse(phaseOf(await judge.ask('run', { note: 'hello' })).message ?? '');
  const resumed = JSON.parse(phaseOf(await judge.ask('resume', {})).message ?? '');
  await judge.close();
  const judged = {
    Name: 'judged',
    Interval: '5s',
    SuccessCondition: 'result > 1',
    Count: { IntVal: 3 },
    FailureLimit: { Type: 1, StrVal: '20%' },
  };
  const pod = {
    Labels: { a: 'b' },
    Spec: { Containers: [{ Name: 'c', Image: 'i', Resources: { Limits: { cpu: {} } } }] },
  };
  assert.deepEqual(withoutZeros(seen), {
    Metric: { ...judged, Provider: { Plugin: { 'acme/judge': { note: 'hello' } } } },
    AnalysisRun: {
      Kind: 'AnalysisRun',
      APIVersion: 'argoproj.io/v1alpha1',
      Name: 'web-6b4f-2',
      Namespace: 'demo',
      UID: 'u-1',
      Generation: 4,
      CreationTimestamp: '2026-11-21T03:15:04Z',
      Labels: { app: 'größer' },
      OwnerReferences: [{ APIVersion: 'argoproj.io/v1alpha1', Kind: 'Rollout', Name: 'web', Controller: true }],
      Spec: {
        Args: [
          { Name: 'service', Value: 'web-canary' },
          { Name: 'key', ValueFrom: { SecretKeyRef: { Name: 's', Key: 'k' } } },
        ],
        DryRun: [{ MetricName: 'judged' }],
        Metrics: [
          { ...judged, Provider: { Plugin: { 'acme/judge': { note: '{{args.service}}' } } } },
          { Name: 'up', Provider: { Prometheus: { Address: 'http://p', Query: 'up' } } },
          {
            Name: 'page',
            Provider: { Web: { URL: 'http://w', JSONPath: '{$.x}', Headers: [{ Key: 'a', Value: 'b' }] } },
          },
          { Name: 'task', Provider: { Job: { Spec: { BackoffLimit: 2, Template: pod } } } },
        ],
      },
      Status: {
        Phase: 'Running',
        StartedAt: '2026-11-21T03:15:05Z',
        MetricResults: [
          {
            Name: 'up',
            Phase: 'Running',
            Count: 1,
            Metadata: { q: 'up' },
            Measurements: [{ Phase: 'Successful', Value: '1', StartedAt: '2026-11-21T03:15:05Z' }],
          },
        ],
      },
    },
  });
  const measurement = { Phase: 'Running', StartedAt: '2026-11-21T03:15:05Z', Metadata: { job: '7' } };
  assert.deepEqual(withoutZeros(resumed), measurement);
});

test('what is no text in the metadata of a plugin is left out', async () => {
  const struct = Object.assign(Object.create(null), { Text: 'x' }); // as the decoder gives one
  const told = new Map<unknown, unknown>([
    ['a', 'b'],
    ['c', struct],
    [struct, 'd'],
  ]);
  const process = {
    call: async (method: string) => (method === 'Run' ? { Phase: 'Successful', Metadata: told } : told),
  } as unknown as PluginProcess;
  const params = { analysisRun: run, metric: metricOf({}) };
  const { signal } = new AbortController();
  assert.deepEqual((await measureByGo(process, 'Run', 'run', params, signal)).metadata, { a: 'b' });
  assert.deepEqual(await metadataByGo(process, params, signal), { a: 'b' });
});

const refusals: readonly (readonly [name: string, path: string, fields: string, text: string])[] = [
  [
    'a name that is none',
    '/x',
    ', name: acme/another',
    'unable to find plugin (acme/judge): plugin acme/judge not configured in configmap',
  ],
  [
    'nothing there',
    '/nonexistent',
    ', name: acme/judge',
    'unable to start plugin (acme/judge): there is no file at file:///nonexistent',
  ],
  [
    'another digest',
    fake.path,
    ', name: acme/judge, sha256: abc',
    'unable to start plugin (acme/judge): its sha256 in the ConfigMap argo-rollouts-config must have 64 hexadecimal digits',
  ],
  [
    'one that cannot initialise itself',
    fake.path,
    ', name: acme/judge, args: [--no-licence]',
    'unable to start plugin (acme/judge): it could not initialise itself: no licence',
  ],
];
for (const [name, path, fields, text] of refusals) {
  test(`${name}: the measurement says so`, async () => {
    const judge = asker(path, fields);
    const beginning = 'failed to create plugin: unable to get metric plugin: unable to start plugin system';
    await assert.rejects(judge.ask('run', {}), failed(`${beginning}: ${text}`));
    await judge.close();
  });
}

/** What Go shows of fields that were not sent. */
function withoutZeros(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== 'object' || value === null) return value;
  const zeros: readonly unknown[] = [null, '', 0, false, '0001-01-01T00:00:00Z'];
  const kept = Object.entries(value).filter(([, item]) => !zeros.includes(item));
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutZeros(item)]));
}
