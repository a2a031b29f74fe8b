// How an object is changed: the only way in which the controller writes. Patches are differences, a patch without
// content is not sent, every write passes the fence, every answer enters its store at once, and every failure is one
// of the classes of problem.ts (spec/kubernetes.md §2, "writer"; design.md §5).

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import type { Problem } from './problem.ts';
import type { Resource } from './resource.ts';

export type WriteResult<T extends KubernetesObject = KubernetesObject> =
  | {
      readonly ok: true;
      /** The object as the server answered (raw). Absent after a deletion, an eviction, or when nothing was sent. */
      readonly object?: T;
      /** False: nothing was sent, or the answer carried the resource version that was there before. */
      readonly changed: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Where the answers to writes of one kind go: a Store of that kind satisfies it. */
export interface WriteSink {
  written(json: unknown): void;
  removed(key: string, uid: string): void;
}

export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface Writer {
  create<T extends KubernetesObject>(resource: Resource, object: T): Promise<WriteResult<T>>;
  /**
   * Sends `patch` as it is (RFC 7386 merge patch unless `type` says otherwise). `uid` and `resourceVersion`, where
   * given, are put into the patch's metadata, so that the server refuses it when the object is another or has moved on.
   * A merge patch without content is not sent.
   */
  patch<T extends KubernetesObject>(
    target: Target,
    patch: unknown,
    options?: {
      readonly type?: 'merge' | 'json';
      readonly subresource?: 'status' | 'scale';
      readonly uid?: string;
      readonly resourceVersion?: string;
    },
  ): Promise<WriteResult<T>>;
  /**
   * Sends what turns `from.status` into `status` as a merge patch with `from`'s resourceVersion, through the status
   * subresource where the kind has one. Keys that neither side of our schema sets survive.
   */
  patchStatus<T extends KubernetesObject>(target: Target, from: T, status: unknown): Promise<WriteResult<T>>;
  /** PUT of a whole raw object: for kinds whose role has no patch (pods, deployments). */
  update<T extends KubernetesObject>(resource: Resource, object: T): Promise<WriteResult<T>>;
  /** Background deletion with preconditions. Success also when it was gone already. */
  delete(
    target: Target,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
  ): Promise<WriteResult>;
  /** A refusal by a disruption budget is `throttled`. */
  evict(namespace: string, name: string, uid: string): Promise<WriteResult>;
  /** A live read; its answer enters the store. `gone` when there is none. */
  read<T extends KubernetesObject>(target: Target): Promise<WriteResult<T>>;
}
