// Where the pod template of a rollout lives: in the Rollout, or in the Deployment, ReplicaSet or PodTemplate that
// spec.workloadRef names (the reference takes every one of them for a Deployment, defects B4 and B6).

import type { KubernetesObject, PodTemplateSpec } from '../controller/api/kubernetes-types.ts';
import type { Rollout } from '../controller/api/types.generated.ts';
import type { Resource } from '../controller/kubernetes/resource.ts';
import { type Cluster, getObject } from './cluster.ts';
import { rollouts, workloadResource } from './resources.ts';

export interface TemplateHolder {
  readonly resource: Resource;
  readonly object: KubernetesObject;
  readonly template: PodTemplateSpec | undefined;
  /** JSON pointer of the template in the object. */
  readonly path: '/spec/template' | '/template';
}

/** Undefined for a workload of another kind. */
export async function getTemplateHolder(cluster: Cluster, rollout: Rollout): Promise<TemplateHolder | undefined> {
  const reference = rollout.spec.workloadRef;
  if (!reference) {
    return { resource: rollouts, object: rollout, template: rollout.spec.template, path: '/spec/template' };
  }
  const resource = workloadResource(reference);
  if (resource === undefined) return undefined;
  const object = await getObject<WithTemplate>(cluster, resource, reference.name ?? '');
  return resource.kind === 'PodTemplate'
    ? { resource, object, template: object.template, path: '/template' }
    : { resource, object, template: object.spec?.template, path: '/spec/template' };
}

/** The object with another template. */
export function withTemplate({ object, path }: TemplateHolder, template: PodTemplateSpec): KubernetesObject {
  if (path === '/template') return { ...object, template } as KubernetesObject;
  return { ...object, spec: { ...(object as WithTemplate).spec, template } } as KubernetesObject;
}

interface WithTemplate extends KubernetesObject {
  readonly template?: PodTemplateSpec;
  readonly spec?: { readonly template?: PodTemplateSpec };
}
