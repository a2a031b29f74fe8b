// The workloads that Rollouts refer to (rollout.md §8): followed from the first reference to a kind on, so that a change
// of theirs wakes the Rollout and reading one costs no request.

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { decodeObject } from '../kubernetes/decode.ts';
import { createInformer, type Informer } from '../kubernetes/informer.ts';
import {
  apiVersionOf,
  deployments,
  objectKey,
  podTemplates,
  type Resource,
  replicaSets,
} from '../kubernetes/resource.ts';
import { sleep } from '../lang/time.ts';
import type { CacheOptions } from './caches.ts';
import type { Known, Need } from './types.ts';

export interface Workloads {
  read(need: Extract<Need, { kind: 'workload' }>, namespace: string): Promise<Known<KubernetesObject>>;
  stop(): void;
}

/** How long the first list of a kind may take before a Rollout is told that its workload cannot be read. */
const syncTimeoutMs = 60_000;
/** What a workloadRef may name. */
export const workloadResources: readonly Resource[] = [deployments, replicaSets, podTemplates];

/** `changed` is told `Kind/namespace/name` of every workload that changes. */
export function createWorkloads(options: CacheOptions, changed: (reference: string) => void): Workloads {
  const informers = new Map<string, Informer<KubernetesObject>>();

  function follow(resource: Resource): Informer<KubernetesObject> {
    const known = informers.get(resource.kind);
    if (known) return known;
    const { resyncMs: _resyncMs, instanceId: _instanceId, ...common } = options;
    const informer = createInformer<KubernetesObject>({
      ...common,
      resource,
      decode: decodeObject({ apiVersion: apiVersionOf(resource), kind: resource.kind }, withoutStatus),
    });
    informers.set(resource.kind, informer);
    informer.store.subscribe((_old, _current, key) => changed(`${resource.kind}/${key}`));
    informer.reflector.start();
    return informer;
  }

  return {
    async read(need, namespace) {
      const resource = workloadResources.find(({ kind }) => kind === need.workloadKind);
      if (!resource) return { is: 'absent' };
      const { store, reflector } = follow(resource);
      if (!reflector.hasSynced) await Promise.race([reflector.synced(), sleep(options.clock, syncTimeoutMs)]);
      if (!reflector.hasSynced) {
        const message = `${resource.plural} could not be listed within ${syncTimeoutMs / 1000} s`;
        return { is: 'failed', problem: { class: 'unreachable', message }, since: options.clock.now() };
      }
      const value = store.get(objectKey(namespace, need.name));
      return value === undefined ? { is: 'absent' } : { is: 'present', value };
    },
    stop() {
      for (const { reflector } of informers.values()) reflector.stop();
    },
  };
}

function withoutStatus(object: KubernetesObject): KubernetesObject {
  const { status: _status, ...kept } = object as KubernetesObject & { readonly status?: unknown };
  return kept;
}
