// What "the same state" means (goldens/README, "To compare"): phase, message, step, pauses and abort of each Rollout,
// and the sizes of its ReplicaSets. Actions are performed in the same states, not at the same moments.

import type { Fields } from './trace.ts';

interface RolloutFields {
  readonly status?: {
    readonly phase?: string;
    readonly message?: string;
    readonly currentStepIndex?: number;
    readonly abort?: boolean;
    readonly pauseConditions?: readonly { readonly reason: string }[];
  };
}

/** (phase, message, currentStepIndex, pause reasons, abort) as one line. */
export function rolloutTuple(object: Fields | undefined): string {
  const status = (object as RolloutFields | undefined)?.status;
  if (!status?.phase) return '(no phase)';
  const pauses = (status.pauseConditions ?? []).map((pause) => pause.reason).join('+');
  return [
    status.phase,
    JSON.stringify(status.message ?? ''),
    `step ${status.currentStepIndex ?? '-'}`,
    pauses && `pauses ${pauses}`,
    status.abort ? 'aborted' : '',
  ]
    .filter(Boolean)
    .join(' · ');
}

/** One line per object that waiting looks at. */
export function worldState(world: ReadonlyMap<string, Fields>): string {
  return [...world]
    .flatMap(([key, object]) => stateLine(key, object) ?? [])
    .toSorted()
    .join('\n');
}

/** A Deployment's own ReplicaSets have names of another making. */
export function isOfRollout(key: string, object: Fields | undefined): boolean {
  if (!key.startsWith('ReplicaSet/')) return false;
  const { metadata } = (object ?? {}) as { readonly metadata?: { readonly labels?: Record<string, string> } };
  return metadata?.labels?.['rollouts-pod-template-hash'] !== undefined;
}

function isRestarting(object: Fields): boolean {
  const { spec, status } = object as { spec?: { restartAt?: string }; status?: { restartedAt?: string } };
  return spec?.restartAt !== undefined && spec.restartAt !== status?.restartedAt;
}

/** Runs and experiments that somebody made by hand; others show in their Rollout. */
function runLine(key: string, object: Fields): string | undefined {
  const { metadata, spec, status } = object as {
    readonly metadata: { readonly ownerReferences?: readonly unknown[] };
    readonly spec?: { readonly terminate?: boolean };
    readonly status?: { readonly phase?: string };
  };
  if (metadata.ownerReferences) return undefined;
  return `${key}: ${status?.phase ?? ''}${spec?.terminate ? ' ending' : ''}`;
}

function stateLine(key: string, object: Fields): string | undefined {
  if (key.startsWith('Rollout/')) return `${key}: ${rolloutTuple(object)}${isRestarting(object) ? ' restarting' : ''}`;
  if (key.startsWith('AnalysisRun/') || key.startsWith('Experiment/')) return runLine(key, object);
  if (!isOfRollout(key, object)) return undefined;
  const { metadata, spec, status } = object as {
    readonly metadata: { readonly annotations?: Record<string, string> };
    readonly spec: { readonly replicas?: number };
    readonly status?: { readonly replicas?: number; readonly availableReplicas?: number };
  };
  const deadline = metadata.annotations?.['scale-down-deadline'] === undefined ? '' : ' with a deadline';
  return `${key}: ${spec.replicas ?? 0} wanted, ${status?.replicas ?? 0} there, ${status?.availableReplicas ?? 0} available${deadline}`;
}
