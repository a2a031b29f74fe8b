// status.duration, every combination of rollout.md §7.8: what there was (no attempt, one under way, one finished), times
// what happens in this pass. The table below says it the way the specification does; the planner must agree on each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, abortedConditions, b, midway, twenty } from '../../../test/builders/midway.ts';
import { at, condition, service, start } from '../../../test/builders/objects.ts';
import { lawfulPlan } from '../../../test/builders/rows.ts';
import { observe, type World } from '../../../test/builders/world.ts';
import type { CanaryStep, RolloutDuration, RolloutStatus } from '../../api/types.generated.ts';
import { durationOf } from './duration.ts';
import { findReplicaSets } from './find-replica-sets.ts';
import { beginPass, type Pass } from './pass.ts';

type Before = 'none' | 'underWay' | 'finished';
/** Forwards: a newer version. Back: an older one than stable. Fast: the stable one itself. */
type Direction = 'forwards' | 'back' | 'fast';

const stored: Readonly<Record<Before, RolloutDuration | undefined>> = {
  none: undefined,
  underWay: { rolloutStartedAt: at(-100) },
  finished: { rolloutStartedAt: at(-100), finishedAt: at(-50), completionStatus: 'Aborted' },
};

interface Case {
  readonly before: Before;
  readonly direction: Direction;
  readonly isChanged: boolean;
  readonly isCompleted: boolean;
  readonly isAborted: boolean;
  /** The conditions still tell of an abort that is over. */
  readonly wasAborted: boolean;
  readonly completionStatus: string | undefined;
}

const truths = [false, true];

function* cases(): Generator<Case> {
  for (const before of ['none', 'underWay', 'finished'] as const)
    for (const direction of ['forwards', 'back', 'fast'] as const)
      for (const isChanged of truths)
        for (const isCompleted of truths)
          for (const isAborted of truths)
            for (const wasAborted of truths)
              for (const completionStatus of [undefined, 'Promoted', 'FastPromoted'])
                yield { before, direction, isChanged, isCompleted, isAborted, wasAborted, completionStatus };
}

/** §7.8, sentence by sentence. */
function wanted(given: Case): RolloutDuration | undefined {
  const before: RolloutDuration = { ...stored[given.before] };
  // "completionStatus := FastPromoted if promoteFull else Promoted (if unset)" (§3.9).
  const duration = { ...before };
  if (given.completionStatus) duration.completionStatus ??= given.completionStatus;
  const finish = (attempt: RolloutDuration, status: string) => ({
    ...attempt,
    finishedAt: at(0),
    completionStatus: attempt.completionStatus ?? status,
  });
  if (given.before === 'underWay') {
    // "In progress and changed: rollback → RolledBack (FastRolledBack if fast), keep timing; else a new attempt."
    let attempt: RolloutDuration = duration;
    if (given.isChanged && given.direction === 'forwards') attempt = { rolloutStartedAt: at(0) };
    else if (given.isChanged) {
      attempt = { ...duration, completionStatus: given.direction === 'fast' ? 'FastRolledBack' : 'RolledBack' };
    }
    // "In progress and completed → finish … In progress and aborted → finish."
    if (given.isCompleted) return finish(attempt, 'Promoted');
    return given.isAborted ? finish(attempt, 'Aborted') : attempt;
  }
  // "No attempt, or finished and not completed: changed → new; else retry → new."
  const isRetry = given.wasAborted && !given.isAborted;
  if (!given.isCompleted && (given.isChanged || isRetry)) return { rolloutStartedAt: at(0) };
  return Object.keys(duration).length > 0 ? duration : undefined;
}

function passOf({ before, direction, isCompleted, wasAborted }: Case): { pass: Pass; status: RolloutStatus } {
  const age = { stable: direction === 'back' ? -10 : -100, current: direction === 'back' ? -100 : -10 };
  const replicas = isCompleted ? 10 : 4;
  const given = midway({
    canary: twenty,
    stable: { replicas: 10, createdAt: age.stable },
    current: { replicas, createdAt: age.current },
    status: { ...(wasAborted ? { conditions: abortedConditions } : {}) },
  });
  const duration = stored[before];
  const isStable = direction === 'fast';
  const status: RolloutStatus = {
    ...given.rollout.status,
    ...(duration ? { duration } : {}),
    ...(isStable ? { stableRS: b } : {}),
  };
  const rollout = { ...given.rollout, status };
  const pass = beginPass(observe({ ...given, rollout }), start, rollout);
  findReplicaSets(pass, given.replicaSets);
  // What a promotion in this pass makes of the status.
  return { pass, status: { ...status, stableRS: isCompleted ? b : a, currentPodHash: b } };
}

test('§7.8: every combination of an attempt and what happens to it', () => {
  let count = 0;
  for (const given of cases()) {
    const { pass, status } = passOf(given);
    const { isChanged, isAborted, completionStatus } = given;
    const found = durationOf(pass, status, { isChanged, isAborted, completionStatus });
    assert.deepEqual(found, wanted(given), JSON.stringify(given));
    count += 1;
  }
  assert.equal(count, 3 * 3 * 2 * 2 * 2 * 2 * 3);
});

interface PauseRow {
  readonly name: string;
  readonly isManual: boolean;
  readonly steps?: readonly CanaryStep[];
  readonly reason?: string;
  readonly isPaused?: true;
  readonly autoPromotionEnabled?: boolean;
}

const pauses: readonly PauseRow[] = [
  { name: 'spec.paused', isPaused: true, isManual: true },
  { name: 'an indefinite pause step', steps: [{ pause: {} }], reason: 'CanaryPauseStep', isManual: true },
  { name: 'a timed pause step', steps: [{ pause: { duration: 60 } }], reason: 'CanaryPauseStep', isManual: false },
  { name: 'an inconclusive analysis', reason: 'InconclusiveAnalysisRun', isManual: true },
  { name: 'an inconclusive experiment', reason: 'InconclusiveExperiment', isManual: true },
  { name: 'no pause', isManual: false },
  { name: 'blue/green, a person promotes', reason: 'BlueGreenPause', autoPromotionEnabled: false, isManual: true },
  { name: 'blue/green, time promotes', reason: 'BlueGreenPause', autoPromotionEnabled: true, isManual: false },
];

/** The attempt as one more look leaves it. */
function looked(row: PauseRow, duration: RolloutDuration, seconds: number): RolloutDuration | undefined {
  const { steps = [{ setWeight: 20 }], reason, isPaused, autoPromotionEnabled } = row;
  const given = midway({ canary: { steps }, stable: { replicas: 8 }, current: { replicas: 2 } });
  const strategy =
    autoPromotionEnabled === undefined
      ? { canary: { steps } }
      : { blueGreen: { activeService: 'active', autoPromotionEnabled } };
  const pauseConditions = reason === undefined ? [] : [{ reason, startTime: at(0) }];
  const status = { ...given.rollout.status, duration, pauseConditions };
  const spec = { ...given.rollout.spec, strategy, ...(isPaused ? { paused: true } : {}) };
  const rollout = { ...given.rollout, spec, status };
  const pass = beginPass(observe({ ...given, rollout }), start + seconds * 1000, rollout);
  findReplicaSets(pass, given.replicaSets);
  return durationOf(pass, status, { isChanged: false, isAborted: false, completionStatus: undefined });
}

for (const row of pauses) {
  test(`§7.8: ${row.name} ${row.isManual ? 'counts as waiting for a person' : 'does not count'}`, () => {
    const begun = looked(row, { rolloutStartedAt: at(-100) }, 5);
    assert.equal(begun?.manualPauseStartedAt, row.isManual ? at(5) : undefined);
    const resumed = looked({ name: '', isManual: false }, { ...begun, manualPauseStartedAt: at(5) }, 12.9);
    assert.deepEqual(resumed, { rolloutStartedAt: at(-100), totalManualPauseDurationSeconds: 7 });
    const added = looked({ name: '', isManual: false }, { ...resumed, manualPauseStartedAt: at(20) }, 23);
    assert.equal(added?.totalManualPauseDurationSeconds, 10);
  });
}

test('§7.8: an abort at a pause closes it with the attempt; an invalid spec leaves the attempt alone', () => {
  const open = { rolloutStartedAt: at(-100), manualPauseStartedAt: at(-30) };
  const given = midway({
    canary: twenty,
    step: 1,
    stable: { replicas: 10 },
    current: { replicas: 0 },
    status: {
      duration: open,
      abort: true,
      conditions: [condition('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused')],
    },
  });
  const { duration } = lawfulPlan(given, start).status;
  assert.deepEqual(duration, {
    rolloutStartedAt: at(-100),
    finishedAt: at(0),
    completionStatus: 'Aborted',
    totalManualPauseDurationSeconds: 30,
  });
  const invalid: World = {
    ...given,
    services: [service('x')],
    rollout: { ...given.rollout, spec: { ...given.rollout.spec, minReadySeconds: 700 } },
  };
  assert.deepEqual(lawfulPlan(invalid, start).status.duration, open);
});
