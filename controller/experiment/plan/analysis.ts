// Which run belongs to an analysis of an Experiment, and what has become of it (analysis.md §6.6)?

import { isCompleted } from '../../analysis/assess/phases.ts';
import { knownOf } from '../../analysis/plan/known-templates.ts';
import type {
  AnalysisRun,
  ExperimentAnalysisRunStatus,
  ExperimentAnalysisTemplateRef,
} from '../../api/types.generated.ts';
import type { Known } from '../types.ts';
import { startRun } from './create-run.ts';
import type { Pass } from './pass.ts';
import { isUnsuccessful } from './phases.ts';
import { findTemplate } from './templates.ts';

export function planAnalysis(pass: Pass, analysis: ExperimentAnalysisTemplateRef): ExperimentAnalysisRunStatus {
  const { name } = analysis;
  const before = pass.status.analysisRuns?.find((entry) => entry.name === name) ?? { name, analysisRun: '', phase: '' };
  const after = nextStatus(pass, analysis, before);
  tellTransition(pass, before.phase, after);
  return after;
}

function nextStatus(
  pass: Pass,
  analysis: ExperimentAnalysisTemplateRef,
  before: ExperimentAnalysisRunStatus,
): ExperimentAnalysisRunStatus {
  if (isCompleted(before.phase)) return before;
  if (pass.status.availableAt === undefined) return verified(pass, analysis, before);
  if (before.analysisRun === '') {
    if (pass.isTerminating) return before;
    const started = startRun(pass, analysis);
    if (started.is === 'failed') return failed(before, started.message);
    return started.is === 'started' ? { ...before, analysisRun: started.name, phase: 'Pending' } : before;
  }
  return followed(pass, before);
}

/** A template that is not there is told before any pod is ready. */
function verified(
  pass: Pass,
  { name, templateName, clusterScope }: ExperimentAnalysisTemplateRef,
  before: ExperimentAnalysisRunStatus,
): ExperimentAnalysisRunStatus {
  const found = findTemplate(pass, templateName, clusterScope === true);
  if (found.is !== 'failed') return before;
  const kind = clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
  return failed(before, `${kind} verification failed for analysis '${name}': ${found.message}`);
}

function followed(pass: Pass, before: ExperimentAnalysisRunStatus): ExperimentAnalysisRunStatus {
  const known = runNamed(pass, before.analysisRun);
  if (known.is === 'unread') {
    pass.needs.push({ kind: 'analysisRun', name: before.analysisRun });
    return before;
  }
  if (known.is === 'absent') return failed(before, `analysisruns.argoproj.io "${before.analysisRun}" not found`);
  if (known.is === 'failed') {
    const { message } = known.problem;
    pass.reasons.push({ code: 'objectUnreadable', kind: 'AnalysisRun', name: before.analysisRun, message });
    return before;
  }
  const { phase = '', message = '' } = known.value.status ?? {};
  if (!isCompleted(phase)) {
    pass.reasons.push({ code: 'analysisRunning', analysis: before.name, run: before.analysisRun });
    if (pass.isTerminating) terminate(pass, before.name, known.value);
  }
  // BUG of the reference: it does not look at a run any more once the Experiment ends, and so may wait for ever (V-67).
  if (phase === '' || (pass.isTerminating && !isCompleted(phase))) return before;
  const { message: _before, ...rest } = before;
  return { ...rest, phase, ...(message ? { message } : {}) };
}

function runNamed({ observed }: Pass, name: string): Known<AnalysisRun> {
  const own = observed.analysisRuns.find(({ metadata }) => metadata.name === name);
  if (own) return { is: 'present', value: own };
  return knownOf(observed.live.analysisRuns, name);
}

function terminate(pass: Pass, analysis: string, { metadata, spec }: AnalysisRun): void {
  if (spec.terminate) return;
  const { name = '', uid = '' } = metadata;
  const message = `Terminating ${analysis} (${name})`;
  pass.writes.push({
    kind: 'terminateAnalysisRun',
    key: `terminate/${name}`,
    onFailure: 'continue',
    name,
    uid,
    events: [{ type: 'Normal', reason: 'AnalysisRunTerminating', message }],
  });
}

function failed(before: ExperimentAnalysisRunStatus, message: string): ExperimentAnalysisRunStatus {
  return { ...before, phase: 'Error', message };
}

function tellTransition(pass: Pass, before: string, { name, phase, message }: ExperimentAnalysisRunStatus): void {
  if (phase === '' || phase === before) return;
  pass.events.push({
    type: isUnsuccessful(phase) ? 'Warning' : 'Normal',
    reason: `AnalysisRun${phase}`,
    message: `AnalysisRun '${name}' transitioned from ${before} -> ${phase}${message ? `: ${message}` : ''}`,
    alsoOnRollout: true,
  });
}
