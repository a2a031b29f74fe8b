// Which finished runs of a Rollout are forgotten (analysis.md §2.9)? Never current ones, never running ones. Holds for
// AnalysisRuns and Experiments, each with its own count.

import { isCompleted } from '../../analysis/assess/phases.ts';
import { podTemplateHashLabel } from '../../api/constants.ts';
import type { KubernetesObject } from '../../api/kubernetes-types.ts';
import type { Pass } from './pass.ts';
import { hashOf, isTerminating } from './replica-set.ts';

const defaultLimit = 5;

interface Run extends KubernetesObject {
  readonly status?: { readonly phase?: string | undefined };
}

/** The newest of each kind stay, up to the limits; those whose ReplicaSet is gone do not. */
export function runsToForget<T extends Run>(pass: Pass, runs: readonly T[], current: readonly string[]): T[] {
  const { successfulRunHistoryLimit, unsuccessfulRunHistoryLimit } = pass.rollout.spec.analysis ?? {};
  const left = {
    good: successfulRunHistoryLimit ?? defaultLimit,
    bad: unsuccessfulRunHistoryLimit ?? defaultLimit,
  };
  const finished = runs.filter(
    ({ metadata, status }) => isCompleted(status?.phase) && !current.includes(metadata.name ?? ''),
  );
  return finished.toSorted(newestFirst).filter((run) => {
    const side = run.status?.phase === 'Successful' ? 'good' : 'bad';
    const isKept = hasReplicaSet(pass, run) && left[side] > 0;
    if (isKept) left[side] -= 1;
    return !isKept && run.metadata.deletionTimestamp === undefined;
  });
}

function newestFirst(a: KubernetesObject, b: KubernetesObject): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp ?? ''} ${metadata.name ?? ''}`);
  return (left ?? '') < (right ?? '') ? 1 : -1;
}

function hasReplicaSet(pass: Pass, { metadata }: KubernetesObject): boolean {
  const hash = metadata.labels?.[podTemplateHashLabel];
  if (!hash) return false;
  return pass.replicaSets.some((replicaSet) => hashOf(replicaSet) === hash && !isTerminating(replicaSet));
}
