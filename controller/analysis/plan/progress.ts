// What is a run still waiting for: which metrics are not done, when each is measured next, and how much more may go wrong?
// For whoever has to say why a rollout stands still; it depends on no clock, so that the answer does not change by itself.

import type { AnalysisRun, Metric, MetricResult } from '../../api/types.generated.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { defaultErrorLimit } from '../assess/assess.ts';
import { isCompleted } from '../assess/phases.ts';
import { effectiveCount, intOf } from './int-or-string.ts';
import { argumentValues, resolveMetrics } from './resolve-metrics.ts';
import { dueOf, resultOf } from './tasks.ts';

export interface MetricProgress {
  readonly metric: string;
  /** Measurements that count, errors not among them. */
  readonly count: number;
  /** Undefined: it is measured until somebody ends the run. */
  readonly wanted: number | undefined;
  /** How many more the metric survives; undefined: any number. */
  readonly failuresLeft: number | undefined;
  readonly inconclusiveLeft: number;
  /** In a row. */
  readonly errorsLeft: number;
  /** Phase and text of the last measurement that was not good, if the last one was not. */
  readonly lastProblem: string | undefined;
  /** Undefined: it is measured now, or first something else has to happen. */
  readonly nextAt: EpochMillis | undefined;
}

/** Of the metrics that are not done, in the order of the spec. Empty for a run that is over or cannot be understood. */
export function runProgress(run: AnalysisRun): readonly MetricProgress[] {
  if (isCompleted(run.status?.phase)) return [];
  const values = argumentValues(run.spec.args ?? []);
  const metrics = 'problem' in values ? values : resolveMetrics(run.spec.metrics ?? [], values.value);
  if ('problem' in metrics) return [];
  return metrics.value
    .filter(({ name }) => !isCompleted(resultOf(run, name)?.phase))
    .map((metric) => metricProgress(metric, run));
}

const longAgo = Number.NEGATIVE_INFINITY;

function metricProgress(metric: Metric, run: AnalysisRun): MetricProgress {
  const result = resultOf(run, metric.name);
  const failureLimit = intOf(metric.failureLimit);
  const due = dueOf(
    metric,
    result,
    { startedAt: run.status?.startedAt, terminating: run.spec.terminate === true },
    longAgo,
  );
  return {
    metric: metric.name,
    count: result?.count ?? 0,
    wanted: effectiveCount(metric),
    failuresLeft: failureLimit < 0 ? undefined : failureLimit - (result?.failed ?? 0),
    inconclusiveLeft: intOf(metric.inconclusiveLimit) - (result?.inconclusive ?? 0),
    errorsLeft: intOf(metric.consecutiveErrorLimit, defaultErrorLimit) - (result?.consecutiveError ?? 0),
    lastProblem: lastProblemOf(result),
    nextAt: due.is === 'at' ? due.at : undefined,
  };
}

function lastProblemOf(result: MetricResult | undefined): string | undefined {
  const last = result?.measurements?.findLast(({ finishedAt }) => finishedAt !== undefined);
  if (!last?.phase || last.phase === 'Successful') return undefined;
  const text = last.message || last.value;
  return text ? `${last.phase}: ${text}` : last.phase;
}
