// Is a metric done, is the run, and why (analysis.md §3.5)?

import type { AnalysisRunStatus, Metric, MetricResult, RunSummary } from '../../api/types.generated.ts';
import { effectiveCount, intOf } from '../plan/int-or-string.ts';
import type { EventRecord, RunPhase } from '../types.ts';
import { isCompleted, isWorse } from './phases.ts';

export interface RunToAssess {
  readonly metrics: readonly Metric[];
  readonly results: readonly MetricResult[];
  readonly dryRun: ReadonlySet<string>;
  /** spec.terminate. */
  readonly isTerminated: boolean;
  /** Told to end, or a metric that counts had failed before this assessment. */
  readonly terminating: boolean;
}

export interface Assessment {
  readonly phase: RunPhase;
  readonly message: string;
  readonly results: readonly MetricResult[];
  readonly runSummary: RunSummary;
  readonly dryRunSummary: RunSummary;
  readonly events: readonly EventRecord[];
}

export function isTerminating(
  spec: { readonly terminate?: boolean },
  status: AnalysisRunStatus | undefined,
  dryRun: ReadonlySet<string>,
): boolean {
  if (spec.terminate) return true;
  const results = status?.metricResults ?? [];
  return results.some(({ name, phase }) => !dryRun.has(name) && isCompleted(phase) && phase !== 'Successful');
}

export function assessRun(run: RunToAssess): Assessment {
  const results = new Map(run.results.map((result) => [result.name, result]));
  const events: EventRecord[] = [];
  const summaries = { wet: {} as RunSummary, dry: {} as RunSummary };
  let message = run.isTerminated ? 'Run Terminated' : '';
  let worst: RunPhase | undefined;
  let isEverythingDone = true;
  for (const metric of run.metrics) {
    const kind = run.dryRun.has(metric.name) ? 'dry' : 'wet';
    summaries[kind] = plusOne(summaries[kind], 'count');
    const before = results.get(metric.name);
    if (!before) {
      isEverythingDone = false;
      continue;
    }
    const phase = assessMetric(metric, before, run.terminating);
    let result = before;
    if (phase !== before.phase) {
      if (isCompleted(phase))
        events.push(completionEvent(`Metric '${metric.name}' Completed. Result: ${phase}`, 'Metric', phase));
      result = withMessage({ ...before, phase }, before.measurements?.at(-1)?.message);
    }
    if (!isCompleted(phase)) {
      isEverythingDone = false;
    } else {
      const why = limitText(metric, result, phase);
      summaries[kind] = plusOne(summaries[kind], summaryField[phase] ?? 'successful');
      if (kind === 'wet') {
        if (worst === undefined || isWorse(phase, worst)) {
          worst = phase;
          if (why) message = runMessage(metric.name, phase, why, result.message);
        }
      } else {
        worst ??= 'Successful';
        if (why) result = withMessage(result, `Metric assessed ${phase} due to ${why}`);
      }
    }
    results.set(metric.name, result);
  }
  const common = {
    results: [...results.values()],
    runSummary: summaries.wet,
    dryRunSummary: summaries.dry,
    events,
  };
  if (run.terminating) return { ...common, phase: worst ?? 'Successful', message: message.trim() };
  if (!isEverythingDone || worst === undefined) return { ...common, phase: 'Running', message: '' };
  return { ...common, phase: worst, message: message.trim() };
}

export function completionEvent(message: string, subject: 'Metric' | 'AnalysisRun', phase: string): EventRecord {
  return {
    type: phase === 'Error' || phase === 'Failed' ? 'Warning' : 'Normal',
    reason: `${subject}${phase}`,
    message,
  };
}

function runMessage(metric: string, phase: string, why: string, last: string | undefined): string {
  const error = last ? `: "Error Message: ${last}"` : '';
  return `Metric "${metric}" assessed ${phase} due to ${why}${error}`;
}

function withMessage(result: MetricResult, message: string | undefined): MetricResult {
  const { message: _before, ...rest } = result;
  return message ? { ...rest, message } : rest;
}

const summaryField: Readonly<Record<string, keyof RunSummary>> = {
  Failed: 'failed',
  Error: 'error',
  Inconclusive: 'inconclusive',
};

function plusOne(summary: RunSummary, field: keyof RunSummary): RunSummary {
  return { ...summary, [field]: (summary[field] ?? 0) + 1 };
}

/** The first that holds. */
export function assessMetric(metric: Metric, result: MetricResult, terminating: boolean): RunPhase {
  if (isCompleted(result.phase)) return result.phase as RunPhase;
  const last = result.measurements?.at(-1);
  if (!last) return terminating ? 'Successful' : 'Pending';
  if (!isCompleted(last.phase)) return 'Running';
  const exceeded = exceededLimit(metric, result);
  if (exceeded) return exceeded.phase;
  const wanted = intOf(metric.consecutiveSuccessLimit);
  if (wanted > 0 && (result.consecutiveSuccess ?? 0) >= wanted) return 'Successful';
  const count = effectiveCount(metric);
  if (count !== undefined && (result.count ?? 0) >= count) {
    if (wanted <= 0) return 'Successful';
    return intOf(metric.failureLimit) >= 0 ? 'Inconclusive' : 'Failed';
  }
  return terminating ? 'Successful' : 'Running';
}

export const defaultErrorLimit = 4;

interface Exceeded {
  readonly phase: RunPhase;
  readonly text: string;
}

/** The later of the limits wins. */
function exceededLimit(metric: Metric, result: MetricResult): Exceeded | undefined {
  const { failed = 0, inconclusive = 0, consecutiveError = 0 } = result;
  const failures = intOf(metric.failureLimit);
  const doubts = intOf(metric.inconclusiveLimit);
  const errors = intOf(metric.consecutiveErrorLimit, defaultErrorLimit);
  if (consecutiveError > errors) {
    return { phase: 'Error', text: `consecutiveErrors (${consecutiveError}) > consecutiveErrorLimit (${errors})` };
  }
  if (inconclusive > doubts) {
    return { phase: 'Inconclusive', text: `inconclusive (${inconclusive}) > inconclusiveLimit (${doubts})` };
  }
  if (failures < 0 || failed <= failures) return undefined;
  return { phase: 'Failed', text: `failed (${failed}) > failureLimit (${failures})` };
}

function limitText(metric: Metric, result: MetricResult, phase: RunPhase): string | undefined {
  const exceeded = exceededLimit(metric, result);
  if (exceeded) return exceeded.text;
  if (phase === 'Successful') return undefined;
  // BUG of the reference (§3.5): it says nothing where only the successes in a row were too few.
  const limit = intOf(metric.consecutiveSuccessLimit);
  return `consecutiveSuccess (${result.consecutiveSuccess ?? 0}) < consecutiveSuccessLimit (${limit})`;
}
