// What the surroundings of a Rollout add to the reasons of its plan: budgets that allow no eviction, a controller that does
// nothing, and what was warned of. Planners know nothing of them.

import type { LabelSelector, Pod } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import { matchesLabelSelector } from '../lang/label-selector.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import type { Write } from '../rollout/types.ts';
import { because, type Reason } from './reasons.ts';

export interface Surroundings {
  readonly pods: readonly Pod[];
  /** Of the Rollout. */
  readonly warnings: readonly Warning[];
  readonly podWarnings: readonly Warning[];
  readonly budgets: readonly DisruptionBudget[];
}

/** A Warning event. */
export interface Warning {
  /** The uid of what it is about. */
  readonly of: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly at: EpochMillis;
}

export interface DisruptionBudget {
  readonly name: string;
  readonly selector: LabelSelector | undefined;
  readonly allowed: number;
  readonly healthy: number;
  readonly needed: number;
}

/** The first pod of a restart that a budget keeps from being evicted. */
export function refusedEviction({ spec }: Rollout, { pods, budgets }: Surroundings): Reason | undefined {
  const before = parseRfc3339(spec.restartAt ?? '') ?? 0;
  for (const { metadata } of pods) {
    if ((parseRfc3339(metadata.creationTimestamp ?? '') ?? before) >= before) continue;
    const budget = budgets.find(
      ({ selector, allowed }) => allowed <= 0 && selector && matchesLabelSelector(selector, metadata.labels ?? {}),
    );
    if (!budget) continue;
    const { name, healthy, needed } = budget;
    const message = `PodDisruptionBudget ${name} allows no eviction (it wants ${needed} healthy pods, and there are ${healthy})`;
    return because('evictionRefused', { pod: metadata.name ?? '', message });
  }
  return undefined;
}

/**
 * Reasons as they are while the plan is only a plan: what they say of ReplicaSets that it would have scaled is not so.
 * `since`: present where the controller does not do what it plans.
 */
export function reasonsBehind(
  reasons: readonly Reason[],
  outstanding: readonly Write[],
  since: EpochMillis | undefined,
): readonly Reason[] {
  const namesOf = (...kinds: readonly Write['kind'][]) =>
    outstanding.flatMap((write) => ('name' in write && kinds.includes(write.kind) ? write.name : []));
  const isAbout = ({ data }: Reason, names: readonly string[]) => names.includes(String(data.replicaSet));
  // What was not yet asked of the cluster, it cannot have acted on.
  const asked = namesOf('scaleReplicaSet', 'patchReplicaSet');
  const possible = reasons.filter((reason) => reason.code !== 'scaleUnobserved' || !isAbout(reason, asked));
  // A write that is refused is no sign of a controller that does nothing.
  if (since === undefined || reasons.some(({ code }) => code === 'replicaSetRefused')) return possible;
  const untouched = possible.filter((reason) => !isAbout(reason, namesOf('scaleReplicaSet')));
  return [because('controllerBehind', { writes: outstanding.length }, { since }), ...untouched];
}

const shown = 3;
/** What lasts is warned of once, so that older warnings may count too. */
const shownForMs = 3_600_000;

/** QUIRK (analysis.md §6.6): of runs of its experiments a Rollout is told by warnings alone, also that all is well. */
const noTrouble: readonly string[] = ['AnalysisRunPending', 'AnalysisRunRunning', 'AnalysisRunSuccessful'];

/** The newest warnings, without those that say what is said anyway. */
export function newWarnings({ warnings }: Surroundings, said: string, now: EpochMillis): readonly Warning[] {
  return warnings
    .filter(({ reason, at, message }) => {
      return now - at <= shownForMs && !said.includes(message) && !noTrouble.includes(reason);
    })
    .toSorted((one, other) => other.at - one.at)
    .slice(0, shown);
}
