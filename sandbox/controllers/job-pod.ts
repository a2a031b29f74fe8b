// The pod that a Job makes: its template, the finalizer by which it is tracked, and its index in an Indexed Job.

import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { failureCountKey, indexKey, type Job, trackingFinalizer } from './job-types.ts';

export function makeJobPod(job: Job, index: number | undefined, failures: number): Pod {
  const { template, backoffLimitPerIndex } = job.spec;
  const { namespace, name } = job.metadata;
  const indexed = index === undefined ? undefined : { [indexKey]: String(index) };
  const failed = indexed && backoffLimitPerIndex !== undefined && { [failureCountKey]: String(failures) };
  const annotations = { ...template.metadata?.annotations, ...indexed, ...failed };
  const labels = { ...template.metadata?.labels, ...indexed };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: index === undefined ? `${name}-` : `${name}-${index}-`,
      ...(namespace !== undefined && { namespace }),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      finalizers: [...(template.metadata?.finalizers ?? []), trackingFinalizer],
      ownerReferences: [makeControllerReference(job, 'batch/v1', 'Job')],
    },
    spec: index === undefined ? template.spec : { ...template.spec, ...withIndex(job, index) },
  };
}

/** The index as an environment variable and in the host name. */
function withIndex(job: Job, index: number): object {
  const { spec } = job.spec.template;
  const variable = {
    name: 'JOB_COMPLETION_INDEX',
    valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexKey}']` } },
  };
  const named = (container: Container): Container => {
    const env = (container.env ?? []) as readonly { readonly name: string }[];
    return env.some(({ name }) => name === variable.name) ? container : { ...container, env: [...env, variable] };
  };
  return {
    containers: spec.containers.map(named),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(named) }),
    hostname: `${job.metadata.name}-${index}`.slice(0, 63),
  };
}
