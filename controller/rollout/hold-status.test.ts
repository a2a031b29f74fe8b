// How few status writes there are: statuses that follow each other at one instant are one, counts wait for 50 ms.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulation, type Simulation, whileRunning } from '../../sandbox/simulation.ts';
import { createRollout, isSettled, promote, setImage, weightedSteps } from '../../test/bench/fleet-rollouts.ts';
import type { RolloutStatus } from '../api/types.generated.ts';
import { planFused } from './fuse-status.ts';
import { paceStatus, withHeldStatus } from './hold-status.ts';
import type { HeldStatus, Observed, Plan, Write } from './types.ts';

const now = 1000;
const progressing: RolloutStatus = { phase: 'Progressing', message: 'more replicas need to be updated', replicas: 5 };

function observedWith(status: RolloutStatus, heldStatus?: HeldStatus): Observed {
  const rollout = withHeldStatus({ metadata: { name: 'web' }, spec: {}, status } as never, heldStatus);
  return { rollout, ledger: { heldStatus } } as unknown as Observed;
}

function statusWrite(status: RolloutStatus, reason?: string): Write {
  const events = reason === undefined ? [] : [{ type: 'Normal' as const, reason, message: '' }];
  return { kind: 'patchStatus', key: 'rollout/status', onFailure: 'stop', status, events };
}

function planOf(...writes: Write[]): Plan {
  return { writes, status: {}, events: [], reasons: [], needs: [] };
}

/** Plans one status after the other, each upon the one before. */
function following(...statuses: RolloutStatus[]): (observed: Observed) => Plan {
  return ({ rollout }) => {
    const next = statuses[statuses.indexOf(rollout.status ?? {}) + 1];
    return next ? planOf(statusWrite(next, `To${next.currentStepIndex}`)) : planOf();
  };
}

const written = (plan: Plan) => plan.writes.map((write) => (write.kind === 'patchStatus' ? write.status : write.kind));

test('statuses that follow each other at one instant are one write, with the events of all', () => {
  const second = { ...progressing, currentStepIndex: 2 };
  const plan = following(progressing, { ...progressing, currentStepIndex: 1 }, second);
  const fused = planFused(plan, observedWith(progressing), now);
  assert.deepEqual([written(fused.plan), fused.endsPhase], [[second], false]);
  const [write] = fused.plan.writes;
  assert.deepEqual(
    write?.events?.map(({ reason }) => reason),
    ['To1', 'To2'],
  );
});

test('the last status of a phase is written, and no pause is left out', () => {
  const first = { ...progressing, currentStepIndex: 1 };
  const paused = { ...progressing, phase: 'Paused', currentStepIndex: 1 };
  const next = { ...paused, currentStepIndex: 2 };
  const plan = following(progressing, first, paused, next);
  const toPause = planFused(plan, observedWith(progressing), now);
  assert.deepEqual([written(toPause.plan), toPause.endsPhase], [[first], true]);
  assert.deepEqual(written(planFused(plan, observedWith(first), now).plan), [paused]);
});

test('new weights are written by themselves', () => {
  const weights = (weight: number) => ({
    canary: { weights: { canary: { weight }, stable: { weight: 100 - weight } } },
  });
  const first = { ...progressing, ...weights(10) } as RolloutStatus;
  const plan = following(progressing, first, { ...progressing, ...weights(20) } as RolloutStatus);
  assert.deepEqual(written(planFused(plan, observedWith(progressing), now).plan), [first]);
});

test('counts wait, while the other writes of the wave and their events go out', () => {
  const counted = { ...progressing, replicas: 6 };
  const scale = {
    kind: 'evictPod',
    key: 'evict/a',
    onFailure: 'stop',
    name: 'a',
    uid: '1',
    replicaSetUid: '2',
  } as const;
  const fused = { plan: planOf(scale, statusWrite(counted, 'Scaled')), endsPhase: false };
  const paced = paceStatus(fused, observedWith(progressing), now);
  assert.deepEqual(written(paced.plan), ['evictPod']);
  assert.equal(paced.plan.writes[0]?.events?.[0]?.reason, 'Scaled');
  assert.equal(paced.plan.wakeAt, now + 50);
  assert.deepEqual(paced.observed.ledger.heldStatus, { stored: progressing, status: counted, since: now });
});

test('counts whose events only housekeeping could carry do not wait: it may fail', () => {
  const counted = { ...progressing, replicas: 6 };
  const housekeeping = {
    kind: 'deleteAnalysisRun',
    key: 'delete/a',
    onFailure: 'continue',
    name: 'a',
    uid: '1',
  } as const;
  const paceOf = (reason?: string) => {
    const fused = { plan: planOf(housekeeping, statusWrite(counted, reason)), endsPhase: false };
    return written(paceStatus(fused, observedWith(progressing), now).plan);
  };
  assert.deepEqual(paceOf('Scaled'), ['deleteAnalysisRun', counted]);
  assert.deepEqual(paceOf(), ['deleteAnalysisRun']);
});

test('counts that waited for 50 ms are written', () => {
  const held = { stored: progressing, status: { ...progressing, replicas: 6 }, since: now };
  const fused = { plan: planOf(statusWrite({ ...progressing, replicas: 7 })), endsPhase: false };
  const observed = observedWith(progressing, held);
  assert.deepEqual(written(paceStatus(fused, observed, now + 49).plan), []);
  const late = paceStatus(fused, observed, now + 50);
  assert.deepEqual(written(late.plan), [{ ...progressing, replicas: 7 }]);
  assert.equal(late.observed.ledger.heldStatus, undefined);
});

test('a step, a pause, an abort and an event are written at once', () => {
  for (const change of [{ currentStepIndex: 1 }, { phase: 'Paused' }, { abort: true }, { observedGeneration: '2' }]) {
    const fused = { plan: planOf(statusWrite({ ...progressing, ...change })), endsPhase: false };
    assert.equal(written(paceStatus(fused, observedWith(progressing), now).plan).length, 1, JSON.stringify(change));
  }
  const told = { plan: planOf(statusWrite({ ...progressing, replicas: 6 }, 'Told')), endsPhase: false };
  assert.equal(written(paceStatus(told, observedWith(progressing), now).plan).length, 1);
});

test('counts that are held are written before another phase begins', () => {
  const held = { stored: progressing, status: { ...progressing, replicas: 6 }, since: now };
  const fused = { plan: planOf(statusWrite({ ...held.status, phase: 'Healthy' }, 'Completed')), endsPhase: false };
  const { plan } = paceStatus(fused, observedWith(progressing, held), now + 1);
  assert.deepEqual(written(plan), [held.status]);
  assert.deepEqual(plan.writes[0]?.events ?? [], []);
});

test('what is held is dropped when somebody else changed the status', () => {
  const held = { stored: progressing, status: { ...progressing, replicas: 6 }, since: now };
  const { rollout } = observedWith({ ...progressing, abort: true }, held);
  assert.deepEqual([rollout.status?.abort, rollout.status?.replicas], [true, 5]);
});

test('an update in three weights costs 13 status writes, and the counts are right 50 ms after each change', async () => {
  const simulation = createSimulation();
  await simulation.start();
  const { storage } = simulation.cluster.apiServer;
  await settle(simulation, () =>
    createRollout(simulation.transport, {
      name: 'web',
      replicas: 5,
      steps: weightedSteps([20, 'forever', 50, '5s', 100]),
    }),
  );
  let writes = 0;
  storage.subscribe('argoproj.io/rollouts', ({ object, previous }) => {
    if (JSON.stringify(object.status) !== JSON.stringify(previous?.status)) writes += 1;
  });
  await whileRunning(simulation.clock, setImage(simulation.transport, 'web', 'app:1'));
  await simulation.clock.runFor(51);
  const { status } = storage.get('argoproj.io/rollouts', 'default/web') as unknown as { status: RolloutStatus };
  assert.deepEqual([status.availableReplicas, status.updatedReplicas], [4, 1]);
  await simulation.clock.runFor(60_000);
  await settle(simulation, () => promote(simulation.transport, 'web'));
  assert.equal(isSettled(storage, 'web', 'app:1'), true);
  assert.equal(writes - 1, 13, 'besides the promotion by the user');
  await simulation.stop();
});

async function settle({ clock }: Simulation, act: () => Promise<unknown>): Promise<void> {
  await whileRunning(clock, act());
  await clock.runFor(60_000);
}
