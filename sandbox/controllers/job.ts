// Jobs: pods that run to their end, as often as `completions` says. As upstream, changes of pods are looked at once a
// second; a pod holds a finalizer until it is counted: first its uid is noted in the status, then the finalizer goes,
// then the count rises. The end is announced (SuccessCriteriaMet, FailureTarget), and declared (Complete, Failed) when
// no pod is left that still ends. What ends a Job is job-verdict.ts.

import type { Condition, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { controllerOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { byController, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { JobBackOff } from './job-backoff.ts';
import { failuresOf, indexOf, nextIndexes } from './job-indexes.ts';
import { makeJobPod } from './job-pod.ts';
import { declared, makeJobStatus, noted } from './job-status.ts';
import { conditionOf, type Job, type JobStatus, trackingFinalizer } from './job-types.ts';
import { deadlineOf, judge, type Verdict, wantedCount } from './job-verdict.ts';
import { byJobRemovalOrder } from './removal-order.ts';

/** Upstream gathers the changes of pods for a second (syncJobBatchPeriod). */
const batchMs = 1000;

export function createJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('job-controller');
  const jobs = informers.of<Job>(resources.jobs);
  const pods = informers.of<Pod>(resources.pods);
  const backOff = new JobBackOff();
  indexForClaims(pods);
  jobs.index('uid', (job) => [job.metadata.uid ?? '']);
  const queue = createWorkQueue({ name: 'job', clock, process: sync, report: context.report });
  const orphans = createWorkQueue({ name: 'job-orphans', clock, process: release, report: context.report });
  jobs.onChange((now, before) => {
    const uid = (now ?? before)?.metadata.uid ?? '';
    if (now === undefined) {
      backOff.forget(uid);
      for (const pod of pods.find(byController, uid)) orphans.add(keyOf(pod));
    } else if (now.metadata.generation === before?.metadata.generation) queue.addAfter(keyOf(now), batchMs);
    else queue.add(keyOf(now));
  });
  pods.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner === undefined && now?.metadata.finalizers?.includes(trackingFinalizer) === true) orphans.add(keyOf(now));
    if (owner?.kind !== 'Job') return;
    const owners = jobs.find('uid', owner.uid);
    for (const job of owners) queue.addAfter(keyOf(job), batchMs);
    if (owners.length === 0 && now !== undefined) orphans.add(keyOf(now));
  });

  async function sync(key: string): Promise<void> {
    const job = jobs.get(key);
    if (job === undefined) return;
    const uid = job.metadata.uid ?? '';
    if (isDeclared(job)) {
      for (const pod of pods.find(byController, uid)) orphans.add(keyOf(pod));
      return expire(job);
    }
    const verdict = judge(job, pods.find(byController, uid), clock.now());
    backOff.note(uid, unnoted(job, verdict.newlySucceeded), unnoted(job, verdict.newlyFailed), clock.now());
    if (job.metadata.deletionTimestamp === undefined) await manage(job, verdict, key);
    await track(key, verdict);
    const deadline = deadlineOf(job, clock.now());
    if (verdict.ending === undefined && deadline > clock.now() && deadline < Number.POSITIVE_INFINITY) {
      queue.addAfter(key, deadline - clock.now());
    }
  }

  /** As many pods as should run now. */
  async function manage(job: Job, verdict: Verdict, key: string): Promise<void> {
    const wanted = wantedCount(job, verdict) ?? verdict.active.length;
    const surplus = verdict.active.toSorted(byJobRemovalOrder()).slice(0, verdict.active.length - wanted);
    // Who has to go because the Job has failed counts as failed; who is only too much does not.
    const isFailing = verdict.ending?.type === 'FailureTarget';
    if (wanted < verdict.active.length) {
      await Promise.all(surplus.map((pod) => removePod(job, pod, isFailing)));
      return;
    }
    const waits = job.spec.podReplacementPolicy === 'Failed' ? verdict.terminatingCount : 0;
    const missing = wanted - verdict.active.length - waits;
    if (missing <= 0) return;
    const waitMs = backOff.endsAt(job.metadata.uid ?? '') - clock.now();
    if (waitMs > 0) return queue.addAfter(key, waitMs);
    await createPods(job, verdict, missing);
  }

  async function createPods(job: Job, verdict: Verdict, count: number): Promise<void> {
    const owned = pods.find(byController, job.metadata.uid ?? '');
    const taken = new Set([...verdict.completedIndexes, ...verdict.failedIndexes]);
    for (const pod of verdict.active) taken.add(indexOf(pod) ?? -1);
    const indexes = nextIndexes(job, count, taken);
    for (let made = 0; made < count; made++) {
      const index = indexes[made];
      if (job.spec.completionMode === 'Indexed' && index === undefined) return;
      const failures = index === undefined ? 0 : failuresOf(index, owned);
      try {
        const pod = await client.create<Pod>(resources.pods, job.metadata.namespace, makeJobPod(job, index, failures));
        pods.wrote(pod);
        events.event(about(job), 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`);
      } catch (problem) {
        if (statusOf(problem) === 404) return;
        events.event(about(job), 'Warning', 'FailedCreate', `Error creating: ${(problem as Error).message}`);
        throw problem;
      }
    }
  }

  async function removePod(job: Job, pod: Pod, counts: boolean): Promise<void> {
    const { namespace, name = '' } = pod.metadata;
    if (!counts) await untrack(pod);
    const left = await unlessGone(client.delete<Pod>(resources.pods, namespace, name).then((answer) => ({ answer })));
    if (left?.answer === undefined) pods.removed(pod);
    else pods.wrote(left.answer);
    events.event(about(job), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`);
  }

  /** Notes who has finished, lets them go, counts them, and declares the end when nobody is left. */
  async function track(key: string, verdict: Verdict): Promise<void> {
    const seen = jobs.get(key);
    if (seen === undefined) return;
    const present = pods.find(byController, seen.metadata.uid ?? '');
    const now = formatRfc3339(clock.now());
    await writeStatus(seen, noted(makeJobStatus(seen, verdict, present, now), verdict, now));
    tellSuspension(seen, jobs.get(key));
    for (const pod of [...verdict.newlySucceeded, ...verdict.newlyFailed, ...verdict.ignored]) await untrack(pod);
    const job = jobs.get(key);
    if (job === undefined) return;
    const left = pods.find(byController, job.metadata.uid ?? '');
    const status = declared(job, verdict, left, formatRfc3339(clock.now()));
    await writeStatus(job, status);
    const end = endedBy(status.conditions);
    if (end?.type === 'Complete') events.event(about(job), 'Normal', 'Completed', 'Job completed');
    if (end?.type === 'Failed') events.event(about(job), 'Warning', end.reason ?? 'Failed', end.message ?? '');
    if (end !== undefined) backOff.forget(job.metadata.uid ?? '');
  }

  function tellSuspension(before: Job, now: Job | undefined): void {
    const [was, is] = [before, now].map((job) => job !== undefined && conditionOf(job, 'Suspended') !== undefined);
    if (is && !was) events.event(about(before), 'Normal', 'Suspended', 'Job suspended');
    if (!is && was) events.event(about(before), 'Normal', 'Resumed', 'Job resumed');
  }

  async function writeStatus(job: Job, status: JobStatus): Promise<void> {
    const patch = diffMergePatch(job.status, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = job.metadata;
    jobs.wrote(await unlessGone(client.patch<Job>(resources.jobs, namespace, name, { status: patch }, 'status')));
  }

  /** Takes the finalizer that kept the pod until it was counted. */
  async function untrack(pod: Pod): Promise<void> {
    const { namespace, name = '', uid, finalizers = [] } = pods.get(keyOf(pod))?.metadata ?? pod.metadata;
    if (uid !== pod.metadata.uid || !finalizers.includes(trackingFinalizer)) return;
    const left = finalizers.filter((one) => one !== trackingFinalizer);
    const patch = { metadata: { uid, finalizers: left.length > 0 ? left : null } };
    pods.wrote(await unlessGone(client.patch<Pod>(resources.pods, namespace, name, patch)));
  }

  /** A pod whose Job is gone or has ended is nobody's to count. */
  async function release(key: string): Promise<void> {
    const pod = pods.get(key);
    const job = pod && jobs.find('uid', controllerOf(pod)?.uid ?? '')[0];
    if (pod !== undefined && (job === undefined || isDeclared(job))) await untrack(pod);
  }

  async function expire(job: Job): Promise<void> {
    const { ttlSecondsAfterFinished } = job.spec;
    const end = endedBy(job.status?.conditions);
    if (ttlSecondsAfterFinished === undefined || end === undefined) return;
    if (job.metadata.deletionTimestamp !== undefined) return;
    const leftMs = (parseTime(end.lastTransitionTime) ?? 0) + ttlSecondsAfterFinished * 1000 - clock.now();
    if (leftMs > 0) return queue.addAfter(keyOf(job), leftMs);
    const { namespace, name = '', uid = '' } = job.metadata;
    const options = { propagationPolicy: 'Foreground', preconditions: { uid } } as const;
    await unlessGone(client.delete(resources.jobs, namespace, name, options));
  }

  return {
    name: 'job',
    start() {
      queue.start();
      orphans.start();
    },
    stop() {
      queue.stop();
      orphans.stop();
    },
  };
}

function isDeclared(job: Job): boolean {
  return endedBy(job.status?.conditions) !== undefined;
}

function endedBy(conditions: readonly Condition[] = []): Condition | undefined {
  return conditions.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
}

/** Those that no earlier pass has seen. */
function unnoted(job: Job, pods: readonly Pod[]): Pod[] {
  const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {};
  return pods.filter(({ metadata }) => ![...succeeded, ...failed].includes(metadata.uid ?? ''));
}

function about(job: Job): KubernetesObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: job.metadata };
}
