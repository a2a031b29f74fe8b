// SLIPWAY ("never stuck", design.md §7): in a basic canary ReplicaSets that are neither new nor stable shrink alone
// (rollout.md §4.3). But where each of their pods is needed for availability and no more may be added, nothing would ever
// move again: then a side that should be empty (stable in a full promotion, the canary of an abort) loses the pods that
// serve nobody.

import { hasTrafficRouting } from '../../api/defaults.ts';
import { basicTarget, type CountInput, maxSurge, maxUnavailable, type ReplicaCounts } from './replica-counts.ts';
import { availableCount, specCount, totalCount } from './replica-set-counts.ts';
import { desiredReplicas } from './weights.ts';

/** `counts` as the rules of the reference have them, or smaller where they would never be reached. */
export function withRoom(input: CountInput, counts: ReplicaCounts): ReplicaCounts {
  const { rollout, others, newRS, stableRS } = input;
  const otherCount = totalCount(others, specCount);
  if (hasTrafficRouting(rollout) || otherCount === 0) return counts;
  const wanted = basicTarget(input);
  const isShort = counts.stable < wanted.stable || counts.canary < wanted.canary;
  const available = totalCount(others, availableCount) + availableCount(newRS) + availableCount(stableRS);
  const isNeeded = available <= desiredReplicas(rollout) - maxUnavailable(rollout);
  const isFull = counts.stable + counts.canary + otherCount >= desiredReplicas(rollout) + maxSurge(rollout);
  const areHealthy = others.every((other) => specCount(other) <= availableCount(other)); // else those go first
  if (!isShort || !isFull || !isNeeded || !areHealthy) return counts;
  return {
    stable: wanted.stable > 0 ? counts.stable : Math.min(counts.stable, availableCount(stableRS)),
    canary: wanted.canary > 0 ? counts.canary : Math.min(counts.canary, availableCount(newRS)),
  };
}
