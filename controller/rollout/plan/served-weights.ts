// How much may each side still be sent, whatever the weights that were written last say? A load balancer that has not
// confirmed them may serve by those before (BUG 3926; traffic.md §1.9, TV-81), and the nodes of an ALB follow some seconds
// after it has (§2.13, TV-85). Pods are taken only from what none of these weights sends requests to.

import type { Rollout, TrafficWeights } from '../../api/types.generated.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { ServedWeights } from '../types.ts';

export const propagationAnnotation = 'slipway.dev/alb-weight-propagation-seconds';
const defaultPropagationSeconds = 15;

/**
 * SLIPWAY (traffic.md §2.13): how long the nodes of an ALB may go on by older weights. With a static stable side the
 * scale-down delay covers it, so only a dynamic one waits.
 */
export function propagationMsOf({ metadata, spec }: Rollout): number {
  const canary = spec.strategy?.canary;
  if (!canary?.trafficRouting?.alb || !canary.dynamicStableScale) return 0;
  const given = metadata.annotations?.[propagationAnnotation] ?? '';
  return 1000 * (/^\d{1,6}$/.test(given) ? Number(given) : defaultPropagationSeconds);
}

/** What the ledger says after `next` was written over `before`; undefined: what is recorded is all, or nobody knows. */
export function nextServedWeights(
  known: ServedWeights | undefined,
  before: TrafficWeights | undefined,
  next: TrafficWeights | undefined,
  { now, propagationMs }: { readonly now: EpochMillis; readonly propagationMs: number },
): ServedWeights | undefined {
  if (!next || !before) return undefined;
  if (next.verified === false) {
    if (before.verified === false && !known) return undefined; // a process that began since does not know
    return highest(known, before);
  }
  const isNew = next.canary.weight !== before.canary.weight || next.stable.weight !== before.stable.weight;
  const isConfirmed = before.verified === false && known !== undefined;
  if (propagationMs > 0 && (isNew || isConfirmed)) return { ...highest(known, before), until: now + propagationMs };
  return known?.until !== undefined && known.until > now ? known : undefined;
}

function highest(known: ServedWeights | undefined, { canary, stable }: TrafficWeights): ServedWeights {
  return { canary: Math.max(canary.weight, known?.canary ?? 0), stable: Math.max(stable.weight, known?.stable ?? 0) };
}

/** Older weights that nodes of a confirmed load balancer may still go by. */
export function propagating(known: ServedWeights | undefined, now: EpochMillis): ServedWeights | undefined {
  return known?.until !== undefined && known.until > now ? known : undefined;
}

/** Weights that the stable side is sized by; an unknown share counts as everything. */
export function sizingWeights(
  recorded: TrafficWeights,
  known: ServedWeights | undefined,
  { max, now }: { readonly max: number; readonly now: EpochMillis },
): TrafficWeights {
  const served = recorded.verified === false ? (known?.stable ?? max) : propagating(known, now)?.stable;
  if (served === undefined || served <= recorded.stable.weight) return recorded;
  return { ...recorded, stable: { ...recorded.stable, weight: served } };
}
