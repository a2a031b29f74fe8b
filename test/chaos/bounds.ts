// How many pods there may and must be (rollout.md §4.1), in the simplest words, so that it can judge the real code.

import type { Rollout } from '../../controller/api/types.generated.ts';

export interface Bounds {
  /** A canary without traffic routing: only there the two bounds hold for all pods together. */
  readonly isBasic: boolean;
  readonly replicas: number;
  readonly surge: number;
  readonly unavailable: number;
}

export function boundsOf({ spec }: Rollout): Bounds {
  const replicas = spec.replicas ?? 1;
  const canary = spec.strategy?.canary;
  const surge = count(canary?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = count(canary?.maxUnavailable ?? '25%', replicas, Math.floor);
  return {
    isBasic: canary !== undefined && canary.trafficRouting === undefined,
    replicas,
    surge,
    unavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable),
  };
}

function count(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) * of) / 100);
}
