// What wakes which Rollout (rollout.md §3.1): its children, what it refers to, and the templates of its analyses.

import type { KubernetesObject, ReplicaSet } from '../api/kubernetes-types.ts';
import type { AnalysisRun } from '../api/types.generated.ts';
import { objectKey, splitKey } from '../kubernetes/resource.ts';
import type { Caches } from './caches.ts';
import { referencedAnalyses } from './plan/invalid-analyses.ts';
import { owningRollout } from './references.ts';

export interface WakesOptions {
  readonly caches: Caches;
  /** False until the caches are whole. */
  readonly isWorking: () => boolean;
  readonly wake: (key: string) => void;
  /** Wakes too, after a look whether the Rollout is still there (confirm-owner.ts). */
  readonly confirmOwner: (key: string) => void;
}

/** Subscribes to the caches, except to that of Rollouts. */
export function subscribeWakes({ caches, isWorking, wake, confirmOwner }: WakesOptions): void {
  const { store } = caches.rollouts;

  function replicaSetChanged(old: ReplicaSet | undefined, current: ReplicaSet | undefined): void {
    for (const replicaSet of new Set([old, current])) {
      if (replicaSet && !childChanged(replicaSet, current) && isOrphan(replicaSet)) {
        wakeNamespace(replicaSet.metadata.namespace);
      }
    }
  }

  /** Only what a Rollout looks at: that a run is there, and its phase (rollout.md §3.1). */
  function analysisRunChanged(old: AnalysisRun | undefined, current: AnalysisRun | undefined): void {
    if (old && current && old.status?.phase === current.status?.phase) return;
    childChanged(current ?? old, current);
  }

  /** Whether it belongs to a Rollout. `current`: what is there of it now. */
  function childChanged(child: KubernetesObject | undefined, current: KubernetesObject | undefined): boolean {
    const owner = child && owningRollout(child);
    if (!owner) return false;
    if (current) wake(owner.key);
    else confirmOwner(owner.key);
    return true;
  }

  function wakeNamespace(namespace: string | undefined): void {
    for (const rollout of store.byIndex('namespace', namespace ?? '')) {
      wake(objectKey(namespace, rollout.metadata.name ?? ''));
    }
  }

  /** A template appeared, changed or went: what it makes of a Rollout is judged anew. */
  function wakeAnalysing(namespace: string | undefined): void {
    if (!isWorking()) return;
    for (const rollout of namespace === undefined ? store.values() : store.byIndex('namespace', namespace)) {
      if (referencedAnalyses(rollout).length === 0) continue;
      wake(objectKey(rollout.metadata.namespace, rollout.metadata.name ?? ''));
    }
  }

  caches.replicaSets.store.subscribe(replicaSetChanged);
  caches.services.store.subscribe((_old, _current, key) => wakeReferencing(caches, 'service', key, wake));
  caches.ingresses.store.subscribe((_old, _current, key) => wakeReferencing(caches, 'ingress', key, wake));
  caches.analysisRuns.store.subscribe(analysisRunChanged);
  caches.experiments.store.subscribe((old, current) => childChanged(current ?? old, current));
  caches.analysisTemplates.store.subscribe((_old, _current, key) => wakeAnalysing(splitKey(key).namespace));
  caches.clusterAnalysisTemplates.store.subscribe(() => wakeAnalysing(undefined));
}

/** The Rollouts that name an object. */
export function wakeReferencing(
  caches: Caches,
  index: 'service' | 'ingress' | 'workload',
  key: string,
  wake: (key: string) => void,
): void {
  for (const { metadata } of caches.rollouts.store.byIndex(index, key)) {
    wake(objectKey(metadata.namespace, metadata.name ?? ''));
  }
}

function isOrphan({ metadata }: ReplicaSet): boolean {
  return !metadata.ownerReferences?.some((owner) => owner.controller);
}
