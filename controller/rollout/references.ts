// Which other objects does a Rollout name? Used for indexes (whom does a change wake?) and for gathering.

import { apiVersion, group } from '../api/constants.ts';
import type { Ingress, KubernetesObject, ReplicaSet } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import { objectKey } from '../kubernetes/resource.ts';
import { canaryIngressName, stableIngressNames } from '../traffic/nginx/settings.ts';

/** Names of the Services that the Rollout points, without blanks and repetitions. */
export function serviceNamesOf(rollout: Rollout): string[] {
  const { blueGreen, canary } = rollout.spec.strategy ?? {};
  return distinct([
    blueGreen?.activeService,
    blueGreen?.previewService,
    canary?.stableService,
    canary?.canaryService,
    canary?.pingPong?.pingService,
    canary?.pingPong?.pongService,
  ]);
}

/** Names of the Ingresses that the Rollout's routers edit or read, canary Ingresses of NGINX included. */
export function ingressNamesOf(rollout: Rollout): string[] {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  const stableIngresses = stableIngressNames(rollout);
  return distinct([
    routing?.alb?.ingress,
    ...(routing?.alb?.ingresses ?? []),
    ...stableIngresses,
    ...stableIngresses.map((name) => canaryIngressName(rollout.metadata.name ?? '', name)),
  ]);
}

/** The Rollout that an object belongs to by its controller reference. */
export function owningRollout(object: KubernetesObject): { readonly key: string; readonly uid: string } | undefined {
  const owner = object.metadata.ownerReferences?.find((reference) => reference.controller);
  if (owner?.kind !== 'Rollout' || owner.apiVersion.split('/')[0] !== group) return undefined;
  return { key: objectKey(object.metadata.namespace, owner.name), uid: owner.uid };
}

/** Index values of a ReplicaSet: the uid of its controller, or the orphans of its namespace. */
export function replicaSetOwners(replicaSet: ReplicaSet): string[] {
  const owner = replicaSet.metadata.ownerReferences?.find((reference) => reference.controller);
  return [owner?.uid ?? orphansOf(replicaSet.metadata.namespace)];
}

export function orphansOf(namespace: string | undefined): string {
  return `orphans of ${namespace ?? ''}`;
}

/** Ingress class as load balancer controllers read it: the annotation first. */
export function ingressClassOf(ingress: Ingress): string {
  return ingress.metadata.annotations?.['kubernetes.io/ingress.class'] ?? ingress.spec.ingressClassName ?? '';
}

/** What events about the Rollout refer to. */
export function referenceTo({ metadata }: KubernetesObject) {
  return {
    apiVersion,
    kind: 'Rollout',
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
}

function distinct(names: readonly (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[];
}
