// What `npm start -- --state DIR` keeps: a world that stops in the middle of everything goes on where it was when it is
// started from its snapshot. Under the virtual clock, with the real controller and with traffic.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, Pod } from '../controller/api/kubernetes-types.ts';
import type { Snapshot } from './apiserver/storage.ts';
import { makeDemo } from './demo.ts';
import { isReady, nodeNameOf } from './machinery/pods.ts';
import { resources } from './machinery/resources.ts';
import { applyObjects } from './manifests.ts';
import { createSimulation, type Simulation } from './simulation.ts';

const demo = makeDemo({ scenario: 'canary', replicas: 5, steps: undefined });
const traffic = { requestsPerSecond: 20, host: 'localhost', path: '/color' };

type Rollout = KubernetesObject & { readonly status?: { readonly phase?: string; readonly currentStepIndex?: number } };
type Job = KubernetesObject & { readonly status?: { readonly succeeded?: number; readonly active?: number } };

function rolloutOf({ cluster }: Simulation): Promise<Rollout | undefined> {
  return cluster.client.get<Rollout>(resources.rollouts, demo.namespace, demo.rolloutName);
}

async function patchRollout({ cluster }: Simulation, patch: object, subresource?: string): Promise<void> {
  const path = `/apis/argoproj.io/v1alpha1/namespaces/${demo.namespace}/rollouts/${demo.rolloutName}`;
  const contentType = Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json';
  const at = subresource === undefined ? path : `${path}/${subresource}`;
  await cluster.transport().request({ verb: 'PATCH', path: at, contentType, body: patch });
}

async function makeJob({ cluster }: Simulation, name: string, command: readonly string[]): Promise<void> {
  const spec = { restartPolicy: 'Never', containers: [{ name: 'main', image: 'busybox', command }] };
  const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template: { spec } } };
  await cluster.client.create(resources.jobs, 'default', job);
}

async function token({ cluster }: Simulation): Promise<string> {
  const answer = await cluster.transport().request({
    verb: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts/default/token',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  return (answer.body as { status: { token: string } }).status.token;
}

/** Uid, node, address and restarts of every pod, by its name. */
async function podsOf({ cluster }: Simulation): Promise<Record<string, unknown>> {
  const { items } = await cluster.client.list<Pod>(resources.pods, 'default');
  const rows = items.map((pod): [string, unknown] => {
    const restarts = pod.status?.containerStatuses?.[0]?.restartCount;
    return [pod.metadata.name ?? '', [pod.metadata.uid, nodeNameOf(pod), pod.status?.podIP, restarts, isReady(pod)]];
  });
  return Object.fromEntries(rows);
}

/** Three nodes, a canary in the middle of its steps, a Job that runs and one that is done. */
async function interrupted() {
  const simulation = createSimulation({ node: { count: 3 } });
  await simulation.start();
  await applyObjects(simulation.cluster.transport(), demo.objects, demo.namespace);
  await simulation.clock.runFor(20_000);
  const path = '/spec/template/spec/containers/0/image';
  await patchRollout(simulation, [{ op: 'replace', path, value: 'argoproj/rollouts-demo:yellow' }]);
  await simulation.clock.runFor(10_000);
  await makeJob(simulation, 'done', ['true']);
  await makeJob(simulation, 'long', ['sleep', '60']);
  await simulation.clock.runFor(10_000);
  const found = {
    pods: await podsOf(simulation),
    rollout: await rolloutOf(simulation),
    token: await token(simulation),
  };
  const load = await simulation.startTraffic(traffic);
  await simulation.clock.runFor(5000);
  assert.deepEqual(load.lost, []);
  const snapshot = JSON.parse(JSON.stringify(simulation.cluster.apiServer.storage.snapshot())) as Snapshot;
  const at = simulation.clock.now();
  await simulation.stop();
  return { ...found, snapshot, at };
}

test('a canary in mid-step, its pods on three nodes, Jobs and tokens go on from a snapshot', async () => {
  const { pods, rollout, token: before, snapshot, at } = await interrupted();
  assert.equal(rollout?.status?.phase, 'Paused');
  // Nobody has asked for three nodes again: those that are there come back.
  const simulation = createSimulation({ snapshot, seed: 2, startAt: at + 5000 });
  await simulation.start();
  await simulation.clock.runFor(3000);
  assert.deepEqual(await podsOf(simulation), pods, 'no pod is another one, moved or restarted');
  assert.deepEqual((await rolloutOf(simulation))?.status, rollout.status);
  const load = await simulation.startTraffic(traffic);
  await simulation.clock.runFor(60_000);
  const { byVersion } = load.summary(60);
  assert.deepEqual(load.lost, []);
  assert.ok(byVersion.yellow !== undefined && byVersion.blue !== undefined, JSON.stringify(byVersion));

  const jobs = (await simulation.cluster.client.list<Job>(resources.jobs, 'default')).items;
  assert.deepEqual(
    jobs.map(({ metadata, status }) => [metadata.name, status?.succeeded, status?.active]),
    [
      ['done', 1, undefined],
      ['long', 1, undefined],
    ],
  );
  const authorization = `Bearer ${before}`;
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: authorization.slice(7) },
  };
  const path = '/apis/authentication.k8s.io/v1/tokenreviews';
  const { body } = await simulation.cluster.transport().request({ verb: 'POST', path, body: review });
  assert.equal((body as { status: { authenticated?: boolean } }).status.authenticated, true);

  await patchRollout(simulation, { status: { promoteFull: true } }, 'status');
  await simulation.clock.runFor(120_000);
  assert.equal((await rolloutOf(simulation))?.status?.phase, 'Healthy');
  assert.deepEqual(load.lost, []);
  assert.deepEqual(simulation.cluster.problems, []);
  await simulation.stop();
});
