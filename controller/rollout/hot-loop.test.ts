// No hot loop is possible (design.md §5.12): where each write is undone at once by somebody else, the controller backs off
// after sixteen waves, says so, and goes on trying; and many steps that end at once are no loop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createKubectl } from '../../test/conformance/kubectl.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Pass } from './controller.ts';

const revision = 'rollout.argoproj.io/revision';

const manifest = (image: string, steps = '[]') => `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 4
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: demo, image: "${image}"}]}
  strategy: {canary: {steps: ${steps}}}
`;

async function started(): Promise<{ readonly simulation: Simulation; readonly passes: Pass[] }> {
  const passes: Pass[] = [];
  const simulation = createSimulation({ namespaces: ['demo'], hooks: { onPass: (pass) => passes.push(pass) } });
  await simulation.start();
  return { simulation, passes };
}

async function apply({ clock, transport }: Simulation, text: string, seconds: number): Promise<void> {
  await whileRunning(clock, createKubectl(transport, 'demo').apply(text));
  await clock.runFor(seconds * 1000);
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
  await apply(simulation, manifest('demo:a'), 60);
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
  await apply(simulation, manifest('demo:a'), 60);
  const before = waves();
  assert.ok(before > 150 && before <= 160 + 10 * 60, `${before} waves in the first minute`);
  await simulation.clock.runFor(60_000);
  assert.ok(waves() - before <= 10 * 60, `${waves() - before} waves in the second minute`);
  await simulation.stop();
});

test('thirty steps that are done at once are gone through without a back-off', async () => {
  const { simulation, passes } = await started();
  await apply(simulation, manifest('demo:a'), 30);
  const steps = `[${Array.from({ length: 30 }, () => '{setWeight: 0}').join(', ')}, {pause: {}}]`;
  await apply(simulation, manifest('demo:b', steps), 5);
  assert.equal(passes.at(-1)?.plan.status.currentStepIndex, 30);
  assert.ok(!passes.some(({ plan }) => plan.reasons.some(({ code }) => code === 'wavesBackedOff')));
  await simulation.stop();
});
