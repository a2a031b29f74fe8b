// Which object does a write change? The second exhaustive look at Write; how it is changed is in execute.ts.

import { analysisRuns } from '../analysis/resources.ts';
import type { Rollout } from '../api/types.generated.ts';
import { experiments } from '../experiment/resources.ts';
import { deployments, ingresses, pods, type Resource, replicaSets, services } from '../kubernetes/resource.ts';
import type { Target } from '../kubernetes/writer.ts';
import { rollouts } from './resources.ts';
import type { Write } from './types.ts';

/** Everything but what leaves the cluster. */
export type ClusterWrite = Exclude<Write, { readonly kind: 'startCall' }>;

export function targetOf(write: ClusterWrite, { metadata }: Rollout): Target {
  const at = (resource: Resource, name: string) => ({ resource, namespace: metadata.namespace ?? '', name });
  switch (write.kind) {
    case 'createReplicaSet':
      return at(replicaSets, write.object.metadata.name ?? '');
    case 'scaleReplicaSet':
    case 'patchReplicaSet':
    case 'adoptReplicaSet':
    case 'releaseReplicaSet':
    case 'deleteReplicaSet':
      return at(replicaSets, write.name);
    case 'patchRollout':
    case 'repairRollout':
    case 'patchStatus':
      return at(rollouts, metadata.name ?? '');
    case 'createAnalysisRun':
      return at(analysisRuns, write.object.metadata.name ?? '');
    case 'patchAnalysisRun':
    case 'deleteAnalysisRun':
      return at(analysisRuns, write.name);
    case 'createExperiment':
      return at(experiments, write.object.metadata.name ?? '');
    case 'terminateExperiment':
    case 'deleteExperiment':
      return at(experiments, write.name);
    case 'patchService':
      return at(services, write.name);
    case 'createIngress':
      return at(ingresses, write.object.metadata.name ?? '');
    case 'patchIngress':
      return at(ingresses, write.name);
    case 'patchPodMetadata':
      return at(pods, write.podName);
    case 'evictPod':
      return at(pods, write.name);
    case 'scaleWorkload':
      return at(deployments, write.name);
    default:
      return assertNever(write);
  }
}

export function assertNever(write: never): never {
  throw new Error(`no such write: ${JSON.stringify(write)}`);
}
