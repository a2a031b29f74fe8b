// What a StatefulSet is and what it makes: pods with a name, a host name and claims of their own.

import type { KubernetesObject, LabelSelector, Pod, PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { type Revision, revisionLabel } from './template-revisions.ts';

export interface StatefulSet extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number;
    readonly ordinals?: { readonly start?: number };
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } };
    readonly volumeClaimTemplates?: readonly KubernetesObject[];
  };
  readonly status?: StatefulSetStatus;
}

export interface StatefulSetStatus {
  readonly replicas: number;
  readonly readyReplicas?: number;
  readonly availableReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly observedGeneration?: number;
  readonly collisionCount?: number;
}

const reference = (set: StatefulSet) => makeControllerReference(set, 'apps/v1', 'StatefulSet');

/** undefined: not a pod of this set by its name. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const found = /^(.*)-(\d+)$/.exec(pod.metadata.name ?? '');
  return found?.[1] === set.metadata.name ? Number(found?.[2]) : undefined;
}

export function makeSetPod(set: StatefulSet, ordinal: number, revision: Revision): object {
  const name = `${set.metadata.name}-${ordinal}`;
  const { metadata = {}, spec } = revision.data.spec.template;
  const claims = (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name,
    persistentVolumeClaim: { claimName: `${template.metadata.name}-${name}` },
  }));
  const volumes = ((spec as { readonly volumes?: readonly { readonly name?: string }[] }).volumes ?? []).filter(
    (volume) => !claims.some((claim) => claim.name === volume.name),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: set.metadata.namespace,
      labels: {
        ...metadata.labels,
        'statefulset.kubernetes.io/pod-name': name,
        'apps.kubernetes.io/pod-index': String(ordinal),
        [revisionLabel]: revision.metadata.name,
      },
      annotations: { ...metadata.annotations },
      ownerReferences: [reference(set)],
    },
    spec: {
      ...spec,
      hostname: name,
      subdomain: set.spec.serviceName ?? '',
      ...(claims.length + volumes.length > 0 && { volumes: [...volumes, ...claims] }),
    },
  };
}

/** The claims of one pod; they stay when it goes. */
export function makeClaims(set: StatefulSet, ordinal: number): KubernetesObject[] {
  return (set.spec.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: `${template.metadata.name}-${set.metadata.name}-${ordinal}`,
      namespace: set.metadata.namespace ?? 'default',
      labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels },
      annotations: { ...template.metadata.annotations },
    },
  }));
}
