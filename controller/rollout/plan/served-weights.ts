// How much may each side still be sent while the load balancer has not confirmed the weights that were written last (BUG
// 3926; traffic.md §1.9, TV-81)? Pods are taken only from what no confirmed or unconfirmed weight sends requests to.

import type { TrafficWeights } from '../../api/types.generated.ts';
import type { ServedWeights } from '../types.ts';

/** What the ledger says after `next` was written over `before`; undefined: nothing is unverified, or nobody knows. */
export function nextServedWeights(
  known: ServedWeights | undefined,
  before: TrafficWeights | undefined,
  next: TrafficWeights | undefined,
): ServedWeights | undefined {
  if (next?.verified !== false || !before) return undefined;
  if (before.verified === false && !known) return undefined; // a process that began since does not know
  return {
    canary: Math.max(before.canary.weight, known?.canary ?? 0),
    stable: Math.max(before.stable.weight, known?.stable ?? 0),
  };
}

/** Weights that the stable side is sized by; an unknown share counts as everything. */
export function sizingWeights(recorded: TrafficWeights, known: ServedWeights | undefined, max: number): TrafficWeights {
  if (recorded.verified !== false) return recorded;
  const weight = Math.max(recorded.stable.weight, known?.stable ?? max);
  return { ...recorded, stable: { ...recorded.stable, weight } };
}
