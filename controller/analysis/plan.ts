// What should happen to this AnalysisRun now? A pure function of what was observed and of the time (analysis.md §3.2).

import type { AnalysisRun, AnalysisRunStatus, Metric, MetricResult } from '../api/types.generated.ts';
import { isEqualJson } from '../lang/merge-patch.ts';
import { formatRfc3339, parseRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import { assessRun, completionEvent, isTerminating } from './assess/assess.ts';
import { isCompleted } from './assess/phases.ts';
import { shortened } from './plan/json-size.ts';
import { keepMeasurements } from './plan/kept-measurements.ts';
import { recordAnswer } from './plan/record-answers.ts';
import { argumentValues, resolveMetrics } from './plan/resolve-metrics.ts';
import { keptMeasurements, type MetricRules, metricRules } from './plan/rules.ts';
import { dueOf, isAnswerToNext, isLasting, resultOf } from './plan/tasks.ts';
import { metricsProblem } from './plan/validate-metrics.ts';
import type { CallAnswer, RunLedger, RunObserved, RunPlan, RunReason, RunWrite } from './types.ts';

/** The first status waits that long for the first answers, so that it tells of them. */
const firstAnswersMs = 2_000;

export function planRun(observed: RunObserved, now: EpochMillis): RunPlan {
  const { run } = observed;
  if (run.metadata.deletionTimestamp !== undefined) return standing(run, []);
  if (isCompleted(run.status?.phase)) return planExpiry(run, now);
  const prepared = prepare(run);
  if ('problem' in prepared) return failed(run, prepared.problem, now);
  const unresolved = Object.values(observed.ledger.answers).find((answer) => answer.is === 'unresolved');
  if (unresolved) return failed(run, `Unable to resolve metric arguments: ${unresolved.message}`, now);
  return planMeasuring({ run, ledger: ownOnly(observed.ledger) }, prepared, now);
}

/** A metric may be called `constructor`: what every object has is nothing that is under way. */
function ownOnly({ inFlight, answers, ...rest }: RunLedger): RunLedger {
  const bare = <T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.assign(Object.create(null), record);
  return { ...rest, inFlight: bare(inFlight), answers: bare(answers) };
}

interface Prepared {
  readonly metrics: readonly Metric[];
  readonly rules: MetricRules;
}

function prepare({ spec }: AnalysisRun): Prepared | { readonly problem: string } {
  const values = argumentValues(spec.args ?? []);
  if ('problem' in values) return { problem: `Unable to resolve metric arguments: ${values.problem}` };
  const metrics = resolveMetrics(spec.metrics ?? [], values.value);
  if ('problem' in metrics) return { problem: `Unable to resolve metric arguments: ${metrics.problem}` };
  const problem = metricsProblem(metrics.value);
  if (problem !== undefined) return { problem: `Analysis spec invalid: ${problem}` };
  const rules = metricRules(metrics.value, spec.dryRun, spec.measurementRetention);
  if ('problem' in rules) return { problem: `Analysis spec invalid: ${rules.problem}` };
  return { metrics: metrics.value, rules: rules.value };
}

/** Ends before anything is measured (BUG of the reference: it leaves both times out, so that such runs never expire). */
function failed(run: AnalysisRun, message: string, now: EpochMillis): RunPlan {
  const at = formatRfc3339(now);
  const { status } = run;
  const ended: AnalysisRunStatus = {
    ...status,
    phase: 'Error',
    message: shortened(message), // it may quote a whole manifest
    startedAt: status?.startedAt ?? at,
    completedAt: at,
    runSummary: status?.runSummary ?? {},
    dryRunSummary: status?.dryRunSummary ?? {},
  };
  const event = completionEvent('Analysis Completed. Result: Error', 'AnalysisRun', 'Error');
  const write: RunWrite = { kind: 'patchStatus', status: ended, answered: [], events: [event] };
  return { writes: [write], status: ended, reasons: [] };
}

function planMeasuring({ run, ledger }: RunObserved, { metrics, rules }: Prepared, now: EpochMillis): RunPlan {
  const terminating = isTerminating(run.spec, run.status, rules.dryRun);
  const pending = metrics.filter(({ name }) => ledger.inFlight[name] !== undefined);
  const unwanted = [
    ...(terminating ? pending.filter((metric) => !isLasting(metric)).map(({ name }) => name) : []),
    ...lateAnswers(run, ledger),
  ];
  if (unwanted.length > 0)
    return { ...standing(run, [{ code: 'othersMeasure' }]), writes: [{ kind: 'abandon', metrics: unwanted }] };
  const measured = metrics.filter(({ name }) => ledger.answers[name]?.is === 'measured');
  const reasons: RunReason[] = pending.map(({ name }) => ({
    code: 'measuring',
    metric: name,
    since: ledger.inFlight[name]?.since ?? now,
  }));
  if (measured.length === 0 || terminating) {
    const writes = dueNow(run, metrics, { ledger, terminating }, now);
    if (writes.length > 0) return { ...standing(run, reasons), writes };
    // What lasts has to be ended in the world before the run is over: nobody looks at it then.
    if (terminating && (pending.length > 0 || metrics.some((metric) => isLeft(run, metric, ledger)))) {
      return waitFor(run, metrics, { ledger, terminating }, now, reasons);
    }
  }
  if (!run.status?.phase && pending.length > 0) {
    const until = Math.min(...pending.map(({ name }) => ledger.inFlight[name]?.since ?? now)) + firstAnswersMs;
    if (until > now) return { ...standing(run, reasons), wakeAt: until };
  }
  return assessed(
    { run, ledger },
    { metrics, rules, terminating, measured: measured.map(({ name }) => name) },
    now,
    reasons,
  );
}

function lateAnswers(run: AnalysisRun, { answers }: RunObserved['ledger']): string[] {
  return Object.entries(answers).flatMap(([name, answer]) =>
    answer.is === 'measured' && !isAnswerToNext(answer, resultOf(run, name)) ? [name] : [],
  );
}

interface Measuring extends Prepared {
  readonly terminating: boolean;
  readonly measured: readonly string[];
}

function assessed(
  { run, ledger }: RunObserved,
  given: Measuring,
  now: EpochMillis,
  reasons: readonly RunReason[],
): RunPlan {
  const { metrics, rules, terminating } = given;
  const assessment = assessRun({
    metrics,
    results: recorded(run, metrics, rules, ledger),
    dryRun: rules.dryRun,
    isTerminated: run.spec.terminate === true,
    terminating: terminating && !metrics.some(({ name }) => isBegun(ledger.answers[name])),
  });
  const trimmed = keepMeasurements(assessment.results, (name) => keptMeasurements(rules, name), {
    metadata: run.metadata,
    spec: run.spec,
  });
  const isEnd = isCompleted(assessment.phase);
  const isNew = assessment.phase !== run.status?.phase;
  const { message: _message, ...before }: Partial<AnalysisRunStatus> = run.status ?? {};
  const message = isNew ? assessment.message : (run.status?.message ?? '');
  const status: AnalysisRunStatus = {
    ...before,
    phase: assessment.phase,
    ...(message === '' ? {} : { message }),
    ...(trimmed.length > 0 ? { metricResults: trimmed } : {}),
    startedAt: before.startedAt ?? formatRfc3339(now),
    ...(isEnd ? { completedAt: before.completedAt ?? formatRfc3339(now) } : {}),
    runSummary: assessment.runSummary,
    dryRunSummary: assessment.dryRunSummary,
  };
  const end = completionEvent(`Analysis Completed. Result: ${assessment.phase}`, 'AnalysisRun', assessment.phase);
  const events = [...assessment.events, ...(isEnd && isNew ? [end] : [])];
  const isChanged = given.measured.length > 0 || !isEqualJson(run.status ?? {}, status);
  if (isChanged) {
    const collected = collections(metrics, assessment.results, trimmed);
    const write: RunWrite = { kind: 'patchStatus', status, answered: given.measured, events };
    return { writes: [...collected, write], status, reasons: [] };
  }
  return waitFor(run, metrics, { ledger, terminating }, now, reasons);
}

/** A measurement that goes on, and that nobody is ending or has ended. */
function isLeft(run: AnalysisRun, { name }: Metric, { inFlight, answers }: RunLedger): boolean {
  if (inFlight[name] !== undefined || answers[name] !== undefined) return false;
  const result = resultOf(run, name);
  const last = result?.measurements?.at(-1);
  return last !== undefined && last.finishedAt === undefined && !isCompleted(result?.phase);
}

/** It goes on since a call that began before the run was to end. */
function isBegun(answer: CallAnswer | undefined): boolean {
  return answer?.is === 'measured' && answer.kind !== 'terminate' && !isCompleted(answer.phase);
}

function recorded(
  run: AnalysisRun,
  metrics: readonly Metric[],
  rules: MetricRules,
  ledger: RunObserved['ledger'],
): readonly MetricResult[] {
  const results = new Map((run.status?.metricResults ?? []).map((result) => [result.name, result]));
  for (const metric of metrics) {
    const answer = ledger.answers[metric.name];
    const before = results.get(metric.name);
    if (answer?.is !== 'measured' || isCompleted(before?.phase)) continue;
    results.set(metric.name, recordAnswer(metric, before, answer, rules.dryRun.has(metric.name)));
  }
  return [...results.values()];
}

/** What the measurements that are dropped left in the world goes with them. */
function collections(
  metrics: readonly Metric[],
  results: readonly MetricResult[],
  kept: readonly MetricResult[],
): RunWrite[] {
  const countIn = (list: readonly MetricResult[], metric: string) =>
    list.find(({ name }) => name === metric)?.measurements?.length ?? 0;
  return metrics.filter(isLasting).flatMap(({ name }): RunWrite[] => {
    const limit = countIn(kept, name);
    return countIn(results, name) > limit ? [{ kind: 'garbageCollect', metric: name, limit }] : [];
  });
}

interface Progress {
  readonly ledger: RunObserved['ledger'];
  readonly terminating: boolean;
}

function dueNow(
  run: AnalysisRun,
  metrics: readonly Metric[],
  { ledger, terminating }: Progress,
  now: EpochMillis,
): readonly RunWrite[] {
  const state = { startedAt: run.status?.startedAt, terminating };
  if ((ledger.retry?.at ?? 0) > now) return [];
  return metrics.flatMap((metric): RunWrite[] => {
    if (ledger.inFlight[metric.name] !== undefined || ledger.answers[metric.name] !== undefined) return [];
    const due = dueOf(metric, resultOf(run, metric.name), state, now);
    return due.is === 'now' ? [{ kind: 'measure', metric: metric.name, call: due.call }] : [];
  });
}

function waitFor(
  run: AnalysisRun,
  metrics: readonly Metric[],
  { ledger, terminating }: Progress,
  now: EpochMillis,
  before: readonly RunReason[],
): RunPlan {
  const reasons = [...before];
  const state = { startedAt: run.status?.startedAt, terminating };
  const times: EpochMillis[] = [];
  for (const metric of metrics) {
    if (ledger.inFlight[metric.name] !== undefined) continue;
    const due = dueOf(metric, resultOf(run, metric.name), state, now);
    if (due.is !== 'at') continue;
    times.push(due.at);
    reasons.push({ code: 'untilNextMeasurement', metric: metric.name, until: due.at });
  }
  if (ledger.retry && ledger.retry.at > now) {
    times.push(ledger.retry.at);
    reasons.push({ code: 'secretsUnreadable', message: ledger.retry.message, until: ledger.retry.at });
  }
  if (reasons.length === 0) reasons.push({ code: 'othersMeasure' });
  return { ...standing(run, reasons), ...(times.length > 0 ? { wakeAt: Math.min(...times) } : {}) };
}

/** A finished run never changes; where it has a time to live, it goes (analysis.md §3.10). */
function planExpiry(run: AnalysisRun, now: EpochMillis): RunPlan {
  const { ttlStrategy: ttl } = run.spec;
  const completedAt = parseRfc3339(run.status?.completedAt ?? '');
  const phase = run.status?.phase;
  const own =
    phase === 'Successful' ? ttl?.secondsAfterSuccess : phase === 'Failed' ? ttl?.secondsAfterFailure : undefined;
  const seconds = own ?? ttl?.secondsAfterCompletion;
  if (seconds === undefined || completedAt === undefined) return standing(run, []);
  const until = completedAt + (seconds + 1) * 1000;
  if (until <= now) return { ...standing(run, []), writes: [{ kind: 'deleteRun' }] };
  return { ...standing(run, [{ code: 'untilDeletion', until }]), wakeAt: until };
}

function standing(run: AnalysisRun, reasons: readonly RunReason[]): RunPlan {
  return { writes: [], status: run.status ?? { phase: '' }, reasons };
}
