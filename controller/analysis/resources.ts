// Where the kinds of analysis live in the API. Runs have no status subresource (analysis.md §1.1).

import { group, version } from '../api/constants.ts';
import type { Resource } from '../kubernetes/resource.ts';

export const analysisRuns = resource('analysisruns', 'AnalysisRun', true);
export const analysisTemplates = resource('analysistemplates', 'AnalysisTemplate', true);
export const clusterAnalysisTemplates = resource('clusteranalysistemplates', 'ClusterAnalysisTemplate', false);

function resource(plural: string, kind: string, namespaced: boolean): Resource {
  return { group, version, plural, kind, namespaced, statusSubresource: false };
}
