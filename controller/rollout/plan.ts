// What should happen to this Rollout now? A pure function of what was observed and of the time (design laws 2-4): the
// ordered list of questions of rollout.md §3.2, each answered in a file of its own under plan/.

import { blueGreenOf } from '../api/defaults.ts';
import type { ReplicaSet } from '../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus } from '../api/types.generated.ts';
import { because, type Reason } from '../explain/reasons.ts';
import type { EpochMillis } from '../lang/time.ts';
import { planBlueGreen } from './plan/blue-green.ts';
import { planCanary } from './plan/canary.ts';
import { claimReplicaSets } from './plan/claim-replica-sets.ts';
import { planCreation } from './plan/create-replica-set.ts';
import { effectiveStatus } from './plan/effective-status.ts';
import { nextReadAt } from './plan/failed-reads.ts';
import { findReplicaSets } from './plan/find-replica-sets.ts';
import { emptyPlan, finishPlan, type Outcome, outcomeParts } from './plan/finish-plan.ts';
import { firstProblem, invalidStatus, type SpecProblem } from './plan/invalid-spec.ts';
import { isLeadingBack, lastKnownRollout } from './plan/known-version.ts';
import { addReason, addWrite, beginPass, newReplicaSet, type Pass } from './plan/pass.ts';
import { syncPauseConditions } from './plan/pause-conditions.ts';
import { hashOf } from './plan/replica-set.ts';
import { resolveRollout } from './plan/resolve-workload.ts';
import { planRevision } from './plan/revisions.ts';
import { isScalingEvent, planScalingEvent } from './plan/scaling-event.ts';
import { planWorkloadGeneration } from './plan/workload-generation.ts';
import { planWorkloadOnSuccess } from './plan/workload-scale-down.ts';
import type { Observed, Plan } from './types.ts';

export function plan(observed: Observed, now: EpochMillis): Plan {
  const { rollout } = observed;
  if (rollout.metadata.deletionTimestamp !== undefined) {
    const data = { finalizers: rollout.metadata.finalizers?.length ?? 0 };
    return emptyPlan(observed, [because('beingDeleted', data)]);
  }
  const resolved = resolveRollout(rollout, observed.workload);
  if (resolved.is === 'unread') return { ...emptyPlan(observed, []), needs: [resolved.need] };
  // An abort needs no template that is new: nothing that is not known may stand in its way (design law 3).
  const known = resolved.is === 'resolved' ? resolved.rollout : lastKnownRollout(observed);
  if (resolved.is === 'unreadable' && !known) {
    return {
      ...emptyPlan(observed, [workloadUnreadable(rollout, resolved)]),
      wakeAt: nextReadAt(observed, now) ?? now,
    };
  }
  const pass = beginPass(observed, now, known ?? rollout);
  if (resolved.is === 'unreadable') addReason(pass, workloadUnreadable(rollout, resolved));
  const owned = claimReplicaSets(pass);
  const own = known && firstProblem(pass);
  const problem =
    resolved.is === 'invalid' ? { text: resolved.problem, sparesAbort: known !== undefined && !own } : own;
  return finishPlan(pass, problem ? planInvalid(pass, owned, problem) : planValid(pass, owned));
}

/** What is wrong with the spec holds up everything, but not an abort that can do without it. */
function planInvalid(pass: Pass, owned: readonly ReplicaSet[], problem: SpecProblem): Outcome {
  if (!problem.sparesAbort || !isLeadingBack(pass.rollout)) return invalidStatus(pass, problem.text);
  findReplicaSets(pass, owned);
  const isCurrent = hashOf(newReplicaSet(pass)) === pass.stored.currentPodHash;
  if (!isCurrent) return invalidStatus(pass, problem.text); // a new version would begin
  const { status, events } = outcomeParts(pass, planValid(pass, owned));
  return { status: invalidStatus(pass, problem.text, status), events };
}

/** The first question that has something to do ends the pass: what it wrote is looked at anew. */
function planValid(pass: Pass, owned: readonly ReplicaSet[]): Outcome {
  planWorkloadGeneration(pass);
  findReplicaSets(pass, owned);
  if (pass.newName === undefined) return planCreation(pass);
  pass.status = effectiveStatus(pass);
  if (pass.rollout.spec.replicas === undefined) return planReplicasField(pass);
  const conditions = syncPauseConditions(pass);
  if (conditions) return conditions;
  planRevision(pass);
  if (isScalingEvent(pass)) return planScalingEvent(pass);
  const persisted = blueGreenOf(pass.rollout) ? planBlueGreen(pass) : planCanary(pass);
  if (persisted) planWorkloadOnSuccess(pass, persisted.status);
  return persisted;
}

function workloadUnreadable({ spec }: Rollout, { message }: { readonly message: string }): Reason {
  const { kind = '', name = '' } = spec.workloadRef ?? {};
  return because('objectUnreadable', { kind, name, message });
}

/** Autoscalers need the field: an absent one is written, in a pass of its own. */
function planReplicasField(pass: Pass): RolloutStatus {
  const patch = { spec: { replicas: 1 } };
  addWrite(pass, { kind: 'patchRollout', key: 'rollout/replicas', onFailure: 'stop', patch });
  return pass.stored;
}
