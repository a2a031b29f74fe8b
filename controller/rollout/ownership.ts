// Who writes what (design.md §5, "Ownership"): for each kind of write the file that plans it, the fields that it changes,
// and what the server checks before it obeys. No field has two owners; the test holds the table against the sources.

import type { Write } from './types.ts';

export interface Ownership {
  /** Below controller/. */
  readonly plannedIn: string;
  readonly object: string;
  /** `*`: the whole object, which nobody owned before or will after. */
  readonly fields: readonly string[];
  readonly how: 'create' | 'delete' | 'evict' | 'merge patch' | 'JSON patch' | 'update' | 'call';
  /** Identity and version that the object must have. */
  readonly checks: 'nothing' | 'name' | 'uid' | 'version' | 'uid, version' | 'uid, version when sized down';
}

const replicaSet = 'ReplicaSet';

export const ownership: Readonly<Record<Write['kind'], readonly Ownership[]>> = {
  createReplicaSet: [
    {
      plannedIn: 'rollout/plan/create-replica-set.ts',
      object: replicaSet,
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  scaleReplicaSet: [
    {
      plannedIn: 'rollout/plan/scale.ts',
      object: replicaSet,
      fields: ['spec.replicas', 'annotation desired-replicas', 'annotation scale-down-deadline'],
      how: 'merge patch',
      checks: 'uid, version when sized down',
    },
  ],
  patchReplicaSet: [
    {
      plannedIn: 'rollout/plan/scale.ts',
      object: replicaSet,
      fields: ['annotation desired-replicas', 'annotation scale-down-deadline'],
      how: 'merge patch',
      checks: 'uid',
    },
    {
      plannedIn: 'rollout/plan/revisions.ts',
      object: replicaSet,
      fields: [
        'annotation revision',
        'annotation revision-history',
        'annotations of the Rollout',
        'spec.minReadySeconds',
        'spec.template.spec.affinity',
      ],
      how: 'merge patch',
      checks: 'uid',
    },
    {
      plannedIn: 'rollout/plan/ephemeral-metadata.ts',
      object: replicaSet,
      fields: ['annotation ephemeral-metadata', 'spec.template.metadata'],
      how: 'merge patch',
      checks: 'uid',
    },
  ],
  adoptReplicaSet: [
    {
      plannedIn: 'rollout/plan/claim-replica-sets.ts',
      object: replicaSet,
      fields: ['metadata.ownerReferences'],
      how: 'merge patch',
      checks: 'uid, version',
    },
  ],
  releaseReplicaSet: [
    {
      plannedIn: 'rollout/plan/claim-replica-sets.ts',
      object: replicaSet,
      fields: ['metadata.ownerReferences'],
      how: 'merge patch',
      checks: 'uid, version',
    },
  ],
  deleteReplicaSet: [
    {
      plannedIn: 'rollout/plan/history-limit.ts',
      object: replicaSet,
      fields: ['*'],
      how: 'delete',
      checks: 'uid, version',
    },
  ],
  patchRollout: [
    {
      plannedIn: 'rollout/plan/revisions.ts',
      object: 'Rollout',
      fields: ['annotation revision'],
      how: 'merge patch',
      checks: 'uid, version',
    },
    {
      plannedIn: 'rollout/plan/workload-generation.ts',
      object: 'Rollout',
      fields: ['annotation workload-generation'],
      how: 'merge patch',
      checks: 'uid, version',
    },
    {
      plannedIn: 'rollout/plan.ts',
      object: 'Rollout',
      fields: ['spec.replicas'],
      how: 'merge patch',
      checks: 'uid, version',
    },
  ],
  repairRollout: [
    {
      plannedIn: 'rollout/plan/finish-plan.ts',
      object: 'Rollout',
      fields: ['quantities of spec.template that nobody can read'],
      how: 'JSON patch',
      checks: 'version',
    },
  ],
  patchStatus: [
    {
      plannedIn: 'rollout/plan/finish-plan.ts',
      object: 'Rollout',
      fields: ['status'],
      how: 'merge patch',
      checks: 'version',
    },
  ],
  patchService: [
    {
      plannedIn: 'rollout/plan/services.ts',
      object: 'Service',
      fields: ['spec.selector.rollouts-pod-template-hash', 'annotation managed-by-rollouts'],
      how: 'merge patch',
      checks: 'nothing',
    },
  ],
  createIngress: [
    { plannedIn: 'traffic/nginx/objects.ts', object: 'canary Ingress', fields: ['*'], how: 'create', checks: 'name' },
  ],
  patchIngress: [
    {
      plannedIn: 'traffic/nginx/objects.ts',
      object: 'canary Ingress',
      fields: ['spec', 'annotations of NGINX'],
      how: 'merge patch',
      checks: 'uid',
    },
    {
      plannedIn: 'traffic/alb/objects.ts',
      object: 'Ingress that the Rollout names',
      fields: ['paths of managed routes', 'annotations of ALB'],
      how: 'merge patch',
      checks: 'version',
    },
  ],
  patchPodMetadata: [
    {
      plannedIn: 'rollout/plan/ephemeral-metadata.ts',
      object: 'Pod',
      fields: ['metadata.labels', 'metadata.annotations'],
      how: 'update',
      checks: 'uid, version',
    },
  ],
  createAnalysisRun: [
    {
      plannedIn: 'rollout/plan/create-analysis-run.ts',
      object: 'AnalysisRun',
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  patchAnalysisRun: [
    {
      plannedIn: 'rollout/plan/analysis.ts',
      object: 'AnalysisRun',
      fields: ['spec.terminate'],
      how: 'merge patch',
      checks: 'uid',
    },
  ],
  deleteAnalysisRun: [
    {
      plannedIn: 'rollout/plan/analysis.ts',
      object: 'AnalysisRun',
      fields: ['*'],
      how: 'delete',
      checks: 'uid',
    },
  ],
  startCall: [
    {
      plannedIn: 'rollout/plan/outside-calls.ts',
      object: 'what is outside of the cluster',
      fields: [],
      how: 'call',
      checks: 'nothing',
    },
  ],
  createExperiment: [
    {
      plannedIn: 'rollout/plan/create-experiment.ts',
      object: 'Experiment',
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  terminateExperiment: [
    {
      plannedIn: 'rollout/plan/experiment.ts',
      object: 'Experiment',
      fields: ['spec.terminate'],
      how: 'merge patch',
      checks: 'uid',
    },
  ],
  deleteExperiment: [
    { plannedIn: 'rollout/plan/experiment.ts', object: 'Experiment', fields: ['*'], how: 'delete', checks: 'uid' },
  ],
  evictPod: [{ plannedIn: 'rollout/plan/restart.ts', object: 'Pod', fields: ['*'], how: 'evict', checks: 'uid' }],
  scaleWorkload: [
    {
      plannedIn: 'rollout/plan/workload-scale-down.ts',
      object: 'Deployment',
      fields: ['spec.replicas'],
      how: 'update',
      checks: 'version',
    },
  ],
};
