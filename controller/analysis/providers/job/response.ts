// What the state of a Job and of its pods means for its measurement (analysis.md §5.3).

import type { KubernetesObject } from '../../../api/kubernetes-types.ts';
import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import type { Answer, Measurement } from '../wire/exchange.ts';
import { listOf, member } from '../wire/json.ts';
import { type Job, metricAnnotation } from './request.ts';

const hopelessReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName']);

/** Undefined while the Job is under way. QUIRK: the condition's status is not looked at. */
export function endOfJob(job: Job): Answer | undefined {
  for (const { type } of job.status?.conditions ?? []) {
    if (type === 'Complete') return { is: 'phase', phase: 'Successful' };
    if (type === 'Failed') return { is: 'phase', phase: 'Failed' };
  }
  return undefined;
}

/** An image that cannot be pulled ends the measurement: neither good nor bad. */
export function hopelessPod(pods: readonly KubernetesObject[]): Answer | undefined {
  for (const pod of pods) {
    const statuses = ['initContainerStatuses', 'containerStatuses'].flatMap((name) =>
      listOf(member(pod, 'status', name)),
    );
    for (const status of statuses) {
      const reason = member(status, 'state', 'waiting', 'reason');
      if (typeof reason !== 'string' || !hopelessReasons.has(reason)) continue;
      const text = member(status, 'state', 'waiting', 'message') ?? '';
      const container = member(status, 'name');
      const message = `Pod ${pod.metadata.name}, container ${container} has terminal error (${reason}): ${text}\n`;
      return { is: 'phase', phase: 'Inconclusive', message };
    }
  }
  return undefined;
}

/**
 * The Jobs of a metric beyond the newest `limit`. BUG of the reference: it counts those of the run's other metrics too.
 */
export function oldJobs(jobs: readonly Job[], metric: string, limit: number): readonly Job[] {
  const own = jobs.filter(({ metadata }) => metadata.annotations?.[metricAnnotation] === metric);
  return own.sort(newestFirst).slice(limit);
}

/** Of one second the one with the higher number is the newer. */
function newestFirst({ metadata: a }: Job, { metadata: b }: Job): number {
  const [left, right] = [a.creationTimestamp ?? '', b.creationTimestamp ?? ''];
  if (left !== right) return left < right ? 1 : -1;
  return numberOf(b.name) - numberOf(a.name);
}

function numberOf(name = ''): number {
  return Number(name.slice(name.lastIndexOf('.') + 1)) || 0;
}

/** After 2 s for the first time at 2 s, 10 s at 50 s, 40 s at 800 s. */
export function lookAgainAt(measurement: Measurement, now: EpochMillis): EpochMillis {
  const startedAt = parseRfc3339(measurement.startedAt ?? '') ?? now;
  const elapsedSeconds = Math.max(0, (now - startedAt) / 1000);
  return now + Math.trunc(Math.sqrt(2 * elapsedSeconds) * 1000);
}
