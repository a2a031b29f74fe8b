// What a ReplicaSet is to its rollout, how it does, and what its INFO cell says (spec/cli.md §§5.5, 5.6).

import { podTemplateHashLabel, scaleDownDeadlineAnnotation } from '../../controller/api/constants.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { formatAge } from '../../controller/lang/go-duration.ts';
import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';

export type ReplicaSetTag = 'stable' | 'canary' | 'active' | 'preview' | 'ping' | 'pong';

/** In the order in which INFO lists them. */
export function tagsOfReplicaSet(rollout: Rollout, replicaSet: ReplicaSet): ReplicaSetTag[] {
  const hash = replicaSet.metadata.labels?.[podTemplateHashLabel] ?? '';
  if (hash === '') return [];
  if (rollout.spec.strategy?.canary) return canaryTags(rollout, hash);
  if (rollout.spec.strategy?.blueGreen) return blueGreenTags(rollout, hash);
  return [];
}

function canaryTags(rollout: Rollout, hash: string): ReplicaSetTag[] {
  const role =
    hash === rollout.status?.stableRS ? 'stable' : hash === rollout.status?.currentPodHash ? 'canary' : undefined;
  if (role === undefined) return [];
  if (!rollout.spec.strategy?.canary?.pingPong) return [role];
  const stableIsPing = rollout.status?.canary?.stablePingPong === 'ping';
  return [role, (role === 'stable') === stableIsPing ? 'ping' : 'pong'];
}

function blueGreenTags(rollout: Rollout, hash: string): ReplicaSetTag[] {
  const { activeSelector, previewSelector } = rollout.status?.blueGreen ?? {};
  const tags: ReplicaSetTag[] = hash === rollout.status?.stableRS ? ['stable'] : [];
  if (hash === activeSelector) tags.push('active');
  else if (hash === previewSelector) tags.push('preview');
  return tags;
}

export function statusOfReplicaSet(replicaSet: ReplicaSet): string {
  const desired = replicaSet.spec.replicas ?? 1;
  const { observedGeneration = 0, availableReplicas = 0, conditions = [] } = replicaSet.status ?? {};
  if ((replicaSet.metadata.generation ?? 0) > observedGeneration) return 'Progressing';
  if (conditions.some(({ type, status }) => type === 'ReplicaFailure' && status === 'True')) return 'ReplicaFailure';
  if (availableReplicas < desired) return 'Progressing';
  return desired === 0 ? 'ScaledDown' : 'Healthy';
}

/** The rest of the scale-down delay: undefined without a deadline, empty for one that is no time. */
export function scaleDownDelay(replicaSet: ReplicaSet, now: number): string | undefined {
  const deadline = replicaSet.metadata.annotations?.[scaleDownDeadlineAnnotation];
  if (!deadline) return undefined;
  const at = parseRfc3339(deadline);
  if (at === undefined) return '';
  return at < now ? 'passed' : formatAge(at - now);
}
