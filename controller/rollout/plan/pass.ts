// One pass of planning: what was observed, and the wave of writes that grows while the questions are asked in order.
// `replicaSets` is the world in which the wave succeeded: specs and annotations as planned, pods as observed.

import type { ReplicaSet, Service } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutAnalysisRunStatus, RolloutStatus, StepPluginStatus } from '../../api/types.generated.ts';
import type { Reason } from '../../explain/reasons.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { LoadBalancers } from '../../traffic/types.ts';
import type { EventRecord, Known, Need, Observed, Write } from '../types.ts';

/** What this pass does to pauses and abort; the status in force stays the observed one (design.md §5.1). */
export interface Intent {
  clearPauses: boolean;
  addPause: string | undefined;
  removePause: string | undefined;
  removeAbort: boolean;
  /** An abort decided by the planner, with what is told of it. */
  addAbort: string | undefined;
}

/** The statuses of current AnalysisRuns as a pass leaves them. */
export interface CurrentAnalyses {
  Step?: RolloutAnalysisRunStatus | undefined;
  Background?: RolloutAnalysisRunStatus | undefined;
  PrePromotion?: RolloutAnalysisRunStatus | undefined;
  PostPromotion?: RolloutAnalysisRunStatus | undefined;
}

/** The Experiment of the current step as a pass leaves it. */
export interface CurrentExperiment {
  readonly name: string;
  readonly phase: string;
}

export interface Pass {
  readonly observed: Observed;
  readonly now: EpochMillis;
  /** With the workload's template and selector in place, and without quantities that nobody can read. */
  readonly rollout: Rollout;
  /** As read: what the difference is taken from. */
  readonly stored: RolloutStatus;
  /** The observed status that authorises: an abort that no longer means anything is left out. */
  status: RolloutStatus;
  /** Owned, by time of creation. */
  replicaSets: readonly ReplicaSet[];
  newName: string | undefined;
  stableName: string | undefined;
  services: Record<string, Known<Service>>;
  readonly intent: Intent;
  /** Step plugins as this pass leaves them; undefined while nobody asked. */
  stepPlugins: readonly StepPluginStatus[] | undefined;
  /** What the status says of load balancers; undefined: what it said before. */
  loadBalancers: LoadBalancers | undefined;
  /** Current runs as this pass leaves them; undefined while nobody asked. */
  analyses: CurrentAnalyses | undefined;
  /** Undefined while nobody asked. */
  experiment: CurrentExperiment | 'none' | undefined;
  readonly writes: Write[];
  readonly reasons: Reason[];
  readonly needs: Need[];
  /** Instants at which time alone may change the plan. */
  readonly wakeTimes: EpochMillis[];
  /** Events that wait for the next write of the wave. */
  readonly pendingEvents: EventRecord[];
  /** The revision annotation of the Rollout as it will be. */
  revision: string | undefined;
}

export function beginPass(observed: Observed, now: EpochMillis, rollout: Rollout): Pass {
  const stored = observed.rollout.status ?? {};
  return {
    observed,
    now,
    rollout,
    stored,
    status: stored,
    replicaSets: [],
    newName: undefined,
    stableName: undefined,
    services: { ...observed.services },
    intent: {
      clearPauses: false,
      addPause: undefined,
      removePause: undefined,
      removeAbort: false,
      addAbort: undefined,
    },
    stepPlugins: undefined,
    loadBalancers: undefined,
    analyses: undefined,
    experiment: undefined,
    writes: [],
    reasons: [],
    needs: [],
    wakeTimes: [],
    pendingEvents: [],
    revision: observed.rollout.metadata.annotations?.['rollout.argoproj.io/revision'],
  };
}

export function newReplicaSet(pass: Pass): ReplicaSet | undefined {
  return named(pass, pass.newName);
}

export function stableReplicaSet(pass: Pass): ReplicaSet | undefined {
  return named(pass, pass.stableName);
}

/** Owned ReplicaSets but the new one; during an update the stable one is among them. */
export function olderReplicaSets(pass: Pass): ReplicaSet[] {
  return pass.replicaSets.filter((replicaSet) => replicaSet.metadata.name !== pass.newName);
}

/** Owned ReplicaSets that are neither new nor stable. */
export function otherReplicaSets(pass: Pass): ReplicaSet[] {
  return olderReplicaSets(pass).filter((replicaSet) => replicaSet.metadata.name !== pass.stableName);
}

/** The ReplicaSet as it will be after the writes planned so far. */
export function currentVersion(pass: Pass, replicaSet: ReplicaSet): ReplicaSet {
  return named(pass, replicaSet.metadata.name) ?? replicaSet;
}

export function replaceReplicaSet(pass: Pass, changed: ReplicaSet): void {
  pass.replicaSets = pass.replicaSets.map((replicaSet) =>
    replicaSet.metadata.name === changed.metadata.name ? changed : replicaSet,
  );
}

/** Whether the update is aborted, by a person or by this very pass. */
export function isAborted(pass: Pass): boolean {
  if (pass.intent.addAbort !== undefined) return true;
  return pass.status.abort === true && !pass.intent.removeAbort;
}

/**
 * Appends a write; events that were waiting for one are told with it, before its own. Housekeeping carries none: where it
 * fails, the status that says the same is written all the same, and they would be lost.
 */
export function addWrite(pass: Pass, write: Write): void {
  const waiting = write.onFailure === 'continue' ? [] : pass.pendingEvents.splice(0);
  const events = [...waiting, ...(write.events ?? [])];
  pass.writes.push(events.length > 0 ? { ...write, events } : write);
}

/** Asks for a read, once. */
export function addNeed(pass: Pass, need: Need): void {
  const text = JSON.stringify(need);
  if (!pass.needs.some((other) => JSON.stringify(other) === text)) pass.needs.push(need);
}

export function addReason(pass: Pass, reason: Reason): void {
  pass.reasons.push(reason);
}

/** The plan may differ from `at` on. */
export function wakeAt(pass: Pass, at: EpochMillis): void {
  if (at > pass.now) pass.wakeTimes.push(at);
}

const namesOf = new WeakMap<readonly ReplicaSet[], ReadonlyMap<string | undefined, ReplicaSet>>();

/** Asked some forty times a pass; a list never changes, it is replaced. */
function named(pass: Pass, name: string | undefined): ReplicaSet | undefined {
  if (name === undefined) return undefined;
  let names = namesOf.get(pass.replicaSets);
  if (names === undefined) {
    names = new Map(pass.replicaSets.map((replicaSet) => [replicaSet.metadata.name, replicaSet]));
    namesOf.set(pass.replicaSets, names);
  }
  return names.get(name);
}
