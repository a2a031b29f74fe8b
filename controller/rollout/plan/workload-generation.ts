// Does the Rollout know which generation of its workload it was made from (rollout.md §8)? The annotation wakes it when the
// workload changes, and clients wait for it.

import { workloadGenerationAnnotation } from '../../api/constants.ts';
import { addWrite, type Pass } from './pass.ts';

export function planWorkloadGeneration(pass: Pass): void {
  if (!pass.rollout.spec.workloadRef) return;
  const generation = pass.rollout.metadata.annotations?.[workloadGenerationAnnotation];
  if (generation === pass.observed.rollout.metadata.annotations?.[workloadGenerationAnnotation]) return;
  addWrite(pass, {
    kind: 'patchRollout',
    key: 'rollout/workload-generation',
    onFailure: 'stop',
    patch: { metadata: { annotations: { [workloadGenerationAnnotation]: generation } } },
  });
}
