// Where objects live: in memory behind one interface, with one revision counter for all of them and a log of the last
// writes from which watches replay and pages of a list are rebuilt (spec/sandbox.md §3, resourceVersion, watch, list).

import { deepFreeze } from './json.ts';
import type { ApiObject } from './kinds/types.ts';

export interface StorageEvent {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: string;
  readonly key: string;
  /** After the write; for DELETED the last state with the revision of the deletion. */
  readonly object: ApiObject;
  readonly previous: ApiObject | undefined;
}

export interface Snapshot {
  readonly revision: number;
  readonly resources: Readonly<Record<string, readonly ApiObject[]>>;
}

/** `resource` is `group/plural`, `key` is `namespace/name` (or `name`). Objects are frozen; their revision is in metadata. */
export interface Storage {
  readonly revision: number;
  /** Events up to this revision are forgotten. */
  readonly compactedRevision: number;
  get(resource: string, key: string): ApiObject | undefined;
  /** In the order of keys. */
  list(resource: string, namespace?: string): ApiObject[];
  /** The list as it was at an earlier revision; undefined when that is forgotten. */
  listAt(resource: string, revision: number, namespace?: string): ApiObject[] | undefined;
  /** Keeps `object` (which is frozen now) under a new revision, and returns it. */
  put(resource: string, key: string, object: ApiObject): ApiObject;
  /** Returns the last state under the revision of the deletion. */
  delete(resource: string, key: string): ApiObject | undefined;
  /** Events of a resource after a revision; undefined when some of them are forgotten. */
  since(resource: string, revision: number): StorageEvent[] | undefined;
  /** Calls the listener within each write of the resource; `*`: of any. */
  subscribe(resource: string, listener: (event: StorageEvent) => void): () => void;
  /** Forgets all events up to now. */
  compact(): void;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

export function storageKey(namespace: string | undefined, name: string): string {
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

interface Table {
  readonly objects: Map<string, ApiObject>;
  readonly keys: string[];
}

export class MemoryStorage implements Storage {
  revision: number;
  compactedRevision: number;
  readonly #historyLimit: number;
  readonly #tables = new Map<string, Table>();
  readonly #listeners = new Map<string, Set<(event: StorageEvent) => void>>();
  /** By resource: a watch of few objects is not to walk through the events of many. */
  readonly #logs = new Map<string, StorageEvent[]>();
  #logged = 0;

  /** Revisions start at 1000, so that small numbers are versions of long ago, as on a cluster that has lived. */
  constructor(options: { readonly historyLimit?: number; readonly firstRevision?: number } = {}) {
    this.#historyLimit = options.historyLimit ?? 10_000;
    this.revision = options.firstRevision ?? 1000;
    this.compactedRevision = this.revision;
  }

  get(resource: string, key: string): ApiObject | undefined {
    return this.#tables.get(resource)?.objects.get(key);
  }

  list(resource: string, namespace?: string): ApiObject[] {
    const table = this.#tables.get(resource);
    if (table === undefined) return [];
    if (namespace === undefined || namespace === '') return table.keys.map((key) => table.objects.get(key)!);
    const prefix = `${namespace}/`;
    const found: ApiObject[] = [];
    for (let index = lowerBound(table.keys, prefix); index < table.keys.length; index++) {
      const key = table.keys[index]!;
      if (!key.startsWith(prefix)) break;
      found.push(table.objects.get(key)!);
    }
    return found;
  }

  listAt(resource: string, revision: number, namespace?: string): ApiObject[] | undefined {
    if (revision === this.revision) return this.list(resource, namespace);
    const later = this.since(resource, revision);
    if (later === undefined) return undefined;
    const objects = new Map(this.#tables.get(resource)?.objects);
    for (const event of later.reverse()) {
      if (event.previous === undefined) objects.delete(event.key);
      else objects.set(event.key, event.previous);
    }
    const prefix = namespace === undefined || namespace === '' ? '' : `${namespace}/`;
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
    return keys.map((key) => objects.get(key)!);
  }

  put(resource: string, key: string, object: ApiObject): ApiObject {
    const table = this.#table(resource);
    const previous = table.objects.get(key);
    object.metadata.resourceVersion = String(++this.revision);
    deepFreeze(object);
    table.objects.set(key, object);
    if (previous === undefined) table.keys.splice(lowerBound(table.keys, key), 0, key);
    this.#record({
      revision: this.revision,
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      resource,
      key,
      object,
      previous,
    });
    return object;
  }

  delete(resource: string, key: string): ApiObject | undefined {
    const table = this.#tables.get(resource);
    const previous = table?.objects.get(key);
    if (table === undefined || previous === undefined) return undefined;
    table.objects.delete(key);
    table.keys.splice(lowerBound(table.keys, key), 1);
    const object = withRevision(previous, ++this.revision);
    this.#record({ revision: this.revision, type: 'DELETED', resource, key, object, previous });
    return object;
  }

  since(resource: string, revision: number): StorageEvent[] | undefined {
    if (revision < this.compactedRevision) return undefined;
    return after(this.#logs.get(resource) ?? [], revision);
  }

  subscribe(resource: string, listener: (event: StorageEvent) => void): () => void {
    let listeners = this.#listeners.get(resource);
    if (listeners === undefined) {
      listeners = new Set();
      this.#listeners.set(resource, listeners);
    }
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  snapshot(): Snapshot {
    const resources: Record<string, readonly ApiObject[]> = {};
    for (const resource of this.#tables.keys()) resources[resource] = this.list(resource);
    return { revision: this.revision, resources };
  }

  /** Replaces everything. Watches do not see it: restore before anybody watches. */
  restore(snapshot: Snapshot): void {
    this.#tables.clear();
    this.revision = snapshot.revision;
    this.compact();
    for (const [resource, objects] of Object.entries(snapshot.resources)) {
      const table = this.#table(resource);
      for (const object of objects) {
        const key = storageKey(object.metadata.namespace as string | undefined, object.metadata.name as string);
        table.objects.set(key, deepFreeze(object));
        table.keys.push(key);
      }
      table.keys.sort(compareKeys);
    }
  }

  #table(resource: string): Table {
    let table = this.#tables.get(resource);
    if (table === undefined) {
      table = { objects: new Map(), keys: [] };
      this.#tables.set(resource, table);
    }
    return table;
  }

  compact(): void {
    this.compactedRevision = this.revision;
    this.#logs.clear();
    this.#logged = 0;
  }

  #forgetUpTo(revision: number): void {
    this.compactedRevision = revision;
    this.#logged = 0;
    for (const [resource, log] of this.#logs) {
      const kept = after(log, revision);
      this.#logs.set(resource, kept);
      this.#logged += kept.length;
    }
  }

  #record(event: StorageEvent): void {
    const log = this.#logs.get(event.resource);
    if (log === undefined) this.#logs.set(event.resource, [event]);
    else log.push(event);
    this.#logged++;
    // Revisions count writes: half of the events are those after this one.
    if (this.#logged > 2 * this.#historyLimit) this.#forgetUpTo(event.revision - this.#historyLimit);
    for (const listener of [...(this.#listeners.get(event.resource) ?? [])]) listener(event);
    for (const listener of this.#listeners.get('*') ?? []) listener(event);
  }
}

/** Of a log in the order of revisions: those after one. */
function after(log: readonly StorageEvent[], revision: number): StorageEvent[] {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (log[middle]!.revision > revision) high = middle;
    else low = middle + 1;
  }
  return log.slice(low);
}

/** The same object under another revision; everything below metadata is shared. */
export function withRevision(object: ApiObject, revision: number): ApiObject {
  return deepFreeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } });
}

function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
