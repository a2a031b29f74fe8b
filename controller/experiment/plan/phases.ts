// Which of several phases is worst, and when is an Experiment coming to its end (analysis.md §6.2, §6.4)?

import { isCompleted } from '../../analysis/assess/phases.ts';
import type { Experiment, ExperimentAnalysisTemplateRef } from '../../api/types.generated.ts';

const templateOrder: readonly (string | undefined)[] = ['Successful', 'Running', 'Progressing', 'Error', 'Failed'];

export function isTemplateCompleted(status: string | undefined): boolean {
  return status === 'Successful' || status === 'Failed' || status === 'Error';
}

export function isWorseTemplate(status: string | undefined, than: string | undefined): boolean {
  return templateOrder.indexOf(status) > templateOrder.indexOf(than);
}

export function isUnsuccessful(phase: string): boolean {
  return isCompleted(phase) && phase !== 'Successful';
}

/** By what is stored; what this pass finds out counts from the next one on. */
export function isTerminating({ spec, status }: Experiment): boolean {
  if (spec.terminate || isCompleted(status?.phase)) return true;
  if (status?.templateStatuses?.some((template) => template.status === 'Failed' || template.status === 'Error')) {
    return true;
  }
  const runs = status?.analysisRuns ?? [];
  if (runs.some(({ phase }) => isUnsuccessful(phase))) return true;
  const required = requiredAnalyses(spec.analyses);
  return required.length > 0 && required.every((name) => runs.find((run) => run.name === name)?.phase === 'Successful');
}

export function requiredAnalyses(analyses: readonly ExperimentAnalysisTemplateRef[] | undefined): string[] {
  return (analyses ?? []).filter((analysis) => analysis.requiredForCompletion).map(({ name }) => name);
}
