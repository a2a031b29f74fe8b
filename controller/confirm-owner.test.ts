// A Rollout that was deleted while its watch was silent: its children vanish first, and are not made again and again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, whileRunning } from '../sandbox/simulation.ts';
import { createKubectl } from '../test/conformance/kubectl.ts';
import type { Pass } from './rollout/controller.ts';

const rolloutPath = '/apis/argoproj.io/v1alpha1/namespaces/demo/rollouts/web';

const manifest = `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: demo, image: "demo:a"}]}
  strategy: {canary: {}}
`;

async function healthy() {
  const passes: Pass[] = [];
  const simulation = createSimulation({
    namespaces: ['demo'],
    faulty: true,
    hooks: { onPass: (pass) => passes.push(pass) },
  });
  await simulation.start();
  const { clock, transport } = simulation;
  await whileRunning(clock, createKubectl(transport, 'demo').apply(manifest));
  await clock.runFor(30_000);
  passes.length = 0;
  const writes = () => passes.flatMap(({ plan }) => plan.writes.map(({ key }) => key));
  const remove = async (path: string) => {
    await whileRunning(clock, transport.request({ verb: 'DELETE', path }));
    await clock.runFor(8000);
  };
  return { simulation, writes, remove };
}

test('a Rollout is deleted and its watch is silent: none of its ReplicaSets is made again', async () => {
  const { simulation, writes, remove } = await healthy();
  const fault = { kind: 'silence', plural: 'rollouts', forMs: 60_000 } as const;
  simulation.faults.run([{ atMs: 0, fault }]);
  await simulation.clock.runFor(1000);
  await remove(rolloutPath);
  assert.deepEqual(writes(), []);
  assert.deepEqual(simulation.cluster.apiServer.storage.list('apps/replicasets', 'demo'), []);
  await simulation.stop();
});

test('a ReplicaSet is deleted under a Rollout that stays: it is made again at once', async () => {
  const { simulation, writes, remove } = await healthy();
  const [replicaSet] = simulation.cluster.apiServer.storage.list('apps/replicasets', 'demo');
  const name = replicaSet?.metadata.name ?? '';
  await remove(`/apis/apps/v1/namespaces/demo/replicasets/${name}`);
  assert.equal(writes()[0], `create/${name}`);
  assert.equal(writes().filter((key) => key.startsWith('create/')).length, 1);
  await simulation.stop();
});
