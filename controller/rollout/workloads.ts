// The workloads that Rollouts refer to (rollout.md §8): followed from the first reference to a kind on, so that a change
// of theirs wakes the Rollout and reading one costs no request.

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { decodeObject } from '../kubernetes/decode.ts';
import { createInformer, type Informer } from '../kubernetes/informer.ts';
import { classifyFailure, type Problem } from '../kubernetes/problem.ts';
import type { Reflector } from '../kubernetes/reflector.ts';
import {
  apiVersionOf,
  deployments,
  objectKey,
  podTemplates,
  type Resource,
  replicaSets,
} from '../kubernetes/resource.ts';
import { KubeError } from '../kubernetes/transport.ts';
import { within } from '../lang/time.ts';
import type { CacheOptions } from './caches.ts';
import type { Known, Need } from './types.ts';

export interface Workloads {
  read(need: Extract<Need, { kind: 'workload' }>, namespace: string): Promise<Known<KubernetesObject>>;
  stop(): void;
}

/** How long the first list of a kind may go without any answer before a Rollout is told that its workload cannot be read. */
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

  /** Why there is no list yet. A failure is told at once: an abort does not wait for the next try (design law 3). */
  async function problemOf({ plural }: Resource, reflector: Reflector): Promise<Problem | undefined> {
    const tried = reflector.tried();
    if (!(await within(options.clock, syncTimeoutMs, tried))) {
      return { class: 'unreachable', message: `${plural} could not be listed within ${syncTimeoutMs / 1000} s` };
    }
    const failure = await tried;
    if (failure === undefined || failure instanceof KubeError) return failure && classifyFailure(failure);
    return { class: 'unreachable', message: failure.message };
  }

  return {
    async read(need, namespace) {
      const resource = workloadResources.find(({ kind }) => kind === need.workloadKind);
      if (!resource) return { is: 'absent' };
      const { store, reflector } = follow(resource);
      const problem = reflector.hasSynced ? undefined : await problemOf(resource, reflector);
      if (problem) return { is: 'failed', problem, since: options.clock.now() };
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
