// What a Deployment's status says: counts over its ReplicaSets, and the conditions Available and Progressing.

import type { Condition, Deployment, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { parseTime } from '../machinery/times.ts';
import { type DeploymentSpec, unavailableOf } from './deployment-replicas.ts';
import type { ReplicaSetStatus } from './replica-set.ts';

export interface DeploymentStatus {
  readonly observedGeneration?: number;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly unavailableReplicas?: number;
  readonly terminatingReplicas?: number;
  readonly conditions?: readonly Condition[];
}

type Running = Deployment & { readonly spec: DeploymentSpec; readonly status?: DeploymentStatus };

export function makeDeploymentStatus(
  deployment: Running,
  current: ReplicaSet | undefined,
  owned: readonly ReplicaSet[],
  now: EpochMillis,
): DeploymentStatus {
  const sum = (of: (status: ReplicaSetStatus) => number | undefined): number =>
    owned.reduce((total, item) => total + (of((item.status ?? { replicas: 0 }) as ReplicaSetStatus) ?? 0), 0);
  const asked = owned.reduce((total, item) => total + (item.spec.replicas ?? 0), 0);
  const counts = {
    replicas: sum(({ replicas }) => replicas),
    updatedReplicas: current?.status?.replicas ?? 0,
    readyReplicas: sum(({ readyReplicas }) => readyReplicas),
    availableReplicas: sum(({ availableReplicas }) => availableReplicas),
  };
  const unavailableReplicas = Math.max(0, asked - counts.availableReplicas);
  const positive = Object.entries({ ...counts, unavailableReplicas }).filter(([, count]) => count > 0);
  const { generation } = deployment.metadata;
  return {
    ...(generation !== undefined && { observedGeneration: generation }),
    ...Object.fromEntries(positive),
    terminatingReplicas: sum(({ terminatingReplicas }) => terminatingReplicas),
    conditions: makeConditions(deployment, current, owned, { ...counts, asked }, now),
  };
}

interface Counts {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly availableReplicas: number;
  readonly asked: number;
}

function makeConditions(
  deployment: Running,
  current: ReplicaSet | undefined,
  owned: readonly ReplicaSet[],
  counts: Counts,
  now: EpochMillis,
): Condition[] {
  const { spec } = deployment;
  const wanted = spec.replicas ?? 1;
  const mayLack = spec.strategy?.type === 'Recreate' ? 0 : unavailableOf(spec);
  const isAvailable = counts.availableReplicas >= wanted - mayLack;
  const available = isAvailable
    ? { status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
    : {
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
  const before = deployment.status?.conditions ?? [];
  const others = before.filter(({ type }) => !['Available', 'Progressing', 'ReplicaFailure'].includes(type));
  return [
    withTimes({ type: 'Available', ...available }, before, false, now),
    ...progressing(deployment, current, counts, now),
    ...failureOf(current, owned, before, now),
    ...others,
  ];
}

/** What a ReplicaSet cannot make or remove, the newest one's first. */
function failureOf(
  current: ReplicaSet | undefined,
  owned: readonly ReplicaSet[],
  before: readonly Condition[],
  now: EpochMillis,
): Condition[] {
  const all = current === undefined ? owned : [current, ...owned];
  const failure = all.flatMap((item) => item.status?.conditions ?? []).find(({ type }) => type === 'ReplicaFailure');
  if (failure === undefined) return [];
  const { type, status, reason, message } = failure;
  const condition = {
    type,
    status,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
  return [withTimes(condition, before, false, now)];
}

/** While it is paused no deadline runs; from its resumption on it does again. */
function pausing(deployment: Running, known: Condition | undefined): Condition | undefined {
  const isPaused = deployment.spec.paused === true;
  const [type, wasPaused] = ['Progressing', known?.reason === 'DeploymentPaused'];
  // Whether it was late stays said.
  if (known?.reason === 'ProgressDeadlineExceeded') return isPaused ? known : undefined;
  if (isPaused) return { type, status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' };
  if (!wasPaused) return undefined;
  return { type, status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
}

function progressing(
  deployment: Running,
  current: ReplicaSet | undefined,
  counts: Counts,
  now: EpochMillis,
): Condition[] {
  const wanted = deployment.spec.replicas ?? 1;
  const before = deployment.status?.conditions ?? [];
  const known = before.find(({ type }) => type === 'Progressing');
  const paused = pausing(deployment, known);
  if (paused !== undefined) return [withTimes(paused, before, false, now)];
  const name = current?.metadata.name ?? '';
  const isComplete =
    counts.updatedReplicas === wanted && counts.replicas === wanted && counts.availableReplicas >= wanted;
  if (isComplete && current !== undefined) {
    const message = `ReplicaSet "${name}" has successfully progressed.`;
    return [
      withTimes({ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message }, before, false, now),
    ];
  }
  // What was complete stays so, whatever becomes of its pods, until there is something to update.
  if (known?.reason === 'NewReplicaSetAvailable' && counts.replicas === counts.updatedReplicas) return [known];
  const status = deployment.status;
  const moved =
    (status?.updatedReplicas ?? 0) !== counts.updatedReplicas ||
    (status?.availableReplicas ?? 0) < counts.availableReplicas ||
    (status?.replicas ?? 0) !== counts.replicas ||
    status?.observedGeneration !== deployment.metadata.generation;
  const deadline = known && deadlineAt(deployment.spec, [known]);
  if (!moved && known !== undefined && (known.status === 'False' || (deadline !== undefined && deadline <= now))) {
    const message = `ReplicaSet "${name}" has timed out progressing.`;
    const late = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message };
    return [withTimes(late, before, false, now)];
  }
  const message = `ReplicaSet "${name}" is progressing.`;
  return [withTimes({ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message }, before, moved, now)];
}

/** When the rollout counts as stuck; undefined when it is not on its way. */
export function deadlineAt(spec: DeploymentSpec, conditions: readonly Condition[]): EpochMillis | undefined {
  const known = conditions.find(({ type }) => type === 'Progressing');
  const isOnItsWay = known?.status === 'True' || known?.reason === 'DeploymentResumed';
  if (!isOnItsWay || known.reason === 'NewReplicaSetAvailable') return undefined;
  const since = parseTime(known.lastUpdateTime);
  return since === undefined ? undefined : since + (spec.progressDeadlineSeconds ?? 600) * 1000;
}

function withTimes(condition: Condition, before: readonly Condition[], moved: boolean, now: EpochMillis): Condition {
  const known = before.find(({ type }) => type === condition.type);
  const time = formatRfc3339(now);
  const same =
    known?.status === condition.status && known.reason === condition.reason && known.message === condition.message;
  if (same && !moved) return known;
  return {
    type: condition.type,
    status: condition.status,
    lastUpdateTime: time,
    lastTransitionTime: known?.status === condition.status ? (known.lastTransitionTime ?? time) : time,
    ...(condition.reason !== undefined && { reason: condition.reason }),
    ...(condition.message !== undefined && { message: condition.message }),
  };
}
