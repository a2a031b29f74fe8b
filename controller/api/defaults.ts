// What an absent field of a Rollout means (rollout.md §1.2, §12). The API server applies none of these defaults; every
// reader goes through these accessors instead of writing a number of its own.

import { maxInt32 } from './constants.ts';
import type { IntOrString } from './kubernetes-types.ts';
import type { BlueGreenStrategy, CanaryStrategy, RolloutSpec, TrafficRouting } from './types.generated.ts';

/** What most accessors look at: a Rollout, or anything that has its spec. */
export interface HasSpec {
  readonly spec: RolloutSpec;
}

export const defaultScaleDownDelaySeconds = 30;
export const defaultAbortScaleDownDelaySeconds = 30;
/** QUIRK: a string without a percent sign is a percentage all the same. */
export const defaultMaxSurge: IntOrString = '25';
export const defaultMaxUnavailable: IntOrString = '25';
export const defaultMaxTrafficWeight = 100;

export function replicasOf(rollout: HasSpec): number {
  return rollout.spec.replicas ?? 1;
}

export function revisionHistoryLimitOf(rollout: HasSpec): number {
  return rollout.spec.revisionHistoryLimit ?? 10;
}

export function progressDeadlineSecondsOf(rollout: HasSpec): number {
  return rollout.spec.progressDeadlineSeconds ?? 600;
}

export function minReadySecondsOf(rollout: HasSpec): number {
  return rollout.spec.minReadySeconds ?? 0;
}

export function successfulRunHistoryLimitOf(rollout: HasSpec): number {
  return rollout.spec.analysis?.successfulRunHistoryLimit ?? 5;
}

export function unsuccessfulRunHistoryLimitOf(rollout: HasSpec): number {
  return rollout.spec.analysis?.unsuccessfulRunHistoryLimit ?? 5;
}

export function canaryOf(rollout: HasSpec): CanaryStrategy | undefined {
  return rollout.spec.strategy?.canary;
}

export function blueGreenOf(rollout: HasSpec): BlueGreenStrategy | undefined {
  return rollout.spec.strategy?.blueGreen;
}

export function trafficRoutingOf(rollout: HasSpec): TrafficRouting | undefined {
  return canaryOf(rollout)?.trafficRouting;
}

/** The canary strategy has trafficRouting, be it empty. */
export function hasTrafficRouting(rollout: HasSpec): boolean {
  return trafficRoutingOf(rollout) !== undefined;
}

/** Routers that are plugins, by name. */
export function hasPlugins(routing: TrafficRouting | undefined): boolean {
  return Object.keys(routing?.plugins ?? {}).length > 0;
}

/** M of the spec: the weight that means all traffic. */
export function maxTrafficWeightOf(rollout: HasSpec): number {
  return trafficRoutingOf(rollout)?.maxTrafficWeight ?? defaultMaxTrafficWeight;
}

export function maxSurgeOf(rollout: HasSpec): IntOrString {
  return canaryOf(rollout)?.maxSurge ?? defaultMaxSurge;
}

export function maxUnavailableOf(rollout: HasSpec): IntOrString {
  return canaryOf(rollout)?.maxUnavailable ?? blueGreenOf(rollout)?.maxUnavailable ?? defaultMaxUnavailable;
}

export function autoPromotionEnabledOf(rollout: HasSpec): boolean {
  return blueGreenOf(rollout)?.autoPromotionEnabled ?? true;
}

export function autoPromotionSecondsOf(rollout: HasSpec): number {
  return blueGreenOf(rollout)?.autoPromotionSeconds ?? 0;
}

/** Pods of a preview, where it is not as large as the Rollout. SLIPWAY: less than nothing, which is valid, is nothing. */
export function previewReplicaCountOf(rollout: HasSpec): number | undefined {
  const count = blueGreenOf(rollout)?.previewReplicaCount;
  return count === undefined ? undefined : Math.max(0, count);
}

/** Seconds that the old stable ReplicaSet stays after a promotion; undefined for a canary without router: no delay. */
export function scaleDownDelaySecondsOf(rollout: HasSpec): number | undefined {
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen) return blueGreen.scaleDownDelaySeconds ?? defaultScaleDownDelaySeconds;
  if (!hasTrafficRouting(rollout)) return undefined;
  return canaryOf(rollout)?.scaleDownDelaySeconds ?? defaultScaleDownDelaySeconds;
}

export function scaleDownDelayRevisionLimitOf(rollout: HasSpec): number {
  const strategy = blueGreenOf(rollout) ?? canaryOf(rollout);
  return strategy?.scaleDownDelayRevisionLimit ?? maxInt32;
}

/** Seconds until an aborted canary or preview goes to zero; 0 means that it is kept; undefined: at once. */
export function abortScaleDownDelaySecondsOf(rollout: HasSpec): number | undefined {
  const blueGreen = blueGreenOf(rollout);
  if (blueGreen) return blueGreen.abortScaleDownDelaySeconds ?? defaultAbortScaleDownDelaySeconds;
  if (!hasTrafficRouting(rollout)) return undefined;
  return canaryOf(rollout)?.abortScaleDownDelaySeconds ?? defaultAbortScaleDownDelaySeconds;
}
