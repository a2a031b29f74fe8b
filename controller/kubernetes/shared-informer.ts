// One informer that several controllers follow: it runs from the first `start` to the last `stop`, so that a kind is
// listed, watched and kept once per process.

import type { Informer } from './informer.ts';

/** Each follower calls it once and starts and stops what it got as if it were alone. */
export type Follow<T> = () => Informer<T>;

export function shareInformer<T>(informer: Informer<T>): Follow<T> {
  const { resource, store, reflector } = informer;
  const followers = new Set<object>();
  return () => {
    const follower = {};
    return {
      resource,
      store,
      reflector: {
        start() {
          if (followers.size === 0) reflector.start();
          followers.add(follower);
        },
        stop() {
          if (followers.delete(follower) && followers.size === 0) reflector.stop();
        },
        get hasSynced() {
          return reflector.hasSynced;
        },
        synced: () => reflector.synced(),
        tried: () => reflector.tried(),
        get state() {
          return reflector.state;
        },
      },
    };
  };
}

/** A kind that this process may not look at: an empty store that nothing is asked for. */
export function unwatched<T>({ resource, store }: Informer<T>): Informer<T> {
  const tried = async () => undefined;
  const reflector = { start() {}, stop() {}, hasSynced: true, synced: async () => {}, tried, state: 'absent' as const };
  return { resource, store, reflector };
}
