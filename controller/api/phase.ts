// Which phase and message a Rollout has (rollout.md §7.3): `phaseOf` is what the controller writes, from spec and
// status alone; `shownPhaseOf` is what a client shows, which knows whether the controller has seen the latest spec.

import { isSameTime } from '../lang/rfc3339.ts';
import { conditionReasons, conditionTypes, workloadGenerationAnnotation } from './constants.ts';
import { decodeRollout } from './decode-rollout.ts';
import { blueGreenOf, canaryOf, hasTrafficRouting, replicasOf } from './defaults.ts';
import type { Rollout, RolloutSpec, RolloutStatus } from './types.generated.ts';

export type Phase = 'Healthy' | 'Degraded' | 'Progressing' | 'Paused';

export interface PhaseAndMessage {
  readonly phase: Phase;
  readonly message: string;
}

/** The phase that follows from spec and status: the first of these questions that has an answer. */
export function phaseOf(spec: RolloutSpec, status: RolloutStatus): PhaseAndMessage {
  return degraded(status) ?? paused(spec, status) ?? progressing(spec, status) ?? { phase: 'Healthy', message: '' };
}

/** The phase that a client shows: the stored one once the spec has been observed. Takes a Rollout as it came. */
export function shownPhaseOf(json: Rollout): PhaseAndMessage {
  const rollout = decodeRollout(json);
  const status = rollout.status ?? {};
  if (!isGenerationObserved(rollout)) return waiting('waiting for rollout spec update to be observed');
  if (status.controllerPause && !status.pauseConditions?.length) return waiting('waiting for rollout to unpause');
  if (!isWorkloadObserved(rollout)) {
    return waiting('waiting for rollout spec update to be observed for the reference workload');
  }
  if (status.phase) return { phase: status.phase as Phase, message: status.message ?? '' };
  return phaseOf(rollout.spec, status);
}

/** A value that is no number (v0.9 stored a hash) or that is ahead of the generation counts as observed. */
export function isGenerationObserved(rollout: Rollout): boolean {
  const observed = rollout.status?.observedGeneration ?? '';
  if (!/^[+-]?\d+$/.test(observed)) return true;
  return Number(observed) >= (rollout.metadata.generation ?? 0);
}

function isWorkloadObserved(rollout: Rollout): boolean {
  const generation = rollout.metadata.annotations?.[workloadGenerationAnnotation];
  if (!rollout.spec.workloadRef || generation === undefined) return true;
  return generation === (rollout.status?.workloadObservedGeneration ?? '');
}

function degraded(status: RolloutStatus): PhaseAndMessage | undefined {
  for (const condition of status.conditions ?? []) {
    const reason =
      condition.type === conditionTypes.invalidSpec
        ? conditionTypes.invalidSpec
        : [conditionReasons.rolloutAborted, conditionReasons.progressDeadlineExceeded].find(
            (known) => known === condition.reason,
          );
    if (reason) return { phase: 'Degraded', message: `${reason}: ${condition.message}` };
  }
  return undefined;
}

function paused(spec: RolloutSpec, status: RolloutStatus): PhaseAndMessage | undefined {
  if (spec.paused) return { phase: 'Paused', message: 'manually paused' };
  const first = status.pauseConditions?.[0];
  return first && { phase: 'Paused', message: first.reason };
}

function progressing(spec: RolloutSpec, status: RolloutStatus): PhaseAndMessage | undefined {
  const updated = status.updatedReplicas ?? 0;
  // QUIRK: also for a restart that is scheduled for later.
  if (spec.restartAt && !isSameTime(spec.restartAt, status.restartedAt)) return waiting('rollout is restarting');
  if (updated < replicasOf({ spec })) return waiting('more replicas need to be updated');
  if ((status.availableReplicas ?? 0) < updated) return waiting('updated replicas are still becoming available');
  if (blueGreenOf({ spec })) return blueGreenProgressing(spec, status);
  return canaryOf({ spec }) ? canaryProgressing(spec, status) : undefined;
}

function blueGreenProgressing(spec: RolloutSpec, status: RolloutStatus): PhaseAndMessage | undefined {
  const current = status.currentPodHash ?? '';
  const active = status.blueGreen?.activeSelector ?? '';
  if (active === '' || active !== current) return waiting('active service cutover pending');
  if (isPromoted(status)) return undefined;
  const run = status.blueGreen?.postPromotionAnalysisRunStatus;
  const analysing = blueGreenOf({ spec })?.postPromotionAnalysis && !(run && completedRunPhases.has(run.status));
  return waiting(
    analysing ? 'waiting for analysis to complete' : 'waiting for post-promotion verification to complete',
  );
}

function canaryProgressing(spec: RolloutSpec, status: RolloutStatus): PhaseAndMessage | undefined {
  if (!hasTrafficRouting({ spec }) && (status.replicas ?? 0) > (status.updatedReplicas ?? 0)) {
    return waiting('old replicas are pending termination');
  }
  return isPromoted(status) ? undefined : waiting('waiting for all steps to complete');
}

/** The current ReplicaSet is the stable one. */
function isPromoted(status: RolloutStatus): boolean {
  return (status.stableRS ?? '') !== '' && status.stableRS === (status.currentPodHash ?? '');
}

const completedRunPhases: ReadonlySet<string> = new Set(['Successful', 'Failed', 'Error', 'Inconclusive']);

function waiting(message: string): PhaseAndMessage {
  return { phase: 'Progressing', message };
}
