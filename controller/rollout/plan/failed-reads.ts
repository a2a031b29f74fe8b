// When is read again what could not be read (design.md §5, "error classes")? Nothing tells that it could be now, so that
// without an instant the question would wait for the next resync.

import type { EpochMillis } from '../../lang/time.ts';
import type { Known, Observed } from '../types.ts';

const rereadMs = 5000;
/** Rights are granted by people. */
const deniedMs = 30_000;

/** Undefined: every read was answered. */
export function nextReadAt(observed: Observed, now: EpochMillis): EpochMillis | undefined {
  const { pods, workload, liveReplicaSets, liveAnalysisRuns, liveExperiments } = observed;
  const live = [liveReplicaSets, liveAnalysisRuns, liveExperiments].flatMap((reads) => Object.values(reads));
  return readAgainAt([pods, workload, ...live], now);
}

export function readAgainAt(reads: readonly Known<unknown>[], now: EpochMillis): EpochMillis | undefined {
  const delays = reads.flatMap((known) => {
    if (known.is !== 'failed') return [];
    return known.problem.class === 'denied' ? deniedMs : rereadMs;
  });
  return delays.length === 0 ? undefined : now + Math.min(...delays);
}
