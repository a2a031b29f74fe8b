// A cluster for tests of the command line: objects in a map, answers as an API server gives them, every request kept.
// No validation, no controllers: what a test wants to happen it does itself.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import {
  KubeError,
  type KubeRequest,
  type KubeResponse,
  patchContentType,
  type Transport,
  type WatchHandle,
  type WatchSink,
} from '../../controller/kubernetes/transport.ts';
import { matchesTerms, parseLabelSelector } from '../../controller/lang/label-selector.ts';
import { applyMergePatch } from '../../controller/lang/merge-patch.ts';

export interface RecordedRequest {
  readonly verb: string;
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

interface Watch {
  readonly request: KubeRequest;
  readonly sink: WatchSink;
}

const pluralOf: Readonly<Record<string, string>> = {
  Rollout: 'rollouts',
  Experiment: 'experiments',
  AnalysisRun: 'analysisruns',
  ReplicaSet: 'replicasets',
  Pod: 'pods',
  Service: 'services',
  Ingress: 'ingresses',
  Deployment: 'deployments',
  PodTemplate: 'podtemplates',
  AnalysisTemplate: 'analysistemplates',
  ClusterAnalysisTemplate: 'clusteranalysistemplates',
  Event: 'events',
  PodDisruptionBudget: 'poddisruptionbudgets',
};

export class FakeCluster implements Transport {
  readonly requests: RecordedRequest[] = [];
  /** Asked before each request: an error is the answer. */
  refuse: (request: KubeRequest) => KubeError | undefined = () => undefined;
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #watches = new Set<Watch>();
  readonly #history: { readonly type: EventType; readonly object: KubernetesObject }[] = [];
  #version = 1;

  constructor(objects: readonly KubernetesObject[] = []) {
    for (const object of objects) this.put(object);
  }

  /** The requests that were not reads. */
  get writes(): RecordedRequest[] {
    return this.requests.filter(({ verb }) => verb !== 'GET');
  }

  /** Stores an object and tells the watches. */
  put(object: KubernetesObject): KubernetesObject {
    const path = pathOf(object);
    const type = this.#objects.has(path) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#version}` } };
    this.#objects.set(path, stored);
    this.#tell(type, stored);
    return stored;
  }

  delete(object: KubernetesObject): void {
    this.#objects.delete(pathOf(object));
    this.#tell('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: `${++this.#version}` } });
  }

  /** Breaks every open watch. */
  breakWatches(): void {
    for (const watch of [...this.#watches]) {
      this.#watches.delete(watch);
      watch.sink.closed(new KubeError({ status: 0, reason: 'Unreachable', message: 'connection reset' }));
    }
  }

  async request(request: KubeRequest): Promise<KubeResponse> {
    if (request.signal?.aborted) throw new KubeError({ status: 0, reason: 'Aborted', message: 'aborted' });
    const { verb, path, body, contentType } = request;
    this.requests.push({
      verb,
      path,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    const refusal = this.refuse(request);
    if (refusal) throw refusal;
    return { status: 200, headers: {}, body: this.#answer(request) };
  }

  watch(request: KubeRequest, sink: WatchSink): WatchHandle {
    const watch = { request, sink };
    this.#watches.add(watch);
    sink.opened?.();
    const known = Number(request.query?.resourceVersion ?? this.#version);
    for (const { type, object } of this.#history) {
      if (Number(object.metadata.resourceVersion) > known && isWanted(object, request)) sink.frame({ type, object });
    }
    return { cancel: () => this.#watches.delete(watch) };
  }

  close(): void {
    this.#watches.clear();
  }

  #answer(request: KubeRequest): unknown {
    const { verb, path, body, contentType } = request;
    const objectPath = path.replace(/\/status$/, '');
    const known = this.#objects.get(objectPath);
    if (verb === 'GET' && isCollection(path)) return this.#list(request);
    if (verb === 'POST') return this.#create(path, body as KubernetesObject);
    if (known === undefined) throw notFound(objectPath);
    if (verb === 'GET') return known;
    if (verb === 'PUT') return this.put(body as KubernetesObject);
    return this.put(contentType === patchContentType.json ? jsonPatched(known, body) : applyMergePatch(known, body));
  }

  #create(path: string, object: KubernetesObject): KubernetesObject {
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1];
    const name = object.metadata.name || `${object.metadata.generateName}x7k2p`;
    return this.put({ ...object, metadata: { ...object.metadata, name, ...(namespace ? { namespace } : {}) } });
  }

  #list(request: KubeRequest): unknown {
    const items = [...this.#objects.values()].filter((object) => isWanted(object, request));
    return { metadata: { resourceVersion: `${this.#version}` }, items };
  }

  #tell(type: EventType, object: KubernetesObject): void {
    this.#history.push({ type, object });
    for (const { request, sink } of [...this.#watches]) if (isWanted(object, request)) sink.frame({ type, object });
  }
}

export function refusal(status: number, reason: string, message: string): KubeError {
  return new KubeError({ status, reason, message });
}

function isCollection(path: string): boolean {
  return Object.values(pluralOf).some((plural) => path.endsWith(`/${plural}`));
}

function isWanted(object: KubernetesObject, { path, query }: KubeRequest): boolean {
  const [collection] = /^.*(?=\/)/.exec(pathOf(object)) ?? [''];
  const isOfCollection = collection === path || collection.replace(/\/namespaces\/[^/]+/, '') === path;
  const selector = parseLabelSelector(`${query?.labelSelector ?? ''}`);
  if ('problem' in selector) throw refusal(400, 'BadRequest', selector.problem);
  const field = query?.fieldSelector;
  return (
    isOfCollection &&
    matchesTerms(selector.terms, object.metadata.labels) &&
    (field === undefined || `${field}`.split(',').every((term) => hasField(object, term)))
  );
}

/** `metadata.name=web`. */
function hasField(object: KubernetesObject, term: string): boolean {
  const [path = '', value] = term.split('=');
  const found = path
    .split('.')
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object);
  return String(found) === value;
}

function pathOf({ apiVersion = 'v1', kind = '', metadata }: KubernetesObject): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = kind.startsWith('Cluster') ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${scope}/${pluralOf[kind]}/${metadata.name}`;
}

function notFound(path: string): KubeError {
  const [, group = '', , , plural = '', name = ''] =
    /^\/apis?\/(?:([^/]+)\/)?([^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const resource = group === '' ? plural : `${plural}.${group}`;
  return new KubeError({
    status: 404,
    reason: 'NotFound',
    message: `${resource} "${name}" not found`,
    details: { name, group, kind: plural },
  });
}

/** Only `replace` at an existing place. */
function jsonPatched(object: KubernetesObject, operations: unknown): KubernetesObject {
  const patched = structuredClone(object);
  for (const { path, value } of operations as { path: string; value: unknown }[]) {
    const keys = path.slice(1).split('/');
    const last = keys.pop()!;
    const parent = keys.reduce<Record<string, unknown>>(
      (at, key) => at[key] as Record<string, unknown>,
      patched as unknown as Record<string, unknown>,
    );
    parent[last] = value;
  }
  return patched;
}
