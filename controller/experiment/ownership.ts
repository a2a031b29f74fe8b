// Who writes what of an Experiment and its objects (design.md §5, "Ownership"), as ../rollout/ownership.ts has it for
// Rollouts; the same test holds both tables against the sources.

import type { Ownership } from '../rollout/ownership.ts';
import type { ExperimentWrite } from './types.ts';

const replicaSet = 'ReplicaSet of an Experiment';

export const experimentOwnership: Readonly<Record<ExperimentWrite['kind'], readonly Ownership[]>> = {
  createReplicaSet: [
    {
      plannedIn: 'experiment/plan/replica-set.ts',
      object: replicaSet,
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  scaleReplicaSet: [
    {
      plannedIn: 'experiment/plan/scale.ts',
      object: replicaSet,
      fields: ['spec.replicas', 'annotation scale-down-deadline'],
      how: 'merge patch',
      checks: 'uid, version when sized down',
    },
  ],
  annotateReplicaSet: [
    {
      plannedIn: 'experiment/plan/scale.ts',
      object: replicaSet,
      fields: ['annotation scale-down-deadline'],
      how: 'merge patch',
      checks: 'uid',
    },
  ],
  createService: [
    {
      plannedIn: 'experiment/plan/service.ts',
      object: 'Service of an Experiment',
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  deleteService: [
    {
      plannedIn: 'experiment/plan/service.ts',
      object: 'Service of an Experiment',
      fields: ['*'],
      how: 'delete',
      checks: 'uid',
    },
  ],
  createAnalysisRun: [
    {
      plannedIn: 'experiment/plan/create-run.ts',
      object: 'AnalysisRun of an Experiment',
      fields: ['*'],
      how: 'create',
      checks: 'name',
    },
  ],
  terminateAnalysisRun: [
    {
      plannedIn: 'experiment/plan/analysis.ts',
      object: 'AnalysisRun of an Experiment',
      fields: ['spec.terminate'],
      how: 'merge patch',
      checks: 'uid',
    },
  ],
  patchStatus: [
    {
      plannedIn: 'experiment/plan.ts',
      object: 'Experiment',
      fields: ['status'],
      how: 'merge patch',
      checks: 'version',
    },
  ],
};
