// Where the CLI's objects live in the API, and how a name on the command line is read.

import { group, version } from '../controller/api/constants.ts';
import type { LabelSelector } from '../controller/api/kubernetes-types.ts';
import type { WorkloadReference } from '../controller/api/types.generated.ts';
import { deployments, podTemplates, type Resource, replicaSets } from '../controller/kubernetes/resource.ts';
import { formatTerms, selectorTerms } from '../controller/lang/label-selector.ts';

export const rollouts: Resource = custom('rollouts', 'Rollout', true);
export const experiments: Resource = custom('experiments', 'Experiment', false);
export const analysisRuns: Resource = custom('analysisruns', 'AnalysisRun', false);
export const analysisTemplates: Resource = custom('analysistemplates', 'AnalysisTemplate', false);
export const clusterAnalysisTemplates: Resource = {
  ...custom('clusteranalysistemplates', 'ClusterAnalysisTemplate', false),
  namespaced: false,
};

/** The kinds a Rollout may refer to instead of carrying a template. */
export function workloadResource(reference: WorkloadReference): Resource | undefined {
  return [deployments, replicaSets, podTemplates].find(({ kind }) => kind === reference.kind);
}

/** The text of a `labelSelector` query; empty for a selector that is absent, empty or invalid. */
export function selectorQuery(selector: LabelSelector | undefined): string {
  return formatTerms(selectorTerms(selector) ?? []);
}

/** EXT (spec/cli.md §1): `rollout/NAME`, `ro/NAME`, `rollouts.argoproj.io/NAME` mean NAME. */
export function bareName(resource: Resource, text: string): string {
  const slash = text.indexOf('/');
  if (slash < 0) return text;
  const prefix = text.slice(0, slash).toLowerCase();
  return prefixesOf(resource).includes(prefix) ? text.slice(slash + 1) : text;
}

const shortNames: Readonly<Record<string, string>> = { rollouts: 'ro', experiments: 'exp', analysisruns: 'ar' };

function prefixesOf({ plural, kind, group: ownGroup }: Resource): string[] {
  const words = [plural, kind.toLowerCase(), `${plural}.${ownGroup}`, `${kind.toLowerCase()}.${ownGroup}`];
  const short = shortNames[plural];
  return short === undefined ? words : [...words, short];
}

function custom(plural: string, kind: string, statusSubresource: boolean): Resource {
  return { group, version, plural, kind, namespaced: true, statusSubresource };
}
