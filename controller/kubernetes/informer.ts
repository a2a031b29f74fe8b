// A store together with the reflector that feeds it: what a controller declares per kind it watches.

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { matchesTerms, parseLabelSelector } from '../lang/label-selector.ts';
import type { Clock, Random } from '../lang/time.ts';
import type { Logger } from './log.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { collectionPath, type Resource } from './resource.ts';
import { createStore, type Decode, type IndexFunction, type Store } from './store.ts';
import type { Transport } from './transport.ts';

export interface Informer<T> {
  readonly resource: Resource;
  readonly store: Store<T>;
  readonly reflector: Reflector;
}

export function createInformer<T>(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly resource: Resource;
  /** All namespaces unless told. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly decode: Decode<T>;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  readonly pageSize?: number;
  readonly optional?: boolean;
  readonly resyncMs?: number;
  readonly onRestart?: (resource: string, reason: string) => void;
}): Informer<T> {
  const { resource, namespace, decode, indexes, onRestart, ...rest } = options;
  const store = createStore<T>({
    decode,
    isFollowed: followedBy(options.labelSelector),
    ...(indexes === undefined ? {} : { indexes }),
  });
  const reflector = createReflector<T>({
    ...rest,
    path: collectionPath(resource, namespace),
    store,
    ...(onRestart === undefined ? {} : { onRestart: (reason: string) => onRestart(resource.plural, reason) }),
  });
  return { resource, store, reflector };
}

/** Answers to writes and live reads may show an object that has left the selector: then it is somebody else's. */
function followedBy(labelSelector: string | undefined): (object: unknown) => boolean {
  const parsed = parseLabelSelector(labelSelector ?? '');
  if ('problem' in parsed) throw new Error(parsed.problem);
  return (object) => matchesTerms(parsed.terms, (object as KubernetesObject).metadata.labels);
}
