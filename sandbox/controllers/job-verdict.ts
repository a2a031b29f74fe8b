// How far is a Job? Counts of its pods, the indexes done, and what would end it: completions, success policy, failure
// policy, back-off limits, deadline. Pure; the wording is upstream's.

import type { Condition, Pod } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { isFinished, isReady, isTerminating } from '../machinery/pods.ts';
import { parseTime } from '../machinery/times.ts';
import { failuresOf, indexOf, parseIndexes } from './job-indexes.ts';
import { conditionOf, type FailureRule, isIndexed, type Job, trackingFinalizer } from './job-types.ts';

/** A condition that announces the end: pods go first, then it is declared. */
export interface Ending {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

export interface Verdict {
  readonly active: readonly Pod[];
  readonly readyCount: number;
  readonly terminatingCount: number;
  /** Finished pods that are still tracked, and whether they count. */
  readonly newlySucceeded: readonly Pod[];
  readonly newlyFailed: readonly Pod[];
  readonly ignored: readonly Pod[];
  /** Those of the status and the new ones. */
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number>;
  readonly ending: Ending | undefined;
}

export function judge(job: Job, pods: readonly Pod[], now: EpochMillis): Verdict {
  const { status = {}, spec } = job;
  const active = pods.filter((pod) => !isFinished(pod) && !isTerminating(pod));
  const tracked = pods.filter((pod) => pod.metadata.finalizers?.includes(trackingFinalizer) === true);
  const newlySucceeded = tracked.filter((pod) => pod.status?.phase === 'Succeeded');
  const gone = tracked.filter((pod) => countsAsFailed(job, pod));
  const ignored = gone.filter((pod) => ruleFor(job, pod)?.rule.action === 'Ignore');
  const newlyFailed = gone.filter((pod) => !ignored.includes(pod));
  const completedIndexes = parseIndexes(status.completedIndexes);
  for (const pod of newlySucceeded) addIndex(completedIndexes, pod);
  const failedIndexes = parseIndexes(status.failedIndexes);
  if (spec.backoffLimitPerIndex !== undefined) {
    for (const pod of newlyFailed) if (hasFailedForGood(job, pod, pods)) addIndex(failedIndexes, pod);
  }
  const before = status.uncountedTerminatedPods ?? {};
  const uncounted = (uids: readonly string[] = []): number =>
    uids.filter((uid) => !tracked.some(({ metadata }) => metadata.uid === uid)).length;
  const counts = {
    active,
    readyCount: active.filter(isReady).length,
    terminatingCount: pods.filter((pod) => isTerminating(pod) && !isFinished(pod)).length,
    newlySucceeded,
    newlyFailed,
    ignored,
    succeeded: isIndexed(job)
      ? completedIndexes.size
      : (status.succeeded ?? 0) + newlySucceeded.length + uncounted(before.succeeded),
    failed: (status.failed ?? 0) + newlyFailed.length + uncounted(before.failed),
    completedIndexes,
    failedIndexes,
  };
  return { ...counts, ending: announced(job) ?? failure(job, pods, counts, now) ?? success(job, counts) };
}

/** A deleted pod that has not succeeded counts at once, unless only pods that have ended are replaced. */
function countsAsFailed(job: Job, pod: Pod): boolean {
  if (pod.status?.phase === 'Failed') return true;
  return job.spec.podReplacementPolicy !== 'Failed' && isTerminating(pod) && pod.status?.phase !== 'Succeeded';
}

function addIndex(indexes: Set<number>, pod: Pod): void {
  const index = indexOf(pod);
  if (index !== undefined) indexes.add(index);
}

function hasFailedForGood(job: Job, pod: Pod, pods: readonly Pod[]): boolean {
  if (ruleFor(job, pod)?.rule.action === 'FailIndex') return true;
  return failuresOf(indexOf(pod) ?? -1, pods) > (job.spec.backoffLimitPerIndex ?? 0);
}

/** What was announced is kept: nothing can turn it any more. */
function announced(job: Job): Ending | undefined {
  for (const type of ['FailureTarget', 'SuccessCriteriaMet'] as const) {
    const known = conditionOf(job, type);
    if (known !== undefined) return { type, reason: known.reason ?? '', message: known.message ?? '' };
  }
  return undefined;
}

type Counts = Omit<Verdict, 'ending'>;

function failure(job: Job, pods: readonly Pod[], counts: Counts, now: EpochMillis): Ending | undefined {
  const type = 'FailureTarget';
  const { spec } = job;
  for (const pod of counts.newlyFailed) {
    const match = ruleFor(job, pod);
    if (match?.rule.action === 'FailJob') return { type, reason: 'PodFailurePolicy', message: match.message };
  }
  if (counts.failed > (spec.backoffLimit ?? 6) || hasRestartedTooOften(job, pods)) {
    const message = 'Job has reached the specified backoff limit';
    return { type, reason: 'BackoffLimitExceeded', message };
  }
  if (deadlineOf(job, now) <= now) {
    return { type, reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const failed = counts.failedIndexes.size;
  if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes) {
    const message = 'Job has exceeded the specified maximal number of failed indexes';
    return { type, reason: 'MaxFailedIndexesExceeded', message };
  }
  if (failed > 0 && failed + counts.completedIndexes.size >= (spec.completions ?? 0)) {
    return { type, reason: 'FailedIndexes', message: 'Job has failed indexes' };
  }
  return undefined;
}

/** Containers that are started again in their pod count as failures too. */
function hasRestartedTooOften(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter((pod) => !isFinished(pod))
    .flatMap((pod) => (pod.status?.containerStatuses ?? []).map(({ restartCount = 0 }) => restartCount))
    .reduce((sum, count) => sum + count, 0);
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function success(job: Job, counts: Counts): Ending | undefined {
  const type = 'SuccessCriteriaMet';
  const rule = (job.spec.successPolicy?.rules ?? []).findIndex(({ succeededIndexes, succeededCount }) => {
    const meant = succeededIndexes === undefined ? undefined : parseIndexes(succeededIndexes);
    const done = [...counts.completedIndexes].filter((index) => meant?.has(index) !== false).length;
    return done >= (succeededCount ?? meant?.size ?? Number.POSITIVE_INFINITY);
  });
  if (rule >= 0) return { type, reason: 'SuccessPolicy', message: `Matched rules at index ${rule}` };
  const { completions } = job.spec;
  const isDone =
    completions === undefined ? counts.succeeded > 0 && counts.active.length === 0 : counts.succeeded >= completions;
  if (!isDone || job.spec.suspend === true) return undefined;
  return { type, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' };
}

/** The first rule of the failure policy that a failed pod matches. */
function ruleFor(job: Job, pod: Pod): { readonly rule: FailureRule; readonly message: string } | undefined {
  if (pod.status?.phase !== 'Failed') return undefined;
  const { namespace, name } = pod.metadata;
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const where = `matching ${rule.action} rule at index ${index}`;
    const container = rule.onExitCodes && containerBy(rule.onExitCodes, pod);
    if (container !== undefined) {
      const { name: of, code } = container;
      return { rule, message: `Container ${of} for pod ${namespace}/${name} failed with exit code ${code} ${where}` };
    }
    const condition = rule.onPodConditions?.find(({ type, status = 'True' }) =>
      pod.status?.conditions?.some((known) => known.type === type && known.status === status),
    );
    if (condition !== undefined) {
      return { rule, message: `Pod ${namespace}/${name} has condition ${condition.type} ${where}` };
    }
  }
  return undefined;
}

function containerBy(
  { containerName, operator, values }: NonNullable<FailureRule['onExitCodes']>,
  pod: Pod,
): { readonly name: string; readonly code: number } | undefined {
  for (const { name, state } of pod.status?.containerStatuses ?? []) {
    const code = state?.terminated?.exitCode ?? 0;
    if (code === 0 || (containerName !== undefined && containerName !== name)) continue;
    if (values.includes(code) === (operator === 'In')) return { name, code };
  }
  return undefined;
}

/** Infinite while there is none, or it does not count. */
export function deadlineOf(job: Job, now: EpochMillis): EpochMillis {
  const { activeDeadlineSeconds } = job.spec;
  if (activeDeadlineSeconds === undefined || job.spec.suspend === true) return Number.POSITIVE_INFINITY;
  return (parseTime(job.status?.startTime) ?? now) + activeDeadlineSeconds * 1000;
}

/** How many pods should be active now; undefined: as many as are. */
export function wantedCount(job: Job, verdict: Verdict): number | undefined {
  if (verdict.ending !== undefined || job.spec.suspend === true) return 0;
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  if (completions === undefined) return verdict.succeeded > 0 ? undefined : parallelism;
  return Math.min(parallelism, completions - verdict.succeeded - verdict.failedIndexes.size);
}

/** When a finished pod ended. */
export function endOf(pod: Pod): EpochMillis | undefined {
  const ends = ((pod.status?.containerStatuses ?? []) as readonly FinishedContainer[]).map(({ state }) =>
    parseTime(state?.terminated?.finishedAt),
  );
  const known = ends.filter((at) => at !== undefined);
  if (known.length > 0) return Math.max(...known);
  return parseTime(pod.metadata.deletionTimestamp) ?? parseTime(readyCondition(pod)?.lastTransitionTime);
}

interface FinishedContainer {
  readonly state?: { readonly terminated?: { readonly finishedAt?: string } };
}

function readyCondition(pod: Pod): Condition | undefined {
  return pod.status?.conditions?.find(({ type }) => type === 'Ready');
}
