// Jobs: pods that run to their end, as often as `completions` says, failures up to `backoffLimit`. As upstream, changes
// of pods are looked at once a second, and a finished pod is counted after its tracking finalizer is gone (here: at once).

import type {
  Condition,
  KubernetesObject,
  LabelSelector,
  Pod,
  PodTemplateSpec,
} from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { unlessGone } from '../machinery/client.ts';
import { controllerOf, isFinished, isReady, isTerminating, makeControllerReference } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { byController, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';

interface Job extends KubernetesObject {
  readonly spec: {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly backoffLimit?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly suspend?: boolean;
    readonly selector?: LabelSelector;
    readonly template: PodTemplateSpec;
  };
  readonly status?: JobStatus;
}

interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly ready?: number;
  readonly terminating?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly uncountedTerminatedPods?: object;
  readonly conditions?: readonly Condition[];
}

/** Upstream gathers the changes of pods for a second (syncJobBatchPeriod). */
const batchMs = 1000;
const firstBackOffMs = 10_000;

export function createJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('job-controller');
  const jobs = informers.of<Job>(resources.jobs);
  const pods = informers.of<Pod>(resources.pods);
  indexForClaims(pods);
  jobs.index('uid', (job) => [job.metadata.uid ?? '']);
  const queue = createWorkQueue({ name: 'job', clock, process: sync, report: context.report });
  jobs.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  pods.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner?.kind !== 'Job') return;
    for (const job of jobs.find('uid', owner.uid)) queue.addAfter(keyOf(job), batchMs);
  });

  async function sync(key: string): Promise<void> {
    const job = jobs.get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return;
    if (conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed')) return expire(job);
    const owned = pods.find(byController, job.metadata.uid ?? '');
    const verdict = judge(job, owned, clock.now());
    const running = owned.filter((pod) => !isFinished(pod) && !isTerminating(pod));
    const surplus = running.length - wantedCount(job, verdict);
    if (surplus > 0) await Promise.all(running.slice(-surplus).map(removePod));
    else if (verdict.end === undefined) await start(job, owned, verdict, key);
    await writeStatus(job, makeStatus(job, pods.find(byController, job.metadata.uid ?? ''), verdict, clock.now()));
    const deadline = deadlineOf(job, clock.now());
    if (verdict.end === undefined && deadline > clock.now() && deadline < Number.POSITIVE_INFINITY) {
      queue.addAfter(key, deadline - clock.now());
    }
  }

  async function start(job: Job, owned: readonly Pod[], verdict: Verdict, key: string): Promise<void> {
    const missing = wantedCount(job, verdict) - verdict.active;
    const waitMs = backOffEndsAt(owned, verdict.failed) - clock.now();
    if (missing <= 0) return;
    if (waitMs > 0) return queue.addAfter(key, waitMs);
    for (let index = 0; index < missing; index++) await createPod(job);
  }

  async function createPod(job: Job): Promise<void> {
    const { template } = job.spec;
    const { namespace, name } = job.metadata;
    const pod = await client.create<Pod>(resources.pods, namespace, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        generateName: `${name}-`,
        namespace,
        ...(template.metadata?.labels && { labels: template.metadata.labels }),
        ...(template.metadata?.annotations && { annotations: template.metadata.annotations }),
        ownerReferences: [makeControllerReference(job, 'batch/v1', 'Job')],
      },
      spec: template.spec,
    });
    pods.wrote(pod);
    events.event(about(job), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
  }

  async function removePod(pod: Pod): Promise<void> {
    const { namespace, name = '' } = pod.metadata;
    pods.wrote(await unlessGone(client.delete<Pod>(resources.pods, namespace, name)));
  }

  async function writeStatus(job: Job, status: JobStatus): Promise<void> {
    const patch = diffMergePatch(job.status, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = job.metadata;
    jobs.wrote(await unlessGone(client.patch<Job>(resources.jobs, namespace, name, { status: patch }, 'status')));
    const end = status.conditions?.find(({ type }) => type === 'Complete' || type === 'Failed');
    const wasSuspended = conditionOf(job, 'Suspended') !== undefined;
    const isSuspended = status.conditions?.some((one) => one.type === 'Suspended' && one.status === 'True') === true;
    if (isSuspended && !wasSuspended) events.event(about(job), 'Normal', 'Suspended', 'Job suspended');
    if (!isSuspended && wasSuspended) events.event(about(job), 'Normal', 'Resumed', 'Job resumed');
    if (end?.type === 'Complete') events.event(about(job), 'Normal', 'Completed', 'Job completed');
    if (end?.type === 'Failed') events.event(about(job), 'Warning', end.reason ?? 'Failed', end.message ?? '');
  }

  async function expire(job: Job): Promise<void> {
    const { ttlSecondsAfterFinished } = job.spec;
    const end = conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed');
    if (ttlSecondsAfterFinished === undefined || end === undefined) return;
    const leftMs = (parseTime(end.lastTransitionTime) ?? 0) + ttlSecondsAfterFinished * 1000 - clock.now();
    if (leftMs > 0) return queue.addAfter(keyOf(job), leftMs);
    const { namespace, name = '' } = job.metadata;
    await unlessGone(client.delete(resources.jobs, namespace, name, { propagationPolicy: 'Foreground' }));
  }

  return { name: 'job', start: queue.start, stop: queue.stop };
}

interface Verdict {
  readonly active: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly completions: number;
  readonly end?: { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string };
}

function judge(job: Job, pods: readonly Pod[], now: number): Verdict {
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded').length;
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed').length;
  const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod)).length;
  const completions = job.spec.completions ?? 1;
  const counts = { active, succeeded, failed, completions };
  if (succeeded >= completions) {
    const message = 'Reached expected number of succeeded pods';
    return { ...counts, end: { type: 'Complete', reason: 'CompletionsReached', message } };
  }
  if (failed > (job.spec.backoffLimit ?? 6)) {
    const message = 'Job has reached the specified backoff limit';
    return { ...counts, end: { type: 'Failed', reason: 'BackoffLimitExceeded', message } };
  }
  if (deadlineOf(job, now) <= now) {
    const message = 'Job was active longer than specified deadline';
    return { ...counts, end: { type: 'Failed', reason: 'DeadlineExceeded', message } };
  }
  return counts;
}

function makeStatus(job: Job, pods: readonly Pod[], verdict: Verdict, now: number): JobStatus {
  const time = formatRfc3339(now);
  const living = pods.filter((pod) => !isFinished(pod));
  const active = living.filter((pod) => !isTerminating(pod));
  const { end } = verdict;
  const forerunner = end?.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
  const ends = end === undefined ? [] : [{ ...end, type: forerunner }, end];
  const suspended = suspension(job);
  const kept = (job.status?.conditions ?? []).filter(({ type }) => type !== suspended?.type);
  const conditions = [
    ...kept,
    ...(suspended === undefined ? [] : [known(job, suspended) ?? stamped(suspended, time)]),
    ...ends.map(({ type, reason, message }) => stamped({ type, status: 'True', reason, message }, time)),
  ];
  const resumed = job.spec.suspend !== true && conditionOf(job, 'Suspended') !== undefined;
  const startTime = job.spec.suspend === true ? undefined : resumed ? time : (job.status?.startTime ?? time);
  return {
    ...(startTime !== undefined && { startTime }),
    ...(end?.type === 'Complete' && { completionTime: time }),
    ...(active.length > 0 && { active: active.length }),
    ready: active.filter(isReady).length,
    terminating: living.filter(isTerminating).length,
    ...(verdict.succeeded > 0 && { succeeded: verdict.succeeded }),
    ...(verdict.failed > 0 && { failed: verdict.failed }),
    uncountedTerminatedPods: {},
    ...(conditions.length > 0 && { conditions }),
  };
}

/** How many pods should run now. */
function wantedCount(job: Job, verdict: Verdict): number {
  if (verdict.end !== undefined || job.spec.suspend === true) return 0;
  return Math.min(job.spec.parallelism ?? 1, verdict.completions - verdict.succeeded);
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

function deadlineOf(job: Job, now: number): number {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || job.spec.suspend === true) return Number.POSITIVE_INFINITY;
  return (parseTime(job.status?.startTime) ?? now) + activeDeadlineSeconds * 1000;
}

/** After a failure the next pod waits 10 s, doubled for each further one. */
function backOffEndsAt(pods: readonly Pod[], failedCount: number): number {
  if (failedCount === 0) return 0;
  const ends = pods
    .filter((pod) => pod.status?.phase === 'Failed')
    .map((pod) => parseTime(pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime) ?? 0);
  return Math.max(...ends) + Math.min(firstBackOffMs * 2 ** (failedCount - 1), 600_000);
}

function conditionOf(job: Job, type: string): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

function about(job: Job): KubernetesObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: job.metadata };
}
