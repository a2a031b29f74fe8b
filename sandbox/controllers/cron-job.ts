// CronJobs: a Job at each time of the schedule. As upstream, only the latest of the times that were missed is made up
// for, a Job's name is made from its time so that none is made twice, and finished Jobs stay as their limits say.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { type CronSchedule, parseCron } from '../machinery/cron-schedule.ts';
import { nextRun } from '../machinery/cron-times.ts';
import { controllerOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { parseTime } from '../machinery/times.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { byController, indexForClaims } from './claim.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { conditionOf, type Job } from './job-types.ts';

interface Reference {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly apiVersion: string;
  readonly resourceVersion: string | undefined;
}

interface CronJob extends KubernetesObject {
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly suspend?: boolean;
    readonly startingDeadlineSeconds?: number;
    readonly concurrencyPolicy?: string;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate: { readonly metadata?: KubernetesObject['metadata']; readonly spec: Job['spec'] };
  };
  readonly status?: {
    readonly active?: readonly Reference[];
    readonly lastScheduleTime?: string;
    readonly lastSuccessfulTime?: string;
  };
}

const scheduledAt = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export function createCronJobController(context: ControllerContext): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('cronjob-controller');
  const cronJobs = informers.of<CronJob>(resources.cronJobs);
  const jobs = informers.of<Job>(resources.jobs);
  indexForClaims(jobs);
  cronJobs.index('uid', (cronJob) => [cronJob.metadata.uid ?? '']);
  const queue = createWorkQueue({ name: 'cronjob', clock, process: sync, report: context.report });
  cronJobs.onChange((now) => now !== undefined && queue.add(keyOf(now)));
  jobs.onChange((now, before) => {
    const owner = controllerOf((now ?? before)!);
    if (owner?.kind !== 'CronJob') return;
    for (const cronJob of cronJobs.find('uid', owner.uid)) queue.add(keyOf(cronJob));
  });

  async function sync(key: string): Promise<void> {
    const cronJob = cronJobs.get(key);
    if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined) return;
    const own = jobs.find(byController, cronJob.metadata.uid ?? '');
    tellOfEnds(cronJob, own);
    const made = cronJob.spec.suspend === true ? undefined : await run(key, cronJob, own);
    await forgetOld(cronJob, own);
    await writeStatus(cronJob, made);
  }

  /** Makes the Job that is due, and comes back for the next one. */
  async function run(key: string, cronJob: CronJob, own: readonly Job[]): Promise<Date | undefined> {
    const schedule = scheduleOf(cronJob);
    if (schedule === undefined) return undefined;
    const now = clock.now();
    const { timeZone, startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec;
    const next = nextRun(schedule, now, timeZone);
    if (next !== undefined) queue.addAfter(key, next - now);
    const due = lastMissed(cronJob, schedule, now);
    if (due === undefined) return undefined;
    const told = new Date(due).toUTCString().replace('GMT', '+0000');
    if (startingDeadlineSeconds !== undefined && due + startingDeadlineSeconds * 1000 < now) {
      events.event(cronJob, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${told}`);
      return undefined;
    }
    const active = own.filter((job) => endOf(job) === undefined);
    if (concurrencyPolicy === 'Forbid' && active.length > 0) {
      const why = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      events.event(cronJob, 'Normal', 'JobAlreadyActive', why);
      return undefined;
    }
    if (concurrencyPolicy === 'Replace') for (const job of active) await remove(cronJob, job);
    return (await create(cronJob, due)) ? new Date(due) : undefined;
  }

  async function create(cronJob: CronJob, due: EpochMillis): Promise<boolean> {
    try {
      const job = await client.create<Job>(resources.jobs, cronJob.metadata.namespace, makeJob(cronJob, due));
      jobs.wrote(job);
      events.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
      return true;
    } catch (problem) {
      if (statusOf(problem) === 409) return true; // a pass before this one made it
      events.event(cronJob, 'Warning', 'FailedCreate', `Error creating job: ${(problem as Error).message}`);
      throw problem;
    }
  }

  async function remove(cronJob: CronJob, job: Job): Promise<void> {
    const { namespace, name = '' } = job.metadata;
    await unlessGone(client.delete(resources.jobs, namespace, name, { propagationPolicy: 'Background' }));
    jobs.removed(job);
    events.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`);
  }

  /** Finished Jobs above their limit, the oldest first. */
  async function forgetOld(cronJob: CronJob, own: readonly Job[]): Promise<void> {
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cronJob.spec;
    for (const [end, limit] of [
      ['Complete', successfulJobsHistoryLimit],
      ['Failed', failedJobsHistoryLimit],
    ] as const) {
      const ended = own.filter((job) => endOf(job) === end).toSorted(byStart);
      for (const job of ended.slice(0, Math.max(0, ended.length - limit))) await remove(cronJob, job);
    }
  }

  function tellOfEnds(cronJob: CronJob, own: readonly Job[]): void {
    for (const { name, uid } of cronJob.status?.active ?? []) {
      const job = own.find(({ metadata }) => metadata.uid === uid);
      if (job === undefined) {
        events.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      } else if (endOf(job) !== undefined) {
        events.event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${endOf(job)}`);
      }
    }
  }

  async function writeStatus(cronJob: CronJob, made: Date | undefined): Promise<void> {
    const own = jobs.find(byController, cronJob.metadata.uid ?? '').toSorted(byStart);
    const known = new Map(cronJob.status?.active?.map((reference) => [reference.uid, reference]));
    const active = own
      .filter((job) => endOf(job) === undefined)
      .map((job) => known.get(job.metadata.uid ?? '') ?? referenceTo(job));
    const succeeded = own.flatMap(({ status }) => status?.completionTime ?? []);
    const lastSuccessfulTime = [...succeeded, cronJob.status?.lastSuccessfulTime ?? ''].toSorted().at(-1);
    const lastScheduleTime = made === undefined ? cronJob.status?.lastScheduleTime : formatRfc3339(made.getTime());
    const status = {
      ...(active.length > 0 && { active }),
      ...(lastScheduleTime !== undefined && { lastScheduleTime }),
      ...(lastSuccessfulTime && { lastSuccessfulTime }),
    };
    const patch = diffMergePatch(cronJob.status ?? {}, status);
    if (patch === undefined) return;
    const { namespace, name = '' } = cronJob.metadata;
    const body = { status: patch };
    cronJobs.wrote(await unlessGone(client.patch<CronJob>(resources.cronJobs, namespace, name, body, 'status')));
  }

  return { name: 'cronjob', start: () => queue.start(), stop: () => queue.stop() };
}

/** undefined: nothing that is held against the rules of the API server; an interval (`@every`) is not played. */
function scheduleOf({ spec }: CronJob): CronSchedule | undefined {
  try {
    return parseCron(spec.schedule.replace(/^(CRON_)?TZ=\S+\s+/, ''));
  } catch (problem) {
    if (problem instanceof RangeError) return undefined;
    throw problem;
  }
}

/** The latest time since the last Job, or since the CronJob is there. */
function lastMissed(cronJob: CronJob, schedule: CronSchedule, now: EpochMillis): EpochMillis | undefined {
  const { status, metadata, spec } = cronJob;
  let from = parseTime(status?.lastScheduleTime ?? metadata.creationTimestamp) ?? now;
  if (spec.startingDeadlineSeconds !== undefined) from = Math.max(from, now - spec.startingDeadlineSeconds * 1000);
  let missed: EpochMillis | undefined;
  for (let at = nextRun(schedule, from, spec.timeZone); at !== undefined && at <= now; ) {
    missed = at;
    at = nextRun(schedule, at, spec.timeZone);
  }
  return missed;
}

function makeJob(cronJob: CronJob, due: EpochMillis): object {
  const { name, namespace, uid } = cronJob.metadata;
  const { metadata = {}, spec } = cronJob.spec.jobTemplate;
  const owner = { apiVersion: 'batch/v1', kind: 'CronJob', name, uid, controller: true, blockOwnerDeletion: true };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(due / 60_000)}`,
      namespace,
      labels: { ...metadata.labels },
      annotations: { ...metadata.annotations, [scheduledAt]: formatRfc3339(due) },
      ownerReferences: [owner],
    },
    spec,
  };
}

function endOf(job: Job): 'Complete' | 'Failed' | undefined {
  return (['Complete', 'Failed'] as const).find((type) => conditionOf(job, type) !== undefined);
}

function byStart(a: Job, b: Job): number {
  const [left, right] = [a, b].map(({ metadata }) => `${metadata.creationTimestamp} ${metadata.name}`);
  return left! < right! ? -1 : 1;
}

function referenceTo({ metadata }: Job): Reference {
  const { namespace, name = '', uid = '', resourceVersion } = metadata;
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion };
}
