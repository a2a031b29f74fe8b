// The queue of Ingresses that Rollouts noted keys on: every change of one, and Ingresses that a Rollout stopped to name
// (traffic.md §2.6). What is given back is decided in traffic/alb/clean-up.ts, and never on a stale cache alone.

import type { Ingress } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import type { Logger } from '../kubernetes/log.ts';
import { ingresses, objectKey, splitKey } from '../kubernetes/resource.ts';
import type { Store } from '../kubernetes/store.ts';
import { createWorkQueue, type WorkQueueObserver } from '../kubernetes/work-queue.ts';
import { type Outcome, startWorkers, type Workers } from '../kubernetes/workers.ts';
import type { Writer } from '../kubernetes/writer.ts';
import type { Clock } from '../lang/time.ts';
import { rolloutsOf } from '../traffic/alb/bookkeeping.ts';
import { cleanUpPatch } from '../traffic/alb/clean-up.ts';
import { ingressClassOf, ingressNamesOf } from './references.ts';

export interface IngressCleaner {
  add(key: string): void;
  start(): void;
  stop(): Promise<void>;
}

export function createIngressCleaner(deps: {
  readonly clock: Clock;
  readonly log: Logger;
  readonly writer: Writer;
  readonly ingresses: Store<Ingress>;
  readonly rollouts: Store<Rollout>;
  /** The Rollout as the API server has it; undefined when there is none, `unknown` when it cannot be read. */
  readonly readRollout: (namespace: string, name: string) => Promise<Rollout | undefined | 'unknown'>;
  readonly classes: readonly string[];
  readonly workerCount: number;
  readonly observer: WorkQueueObserver;
}): IngressCleaner {
  const queue = createWorkQueue({ name: 'Ingresses', clock: deps.clock, observer: deps.observer });
  let workers: Workers | undefined;

  async function process(key: string): Promise<Outcome> {
    const ingress = deps.ingresses.get(key);
    // An empty class in the list stands for Ingresses without one.
    if (!ingress || !deps.classes.includes(ingressClassOf(ingress))) return undefined;
    const { namespace = '', name } = splitKey(key);
    const noted = Object.keys(rolloutsOf(ingress.metadata.annotations ?? {}) ?? {});
    const gone: string[] = [];
    for (const rollout of noted) if (!(await refers(namespace, rollout, name))) gone.push(rollout);
    const patch = cleanUpPatch(ingress, gone);
    if (patch === undefined) return undefined;
    const result = await deps.writer.patch({ resource: ingresses, namespace, name }, patch);
    if (result.ok) deps.log.info({ ingress: key, rollouts: gone }, 'Ingress cleaned');
    return result.ok || result.problem.class === 'gone' ? undefined : { kind: 'backOff' };
  }

  async function refers(namespace: string, rollout: string, ingress: string): Promise<boolean> {
    const cached = deps.rollouts.get(objectKey(namespace, rollout));
    if (cached && ingressNamesOf(cached).includes(ingress)) return true;
    const live = await deps.readRollout(namespace, rollout);
    if (live === 'unknown') return true;
    return (
      live !== undefined && live.metadata.deletionTimestamp === undefined && ingressNamesOf(live).includes(ingress)
    );
  }

  return {
    add: (key) => queue.add(key),
    start() {
      workers = startWorkers({ queue, count: deps.workerCount, process, log: deps.log });
    },
    async stop() {
      queue.close();
      await workers?.stop();
    },
  };
}
