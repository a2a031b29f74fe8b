// Which step is in force, what is it called, and is it done (rollout.md §6.1, §6.3)? One step a pass.

import { pauseReasons } from '../../api/constants.ts';
import { canaryOf } from '../../api/defaults.ts';
import type { CanaryStep, TrafficWeights } from '../../api/types.generated.ts';
import { pauseSeconds } from '../../lang/go-duration.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { newReplicaSet, otherReplicaSets, type Pass, stableReplicaSet } from './pass.ts';
import { isAtDesired } from './replica-counts.ts';

export function stepsOf(pass: Pass): readonly CanaryStep[] {
  return canaryOf(pass.rollout)?.steps ?? [];
}

/** The step that the observed index points at; none when there are no steps or all are done. */
export function currentStep(pass: Pass): { readonly index: number; readonly step: CanaryStep } | undefined {
  const index = pass.status.currentStepIndex ?? 0;
  const step = stepsOf(pass)[index];
  return step && { index, step };
}

/** How the event calls it; the first of its fields in this order. */
export function stepText(step: CanaryStep): string {
  if (step.setWeight !== undefined) return `setWeight: ${step.setWeight}`;
  if (step.pause) return step.pause.duration === undefined ? 'pause' : `pause: ${step.pause.duration}`;
  if (step.experiment) return 'experiment';
  if (step.analysis) return 'analysis';
  if (step.setCanaryScale) {
    const { weight, matchTrafficWeight, replicas } = step.setCanaryScale;
    if (weight !== undefined) return `setCanaryScale{weight: ${weight}}`;
    if (matchTrafficWeight) return 'setCanaryScale{matchTrafficWeight: true}';
    if (replicas !== undefined) return `setCanaryScale{replicas: ${replicas}}`;
  }
  if (step.plugin) return `plugin: ${step.plugin.name}`;
  if (step.setHeaderRoute) return `setHeaderRoute: ${step.setHeaderRoute.name}`;
  if (step.setMirrorRoute) return `setMirrorRoute: ${step.setMirrorRoute.name}`;
  return 'invalid';
}

/** Whether the current step is done; the first of its fields in this order decides. */
export function isStepCompleted(pass: Pass, step: CanaryStep, weights: TrafficWeights | undefined): boolean {
  if (pass.rollout.spec.paused) return false;
  if (step.pause) return isPauseOver(pass, step);
  if (step.setCanaryScale) return isCanaryAtDesired(pass, weights);
  if (step.setWeight !== undefined) return isCanaryAtDesired(pass, weights) && weights?.verified !== false;
  if (step.experiment) return typeof pass.experiment === 'object' && pass.experiment.phase === 'Successful';
  if (step.analysis) return pass.analyses?.Step?.status === 'Successful';
  if (step.setHeaderRoute !== undefined || step.setMirrorRoute !== undefined) return true;
  return step.plugin !== undefined && isPluginDone(pass, pass.status.currentStepIndex ?? 0);
}

/** Canary and stable stand at the counts that the weights just planned ask for. */
export function isCanaryAtDesired(pass: Pass, weights: TrafficWeights | undefined): boolean {
  return isAtDesired({
    rollout: pass.rollout,
    status: pass.status,
    newRS: newReplicaSet(pass),
    stableRS: stableReplicaSet(pass),
    others: otherReplicaSets(pass),
    recordedWeights: weights ?? null,
    plannedWeights: weights ?? null,
  });
}

/** A pause ends when a person took its condition away, or when its time is over. */
function isPauseOver(pass: Pass, step: CanaryStep): boolean {
  if (pass.intent.addPause === pauseReasons.canaryPauseStep) return false;
  if (pauseStartedAt(pass) === undefined) return isResumed(pass);
  const endsAt = pauseEndsAt(pass, step);
  return endsAt !== undefined && pass.now > endsAt;
}

/**
 * The controller has paused and a person has taken every condition away (rollout.md §1.4). SLIPWAY: while another one
 * stands (of an inconclusive outcome, of the strategy before) nobody has resumed anything.
 */
export function isResumed({ status }: Pass): boolean {
  return status.controllerPause === true && (status.pauseConditions?.length ?? 0) === 0;
}

/** The last instant of a timed pause that has begun. */
export function pauseEndsAt(pass: Pass, step: CanaryStep): EpochMillis | undefined {
  const startedAt = pauseStartedAt(pass);
  const duration = step.pause?.duration;
  if (startedAt === undefined || duration === undefined) return undefined;
  return startedAt + pauseSeconds(duration) * 1000;
}

export function pauseStartedAt(pass: Pass): EpochMillis | undefined {
  const condition = pass.status.pauseConditions?.find(({ reason }) => reason === pauseReasons.canaryPauseStep);
  return condition && parseRfc3339(condition.startTime);
}

/** The plugin of this step has said that it succeeded. */
function isPluginDone({ stepPlugins }: Pass, index: number): boolean {
  const runs = stepPlugins?.filter((entry) => entry.operation === 'Run' && entry.index === index);
  return runs?.some(({ phase }) => phase === 'Successful') ?? false;
}
