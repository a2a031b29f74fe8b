// Which conditions does the new status have (rollout.md §7.2)? Healthy, Completed, Progressing, ReplicaFailure, Available,
// in that order, because Progressing asks whether Healthy was just lost.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import { blueGreenOf, replicasOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { RolloutCondition, RolloutStatus } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import type { EventRecord } from '../types.ts';
import { events } from './events.ts';
import { newReplicaSet, type Pass } from './pass.ts';
import { hasProgressed, isHealthy, isPromoted, isTimedOut } from './progress.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { failureOf, totalCount } from './replica-set-counts.ts';
import { isSaturated } from './saturation.ts';
import { type Conditions, findCondition, removeCondition, renewCondition, setCondition } from './status-conditions.ts';

export interface ConditionsOutcome {
  readonly conditions: readonly RolloutCondition[];
  readonly events: readonly EventRecord[];
}

/** `status` is complete but for conditions, phase and duration. */
export function conditionsOf(pass: Pass, status: RolloutStatus, abortMessage: string | undefined): ConditionsOutcome {
  const conditions: Conditions = { list: pass.stored.conditions ?? [], nowText: formatRfc3339(pass.now) };
  const told: EventRecord[] = [];
  const isAborted = status.abort === true;
  removeCondition(conditions, conditionTypes.invalidSpec);
  setFoundNewReplicaSet(pass, conditions);
  const becameUnhealthy = setHealthy(pass, conditions, status);
  setCompleted(pass, conditions, status, told);
  if (isAborted) setAborted(pass, conditions, abortMessage, told);
  else setProgressing(pass, conditions, status, becameUnhealthy);
  setReplicaFailure(pass, conditions);
  setAvailable(pass, conditions, status);
  return { conditions: conditions.list, events: told };
}

function setFoundNewReplicaSet(pass: Pass, conditions: Conditions): void {
  const newRS = newReplicaSet(pass);
  if (!newRS || findCondition(conditions.list, conditionTypes.progressing)) return;
  setCondition(conditions, {
    type: conditionTypes.progressing,
    status: 'True',
    reason: conditionReasons.foundNewReplicaSet,
    message: `Found new replica set "${nameOf(newRS)}"`,
  });
}

/** True when the condition went from True to False just now. */
function setHealthy(pass: Pass, conditions: Conditions, status: RolloutStatus): boolean {
  const isNow = !isPaused(pass, status) && isHealthy(pass.rollout, pass.stored, status);
  if (!isNow && !findCondition(conditions.list, conditionTypes.healthy)) return false;
  const isChanged = setCondition(conditions, {
    type: conditionTypes.healthy,
    status: isNow ? 'True' : 'False',
    reason: conditionReasons.rolloutHealthy,
    message: isNow ? 'Rollout is healthy' : 'Rollout is not healthy',
  });
  return isChanged && !isNow;
}

function isPaused({ rollout }: Pass, status: RolloutStatus): boolean {
  return rollout.spec.paused === true || (status.pauseConditions?.length ?? 0) > 0;
}

function setCompleted(pass: Pass, conditions: Conditions, status: RolloutStatus, told: EventRecord[]): void {
  const isNow = isPromoted(status);
  const isChanged = setCondition(conditions, {
    type: conditionTypes.completed,
    status: isNow ? 'True' : 'False',
    reason: conditionReasons.rolloutCompleted,
    message: 'RolloutCompleted',
  });
  if (isChanged && !isNow) told.push(events.notCompleted(pass.revision ?? '', hashOf(newReplicaSet(pass))));
}

function setAborted(pass: Pass, conditions: Conditions, abortMessage: string | undefined, told: EventRecord[]): void {
  const message = `Rollout aborted update to revision ${pass.revision ?? ''}${abortMessage ? `: ${abortMessage}` : ''}`;
  const isChanged = setCondition(conditions, {
    type: conditionTypes.progressing,
    status: 'False',
    reason: conditionReasons.rolloutAborted,
    message,
  });
  if (isChanged) told.push(events.aborted(message));
}

function setProgressing(pass: Pass, conditions: Conditions, status: RolloutStatus, becameUnhealthy: boolean): void {
  const { rollout, stored } = pass;
  const type = conditionTypes.progressing;
  const subject = subjectOf(pass);
  // SLIPWAY: switched, but paused before it became stable, it stays marked as paused; else the marks would alternate.
  const isMarkedPaused = isPaused(pass, status) && !isPromoted(status);
  if (isHealthy(rollout, stored, status) && !isMarkedPaused) {
    const message = `${subject} has successfully progressed.`;
    setCondition(conditions, { type, status: 'True', reason: conditionReasons.newReplicaSetAvailable, message });
  } else if (becameUnhealthy && isPromoted(status)) {
    const message = 'Rollout does not have minimum availability';
    renewCondition(conditions, { type, status: 'True', reason: conditionReasons.replicaSetNotAvailable, message });
  } else if (becameUnhealthy || hasProgressed(rollout, stored, status)) {
    const message = `${subject} is progressing.`;
    renewCondition(conditions, { type, status: 'True', reason: conditionReasons.replicaSetUpdated, message });
  } else if (isTimedOut(pass, { ...status, conditions: conditions.list }, false)) {
    const message = timedOutMessage(pass);
    setCondition(conditions, { type, status: 'False', reason: conditionReasons.progressDeadlineExceeded, message });
  }
}

export function timedOutMessage(pass: Pass): string {
  return `${subjectOf(pass)} has timed out progressing.`;
}

function subjectOf(pass: Pass): string {
  const newRS = newReplicaSet(pass);
  return newRS ? `ReplicaSet "${nameOf(newRS)}"` : `Rollout "${pass.rollout.metadata.name}"`;
}

function setReplicaFailure(pass: Pass, conditions: Conditions): void {
  const newRS = newReplicaSet(pass);
  const candidates = newRS ? [newRS, ...pass.replicaSets] : pass.replicaSets;
  const failure = candidates.flatMap((replicaSet) => replicaFailureOf(replicaSet, conditions.nowText) ?? [])[0];
  if (!failure) return removeCondition(conditions, conditionTypes.replicaFailure);
  const present = findCondition(conditions.list, conditionTypes.replicaFailure);
  if (present?.status === failure.status && present.reason === failure.reason) return;
  conditions.list = [...conditions.list.filter((condition) => condition !== present), failure];
}

/** The ReplicaSet's own condition, which has no update time, and need not have any: in ours both must be times. */
function replicaFailureOf(replicaSet: ReplicaSet, nowText: string): RolloutCondition | undefined {
  const found = failureOf(replicaSet);
  if (!found) return undefined;
  const lastTransitionTime = found.lastTransitionTime || nowText;
  return {
    type: found.type,
    status: found.status,
    reason: found.reason ?? '',
    message: found.message ?? '',
    lastTransitionTime,
    lastUpdateTime: lastTransitionTime,
  };
}

function setAvailable(pass: Pass, conditions: Conditions, status: RolloutStatus): void {
  const reported = (replicaSet: ReplicaSet | undefined) => replicaSet?.status?.availableReplicas ?? 0;
  const isNow = blueGreenOf(pass.rollout)
    ? isSaturated(pass.rollout, activeReplicaSet(pass, status))
    : totalCount(pass.replicaSets, reported) >= replicasOf(pass.rollout);
  setCondition(conditions, {
    type: conditionTypes.available,
    status: isNow ? 'True' : 'False',
    reason: conditionReasons.available,
    message: isNow ? 'Rollout has minimum availability' : 'Rollout does not have minimum availability',
  });
}

/** The ReplicaSet that the active Service selects after this wave. */
export function activeReplicaSet(pass: Pass, status: RolloutStatus): ReplicaSet | undefined {
  const active = status.blueGreen?.activeSelector ?? '';
  return active === '' ? undefined : pass.replicaSets.find((replicaSet) => hashOf(replicaSet) === active);
}
