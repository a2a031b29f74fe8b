// What a Deployment's status says: counts over its ReplicaSets, and the conditions Available, Progressing and
// ReplicaFailure. A condition that says the same (status and reason) is left as it is, one that changes goes to the end
// of the list, as upstream's do. Pure.

import type { Condition, Deployment } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { parseTime } from '../machinery/times.ts';
import {
  allOf,
  type DeploymentSpec,
  type ReplicaSets,
  sizeOf,
  unavailableOf,
  wantedBy,
} from './deployment-replicas.ts';
import type { ReplicaSetStatus } from './replica-set-status.ts';

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly Condition[];
}

export type RunningDeployment = Deployment & { readonly spec: DeploymentSpec; readonly status?: DeploymentStatus };

/** What a controller finds of a Deployment's progress; the lists of conditions know one of each type. */
export interface Progress {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** Counts and availability: all that changes while a Deployment is paused, scaled or deleted. */
export function countDeployment(deployment: RunningDeployment, sets: ReplicaSets, now: EpochMillis): DeploymentStatus {
  const { spec, metadata, status } = deployment;
  const all = allOf(sets);
  const sum = (of: (status: ReplicaSetStatus) => number | undefined): number =>
    all.reduce((total, item) => total + (of((item.status ?? { replicas: 0 }) as ReplicaSetStatus) ?? 0), 0);
  const counts = {
    replicas: sum(({ replicas }) => replicas),
    updatedReplicas: sets.current?.status?.replicas ?? 0,
    readyReplicas: sum(({ readyReplicas }) => readyReplicas),
    availableReplicas: sum(({ availableReplicas }) => availableReplicas),
  };
  const asked = all.reduce((total, item) => total + sizeOf(item), 0);
  const unavailableReplicas = Math.max(0, asked - counts.availableReplicas);
  const isAvailable = counts.availableReplicas >= wantedBy(spec) - unavailableOf(spec);
  return {
    ...(metadata.generation !== undefined && { observedGeneration: metadata.generation }),
    ...Object.fromEntries(Object.entries({ ...counts, unavailableReplicas }).filter(([, count]) => count > 0)),
    terminatingReplicas: sum(({ terminatingReplicas }) => terminatingReplicas),
    ...(status?.collisionCount !== undefined && { collisionCount: status.collisionCount }),
    conditions: withCondition(status?.conditions ?? [], 'Available', isAvailable ? available : notAvailable, now),
  };
}

const available: Progress = {
  status: 'True',
  reason: 'MinimumReplicasAvailable',
  message: 'Deployment has minimum availability.',
};
const notAvailable: Progress = {
  status: 'False',
  reason: 'MinimumReplicasUnavailable',
  message: 'Deployment does not have minimum availability.',
};

/** The same with progress and failures: what an update that goes on changes. */
export function assessDeployment(deployment: RunningDeployment, sets: ReplicaSets, now: EpochMillis): DeploymentStatus {
  const status = countDeployment(deployment, sets, now);
  const progressed = withProgress(deployment, sets, status, now);
  const failure = failureOf(sets);
  const conditions =
    failure === undefined
      ? progressed.filter(({ type }) => type !== 'ReplicaFailure')
      : withCondition(progressed, 'ReplicaFailure', failure, now);
  return { ...status, conditions };
}

function withProgress(
  deployment: RunningDeployment,
  sets: ReplicaSets,
  status: DeploymentStatus,
  now: EpochMillis,
): readonly Condition[] {
  const { conditions = [] } = status;
  const others = conditions.filter(({ type }) => type !== 'Progressing');
  if (!hasDeadline(deployment.spec)) return others;
  const known = progressOf(deployment);
  const wasComplete = known?.reason === 'NewReplicaSetAvailable';
  // What was complete stays so, whatever becomes of its pods, until there is something to update.
  if (wasComplete && (status.replicas ?? 0) === (status.updatedReplicas ?? 0)) return conditions;
  const name = sets.current?.metadata.name;
  const subject = name === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${name}"`;
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, 'Progressing', { status: 'True', reason: 'NewReplicaSetAvailable', message }, now);
  }
  if (hasMoved(deployment.status, status)) {
    const message = `${subject} is progressing.`;
    const [moved] = withCondition([], 'Progressing', { status: 'True', reason: 'ReplicaSetUpdated', message }, now);
    const lastTransitionTime = known?.status === 'True' ? known.lastTransitionTime : moved?.lastTransitionTime;
    return [...others, { ...moved!, ...(lastTransitionTime !== undefined && { lastTransitionTime }) }];
  }
  const lateAt = deadlineAt(deployment.spec, conditions);
  if (lateAt === undefined || lateAt >= now) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(
    conditions,
    'Progressing',
    { status: 'False', reason: 'ProgressDeadlineExceeded', message },
    now,
  );
}

export function progressOf({ status }: RunningDeployment): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === 'Progressing');
}

/** By what the status says, which is that of the present template. */
export function isComplete({ spec, metadata }: RunningDeployment, status: DeploymentStatus = {}): boolean {
  const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration = 0 } = status;
  const isWhole = [updatedReplicas, replicas, availableReplicas].every((count) => count === wantedBy(spec));
  return isWhole && observedGeneration >= (metadata.generation ?? 0);
}

/** More new pods, fewer old ones, more that are ready or available. */
function hasMoved(before: DeploymentStatus = {}, now: DeploymentStatus): boolean {
  const old = ({ replicas = 0, updatedReplicas = 0 }: DeploymentStatus): number => replicas - updatedReplicas;
  const grew = (name: 'updatedReplicas' | 'readyReplicas' | 'availableReplicas'): boolean =>
    (now[name] ?? 0) > (before[name] ?? 0);
  return grew('updatedReplicas') || old(now) < old(before) || grew('readyReplicas') || grew('availableReplicas');
}

/** What a ReplicaSet cannot make or remove, the present one's first. */
function failureOf(sets: ReplicaSets): Progress | undefined {
  const all = [...(sets.current === undefined ? [] : [sets.current]), ...sets.old];
  const failure = all.flatMap((item) => item.status?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  if (failure === undefined) return undefined;
  const { status, reason = '', message = '' } = failure;
  return { status: status as Progress['status'], reason, message };
}

/** Upstream's default is 600; its greatest number means none. */
export function hasDeadline({ progressDeadlineSeconds }: DeploymentSpec): boolean {
  return progressDeadlineSeconds !== undefined && progressDeadlineSeconds !== 2_147_483_647;
}

/** When the update counts as stuck; undefined when none goes on, or it does already. */
export function deadlineAt(spec: DeploymentSpec, conditions: readonly Condition[] = []): EpochMillis | undefined {
  const known = conditions.find(({ type }) => type === 'Progressing');
  if (!hasDeadline(spec) || known === undefined) return undefined;
  if (['NewReplicaSetAvailable', 'ProgressDeadlineExceeded', 'DeploymentPaused'].includes(known.reason ?? ''))
    return undefined;
  const since = parseTime(known.lastUpdateTime);
  return since === undefined ? undefined : since + (spec.progressDeadlineSeconds ?? 0) * 1000;
}

export function withCondition(
  before: readonly Condition[],
  type: string,
  { status, reason, message }: Progress,
  now: EpochMillis,
): readonly Condition[] {
  const known = before.find((condition) => condition.type === type);
  if (known?.status === status && known.reason === reason) return before;
  const time = formatRfc3339(now);
  const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? time) : time;
  const others = before.filter((condition) => condition !== known);
  return [...others, { type, status, lastUpdateTime: time, lastTransitionTime, reason, message }];
}
