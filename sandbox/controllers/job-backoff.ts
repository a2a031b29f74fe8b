// How long does a Job wait before its next pod? 10 s after the first failure, doubled with each further one, up to ten
// minutes; a success makes up for what was before it. Kept in memory, as upstream does.

import type { Pod } from '../../controller/api/kubernetes-types.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';
import { endOf } from './job-verdict.ts';

const firstMs = 10_000;
const longestMs = 600_000;

export class JobBackOff {
  readonly #records = new Map<string, { failures: number; failedAt: EpochMillis }>();

  /** Takes note of pods that have finished since the last time. */
  note(job: string, succeeded: readonly Pod[], failed: readonly Pod[], now: EpochMillis): void {
    if (succeeded.length + failed.length === 0) return;
    const record = this.#records.get(job) ?? { failures: 0, failedAt: 0 };
    const succeededAt = Math.max(0, ...succeeded.map((pod) => endOf(pod) ?? now));
    const failures = failed.map((pod) => endOf(pod) ?? now).filter((at) => at >= succeededAt);
    if (succeeded.length > 0) record.failures = 0;
    record.failures += failures.length;
    record.failedAt = Math.max(record.failedAt, ...failures);
    this.#records.set(job, record);
  }

  /** When the next pod may be made. */
  endsAt(job: string): EpochMillis {
    const { failures = 0, failedAt = 0 } = this.#records.get(job) ?? {};
    return failures === 0 ? 0 : failedAt + Math.min(firstMs * 2 ** (failures - 1), longestMs);
  }

  forget(job: string): void {
    this.#records.delete(job);
  }
}
