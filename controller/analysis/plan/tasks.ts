// Which metrics are measured now, and when is the next one due (analysis.md §3.3, §3.7)?

import type { AnalysisRun, Metric, MetricResult } from '../../api/types.generated.ts';
import { parseGoDuration } from '../../lang/go-duration.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { isCompleted } from '../assess/phases.ts';
import type { CallKind } from '../types.ts';
import { effectiveCount } from './int-or-string.ts';

export type Due =
  | { readonly is: 'now'; readonly call: CallKind }
  /** The first instant at which it is due. */
  | { readonly is: 'at'; readonly at: EpochMillis }
  /** Not measured any more, or not before something else happens. */
  | { readonly is: 'never' };

/** After an error, and where there is no interval. */
const errorRetryMs = 10_000;
const never: Due = { is: 'never' };

export function resultOf(run: AnalysisRun, metric: string): MetricResult | undefined {
  return run.status?.metricResults?.find(({ name }) => name === metric);
}

/** Measurements that are over, errors among them. */
export function finishedCount(result: MetricResult | undefined): number {
  return (result?.count ?? 0) + (result?.error ?? 0);
}

/**
 * Whether an answer is of the measurement that comes next. One is not when the status has it already although the write
 * of it seemed to fail, or when its call began from an older version of the run: nothing is recorded twice.
 */
export function isAnswerToNext(
  { kind, finishedBefore }: { readonly kind: CallKind; readonly finishedBefore: number },
  result: MetricResult | undefined,
): boolean {
  const last = result?.measurements?.at(-1);
  const isUnderWay = last !== undefined && last.finishedAt === undefined;
  return finishedBefore === finishedCount(result) && isUnderWay === (kind !== 'run');
}

export function dueOf(
  metric: Metric,
  result: MetricResult | undefined,
  run: { readonly startedAt: string | undefined; readonly terminating: boolean },
  now: EpochMillis,
): Due {
  if (result && isCompleted(result.phase)) return never;
  const last = result?.measurements?.at(-1);
  if (last && last.finishedAt === undefined) {
    if (run.terminating) return { is: 'now', call: 'terminate' };
    const resumeAt = parseRfc3339(last.resumeAt ?? '');
    return resumeAt === undefined || resumeAt <= now ? { is: 'now', call: 'resume' } : { is: 'at', at: resumeAt };
  }
  if (run.terminating) return never;
  if (!last) return firstDue(metric, run.startedAt, now);
  const count = effectiveCount(metric);
  if (count !== undefined && (result?.count ?? 0) >= count) return never;
  const interval = metric.interval ? parseGoDuration(metric.interval) : undefined;
  const wait = last.phase === 'Error' ? errorRetryMs : (interval ?? errorRetryMs);
  // Strictly after; the clock restarts at the end of the last one.
  const at = (parseRfc3339(last.finishedAt ?? '') ?? now) + wait + 1;
  return at <= now ? { is: 'now', call: 'run' } : { is: 'at', at: Math.ceil(at) };
}

function firstDue(metric: Metric, startedAt: string | undefined, now: EpochMillis): Due {
  const delay = metric.initialDelay ? parseGoDuration(metric.initialDelay) : undefined;
  if (delay === undefined) return { is: 'now', call: 'run' };
  const since = parseRfc3339(startedAt ?? '');
  if (since === undefined) return never; // the first status sets it
  const at = Math.ceil(since + delay);
  return at <= now ? { is: 'now', call: 'run' } : { is: 'at', at };
}

/** Whether measurements of this provider outlive a call, so that they have to be ended in the world. */
export function isLasting({ provider }: Metric): boolean {
  return provider.job !== undefined || provider.kayenta !== undefined || provider.plugin !== undefined;
}
