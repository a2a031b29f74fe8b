// The conditions of a Rollout in every combination of what was told before and what is so now (rollout.md §7.2, §7.4-7.6).
// `wanted` says the table of §7.2 the way it is written there; the planner must agree on each of the combinations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, midway, twenty } from '../../../test/builders/midway.ts';
import { at, condition, start } from '../../../test/builders/objects.ts';
import { observe } from '../../../test/builders/world.ts';
import type { CanaryStep, RolloutCondition, RolloutStatus } from '../../api/types.generated.ts';
import { conditionsOf } from './conditions.ts';
import { findReplicaSets } from './find-replica-sets.ts';
import { beginPass } from './pass.ts';

const progressingBefore = [
  ['True', 'NewReplicaSetCreated'],
  ['True', 'FoundNewReplicaSet'],
  ['False', 'ReplicaSetCreateError'],
  ['True', 'NewReplicaSetAvailable'],
  ['True', 'ReplicaSetUpdated'],
  ['True', 'ReplicaSetNotAvailable'],
  ['False', 'ProgressDeadlineExceeded'],
  ['False', 'RolloutAborted'],
  ['Unknown', 'RolloutPaused'],
  ['Unknown', 'RolloutResumed'],
  ['Unknown', 'RolloutRetry'],
  undefined,
] as const;
type Told = (typeof progressingBefore)[number];
const truths = [false, true];

interface Case {
  readonly told: Told;
  readonly healthyBefore: 'True' | 'False' | undefined;
  readonly isAborted: boolean;
  /** Everything there and promoted; else a pod is missing. */
  readonly isHealthy: boolean;
  readonly isPromoted: boolean;
  readonly hasProgressed: boolean;
  readonly isLate: boolean;
  readonly isPaused: boolean;
}

function* cases(): Generator<Case> {
  for (const told of progressingBefore)
    for (const healthyBefore of ['True', 'False', undefined] as const)
      for (const isAborted of truths)
        for (const isHealthy of truths)
          for (const isPromoted of isHealthy ? [true] : truths)
            for (const hasProgressed of truths)
              for (const isLate of truths)
                for (const isPaused of truths)
                  yield { told, healthyBefore, isAborted, isHealthy, isPromoted, hasProgressed, isLate, isPaused };
}

/** Type → status and reason. */
function wanted(given: Case): Record<string, string> {
  const { told, healthyBefore, isAborted, isHealthy, isPromoted, hasProgressed, isLate, isPaused } = given;
  const result: Record<string, string> = {
    Completed: `${isPromoted ? 'True' : 'False'} RolloutCompleted`,
    Available: `${isHealthy ? 'True' : 'False'} AvailableReason`,
  };
  // "True when not paused and healthy; False only written if the condition existed."
  const isHealthyNow = isHealthy && !isPaused;
  if (isHealthyNow || healthyBefore !== undefined) result.Healthy = `${isHealthyNow ? 'True' : 'False'} RolloutHealthy`;
  const becameUnhealthy = healthyBefore === 'True' && !isHealthyNow;
  const before = told ? told.join(' ') : 'True FoundNewReplicaSet';
  // "no Progressing condition → false; RolloutAborted or RolloutPaused → false; ProgressDeadlineExceeded → true; …"
  const neverTimesOut = !told || told[1] === 'RolloutAborted' || told[1] === 'RolloutPaused';
  const isTimedOut = !neverTimesOut && (told[1] === 'ProgressDeadlineExceeded' || isLate);
  if (isAborted) result.Progressing = 'False RolloutAborted';
  else if (isHealthy) result.Progressing = 'True NewReplicaSetAvailable';
  else if (becameUnhealthy && isPromoted) result.Progressing = 'True ReplicaSetNotAvailable';
  else if (becameUnhealthy || hasProgressed) result.Progressing = 'True ReplicaSetUpdated';
  else if (isTimedOut) result.Progressing = 'False ProgressDeadlineExceeded';
  else result.Progressing = before;
  return result;
}

function found(given: Case): readonly RolloutCondition[] {
  const { told, healthyBefore, isAborted, isHealthy, isPromoted, hasProgressed, isLate, isPaused } = given;
  const updatedAt = isLate ? -601 : -1;
  const conditions = [
    ...(told ? [condition('Progressing', told[0], told[1], 'before', updatedAt)] : []),
    ...(healthyBefore ? [condition('Healthy', healthyBefore, 'RolloutHealthy', 'before')] : []),
  ];
  const available = isHealthy ? 10 : 9;
  const given2 = midway({ canary: twenty, stable: { replicas: 0 }, current: { replicas: 10, available } });
  const counts = { replicas: 10, updatedReplicas: 10, availableReplicas: available, readyReplicas: available };
  const base: RolloutStatus = {
    ...given2.rollout.status,
    ...counts,
    currentPodHash: b,
    stableRS: isPromoted ? b : a,
    currentStepIndex: isPromoted ? 2 : 0,
    observedGeneration: '1',
  };
  const stored: RolloutStatus = { ...base, conditions, updatedReplicas: hasProgressed ? 9 : 10 };
  const rollout = { ...given2.rollout, status: stored };
  const pass = beginPass(observe({ ...given2, rollout }), start, rollout);
  findReplicaSets(pass, given2.replicaSets);
  const pauseConditions = isPaused ? [{ reason: 'CanaryPauseStep', startTime: at(0) }] : [];
  const status = { ...base, conditions, pauseConditions, ...(isAborted ? { abort: true } : {}) };
  return conditionsOf(pass, status, undefined).conditions;
}

test('§7.2: every condition in every combination of before and now', () => {
  let count = 0;
  for (const given of cases()) {
    const short = Object.fromEntries(found(given).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
    assert.deepEqual(short, wanted(given), JSON.stringify(given));
    count += 1;
  }
  assert.equal(count, progressingBefore.length * 3 * 2 * 3 * 2 * 2 * 2);
});

const texts: readonly (readonly [type: string, status: string, reason: string, message: RegExp])[] = [
  ['Progressing', 'True', 'NewReplicaSetAvailable', /^ReplicaSet "demo-\w+" has successfully progressed\.$/],
  ['Progressing', 'True', 'ReplicaSetUpdated', /^ReplicaSet "demo-\w+" is progressing\.$/],
  ['Progressing', 'True', 'ReplicaSetNotAvailable', /^Rollout does not have minimum availability$/],
  ['Progressing', 'True', 'FoundNewReplicaSet', /^Found new replica set "demo-\w+"$/],
  ['Progressing', 'False', 'ProgressDeadlineExceeded', /^ReplicaSet "demo-\w+" has timed out progressing\.$/],
  ['Progressing', 'False', 'RolloutAborted', /^Rollout aborted update to revision 2$/],
  ['Healthy', 'True', 'RolloutHealthy', /^Rollout is healthy$/],
  ['Healthy', 'False', 'RolloutHealthy', /^Rollout is not healthy$/],
  ['Completed', 'True', 'RolloutCompleted', /^RolloutCompleted$/],
  ['Completed', 'False', 'RolloutCompleted', /^RolloutCompleted$/],
  ['Available', 'True', 'AvailableReason', /^Rollout has minimum availability$/],
  ['Available', 'False', 'AvailableReason', /^Rollout does not have minimum availability$/],
];

test('§7.2: what was not told before has the words of the table, and the time of now', () => {
  const seen = new Set<string>();
  for (const given of cases()) {
    for (const { type, status, reason, message, lastUpdateTime } of found(given)) {
      if (message === 'before') continue;
      const [, , , words] = texts.find(([...row]) => row[0] === type && row[1] === status && row[2] === reason) ?? [];
      assert.ok(words, `${type} ${status} ${reason} is in the table`);
      assert.match(message, words);
      assert.equal(lastUpdateTime, at(0));
      seen.add(`${type} ${status} ${reason}`);
    }
  }
  assert.equal(seen.size, texts.length, 'each line of the table was met');
});

/** §7.6: "Not evaluated while …". */
const deadlines: readonly (readonly [
  name: string,
  isLooked: boolean,
  steps: readonly CanaryStep[],
  status?: object,
])[] = [
  ['a setWeight step', true, [{ setWeight: 20 }]],
  ['a setCanaryScale step', true, [{ setCanaryScale: { weight: 20 } }]],
  ['a plugin step', true, [{ plugin: { name: 'acme/x' } }]],
  ['a pause step', false, [{ pause: {} }]],
  ['an experiment step', false, [{ experiment: { templates: [] } }]],
  ['an analysis step', false, [{ analysis: { templates: [] } }]],
  ['the Paused condition', false, [{ setWeight: 20 }], { paused: 'True' }],
  ['the Paused condition of a pause that is over', true, [{ setWeight: 20 }], { paused: 'False' }],
];

for (const [name, isLooked, steps, more] of deadlines) {
  test(`§7.6: at ${name} the deadline is ${isLooked ? '' : 'not '}looked at`, () => {
    const paused = (more as { readonly paused?: string } | undefined)?.paused;
    const conditions = [
      condition('Progressing', 'True', 'ReplicaSetUpdated', 'before', -601),
      ...(paused ? [condition('Paused', paused, 'RolloutPaused', 'Rollout is paused')] : []),
    ];
    const given = midway({ canary: { steps }, stable: { replicas: 8 }, current: { replicas: 2 } });
    const stored = { ...given.rollout.status, conditions, observedGeneration: '1' };
    const rollout = { ...given.rollout, status: stored };
    const pass = beginPass(observe({ ...given, rollout }), start, rollout);
    findReplicaSets(pass, given.replicaSets);
    const after = conditionsOf(pass, stored, undefined).conditions.find(({ type }) => type === 'Progressing');
    assert.equal(after?.reason, isLooked ? 'ProgressDeadlineExceeded' : 'ReplicaSetUpdated');
  });
}
