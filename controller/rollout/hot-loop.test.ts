// No hot loop is possible (design.md §5.12): where each write is undone at once by somebody else, the controller backs off
// after sixteen waves, says so, and goes on trying; and many steps that end at once are no loop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Simulation } from '../../sandbox/simulation.ts';
import { applyFor, smallRollout, startSmall } from '../../test/builders/small-rollout.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Pass } from './controller.ts';

const revision = 'rollout.argoproj.io/revision';

const manifest = (image: string, steps = '[]') => smallRollout({ image, steps, replicas: 4 });

async function started(): Promise<{ readonly simulation: Simulation; readonly passes: Pass[] }> {
  const passes: Pass[] = [];
  const simulation = await startSmall({ hooks: { onPass: (pass) => passes.push(pass) } });
  return { simulation, passes };
}

/** Somebody takes away the revision of each ReplicaSet again, as soon as `later` lets them. */
function undo({ cluster }: Simulation, later: (undo: () => void) => void): void {
  const { storage } = cluster.apiServer;
  storage.subscribe('apps/replicasets', ({ type, key, object }) => {
    const { metadata } = object as unknown as KubernetesObject;
    if (type === 'DELETED' || metadata.annotations?.[revision] === undefined) return;
    const { [revision]: _undone, ...annotations } = metadata.annotations;
    later(() => storage.put('apps/replicasets', key, { ...object, metadata: { ...object.metadata, annotations } }));
  });
}

test('§5.12: where each write is undone at once, sixteen waves are followed by a back-off that is told as the reason', async () => {
  const { simulation, passes } = await started();
  undo(simulation, queueMicrotask);
  await applyFor(simulation, manifest('demo:a'), 60);
  const before = passes.length;
  assert.ok(before < 200, `${before} passes in a minute`);
  await simulation.clock.runFor(600_000);
  const perMinute = (passes.length - before) / 10;
  assert.ok(perMinute > 1 && perMinute <= 10, `${perMinute} passes a minute`);
  assert.ok(passes.at(-1)?.plan.reasons.some(({ code }) => code === 'wavesBackedOff'));
  await simulation.stop();
});

test('§5.12: where each write is undone a moment later, which looks like news, writes become a trickle', async () => {
  const { simulation, passes } = await started();
  undo(simulation, (back) => simulation.clock.schedule(1, back));
  const waves = () => passes.filter(({ wave }) => wave).length;
  await applyFor(simulation, manifest('demo:a'), 60);
  const before = waves();
  assert.ok(before > 150 && before <= 160 + 10 * 60, `${before} waves in the first minute`);
  await simulation.clock.runFor(60_000);
  assert.ok(waves() - before <= 10 * 60, `${waves() - before} waves in the second minute`);
  await simulation.stop();
});

test('thirty steps that are done at once are gone through without a back-off', async () => {
  const { simulation, passes } = await started();
  await applyFor(simulation, manifest('demo:a'), 30);
  const steps = `[${Array.from({ length: 30 }, () => '{setWeight: 0}').join(', ')}, {pause: {}}]`;
  await applyFor(simulation, manifest('demo:b', steps), 5);
  assert.equal(passes.at(-1)?.plan.status.currentStepIndex, 30);
  assert.ok(!passes.some(({ plan }) => plan.reasons.some(({ code }) => code === 'wavesBackedOff')));
  await simulation.stop();
});
