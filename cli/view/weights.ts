// Where in its steps a canary is, which weight it should have and which it has (spec/cli.md §5.3).

import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { ownedBy } from './owners.ts';
import { tagsOfReplicaSet } from './replica-set.ts';

/** `1/4`, or empty where there are no steps or the controller has not said where it is. */
export function stepText(rollout: Rollout): string {
  const index = rollout.status?.currentStepIndex;
  const count = stepsOf(rollout).length;
  return index === undefined || index === null || count === 0 ? '' : `${index}/${count}`;
}

export function setWeight(rollout: Rollout): number {
  if (rollout.status?.abort) return 0;
  const index = currentStepIndex(rollout);
  if (index === undefined) return maxWeight(rollout);
  const passed = stepsOf(rollout).slice(0, index + 1);
  return passed.findLast((step) => step.setWeight !== undefined && step.setWeight !== null)?.setWeight ?? 0;
}

/** QUIRK: without steps the maximum, also when aborted. */
export function actualWeight(rollout: Rollout, replicaSets: readonly ReplicaSet[]): number {
  if (currentStepIndex(rollout) === undefined) return maxWeight(rollout);
  const available = rollout.status?.availableReplicas ?? 0;
  if (available <= 0) return 0;
  if (rollout.spec.strategy?.canary?.trafficRouting) {
    const weights = rollout.status?.canary?.weights;
    return weights ? (weights.canary?.weight ?? 0) : setWeight(rollout);
  }
  const canary = ownedBy(replicaSets, rollout).find((set) => tagsOfReplicaSet(rollout, set).includes('canary'));
  return Math.floor(((canary?.status?.availableReplicas ?? 0) * maxWeight(rollout)) / available);
}

function stepsOf(rollout: Rollout) {
  return rollout.spec.strategy?.canary?.steps ?? [];
}

/** Undefined once all steps are done, and where there are none. */
function currentStepIndex(rollout: Rollout): number | undefined {
  const index = rollout.status?.currentStepIndex ?? 0;
  return index < stepsOf(rollout).length ? index : undefined;
}

function maxWeight(rollout: Rollout): number {
  return rollout.spec.strategy?.canary?.trafficRouting?.maxTrafficWeight ?? 100;
}
