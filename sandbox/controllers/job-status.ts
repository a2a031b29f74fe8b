// What a Job's status says, before its finished pods are let go (`noted`) and after (`declared`). Pure.

import type { Condition, Pod } from '../../controller/api/kubernetes-types.ts';
import { isFinished, isReady, isTerminating } from '../machinery/pods.ts';
import { formatIndexes } from './job-indexes.ts';
import { conditionOf, isIndexed, type Job, type JobStatus, trackingFinalizer, type Uncounted } from './job-types.ts';
import type { Ending, Verdict } from './job-verdict.ts';

/** Counts of what is there now, start and suspension. `time` as RFC 3339. */
export function makeJobStatus(job: Job, verdict: Verdict, pods: readonly Pod[], time: string): JobStatus {
  const { status = {} } = job;
  const suspended = suspension(job);
  const kept = (status.conditions ?? []).filter(({ type }) => type !== suspended?.type);
  const conditions = [...kept, ...(suspended === undefined ? [] : [known(job, suspended) ?? stamped(suspended, time)])];
  const isResumed = job.spec.suspend !== true && conditionOf(job, 'Suspended') !== undefined;
  const startTime = job.spec.suspend === true ? undefined : isResumed ? time : (status.startTime ?? time);
  const { succeeded, failed, uncountedTerminatedPods = {} } = status;
  return {
    ...(startTime !== undefined && { startTime }),
    ...countsOf(pods),
    ...(succeeded !== undefined && { succeeded }),
    ...(failed !== undefined && { failed }),
    ...indexesOf(job, verdict),
    uncountedTerminatedPods,
    ...(conditions.length > 0 && { conditions }),
  };
}

function countsOf(pods: readonly Pod[]): Pick<JobStatus, 'active' | 'ready' | 'terminating'> {
  const living = pods.filter((pod) => !isFinished(pod));
  const active = living.filter((pod) => !isTerminating(pod));
  return {
    active: active.length > 0 ? active.length : undefined,
    ready: active.filter(isReady).length,
    terminating: living.length - active.length,
  };
}

function indexesOf(job: Job, { completedIndexes, failedIndexes }: Verdict): JobStatus {
  if (!isIndexed(job)) return {};
  return {
    ...(completedIndexes.size > 0 && { completedIndexes: formatIndexes(completedIndexes) }),
    ...(job.spec.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(failedIndexes) }),
  };
}

/** The finished pods are noted, and the end is announced. */
export function noted(status: JobStatus, verdict: Verdict, time: string): JobStatus {
  const isByIndex = status.completedIndexes !== undefined;
  const before = status.uncountedTerminatedPods ?? {};
  const succeeded = merged(before.succeeded, isByIndex ? [] : verdict.newlySucceeded);
  const failed = merged(before.failed, verdict.newlyFailed);
  const { ending } = verdict;
  const conditions = status.conditions ?? [];
  const isNew = ending !== undefined && !conditions.some(({ type }) => type === ending.type);
  const announced = isNew ? [...conditions, stamped({ ...ending, status: 'True' }, time)] : conditions;
  return {
    ...status,
    uncountedTerminatedPods: uncounted(succeeded, failed),
    ...(announced.length > 0 && { conditions: announced }),
  };
}

function merged(uids: readonly string[] = [], pods: readonly Pod[]): readonly string[] {
  return [...new Set([...uids, ...pods.map(({ metadata }) => metadata.uid ?? '')])];
}

function uncounted(succeeded: readonly string[], failed: readonly string[]): Uncounted {
  return { ...(succeeded.length > 0 && { succeeded }), ...(failed.length > 0 && { failed }) };
}

/** Who holds no finalizer any more is counted; the end is declared when all are and none is still ending. */
export function declared(job: Job, verdict: Verdict, pods: readonly Pod[], time: string): JobStatus {
  const { status = {} } = job;
  const tracked = new Set(
    pods
      .filter(({ metadata }) => metadata.finalizers?.includes(trackingFinalizer) === true)
      .map(({ metadata }) => metadata.uid ?? ''),
  );
  const before = status.uncountedTerminatedPods ?? {};
  const [succeeded = [], failed = []] = [before.succeeded, before.failed].map((uids = []) =>
    uids.filter((uid) => tracked.has(uid)),
  );
  const succeededCount = isIndexed(job)
    ? verdict.completedIndexes.size
    : (status.succeeded ?? 0) + (before.succeeded?.length ?? 0) - succeeded.length;
  const failedCount = (status.failed ?? 0) + (before.failed?.length ?? 0) - failed.length;
  const counted: JobStatus = {
    ...status,
    ...countsOf(pods),
    ...(succeededCount > 0 && { succeeded: succeededCount }),
    ...(failedCount > 0 && { failed: failedCount }),
    uncountedTerminatedPods: uncounted(succeeded, failed),
  };
  const isOpen = succeeded.length + failed.length > 0 || (counted.terminating ?? 0) > 0 || (counted.active ?? 0) > 0;
  if (verdict.ending === undefined || isOpen) return counted;
  return {
    ...counted,
    ...(verdict.ending.type === 'SuccessCriteriaMet' && { completionTime: time }),
    conditions: [...(status.conditions ?? []), stamped(endOf(verdict.ending), time)],
  };
}

function endOf({ type, reason, message }: Ending): Condition {
  return { type: type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed', status: 'True', reason, message };
}

/** A Job that was never suspended says nothing of it. */
function suspension(job: Job): Condition | undefined {
  if (job.spec.suspend === true) {
    return { type: 'Suspended', status: 'True', reason: 'JobSuspended', message: 'Job suspended' };
  }
  if (job.status?.conditions?.some(({ type }) => type === 'Suspended') !== true) return undefined;
  return { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed' };
}

/** The condition as it is, where it says the same. */
function known(job: Job, { type, status }: Condition): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === status);
}

function stamped(
  { type, status, reason, message }: Condition,
  time: string,
): Condition & { readonly lastProbeTime: string } {
  return {
    type,
    status,
    lastProbeTime: time,
    lastTransitionTime: time,
    ...(reason !== undefined && { reason }),
    ...(message !== undefined && { message }),
  };
}
