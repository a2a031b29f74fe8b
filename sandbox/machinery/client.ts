// How the sandbox's controllers and its node speak to an API server. `Requester` is all they ask of the way there: the
// in-process API server gives one, and any Transport of controller/kubernetes is one too, so that the node can play
// pods for a foreign API server (spec/sandbox.md §3). Objects are plain JSON and are never changed by whoever got them.

import type { KubernetesList, KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { collectionPath, objectPath, type ResourceName } from './resources.ts';

export interface ApiRequest {
  readonly verb: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly contentType?: string;
}

export interface WatchEvents {
  opened?(): void;
  frame(frame: {
    readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
    readonly object: unknown;
  }): void;
  /** Exactly once, last; undefined: a clean end. */
  closed(problem: Error | undefined): void;
}

export interface Requester {
  /** Rejects, with an error that carries the HTTP code as `status`, unless the answer is 2xx. */
  request(request: ApiRequest): Promise<{ readonly status: number; readonly body: unknown }>;
  watch(request: ApiRequest, sink: WatchEvents): { cancel(): void };
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export interface KubeClient {
  /** Undefined when it does not exist. */
  get<T extends KubernetesObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
  ): Promise<T | undefined>;
  list<T extends KubernetesObject>(
    resource: ResourceName,
    namespace?: string,
    query?: ApiRequest['query'],
  ): Promise<KubernetesList<T>>;
  create<T extends KubernetesObject>(resource: ResourceName, namespace: string | undefined, object: object): Promise<T>;
  /** POST to a subresource, e.g. pods/binding. */
  createSub(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    sub: string,
    body: object,
  ): Promise<unknown>;
  /** PUT of a whole object, or to a subresource. */
  replace<T extends KubernetesObject>(resource: ResourceName, object: KubernetesObject, sub?: string): Promise<T>;
  /** A JSON merge patch, or a strategic one (which merges lists by their keys, e.g. conditions by type). */
  patch<T extends KubernetesObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    patch: object,
    sub?: string,
    type?: 'merge' | 'strategic-merge',
  ): Promise<T>;
  /** The object that is still there because its deletion takes time; undefined when it is gone. */
  delete<T extends KubernetesObject>(
    resource: ResourceName,
    namespace: string | undefined,
    name: string,
    options?: DeleteOptions,
  ): Promise<T | undefined>;
  /** Any other GET, e.g. a log. */
  read(path: string, query?: string): Promise<unknown>;
  watch(resource: ResourceName, query: NonNullable<ApiRequest['query']>, sink: WatchEvents): { cancel(): void };
}

/** `fieldManager` is the name under which the writes are tracked. */
export function createKubeClient(requester: Requester, fieldManager: string): KubeClient {
  const query = { fieldManager };
  async function call(request: ApiRequest): Promise<unknown> {
    return (await requester.request(request)).body;
  }
  return {
    async get(resource, namespace, name) {
      try {
        return (await call({ verb: 'GET', path: objectPath(resource, namespace, name) })) as never;
      } catch (problem) {
        if (statusOf(problem) === 404) return undefined;
        throw problem;
      }
    },
    async list(resource, namespace, listQuery) {
      const path = collectionPath(resource, namespace);
      return (await call({ verb: 'GET', path, ...(listQuery && { query: listQuery }) })) as never;
    },
    async create(resource, namespace, object) {
      return (await call({ verb: 'POST', path: collectionPath(resource, namespace), query, body: object })) as never;
    },
    createSub(resource, namespace, name, sub, body) {
      return call({ verb: 'POST', path: objectPath(resource, namespace, name, sub), query, body });
    },
    async replace(resource, object, sub) {
      const path = objectPath(resource, object.metadata.namespace, object.metadata.name ?? '', sub);
      return (await call({ verb: 'PUT', path, query, body: object })) as never;
    },
    async patch(resource, namespace, name, patch, sub, type = 'merge') {
      const path = objectPath(resource, namespace, name, sub);
      return (await call({
        verb: 'PATCH',
        path,
        query,
        body: patch,
        contentType: `application/${type}-patch+json`,
      })) as never;
    },
    async delete(resource, namespace, name, options = {}) {
      const body = { kind: 'DeleteOptions', apiVersion: 'v1', ...options };
      const answer = (await call({ verb: 'DELETE', path: objectPath(resource, namespace, name), body })) as {
        readonly metadata?: { readonly deletionTimestamp?: string };
      };
      return (answer.metadata?.deletionTimestamp === undefined ? undefined : answer) as never;
    },
    read: (path, text = '') => call({ verb: 'GET', path, query: Object.fromEntries(new URLSearchParams(text)) }),
    watch: (resource, watchQuery, sink) =>
      requester.watch({ verb: 'GET', path: collectionPath(resource), query: watchQuery }, sink),
  };
}

/** The HTTP code of a refusal; 0 when there was no answer, undefined when it is not about a request at all. */
export function statusOf(problem: unknown): number | undefined {
  if (typeof problem !== 'object' || problem === null || !('status' in problem)) return undefined;
  return typeof problem.status === 'number' ? problem.status : undefined;
}

/** Runs a write whose object may be gone or changed meanwhile: 404 and 409 are answers here, not failures. */
export async function unlessGone<T>(write: Promise<T>): Promise<T | undefined> {
  try {
    return await write;
  } catch (problem) {
    const status = statusOf(problem);
    if (status === 404 || status === 409) return undefined;
    throw problem;
  }
}
