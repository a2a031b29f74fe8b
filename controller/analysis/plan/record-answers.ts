// What becomes of a metric's result when a call was answered (analysis.md §3.4)? Counters, and the measurement itself.

import type { Measurement, Metric, MetricResult } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import { isCompleted } from '../assess/phases.ts';
import type { CallAnswer } from '../types.ts';

type Measured = CallAnswer & { readonly is: 'measured' };

export function recordAnswer(
  metric: Metric,
  before: MetricResult | undefined,
  answer: Measured,
  isDryRun: boolean,
): MetricResult {
  const start = before ?? newResult(metric, answer, isDryRun);
  const measurements = start.measurements ?? [];
  const last = measurements.at(-1);
  const isContinued = answer.kind !== 'run' && last !== undefined;
  const measurement = measurementOf(answer, isContinued ? last : undefined);
  const kept = isContinued ? measurements.slice(0, -1) : measurements;
  return { ...counted(start, measurement.phase), measurements: [...kept, measurement] };
}

function newResult(metric: Metric, answer: Measured, isDryRun: boolean): MetricResult {
  const metadata = answer.resultMetadata;
  return {
    name: metric.name,
    phase: 'Running',
    ...(isDryRun ? { dryRun: true } : {}),
    ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

function measurementOf(answer: Measured, before: Measurement | undefined): Measurement {
  const isTerminated =
    answer.kind === 'terminate' && (answer.phase === 'Successful' || answer.phase === 'Inconclusive');
  const message = isTerminated ? 'Metric Terminated' : answer.message;
  const metadata = { ...before?.metadata, ...answer.metadata };
  const resumeAt = resumeTime(answer, before);
  return {
    phase: answer.phase,
    startedAt: before?.startedAt ?? formatRfc3339(answer.startedAt),
    ...(message ? { message } : {}),
    ...(isCompleted(answer.phase) ? { finishedAt: formatRfc3339(answer.answeredAt) } : {}),
    ...(answer.value ? { value: answer.value } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
    ...(resumeAt === undefined ? {} : { resumeAt }),
  };
}

/** What lasts is looked at again, but never twice within a second: status keeps whole seconds. */
function resumeTime(answer: Measured, before: Measurement | undefined): string | undefined {
  const { answeredAt, resumeAt, kind } = answer;
  if (isCompleted(answer.phase)) return resumeAt === undefined ? before?.resumeAt : formatRfc3339(resumeAt);
  return formatRfc3339(Math.max(resumeAt ?? answeredAt, kind === 'run' ? 0 : answeredAt + 1_000));
}

function counted(result: MetricResult, phase: string): MetricResult {
  if (!isCompleted(phase)) return result;
  const { consecutiveError: errors = 0, consecutiveSuccess: successes = 0, ...rest } = result;
  const plus = (value: number | undefined) => (value ?? 0) + 1;
  if (phase === 'Error') return { ...rest, error: plus(result.error), consecutiveError: errors + 1 };
  const count = { ...rest, count: plus(result.count) };
  if (phase === 'Failed') return { ...count, failed: plus(result.failed) };
  if (phase === 'Inconclusive') return { ...count, inconclusive: plus(result.inconclusive) };
  return { ...count, successful: plus(result.successful), consecutiveSuccess: successes + 1 };
}
