// May the weight go back to the stable Service after a promotion (traffic.md §2.8)? Its target group has the new pods only
// some time after the Service was switched to them; the canary's has them already, so the weight stays there until then
// (SLIPWAY), or until the progress deadline is over.

import { conditionTypes } from '../../api/constants.ts';
import { progressDeadlineSecondsOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { readAlbSettings } from '../../traffic/alb/settings.ts';
import type { TrafficDecision } from '../../traffic/types.ts';
import type { EventRecord, Observed, Reason, Write } from '../types.ts';
import { hashOf, nameOf } from './replica-set.ts';
import { findCondition } from './status-conditions.ts';
import { verifyTargets } from './target-verification.ts';

export interface HoldInput {
  readonly observed: Observed;
  readonly now: EpochMillis;
  readonly rollout: Rollout;
  readonly status: RolloutStatus;
  readonly newRS?: ReplicaSet | undefined;
  readonly stableRS?: ReplicaSet | undefined;
}

export interface PromotionHold {
  readonly decision: TrafficDecision;
  /** Another version has come meanwhile: it begins when the weight is back. */
  readonly isBlocking: boolean;
  readonly writes: readonly Write[];
  readonly events: readonly EventRecord[];
  readonly reasons: readonly Reason[];
  readonly wakeAt?: EpochMillis;
}

/** The weight that brought `stableRS` to its promotion is still that of the canary Service, which sends to the same pods. */
export function isPromotionUnsettled(
  rollout: Rollout,
  { canary }: RolloutStatus,
  stableRS: ReplicaSet | undefined,
): boolean {
  const strategy = rollout.spec.strategy?.canary;
  const recorded = canary?.weights?.canary;
  if (!strategy?.trafficRouting?.alb || strategy.pingPong || !stableRS) return false;
  return (recorded?.weight ?? 0) > 0 && recorded?.podTemplateHash === hashOf(stableRS);
}

export function holdPromotion(input: HoldInput, decided: TrafficDecision): PromotionHold {
  const { observed, now, rollout, status, newRS, stableRS } = input;
  const isOn = observed.settings.verifiesTargetGroups && isPromotionUnsettled(rollout, status, stableRS);
  if (!isOn || !stableRS) return { ...nothing, decision: decided };
  const service = readAlbSettings(rollout, status)?.stableService ?? '';
  const isBlocking = newRS !== undefined && nameOf(newRS) !== nameOf(stableRS);
  const decision = isBlocking ? backToStable(decided) : decided;
  if (decision.heldBy !== undefined) return { ...nothing, decision, isBlocking };
  const endsAt = holdEndsAt(rollout, status);
  if (endsAt !== undefined && endsAt <= now) {
    return { ...nothing, decision, isBlocking, events: [timeout(rollout, service)] };
  }
  const targets = verifyTargets({ observed, now, service, replicaSet: stableRS });
  const { isServing, hasFailed, writes, events, wakeAt: askedAt } = targets;
  // A way back must not wait for somebody who does not answer.
  if (isServing || (isBlocking && hasFailed)) return { decision, isBlocking, writes, events, reasons: [] };
  const times = [askedAt, endsAt].filter((at) => at !== undefined);
  return {
    decision: { ...decision, heldBy: 'targetsUnverified' },
    isBlocking,
    writes,
    events,
    reasons: [targets.reason('weightAwaitsTargets')],
    ...(times.length > 0 ? { wakeAt: Math.min(...times) } : {}),
  };
}

const nothing = { isBlocking: false, writes: [], events: [], reasons: [] };

/** The weight first; the canary Service is the next version's only when it has none. */
function backToStable(decision: TrafficDecision): TrafficDecision {
  return {
    ...decision,
    desired: 0,
    stable: decision.max,
    additional: [],
    headerRoutes: [],
    mirrorRoutes: [],
    pinsCanaryServiceToStable: true,
  };
}

/** Counted from the promotion, or from the next version, which ends it: both are told by the same condition. */
function holdEndsAt(rollout: Rollout, { conditions }: RolloutStatus): EpochMillis | undefined {
  const since = parseRfc3339(findCondition(conditions, conditionTypes.completed)?.lastTransitionTime ?? '');
  return since === undefined ? undefined : since + progressDeadlineSecondsOf(rollout) * 1000;
}

function timeout(rollout: Rollout, service: string): EventRecord {
  const seconds = progressDeadlineSecondsOf(rollout);
  const message = `Service ${service} not verified within ${seconds} seconds: its weight is set all the same`;
  return { type: 'Warning', reason: 'TargetGroupHoldTimeout', message, lasts: `targets/${service}/hold` };
}
