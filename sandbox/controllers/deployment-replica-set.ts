// The ReplicaSet that a Deployment makes of its template, named by a hash of it; and what the Deployment reads back.

import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { annotationsFor, revisionAnnotation, sizeAnnotations } from './deployment-annotations.ts';
import { deploymentTemplateHash } from './deployment-hash.ts';
import type { RunningDeployment } from './deployment-status.ts';

const hashLabel = 'pod-template-hash';

export function makeReplicaSet(deployment: RunningDeployment, revision: string, replicas: number): ReplicaSet {
  const { namespace, name = '' } = deployment.metadata;
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = deploymentTemplateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels,
      annotations: { ...annotationsFor(deployment, {}, revision), ...sizeAnnotations(deployment.spec) },
      ownerReferences: [makeControllerReference(deployment, 'apps/v1', 'Deployment')],
    },
    spec: {
      replicas,
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The template of a ReplicaSet without the label that tells it from its siblings. */
export function templateOf({ spec: { template } }: ReplicaSet): unknown {
  const { [hashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** 0 where it has none. */
export function revisionOf({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.[revisionAnnotation] ?? 0);
}
