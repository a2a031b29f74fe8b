// What status.canary.weights says after a decision, and the event that tells of a change (traffic.md §1.9).

import type { Rollout, TrafficWeights, WeightDestination } from '../api/types.generated.ts';
import type { EventRecord } from '../rollout/types.ts';
import type { TrafficDecision } from './types.ts';

/** QUIRK: with ping-pong alone the services have no name here. */
export function makeTrafficWeights(
  rollout: Rollout,
  decision: TrafficDecision,
  verified: boolean | undefined,
): TrafficWeights {
  const canary = rollout.spec.strategy?.canary;
  return {
    canary: destination(decision.desired, canary?.canaryService, decision.canaryHash),
    stable: destination(decision.stable, canary?.stableService, decision.stableHash),
    ...(decision.additional.length > 0 ? { additional: decision.additional } : {}),
    ...(verified === undefined ? {} : { verified }),
  };
}

/** `verified` is not compared. */
export function isSameSplit(a: TrafficWeights | undefined, b: TrafficWeights | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    isSameDestination(a.canary, b.canary) &&
    isSameDestination(a.stable, b.stable) &&
    isSameAdditional(a.additional, b.additional)
  );
}

/** The event of a change, or undefined when nothing changed. */
export function weightUpdatedEvent(
  before: TrafficWeights | undefined,
  after: TrafficWeights | undefined,
): EventRecord | undefined {
  if (!after || isSameSplit(before, after)) return undefined;
  const parts: string[] = [];
  if (!before) parts.push(`to ${after.canary.weight}`);
  else if (before.canary.weight !== after.canary.weight) {
    parts.push(`from ${before.canary.weight} to ${after.canary.weight}`);
  }
  if (!isSameAdditional(before?.additional, after.additional)) {
    const destinations = (after.additional ?? []).map(
      ({ weight, serviceName, podTemplateHash }) => `{${weight} ${serviceName ?? ''} ${podTemplateHash ?? ''}}`,
    );
    parts.push(`additional: [${destinations.join(' ')}]`);
  }
  // QUIRK: when only hashes change there is no part, and the message ends with a blank.
  return {
    type: 'Normal',
    reason: 'TrafficWeightUpdated',
    message: `Traffic weight updated ${parts.join(', ')}`,
  };
}

function destination(weight: number, serviceName: string | undefined, hash: string): WeightDestination {
  return { weight, ...(serviceName ? { serviceName } : {}), ...(hash ? { podTemplateHash: hash } : {}) };
}

function isSameDestination(a: WeightDestination, b: WeightDestination): boolean {
  return (
    a.weight === b.weight &&
    (a.serviceName ?? '') === (b.serviceName ?? '') &&
    (a.podTemplateHash ?? '') === (b.podTemplateHash ?? '')
  );
}

function isSameAdditional(
  a: readonly WeightDestination[] | undefined,
  b: readonly WeightDestination[] | undefined,
): boolean {
  const left = a ?? [];
  const right = b ?? [];
  return left.length === right.length && left.every((item, at) => isSameDestination(item, right[at]!));
}
