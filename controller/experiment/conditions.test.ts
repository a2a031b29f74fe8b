// What the conditions of an Experiment say from its beginning to its end, and what is told of it elsewhere (analysis.md §6.3,
// §6.6, §6.8).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExperimentWorld, podsOf, timeAfter } from '../../test/builders/experiment-world.ts';

const analyses = [{ name: 'a', templateName: 'check' }];

function conditionOf(world: ExperimentWorld): string[] {
  return (world.status.conditions ?? []).map(
    ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`,
  );
}

const progressing = 'Progressing True ReplicaSetUpdated: Experiment "exp" is progressing.';
const running = 'Progressing True NewReplicaSetAvailable: Experiment "exp" is running.';

test('it is progressing while counts change, then running, then over', () => {
  const world = new ExperimentWorld({ duration: '60s' });
  world.wave();
  assert.deepEqual(conditionOf(world), [progressing]);
  world.begin();
  assert.deepEqual(conditionOf(world), [running]);
  const since = world.status.conditions?.[0]?.lastTransitionTime;
  world.after(59);
  assert.deepEqual([conditionOf(world), world.status.conditions?.[0]?.lastTransitionTime], [[running], since]);
  world.after(1);
  const done = 'Progressing False ExperimentCompleted: Experiment "exp" has successfully ran and completed.';
  assert.deepEqual(conditionOf(world), [done]);
  assert.equal(world.status.conditions?.[0]?.lastTransitionTime, timeAfter(60));
});

test('QUIRK: one that failed says that it is progressing while its pods go, and running again afterwards', () => {
  const world = new ExperimentWorld({ analyses, scaleDownDelaySeconds: 0, duration: '60s' });
  world.addTemplate('check').begin();
  world.endRun('exp-a', 'Failed', 'why');
  world.settle();
  world.pods();
  world.wave();
  assert.deepEqual([world.state, conditionOf(world)], ['Failed: why', [progressing]]);
  world.settle();
  assert.deepEqual(conditionOf(world), [running]);
});

test('another problem of the spec takes the place of the first one', () => {
  const world = new ExperimentWorld({ templates: [podsOf('')] });
  world.settle();
  const first = world.status.conditions?.[0]?.lastUpdateTime;
  world.after(5);
  assert.equal(world.status.conditions?.[0]?.lastUpdateTime, first, 'the same one is not told again');
  world.experiment = { ...world.experiment, spec: { templates: [podsOf('t'), podsOf('t')] } };
  world.settle();
  assert.deepEqual(conditionOf(world), [
    "InvalidSpec True InvalidSpec: Experiment exp has repeated template name 't' in templates",
  ]);
  assert.equal(world.status.conditions?.[0]?.lastUpdateTime, timeAfter(5));
});

test('what becomes of its runs is for the owning Rollout too, nothing else is', () => {
  const world = new ExperimentWorld({ analyses }).addTemplate('check');
  const told: string[] = [];
  for (const phase of ['', '', '', 'Running', 'Failed']) {
    if (phase !== '') world.endRun('exp-a', phase, 'why');
    world.pods();
    const events = world.wave().writes.flatMap((write) => write.events ?? []);
    told.push(...events.map(({ type, reason, alsoOnRollout = false }) => `${type} ${reason} ${alsoOnRollout}`));
    world.settle();
  }
  assert.deepEqual(
    told.filter((text) => text.endsWith('true')),
    ['Normal AnalysisRunRunning true', 'Warning AnalysisRunFailed true'],
  );
  assert.ok(told.includes('Warning ExperimentFailed false'));
});
