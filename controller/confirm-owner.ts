// Whether the owner of a child that was deleted is still there itself. The garbage collector takes the children of an owner
// that was deleted, and their watches may tell of it seconds before the owner's does: without a look, they would be made
// again, collected again, and so on.

import type { KubernetesObject } from './api/kubernetes-types.ts';
import { type Resource, splitKey } from './kubernetes/resource.ts';
import type { Store } from './kubernetes/store.ts';
import type { Writer } from './kubernetes/writer.ts';

export interface OwnersToConfirm<T extends KubernetesObject> {
  readonly resource: Resource;
  readonly store: Store<T>;
  readonly writer: Pick<Writer, 'read'>;
  /** Called for each owner when its store knows what the API server says, or cannot be told. */
  readonly wake: (key: string) => void;
  readonly failed: (key: string, error: unknown) => void;
}

/** Gives what is to be called with the key of each owner that has lost a child. */
export function createOwnerConfirmation<T extends KubernetesObject>(given: OwnersToConfirm<T>): (key: string) => void {
  const { resource, store, writer, wake, failed } = given;
  const asked = new Set<string>();

  async function confirm(key: string): Promise<void> {
    const { namespace = '', name } = splitKey(key);
    try {
      await writer.read<T>({ resource, namespace, name }); // its answer enters the store
    } catch (error) {
      failed(key, error);
    } finally {
      asked.delete(key);
    }
    wake(key);
  }

  return (key) => {
    if (asked.has(key) || !store.get(key)) return;
    asked.add(key);
    void confirm(key);
  };
}
