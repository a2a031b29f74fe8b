// What is known of the workload that a Rollout refers to (rollout.md §8), where the watch of it has fallen behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, whileRunning } from '../../sandbox/simulation.ts';
import { workloadGenerationAnnotation } from '../api/constants.ts';
import type { ReplicaSet } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import { type KubeRequest, patchContentType } from '../kubernetes/transport.ts';

const namespace = 'shop';
const metadata = { name: 'web', namespace };
const apps = `/apis/apps/v1/namespaces/${namespace}`;
const rollouts = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts`;
const selector = { matchLabels: { app: 'web' } };
const templateOf = (image: string) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image }] },
});

test('a generation that somebody has seen is not taken back: the workload is read live', async () => {
  const simulation = createSimulation({ namespaces: [namespace], faulty: true });
  const { clock, transport, cluster, faults } = simulation;
  const send = (request: KubeRequest) => whileRunning(clock, transport.request(request));
  const post = (path: string, body: object) => send({ verb: 'POST', path, body });
  const patch = (path: string, body: object) =>
    send({ verb: 'PATCH', path, contentType: patchContentType.merge, body });
  await simulation.start();
  const deployment = { replicas: 1, selector, template: templateOf('web:1') };
  await post(`${apps}/deployments`, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment });
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown: 'never' };
  const spec = { replicas: 1, selector, workloadRef, strategy: { canary: {} } };
  await post(rollouts, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec });
  await clock.runFor(30_000);

  faults.strike({ kind: 'silence', plural: 'deployments', forMs: 60_000 });
  await patch(`${apps}/deployments/web`, { spec: { template: templateOf('web:2') } });
  const annotations = { [workloadGenerationAnnotation]: '2' };
  await patch(`${rollouts}/web`, { metadata: { annotations } });
  await clock.runFor(10_000);

  const { storage } = cluster.apiServer;
  const stored = storage.get('argoproj.io/rollouts', `${namespace}/web`) as unknown as Rollout;
  assert.equal(stored.metadata.annotations?.[workloadGenerationAnnotation], '2');
  assert.equal(stored.status?.workloadObservedGeneration, '2');
  const sets = storage.list('apps/replicasets', namespace) as unknown as readonly ReplicaSet[];
  const own = sets.filter((set) => set.metadata.ownerReferences?.[0]?.kind === 'Rollout');
  assert.equal(own.length, 2, 'the new template is rolled out');
  await simulation.stop();
});

test('an abort waits for nobody who may not list the workloads, also after a restart', async () => {
  const simulation = createSimulation({ namespaces: [namespace] });
  const { clock, transport, cluster } = simulation;
  const send = (request: KubeRequest) => whileRunning(clock, transport.request(request));
  const patch = (path: string, body: object) =>
    send({ verb: 'PATCH', path, contentType: patchContentType.merge, body });
  await simulation.start();
  const deployment = { replicas: 0, selector, template: templateOf('web:1') };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: deployment };
  await send({ verb: 'POST', path: `${apps}/deployments`, body });
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const spec = { replicas: 4, workloadRef, strategy: { canary: { steps: [{ setWeight: 50 }, { pause: {} }] } } };
  const rollout = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec };
  await send({ verb: 'POST', path: rollouts, body: rollout });
  await clock.runFor(30_000);
  await patch(`${apps}/deployments/web`, { spec: { template: templateOf('web:2') } });
  await clock.runFor(30_000);
  const { storage, faults } = cluster.apiServer;
  const stored = () => storage.get('argoproj.io/rollouts', `${namespace}/web`) as unknown as Rollout;
  assert.equal(stored().status?.message, 'CanaryPauseStep');

  faults.add({
    match: ({ method, path }) => method === 'GET' && path === '/apis/apps/v1/deployments',
    fault: { kind: 'refuse', status: 403, reason: 'Forbidden' },
  });
  await simulation.restartController();
  await patch(`${rollouts}/web/status`, { status: { abort: true } });
  await clock.runFor(20_000);

  assert.match(stored().status?.message ?? '', /^RolloutAborted: /);
  const sets = storage.list('apps/replicasets', namespace) as unknown as readonly ReplicaSet[];
  const own = sets.filter((set) => set.metadata.ownerReferences?.[0]?.kind === 'Rollout');
  const stable = stored().status?.stableRS ?? '';
  const sizes = own.map(({ metadata: { name = '' }, spec: { replicas } }) => [name === `web-${stable}`, replicas]);
  assert.deepEqual(sizes.toSorted(), [
    [false, 0],
    [true, 4],
  ]);
  await simulation.stop();
});
