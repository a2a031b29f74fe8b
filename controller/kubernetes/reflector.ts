// How a store follows the cluster: a list in pages, then a watch that is carried on from the last resource version for
// as long as the process lives (spec/kubernetes.md §2, "reflector"; operations.md §20.1).

import type { Clock, Random } from '../lang/time.ts';
import type { Logger } from './log.ts';
import type { Store } from './store.ts';
import type { Transport } from './transport.ts';

export interface Reflector {
  start(): void;
  stop(): void;
  /** Whether the store has once held the whole list (or the kind is known not to be installed). */
  readonly hasSynced: boolean;
  /** Resolves once `hasSynced`; never rejects. */
  synced(): Promise<void>;
  /** `absent`: the API server does not know the kind (404), only with `optional`. */
  readonly state: 'stopped' | 'listing' | 'watching' | 'absent' | 'failing';
}

export interface ReflectorOptions<T> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Collection path: `collectionPath(replicaSets, namespace)`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly store: Store<T>;
  /** Objects a page; 500 unless told. */
  readonly pageSize?: number;
  /** A kind that is not installed counts as an empty one and is looked for again every 30 s. */
  readonly optional?: boolean;
  /** Tells every listener of every object again at this interval. */
  readonly resyncMs?: number;
  /** Why a watch was begun anew, e.g. for a metric. */
  readonly onRestart?: (reason: string) => void;
}

export declare function createReflector<T>(options: ReflectorOptions<T>): Reflector;
