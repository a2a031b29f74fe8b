// The Job of a measurement (analysis.md §5.3): its name, labels, annotations and owner.

import type { KubernetesObject } from '../../../api/kubernetes-types.ts';
import type { AnalysisRun, JobMetric, JobSpec, Metric } from '../../../api/types.generated.ts';

export const runUidLabel = 'analysisrun.argoproj.io/uid';
export const metricAnnotation = 'analysisrun.argoproj.io/metric-name';
const longestName = 63;

export interface Job extends KubernetesObject {
  readonly spec: JobSpec;
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
}

export interface JobPlace {
  readonly namespace: string;
  /** In another namespace or cluster than the run, a Job has no owner. */
  readonly isOwned: boolean;
}

export function makeJob(metric: Metric, job: JobMetric, run: AnalysisRun, number: number, place: JobPlace): Job {
  const uid = run.metadata.uid ?? '';
  const runName = run.metadata.name ?? '';
  const labels = { ...job.metadata?.labels, [runUidLabel]: uid };
  const owner = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    name: runName,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const { template } = job.spec;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(uid, metric.name, number),
      namespace: place.namespace,
      labels,
      annotations: {
        ...job.metadata?.annotations,
        'analysisrun.argoproj.io/name': runName,
        'analysisrun.argoproj.io/namespace': run.metadata.namespace ?? '',
        [metricAnnotation]: metric.name,
      },
      ...(place.isOwned ? { ownerReferences: [owner] } : {}),
    },
    spec: {
      ...job.spec,
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [runUidLabel]: uid } },
      },
    },
  };
}

/** `<uid>.<metric>.<number>`; where that is too long, the metric's name loses its end. */
function jobName(uid: string, metric: string, number: number): string {
  const tooMuch = `${uid}.${metric}.${number}`.length - longestName;
  const fitting = tooMuch > 0 ? metric.slice(0, Math.max(0, metric.length - tooMuch)) : metric;
  return `${uid}.${fitting}.${number}`;
}

/** Whether a Job of that name that is there already is the one of this run: by its owner, or its label without one. */
export function isJobOfRun(found: KubernetesObject, uid: string, place: JobPlace): boolean {
  if (!place.isOwned) return found.metadata.labels?.[runUidLabel] === uid;
  return found.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false;
}
