// Which phase is the Experiment in, and why (analysis.md §6.8)? Templates and analyses are each as good as the worst.

import { isCompleted, isWorse } from '../../analysis/assess/phases.ts';
import type {
  ExperimentAnalysisRunStatus,
  ExperimentAnalysisTemplateRef,
  TemplateStatus,
} from '../../api/types.generated.ts';
import { isTemplateCompleted, isUnsuccessful, isWorseTemplate, requiredAnalyses } from './phases.ts';

export interface PhaseInput {
  /** As stored; once it is completed it stays. */
  readonly phase: string;
  readonly message: string;
  readonly isTerminating: boolean;
  readonly isAvailable: boolean;
  readonly templates: readonly TemplateStatus[];
  readonly analyses: readonly ExperimentAnalysisTemplateRef[];
  readonly runs: readonly ExperimentAnalysisRunStatus[];
}

export interface Assessed {
  readonly phase: string;
  readonly message: string;
}

export function assessExperiment(input: PhaseInput): Assessed {
  if (isCompleted(input.phase)) return { phase: input.phase, message: input.message };
  if (input.phase === '') return { phase: 'Pending', message: '' };
  const required = requiredAnalyses(input.analyses);
  const templates = assessTemplates(input.templates);
  const analyses = assessAnalyses(input, required);
  const areRequiredDone = required.length > 0 && required.every((name) => phaseOf(input.runs, name) === 'Successful');
  if (templates.isCompleted) {
    const awaitsAnalyses = isCompleted(analyses.phase) || required.length > 0;
    return templates.phase === 'Successful' && awaitsAnalyses ? analyses : templates;
  }
  if (isUnsuccessful(analyses.phase) || areRequiredDone) return analyses;
  return templates;
}

function assessTemplates(statuses: readonly TemplateStatus[]): Assessed & { readonly isCompleted: boolean } {
  let worst: TemplateStatus | undefined;
  for (const status of statuses) if (!worst || isWorseTemplate(status.status, worst.status)) worst = status;
  const status = worst?.status ?? 'Successful';
  const phase = status === 'Progressing' ? 'Pending' : status;
  const message = phase === 'Successful' ? '' : (worst?.message ?? '');
  return { phase, message, isCompleted: isTemplateCompleted(status) };
}

function assessAnalyses(input: PhaseInput, required: readonly string[]): Assessed {
  const { runs } = input;
  let worst: Assessed | undefined;
  for (const { name, phase, message = '' } of runs) {
    const counted = phase === '' ? phaseBeforeRun(input, required.includes(name)) : phase;
    if (!worst || isWorse(counted, worst.phase)) worst = { phase: counted, message };
  }
  const phase = worst?.phase ?? 'Successful';
  const areRequiredDone = required.length > 0 && required.every((name) => phaseOf(runs, name) === 'Successful');
  // BUG of the reference: it goes on waiting for an analysis that nobody requires, and that is being terminated.
  if (areRequiredDone && !isUnsuccessful(phase)) {
    return { phase: 'Successful', message: 'Required AnalysisRuns completed' };
  }
  if (phase === 'Successful') return { phase, message: '' };
  return { phase: phase === 'Pending' ? 'Running' : phase, message: worst?.message ?? '' };
}

/** An analysis that is required and about to be started is not over. */
function phaseBeforeRun({ isTerminating, isAvailable }: PhaseInput, isRequired: boolean): string {
  return isRequired && isAvailable && !isTerminating ? 'Running' : 'Successful';
}

function phaseOf(runs: readonly ExperimentAnalysisRunStatus[], name: string): string {
  return runs.find((run) => run.name === name)?.phase ?? '';
}
