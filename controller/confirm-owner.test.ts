// A Rollout that was deleted while its watch was silent: its children vanish first, and are not made again and again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileRunning } from '../sandbox/simulation.ts';
import {
  applyFor,
  smallNamespace,
  smallRollout,
  smallRolloutPath,
  startSmall,
} from '../test/builders/small-rollout.ts';
import type { Pass } from './rollout/controller.ts';

async function healthy() {
  const passes: Pass[] = [];
  const simulation = await startSmall({ faulty: true, hooks: { onPass: (pass) => passes.push(pass) } });
  await applyFor(simulation, smallRollout(), 30);
  passes.length = 0;
  const writes = () => passes.flatMap(({ plan }) => plan.writes.map(({ key }) => key));
  const replicaSets = () => simulation.cluster.apiServer.storage.list('apps/replicasets', smallNamespace);
  const { clock, transport } = simulation;
  const remove = async (path: string) => {
    await whileRunning(clock, transport.request({ verb: 'DELETE', path }));
    await clock.runFor(8000);
  };
  return { simulation, writes, replicaSets, remove };
}

test('a Rollout is deleted and its watch is silent: none of its ReplicaSets is made again', async () => {
  const { simulation, writes, replicaSets, remove } = await healthy();
  const fault = { kind: 'silence', plural: 'rollouts', forMs: 60_000 } as const;
  simulation.faults.run([{ atMs: 0, fault }]);
  await simulation.clock.runFor(1000);
  await remove(smallRolloutPath);
  assert.deepEqual(writes(), []);
  assert.deepEqual(replicaSets(), []);
  await simulation.stop();
});

test('a ReplicaSet is deleted under a Rollout that stays: it is made again at once', async () => {
  const { simulation, writes, replicaSets, remove } = await healthy();
  const [replicaSet] = replicaSets();
  const name = replicaSet?.metadata.name ?? '';
  await remove(`/apis/apps/v1/namespaces/${smallNamespace}/replicasets/${name}`);
  assert.equal(writes()[0], `create/${name}`);
  assert.equal(writes().filter((key) => key.startsWith('create/')).length, 1);
  await simulation.stop();
});
