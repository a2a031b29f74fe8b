// Examples that do more than wait for a person: each shows here what its comment promises. Under the virtual clock.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HttpClient } from '../controller/analysis/providers/contract.ts';
import type { Ingress, KubernetesObject, Service } from '../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Rollout } from '../controller/api/types.generated.ts';
import { callStepPlugin } from '../controller/rollout/step-plugins/client.ts';
import { assertHealthy, get, type RunningExample, rolloutPath, startExample } from './builders/running-example.ts';

const core = '/api/v1/namespaces/default';
const hashLabel = 'rollouts-pod-template-hash';

async function statusOf(example: RunningExample, name: string): Promise<NonNullable<Rollout['status']>> {
  return (await get<Rollout>(example, rolloutPath(name))).status ?? {};
}

async function runsOf(example: RunningExample): Promise<string[]> {
  const path = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';
  const { items } = await get<{ items: AnalysisRun[] }>(example, path);
  return items.map(({ metadata, status }) => `${metadata.labels?.['rollout-type']} ${status?.phase}`).toSorted();
}

for (const [tag, phase, why] of [
  ['yellow', 'Healthy', /^$/],
  [
    'bad-red',
    'Degraded',
    /Blue\/green post-promotion analysis phase error\/failed: Metric "success-rate" assessed Failed/,
  ],
] as const) {
  test(`examples/blue-green-analysis.yaml tests ${tag}, switches, measures, and ends ${phase}`, async () => {
    const example = await startExample('blue-green-analysis.yaml');
    const before = await assertHealthy(example, 'bluegreen');
    const host = 'bluegreen-active.default.localhost';
    const load = await example.startTraffic({ requestsPerSecond: 40, host, path: '/color' });
    await example.run(`set image bluegreen *=argoproj/rollouts-demo:${tag}`);
    await example.clock.runFor(120_000);
    const { phase: told, message = '', stableRS } = await statusOf(example, 'bluegreen');
    assert.deepEqual([told, stableRS === before], [phase, phase === 'Degraded'], message);
    assert.match(message, why);
    const { spec } = await get<Service>(example, `${core}/services/bluegreen-active`);
    assert.equal(spec.selector?.[hashLabel], stableRS);
    const post = phase === 'Healthy' ? 'Successful' : 'Failed';
    assert.deepEqual(await runsOf(example), [`PostPromotion ${post}`, 'PrePromotion Successful']);
    assert.deepEqual(
      load.lost.filter(({ why: reason }) => reason !== 'the pod answered 500'),
      [],
    );
    await example.stop();
  });
}

for (const [command, phase, run] of [
  ['sleep 5', 'Healthy', 'Successful'],
  ['sleep 1; exit 3', 'Degraded', 'Failed'],
] as const) {
  test(`examples/canary-step-analysis.yaml ends ${phase} when its Job does "${command}"`, async () => {
    const example = await startExample('canary-step-analysis.yaml', (text) => text.replace('sleep 5', command));
    await example.run('set image canary-step-analysis *=argoproj/rollouts-demo:yellow');
    await example.clock.runFor(60_000);
    const { phase: told, message } = await statusOf(example, 'canary-step-analysis');
    assert.equal(told, phase, message);
    assert.deepEqual(await runsOf(example), [`Step ${run}`]);
    await example.stop();
  });
}

test('examples/canary-workload-ref.yaml takes the pods over from the Deployment, and rolls out what that is given', async () => {
  const example = await startExample('canary-workload-ref.yaml');
  const before = await assertHealthy(example, 'canary-workload-ref');
  const deployment = '/apis/apps/v1/namespaces/default/deployments/canary-workload-ref';
  assert.equal((await get<KubernetesObject & { spec: { replicas: number } }>(example, deployment)).spec.replicas, 0);
  const load = await example.startTraffic({ requestsPerSecond: 40, host: 'canary-workload-ref.default.localhost' });
  await example.run('set image canary-workload-ref *=argoproj/rollouts-demo:yellow');
  await example.clock.runFor(90_000);
  assert.notEqual(await assertHealthy(example, 'canary-workload-ref'), before);
  assert.deepEqual(Object.keys(load.summary(10).byVersion), ['yellow']);
  assert.deepEqual(load.lost, []);
  await example.stop();
});

test('examples/canary-autoscaled.yaml grows with its load, in the middle of a canary too', async () => {
  const example = await startExample('canary-autoscaled.yaml');
  const size = async () => (await get<Rollout>(example, rolloutPath('canary-autoscaled'))).spec.replicas;
  assert.equal(await size(), 2);
  const load = await example.startTraffic({ requestsPerSecond: 60, host: 'canary-autoscaled.default.localhost' });
  await example.run('set image canary-autoscaled *=argoproj/rollouts-demo:yellow');
  await example.clock.runFor(180_000);
  // 600 millicores, of which 120 a pod are wanted.
  assert.equal(await size(), 5);
  await assertHealthy(example, 'canary-autoscaled');
  assert.deepEqual(load.lost, []);
  await example.stop();
});

for (const [answer, phase] of [
  ['Successful', 'Healthy'],
  ['Failed', 'Degraded'],
] as const) {
  test(`examples/canary-step-plugin.yaml asks the service that its ConfigMap names; ${answer} makes it ${phase}`, async () => {
    const asked: { readonly url: string; readonly config: unknown; readonly count: number }[] = [];
    const http: HttpClient = {
      send: async ({ url = '', body = '' }) => {
        const { context } = JSON.parse(body) as { context: { config: unknown; status?: { asked: number } } };
        const count = (context.status?.asked ?? 0) + 1;
        asked.push({ url, config: context.config, count });
        const told = count < 3 ? { phase: 'Running', requeueAfter: '10s' } : { phase: answer, message: 'looked at it' };
        return { status: 200, headers: {}, body: JSON.stringify({ ...told, status: { asked: count } }) };
      },
    };
    let example: RunningExample | undefined;
    example = await startExample('canary-step-plugin.yaml', undefined, {
      hooks: {
        ask: async (call, signal) => {
          assert.ok(call.kind === 'stepPlugin' && example);
          return callStepPlugin(call, {
            http,
            transport: example.transport,
            signal,
            controllerNamespace: 'argo-rollouts',
          });
        },
      },
    });
    await example.run('set image canary-step-plugin *=argoproj/rollouts-demo:yellow');
    await example.clock.runFor(90_000);
    const { phase: told, message } = await statusOf(example, 'canary-step-plugin');
    assert.equal(told, phase, message);
    const url = 'http://release-gate.ci:8080/v1/run';
    const config = { environment: 'production' };
    const runs = asked.filter((call) => call.url === url);
    assert.deepEqual(
      runs,
      [1, 2, 3].map((count) => ({ url, config, count })),
    );
    await example.stop();
  });
}

test('examples/canary-alb-header.yaml shows testers the new version before anybody else', async () => {
  const example = await startExample('canary-alb-header.yaml');
  const load = await example.startTraffic({ requestsPerSecond: 40, host: 'localhost', path: '/color' });
  await example.run('set image rollouts-demo *=argoproj/rollouts-demo:yellow');
  await example.clock.runFor(30_000);
  const annotations = async () => {
    const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses/rollouts-demo';
    return (await get<Ingress>(example, path)).metadata.annotations ?? {};
  };
  assert.match(
    (await annotations())['alb.ingress.kubernetes.io/conditions.testers'] ?? '',
    /"X-Version","values":\["next"\]/,
  );
  assert.match((await annotations())['alb.ingress.kubernetes.io/actions.testers'] ?? '', /rollouts-demo-canary/);
  assert.deepEqual(Object.keys(load.summary(10).byVersion), ['blue']);
  await example.run('promote rollouts-demo');
  for (let second = 0; second < 20; second += 1) {
    await example.clock.runFor(1000);
    assert.notEqual((await statusOf(example, 'rollouts-demo')).updatedReplicas, 0, 'testers are answered');
  }
  const { percent = 0 } = load.summary(10).byVersion.yellow ?? {};
  assert.ok(percent > 15 && percent < 35, `${percent} % at weight 25`);
  await example.clock.runFor(120_000);
  await assertHealthy(example, 'rollouts-demo');
  assert.equal((await annotations())['alb.ingress.kubernetes.io/conditions.testers'], undefined);
  assert.deepEqual(load.lost, []);
  await example.stop();
});
