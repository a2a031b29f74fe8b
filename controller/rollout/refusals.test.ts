// A Rollout whose writes are refused, whole: through the controller, on a simulated cluster. Refusals are few, told once,
// and over as soon as what refused them is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whileRunning } from '../../sandbox/simulation.ts';
import {
  applyFor,
  smallNamespace,
  smallRollout,
  smallRolloutPath,
  startSmall,
} from '../../test/builders/small-rollout.ts';
import type { Pod } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import type { RolloutControllerHooks } from './controller.ts';
import type { ErrorClass, Write } from './types.ts';

/** Refuses writes of one kind for ten minutes; says how often each was tried. */
async function refusing(kind: Write['kind'], problem: ErrorClass) {
  let isRefused = true;
  let attempts = 0;
  const hooks: RolloutControllerHooks = {
    faultsOf: ({ plan }) => {
      const fail: Record<number, ErrorClass> = {};
      for (const [index, write] of plan.writes.entries()) {
        if (write.kind !== kind || !isRefused) continue;
        attempts += 1;
        fail[index] = problem;
      }
      return { fail };
    },
  };
  const simulation = await startSmall({ hooks });
  const { clock, transport } = simulation;
  await applyFor(simulation, smallRollout(), 600);
  const tried = attempts;
  isRefused = false;
  await clock.runFor(90_000);
  const read = async (path: string) => (await whileRunning(clock, transport.request({ verb: 'GET', path }))).body;
  const rollout = (await read(smallRolloutPath)) as Rollout;
  const { items } = (await read(`/api/v1/namespaces/${smallNamespace}/events`)) as {
    items: { reason: string; message: string; count: number }[];
  };
  await simulation.stop();
  const told = (reason: string) => items.filter((event) => event.reason === reason).map(({ count }) => count);
  return { tried, phase: rollout.status?.phase, told };
}

test('a scale that the rights do not allow is tried every 30 s, told once, and done within 30 s of the grant', async () => {
  const { tried, phase, told } = await refusing('scaleReplicaSet', 'denied');
  assert.ok(tried >= 20 && tried <= 21, `${tried} attempts`);
  assert.deepEqual(told('ReconciliationError'), [1]);
  assert.equal(phase, 'Healthy');
});

test('a ReplicaSet that a webhook does not let in is tried ever more seldom, and told once', async () => {
  const { tried, phase, told } = await refusing('createReplicaSet', 'invalid');
  assert.ok(tried >= 12 && tried <= 20, `${tried} attempts`);
  assert.deepEqual(told('ReplicaSetCreateError'), [1]);
  assert.equal(phase, 'Healthy');
});

test('a status that cannot be written is tried every 30 s, and told once', async () => {
  const { tried, phase, told } = await refusing('patchStatus', 'denied');
  assert.ok(tried >= 20 && tried <= 22, `${tried} attempts`);
  assert.deepEqual(told('ReconciliationError'), [1]);
  assert.equal(phase, 'Healthy');
});

const contentType = 'application/merge-patch+json';

test('labels that a ReplicaSet refuses are not put on its pods, which would leave it; updates go on', async () => {
  const simulation = await startSmall({});
  const { clock, transport } = simulation;
  await applyFor(simulation, smallRollout(), 60);
  const read = async (path: string) => (await whileRunning(clock, transport.request({ verb: 'GET', path }))).body;
  const podsNow = async () => {
    const { items } = (await read(`/api/v1/namespaces/${smallNamespace}/pods`)) as { items: Pod[] };
    return items.map(({ metadata }) => [metadata.name, metadata.labels?.app]);
  };
  const before = await podsNow();
  const body = { spec: { strategy: { canary: { stableMetadata: { labels: { app: 'else' } } } } } };
  await whileRunning(clock, transport.request({ verb: 'PATCH', path: smallRolloutPath, contentType, body }));
  await clock.runFor(60_000);
  assert.equal(before.length, 2);
  assert.deepEqual(await podsNow(), before);

  await applyFor(simulation, smallRollout({ image: 'demo:green' }), 60);
  const { status } = (await read(smallRolloutPath)) as Rollout;
  assert.deepEqual([status?.phase, status?.currentStepIndex], ['Healthy', 1]);
  assert.notEqual(status?.stableRS, undefined);
  assert.equal(status?.stableRS, status?.currentPodHash);
  await simulation.stop();
});

test('annotations that are more than fits on a ReplicaSet hold up no abort', async () => {
  const simulation = await startSmall({});
  const { clock, transport } = simulation;
  const patch = async (path: string, body: unknown) => {
    await whileRunning(clock, transport.request({ verb: 'PATCH', path, contentType, body }));
    await clock.runFor(30_000);
  };
  const steps = '[{setWeight: 50}, {pause: {}}]';
  await applyFor(simulation, smallRollout({ steps }), 60);
  await applyFor(simulation, smallRollout({ steps, image: 'demo:green' }), 60);
  // Keys and values of all annotations of an object are 256 KiB at most. ReplicaSets have one more than their Rollout.
  const revision = 'rollout.argoproj.io/revision';
  const note = 'x'.repeat(256 * 1024 - `note${revision}2`.length);
  const annotations = { note, 'kubectl.kubernetes.io/last-applied-configuration': null };
  await patch(smallRolloutPath, { metadata: { annotations } });
  await patch(`${smallRolloutPath}/status`, { status: { abort: true } });
  const after = await whileRunning(clock, transport.request({ verb: 'GET', path: smallRolloutPath }));
  const { status } = after.body as Rollout;
  assert.deepEqual(
    [status?.message, status?.replicas, status?.updatedReplicas],
    ['RolloutAborted: Rollout aborted update to revision 2', 2, undefined],
  );
  await simulation.stop();
});
