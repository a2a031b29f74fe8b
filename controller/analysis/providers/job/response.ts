// What the state of a Job and of its pods means for its measurement (analysis.md §5.3).

import type { KubernetesObject } from '../../../api/kubernetes-types.ts';
import { parseRfc3339 } from '../../../lang/rfc3339.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import type { Answer, Measurement } from '../wire/exchange.ts';
import { listOf, member } from '../wire/json.ts';
import type { Job } from './request.ts';

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

/** After 2 s for the first time at 2 s, 10 s at 50 s, 40 s at 800 s. */
export function lookAgainAt(measurement: Measurement, now: EpochMillis): EpochMillis {
  const startedAt = parseRfc3339(measurement.startedAt ?? '') ?? now;
  const elapsedSeconds = Math.max(0, (now - startedAt) / 1000);
  return now + Math.trunc(Math.sqrt(2 * elapsedSeconds) * 1000);
}
