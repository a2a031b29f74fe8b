// How many pods there may and must be (rollout.md §4.1), in the simplest words, so that it can judge the real code.

import type { Rollout } from '../../controller/api/types.generated.ts';

export interface Bounds {
  /** A canary without traffic routing: only there the two bounds hold for all pods together. */
  readonly isBasic: boolean;
  /** The stable version is as large as its weight asks for; elsewhere it is whole. */
  readonly isDynamic: boolean;
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
  /** No single version is larger. */
  readonly largest: number;
}

export function boundsOf({ spec }: Rollout): Bounds {
  const replicas = spec.replicas ?? 1;
  const canary = spec.strategy?.canary;
  const surge = count(canary?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = count(canary?.maxUnavailable ?? '25%', replicas, Math.floor);
  const isBasic = canary !== undefined && canary.trafficRouting === undefined;
  const scaled = (canary?.steps ?? []).map(({ setCanaryScale }) => setCanaryScale?.replicas ?? 0);
  const preview = spec.strategy?.blueGreen?.previewReplicaCount ?? 0;
  return {
    isBasic,
    isDynamic: canary?.dynamicStableScale === true,
    replicas,
    surge,
    unavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable),
    largest: Math.max(replicas + (isBasic ? surge : 0), canary?.minPodsPerReplicaSet ?? 0, preview, ...scaled),
  };
}

function count(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * of) / 100);
}
