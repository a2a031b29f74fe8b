// Which Experiment belongs to the current step, and what does its outcome do to the update (analysis.md §6.9)? Called
// between the routes and the analyses: a failed one aborts, an inconclusive one pauses.

import { isCompleted } from '../../analysis/assess/phases.ts';
import { conditionTypes, pauseReasons } from '../../api/constants.ts';
import type { Experiment, WeightDestination } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { parseGoDuration } from '../../lang/go-duration.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import { placeBegunAt } from './analysis.ts';
import { experimentBaseName, startExperiment } from './create-experiment.ts';
import { addNeed, addReason, addWrite, type CurrentExperiment, isAborted, type Pass } from './pass.ts';
import { runsToForget } from './run-history.ts';
import { findCondition } from './status-conditions.ts';
import { currentStep, stepsOf } from './steps.ts';

export function planExperiment(pass: Pass): void {
  if (isPaused(pass, pauseReasons.inconclusiveAnalysisRun)) return;
  if (hasStalePause(pass)) pass.intent.removePause = pauseReasons.inconclusiveExperiment;
  const current = cancelsAll(pass) ? undefined : keepOrStart(pass);
  if (current === 'unknown') return;
  pass.experiment = current ?? 'none';
  terminateOthers(pass, current?.name);
  for (const { metadata } of runsToForget(pass, pass.observed.experiments, [current?.name ?? ''])) {
    const { name = '', uid = '' } = metadata;
    addWrite(pass, { kind: 'deleteExperiment', key: `deleteExperiment/${name}`, onFailure: 'continue', name, uid });
  }
}

/**
 * Where its weights go while it runs (traffic.md §1.7). BUG of the reference: templates without a Service or without an
 * available pod get requests too.
 */
export function experimentDestinations(pass: Pass): WeightDestination[] {
  const step = currentStep(pass)?.step.experiment;
  const experiment = step && storedExperiment(pass);
  if (experiment?.status?.phase !== 'Running') return [];
  return (experiment.status.templateStatuses ?? []).flatMap((status): WeightDestination[] => {
    const { name, serviceName, podTemplateHash, availableReplicas } = status;
    const weight = step?.templates.find((template) => template.name === name)?.weight;
    if (weight === undefined || !serviceName || availableReplicas === 0) return [];
    return [{ serviceName, weight, ...(podTemplateHash ? { podTemplateHash } : {}) }];
  });
}

function keepOrStart(pass: Pass): CurrentExperiment | 'unknown' | undefined {
  const step = currentStep(pass)?.step.experiment;
  if (!step) return undefined;
  const experiment = storedExperiment(pass) ?? liveExperiment(pass);
  if (experiment === 'unknown') return experiment;
  if (experiment && !isResumed(pass, experiment)) {
    const { phase = '', message = '' } = experiment.status ?? {};
    const pause = pauseReasons.inconclusiveExperiment;
    if (phase === 'Inconclusive' && !isPaused(pass, pause)) pass.intent.addPause = pause;
    if (phase === 'Failed' || phase === 'Error') {
      pass.intent.addAbort ??= `Experiment analysis phase is error/failed${message ? `: ${message}` : ''}`;
    }
    explain(pass, experiment);
    return { name: experiment.metadata.name ?? '', phase };
  }
  return startExperiment(pass, step, nameOfStep(pass) === undefined ? placeBegunAt(pass) : undefined);
}

/** The one that the status names, if it is there. */
function storedExperiment(pass: Pass): Experiment | undefined {
  const name = nameOfStep(pass);
  return name === undefined ? undefined : pass.observed.experiments.find(({ metadata }) => metadata.name === name);
}

/** One that the store does not show yet is looked for in the cluster before another one is made. */
function liveExperiment(pass: Pass): Experiment | 'unknown' | undefined {
  const name = nameOfStep(pass);
  const live = name === undefined ? { is: 'absent' as const } : pass.observed.liveExperiments[name];
  if (live?.is === 'present') return live.value;
  if (live?.is === 'absent') return undefined;
  if (live?.is === 'failed') {
    const { message } = live.problem;
    addReason(pass, because('objectUnreadable', { kind: 'Experiment', name: name ?? '', message }));
  } else addNeed(pass, { kind: 'experiment', name: name ?? '' });
  return 'unknown';
}

/** What the status names, if it is of this step: a step that was skipped leaves its own behind. */
function nameOfStep(pass: Pass): string | undefined {
  const name = pass.status.canary?.currentExperiment;
  const base = experimentBaseName(pass);
  return name?.startsWith(base) && /^(-\d+)?$/.test(name.slice(base.length)) ? name : undefined;
}

/** A person took the pause of an inconclusive one away: another one begins, as with analyses (§2.7). */
function isResumed({ status }: Pass, experiment: Experiment): boolean {
  const hasPause = (status.pauseConditions?.length ?? 0) > 0;
  return experiment.status?.phase === 'Inconclusive' && status.controllerPause === true && !hasPause;
}

function isPaused({ status }: Pass, by: string): boolean {
  return status.pauseConditions?.some(({ reason }) => reason === by) ?? false;
}

/**
 * An inconclusive Experiment paused a step that was skipped since (`promote --skip-current-step` leaves the pause). SLIPWAY: it
 * goes with its step. To the reference it is a pause that somebody took away, for each pause step that follows: it runs on to
 * the end.
 */
function hasStalePause(pass: Pass): boolean {
  return isPaused(pass, pauseReasons.inconclusiveExperiment) && nameOfStep(pass) === undefined;
}

function cancelsAll(pass: Pass): boolean {
  return isAborted(pass) || pass.status.promoteFull === true;
}

/** SLIPWAY (traffic.md §1.7): not before a status says that no route leads to their pods any more. */
function terminateOthers(pass: Pass, kept: string | undefined): void {
  const routed = new Set(pass.status.canary?.weights?.additional?.map(({ serviceName }) => serviceName));
  for (const { metadata, spec, status } of pass.observed.experiments) {
    const { name = '', uid = '' } = metadata;
    if (name === kept || spec.terminate || isCompleted(status?.phase)) continue;
    if (status?.templateStatuses?.some(({ serviceName }) => serviceName && routed.has(serviceName))) continue;
    addWrite(pass, { kind: 'terminateExperiment', key: `terminate/${name}`, onFailure: 'continue', name, uid });
  }
}

function explain(pass: Pass, { metadata, spec, status }: Experiment): void {
  const current = currentStep(pass);
  if (!current || isCompleted(status?.phase)) return;
  const availableAt = parseRfc3339(status?.availableAt ?? '');
  const durationMs = parseGoDuration(spec.duration ?? '');
  const until = availableAt === undefined || durationMs === undefined ? undefined : availableAt + durationMs;
  const data = {
    experiment: metadata.name ?? '',
    phase: status?.phase ?? '',
    message: status?.message ?? findCondition(status?.conditions, conditionTypes.invalidSpec)?.message ?? '',
    step: current.index + 1,
    steps: stepsOf(pass).length,
  };
  addReason(pass, because('experimentRuns', data, { since: availableAt, until }));
}
