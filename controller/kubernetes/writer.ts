// How an object is changed: the only way in which the controller writes. Patches are differences, a patch without
// content is not sent, every write passes the fence, every answer enters its store at once, and every failure is one
// of the classes of problem.ts (spec/kubernetes.md §2, "writer"; design.md §5).

import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { diffMergePatch } from '../lang/merge-patch.ts';
import type { Fence } from './fence.ts';
import { classifyFailure, type Problem } from './problem.ts';
import { createPrunedFields } from './pruned-fields.ts';
import { collectionPath, objectKey, objectPath, type Resource } from './resource.ts';
import { type KubeRequest, type KubeResponse, patchContentType, type Transport } from './transport.ts';

export type WriteResult<T extends KubernetesObject = KubernetesObject> =
  | {
      readonly ok: true;
      /** The object as the server answered (raw). Absent after a deletion, an eviction, or when nothing was sent. */
      readonly object?: T;
      /** False: nothing was sent, or the answer carries the resource version that was known before. */
      readonly changed: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

/** Where the answers to writes of one kind go: a Store of that kind satisfies it. */
export interface WriteSink {
  resourceVersionOf(key: string): string | undefined;
  written(json: unknown): void;
  removed(key: string, uid: string): void;
}

export interface Target {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

export interface PatchOptions {
  readonly type?: 'merge' | 'json';
  readonly subresource?: 'status' | 'scale';
  readonly uid?: string;
  readonly resourceVersion?: string;
}

export interface Writer {
  create<T extends KubernetesObject>(resource: Resource, object: T): Promise<WriteResult<T>>;
  /**
   * Sends `patch` as it is (RFC 7386 merge patch unless `type` says otherwise). `uid` and `resourceVersion`, where
   * given, are put into the merge patch's metadata, so that the server refuses it when the object is another or has
   * moved on. A merge patch without content is not sent.
   */
  patch<T extends KubernetesObject>(target: Target, patch: unknown, options?: PatchOptions): Promise<WriteResult<T>>;
  /**
   * Sends what turns `from.status` into `status` as a merge patch with `from`'s resourceVersion (or the given one, of
   * an earlier write to the same object), through the status subresource where the kind has one.
   */
  patchStatus<T extends KubernetesObject>(
    target: Target,
    from: T & { readonly status?: unknown },
    status: unknown,
    resourceVersion?: string,
  ): Promise<WriteResult<T>>;
  /** PUT of a whole raw object: for kinds whose role has no patch (pods, deployments). */
  update<T extends KubernetesObject>(resource: Resource, object: T): Promise<WriteResult<T>>;
  /** Deletion with preconditions, in the background unless told. Success also when it was gone already. */
  delete(
    target: Target,
    preconditions: { readonly uid: string; readonly resourceVersion?: string },
    propagationPolicy?: 'Background' | 'Foreground',
  ): Promise<WriteResult>;
  /** A refusal by a disruption budget is `throttled`. */
  evict(namespace: string, name: string, uid: string): Promise<WriteResult>;
  /** A live read; its answer enters the store. `gone` when there is none. */
  read<T extends KubernetesObject>(target: Target): Promise<WriteResult<T>>;
}

export interface WriterOptions {
  readonly transport: Transport;
  readonly fence: Fence;
  /** The store of a kind, where one follows it. */
  readonly sinkOf: (resource: Resource) => WriteSink | undefined;
  readonly fieldManager: string;
  /** How long one write may take in all; 30 s unless told. The fence may shorten it. */
  readonly deadlineMs?: number;
}

export function createWriter(options: WriterOptions): Writer {
  const { transport, fence, sinkOf } = options;
  const manager = { fieldManager: options.fieldManager };
  const longestMs = options.deadlineMs ?? 30_000;
  const prunedFields = createPrunedFields();
  /** Objects of which an earlier write may or may not have been done. */
  const doubtful = new Set<string>();

  async function read<T extends KubernetesObject>(target: Target): Promise<WriteResult<T>> {
    const { resource, namespace, name } = target;
    const sink = sinkOf(resource);
    const key = objectKey(namespace, name);
    const version = sink?.resourceVersionOf(key);
    try {
      const { body } = await transport.request({
        verb: 'GET',
        path: objectPath(resource, namespace, name),
        deadlineMs: longestMs,
      });
      sink?.written(body);
      doubtful.delete(doubtKey(target));
      return { ok: true, object: body as T, changed: false };
    } catch (error) {
      const problem = classifyFailure(error);
      if (problem.class === 'gone') {
        // What came since may have been made after the answer.
        if (sink?.resourceVersionOf(key) === version) sink?.removed(key, '');
        doubtful.delete(doubtKey(target));
      }
      return { ok: false, problem };
    }
  }

  /** Sends one write, unless the right to write is lost or an earlier outcome has to be read first. */
  async function send<T extends KubernetesObject>(
    target: Target,
    request: KubeRequest,
    settle: (response: KubeResponse) => WriteResult<T>,
  ): Promise<WriteResult<T>> {
    if (doubtful.has(doubtKey(target))) {
      const known = await read(target);
      if (known.ok || known.problem.class === 'gone') {
        return { ok: false, problem: { class: 'conflict', message: 'an earlier write was read back first' } };
      }
      if (known.problem.class !== 'denied') return known;
      // Who may not read it (pods, with the reference's role) never would: preconditions guard what is sent again.
      doubtful.delete(doubtKey(target));
    }
    // The last look before the request leaves; its deadline ends before the right to write does.
    const remainingMs = fence.remainingMs();
    if (remainingMs <= 0) {
      const message = 'this process does not hold the lease, or is about to end';
      return { ok: false, problem: { class: 'unreachable', message, isUnsent: true } };
    }
    try {
      return settle(await transport.request({ ...request, deadlineMs: Math.min(longestMs, remainingMs) }));
    } catch (error) {
      const problem = classifyFailure(error);
      if (problem.class === 'unknown') doubtful.add(doubtKey(target));
      return { ok: false, problem };
    }
  }

  /** The answer of a write to the object itself (not of `scale`, which answers with another kind). */
  function accept<T extends KubernetesObject>(resource: Resource, before: string | undefined): Accept<T> {
    return ({ body }) => {
      const object = body as T;
      sinkOf(resource)?.written(object);
      return { ok: true, object, changed: object.metadata.resourceVersion !== before };
    };
  }

  function knownVersion({ resource, namespace, name }: Target): string | undefined {
    return sinkOf(resource)?.resourceVersionOf(objectKey(namespace, name));
  }

  return {
    read,

    create(resource, object) {
      const { namespace, name = '' } = object.metadata;
      const target = { resource, namespace, name };
      const request: KubeRequest = {
        verb: 'POST',
        path: collectionPath(resource, namespace),
        query: manager,
        body: object,
      };
      return send(target, request, accept(resource, undefined));
    },

    async patch<T extends KubernetesObject>(target: Target, patch: unknown, patchOptions: PatchOptions = {}) {
      const { type = 'merge', subresource, uid, resourceVersion } = patchOptions;
      if (type === 'merge' && isEmptyPatch(patch)) return { ok: true, changed: false };
      const { resource, namespace, name } = target;
      const request: KubeRequest = {
        verb: 'PATCH',
        path: objectPath(resource, namespace, name, subresource),
        query: manager,
        contentType: patchContentType[type],
        body: type === 'merge' ? withPreconditions(patch, uid, resourceVersion) : patch,
      };
      const before = resourceVersion ?? knownVersion(target);
      const settle: Accept<T> =
        subresource === 'scale' ? () => ({ ok: true, changed: true }) : accept<T>(resource, before);
      return send(target, request, settle);
    },

    async patchStatus<T extends KubernetesObject>(
      target: Target,
      from: T & { readonly status?: unknown },
      status: unknown,
      resourceVersion = from.metadata.resourceVersion,
    ) {
      const { resource, namespace, name } = target;
      const patch = prunedFields.strip(resource.plural, diffMergePatch(from.status ?? {}, status));
      if (isEmptyPatch(patch)) return { ok: true, changed: false };
      const request: KubeRequest = {
        verb: 'PATCH',
        path: objectPath(resource, namespace, name, resource.statusSubresource ? 'status' : undefined),
        query: manager,
        contentType: patchContentType.merge,
        body: withPreconditions({ status: patch }, undefined, resourceVersion),
      };
      return send<T>(target, request, (response) => {
        const { status: stored } = response.body as { readonly status?: unknown };
        prunedFields.learn(resource.plural, patch, stored);
        return accept<T>(resource, resourceVersion)(response);
      });
    },

    update(resource, object) {
      const { namespace, name = '', resourceVersion } = object.metadata;
      const request: KubeRequest = {
        verb: 'PUT',
        path: objectPath(resource, namespace, name),
        query: manager,
        body: object,
      };
      return send({ resource, namespace, name }, request, accept(resource, resourceVersion));
    },

    async delete(target, preconditions, propagationPolicy = 'Background') {
      const { resource, namespace, name } = target;
      const request: KubeRequest = {
        verb: 'DELETE',
        path: objectPath(resource, namespace, name),
        body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy, preconditions },
      };
      const result = await send(target, request, ({ body }) => {
        const answer = body as KubernetesObject;
        // With finalizers or a grace period the object is still there, marked as terminating.
        if (answer.kind !== 'Status' && answer.metadata?.deletionTimestamp !== undefined) {
          sinkOf(resource)?.written(answer);
        } else {
          sinkOf(resource)?.removed(objectKey(namespace, name), preconditions.uid);
        }
        return { ok: true, changed: true };
      });
      if (result.ok || result.problem.class !== 'gone') return result;
      sinkOf(resource)?.removed(objectKey(namespace, name), preconditions.uid);
      return { ok: true, changed: false };
    },

    evict(namespace, name, uid) {
      const target = { resource: evictions, namespace, name };
      const request: KubeRequest = {
        verb: 'POST',
        path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`,
        body: {
          kind: 'Eviction',
          apiVersion: 'policy/v1',
          metadata: { name, namespace },
          deleteOptions: { preconditions: { uid } },
        },
      };
      return send(target, request, () => ({ ok: true, changed: true }));
    },
  };
}

type Accept<T extends KubernetesObject> = (response: KubeResponse) => WriteResult<T>;

/** The pod that an eviction is about, for reading it back; no store keeps pods. */
const evictions: Resource = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
  statusSubresource: true,
};

function doubtKey({ resource, namespace, name }: Target): string {
  return `${resource.group}/${resource.plural}/${objectKey(namespace, name)}`;
}

function isEmptyPatch(patch: unknown): boolean {
  return patch === undefined || (typeof patch === 'object' && patch !== null && Object.keys(patch).length === 0);
}

function withPreconditions(patch: unknown, uid: string | undefined, resourceVersion: string | undefined): unknown {
  if (uid === undefined && resourceVersion === undefined) return patch;
  const content = patch as { readonly metadata?: object };
  const metadata = {
    ...content.metadata,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  return { ...content, metadata };
}
