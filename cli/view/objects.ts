// What the views are drawn from: the objects of a namespace as they came from the API server. The views filter by owner
// themselves, so more may be given than belongs to the rollout.

import type { Pod, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment } from '../../controller/api/types.generated.ts';

export interface NamespaceObjects {
  readonly replicaSets: readonly ReplicaSet[];
  readonly pods: readonly Pod[];
  readonly experiments: readonly Experiment[];
  readonly analysisRuns: readonly AnalysisRun[];
}

export const noObjects: NamespaceObjects = { replicaSets: [], pods: [], experiments: [], analysisRuns: [] };
