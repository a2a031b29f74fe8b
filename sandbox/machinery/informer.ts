// What is in the cluster now, of one kind: list, then watch, kept in memory, with indexes and one callback per change.
// The answers of one's own writes enter at once (`wrote`, `removed`), older watch events for that key are dropped: a
// level-triggered controller then never acts twice on what it has just done.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Clock, TimerHandle } from '../../controller/lang/time.ts';
import { type KubeClient, statusOf } from './client.ts';
import { keyOf, type ResourceName } from './resources.ts';

/** `now` is undefined when the object is gone, `before` when it is new. */
export type ChangeHandler<T> = (now: T | undefined, before: T | undefined) => void;

export interface InformerOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly resource: ResourceName;
  report(problem: Error): void;
  /** E.g. a field selector. */
  readonly query?: Readonly<Record<string, string>>;
  /** Real servers end a watch now and then; in memory that need not be asked for. Default: not asked for. */
  readonly timeoutSeconds?: number;
}

const firstBackOffMs = 800;
const longestBackOffMs = 30_000;

export class Informer<T extends KubernetesObject> {
  readonly #options: InformerOptions;
  readonly #items = new Map<string, T>();
  readonly #handlers: ChangeHandler<T>[] = [];
  readonly #indexes = new Map<
    string,
    { readonly of: (item: T) => readonly string[]; readonly keys: Map<string, Set<string>> }
  >();
  /** Resource versions below which watch events for a key are old news. */
  readonly #floors = new Map<string, number>();
  #resourceVersion = '';
  #watch: { cancel(): void } | undefined;
  #retry: TimerHandle | undefined;
  #backOffMs = firstBackOffMs;
  #stopped = false;

  constructor(options: InformerOptions) {
    this.#options = options;
  }

  get(key: string): T | undefined {
    return this.#items.get(key);
  }

  /** Everything, in the order in which it was first seen. */
  all(): IterableIterator<T> {
    return this.#items.values();
  }

  get size(): number {
    return this.#items.size;
  }

  onChange(handler: ChangeHandler<T>): void {
    this.#handlers.push(handler);
  }

  /** Names an index: which values an object is found under. Must be named before `start`. */
  index(name: string, of: (item: T) => readonly string[]): void {
    if (!this.#indexes.has(name)) this.#indexes.set(name, { of, keys: new Map() });
  }

  find(indexName: string, value: string): T[] {
    const keys = this.#indexes.get(indexName)?.keys.get(value) ?? [];
    return [...keys].map((key) => this.#items.get(key)!);
  }

  /** Resolves when the first list is in. Rejects when that fails. */
  async start(): Promise<void> {
    await this.#relist();
  }

  stop(): void {
    this.#stopped = true;
    this.#watch?.cancel();
    this.#retry?.cancel();
  }

  /** The answer to a write of one's own. */
  wrote(item: T | undefined): void {
    if (item === undefined || this.#stopped) return;
    const key = keyOf(item);
    const version = versionOf(item);
    const known = this.#items.get(key);
    if (known !== undefined && versionOf(known) >= version) return;
    // The watch has passed this version: whatever became of the object since is known better than this answer.
    if (known === undefined && version <= Math.max(this.#floors.get(key) ?? 0, Number(this.#resourceVersion))) return;
    this.#floors.set(key, version);
    this.#set(key, item);
  }

  /** A delete of one's own was answered with "gone". */
  removed(item: T): void {
    const key = keyOf(item);
    const known = this.#items.get(key);
    if (known === undefined || known.metadata.uid !== item.metadata.uid) return;
    this.#floors.set(key, versionOf(known) + 1);
    this.#set(key, undefined);
  }

  async #relist(): Promise<void> {
    const { client, resource, query } = this.#options;
    const list = await client.list<T>(resource, undefined, query);
    if (this.#stopped) return;
    const listed = new Set<string>();
    for (const item of list.items) {
      const key = keyOf(item);
      listed.add(key);
      const known = this.#items.get(key);
      if (known === undefined || known.metadata.resourceVersion !== item.metadata.resourceVersion) this.#set(key, item);
    }
    for (const key of [...this.#items.keys()]) if (!listed.has(key)) this.#set(key, undefined);
    this.#floors.clear();
    this.#resourceVersion = list.metadata.resourceVersion ?? '';
    this.#openWatch();
  }

  #openWatch(): void {
    const { client, resource, query, timeoutSeconds } = this.#options;
    let ended = false;
    this.#watch = client.watch(
      resource,
      {
        watch: true,
        resourceVersion: this.#resourceVersion,
        ...query,
        ...(timeoutSeconds !== undefined && { timeoutSeconds, allowWatchBookmarks: true }),
      },
      {
        frame: (frame) => {
          if (this.#stopped || ended) return;
          if (frame.type === 'ERROR') {
            ended = true;
            this.#watch?.cancel();
            this.#backOffMs = firstBackOffMs; // the server answers
            this.#again(true, new Error(`watch of ${resource.plural}: ${messageOf(frame.object)}`));
            return;
          }
          this.#backOffMs = firstBackOffMs;
          this.#take(frame.type, frame.object as T);
        },
        closed: (problem) => {
          if (this.#stopped || ended) return;
          ended = true;
          const isTooOld = statusOf(problem) === 410;
          if (isTooOld) this.#backOffMs = firstBackOffMs;
          this.#again(isTooOld, problem);
        },
      },
    );
  }

  #take(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', item: T): void {
    if (item.metadata.resourceVersion !== undefined) this.#resourceVersion = item.metadata.resourceVersion;
    if (type === 'BOOKMARK') return;
    const key = keyOf(item);
    const floor = this.#floors.get(key);
    if (floor !== undefined) {
      if (versionOf(item) < floor) return;
      this.#floors.delete(key);
    }
    if (type === 'DELETED') {
      const known = this.#items.get(key);
      if (known !== undefined && known.metadata.uid === item.metadata.uid) this.#set(key, undefined);
      return;
    }
    if (this.#items.get(key)?.metadata.resourceVersion !== item.metadata.resourceVersion) this.#set(key, item);
  }

  /** The watch ended: at once again after a clean end, otherwise after a pause; from a new list when it is too old. */
  #again(relist: boolean, problem: Error | undefined): void {
    const { clock, report, resource } = this.#options;
    const delayMs = problem === undefined ? 0 : this.#backOffMs;
    if (problem !== undefined) this.#backOffMs = Math.min(this.#backOffMs * 2, longestBackOffMs);
    this.#retry = clock.schedule(delayMs, () => {
      if (!relist) return this.#openWatch();
      this.#relist().catch((failure: Error) => {
        if (this.#stopped) return;
        report(new Error(`list of ${resource.plural}: ${failure.message}`, { cause: failure }));
        this.#again(true, failure);
      });
    });
  }

  #set(key: string, item: T | undefined): void {
    const before = this.#items.get(key);
    for (const { of, keys } of this.#indexes.values()) {
      if (before !== undefined) for (const value of of(before)) leave(keys, value, key);
      if (item !== undefined) for (const value of of(item)) entry(keys, value).add(key);
    }
    if (item === undefined) this.#items.delete(key);
    else this.#items.set(key, item);
    if (before === undefined && item === undefined) return;
    if (before !== undefined && item !== undefined && before.metadata.uid !== item.metadata.uid) {
      this.#tell(undefined, before);
      this.#tell(item, undefined);
    } else {
      this.#tell(item, before);
    }
  }

  #tell(now: T | undefined, before: T | undefined): void {
    for (const handler of this.#handlers) handler(now, before);
  }
}

function entry(keys: Map<string, Set<string>>, value: string): Set<string> {
  let set = keys.get(value);
  if (set === undefined) {
    set = new Set();
    keys.set(value, set);
  }
  return set;
}

function leave(keys: Map<string, Set<string>>, value: string, key: string): void {
  const set = keys.get(value);
  if (set?.delete(key) && set.size === 0) keys.delete(value);
}

/** Resource versions of this server are one counter; where they are not numbers they compare as equal to nothing. */
function versionOf(item: KubernetesObject): number {
  return Number(item.metadata.resourceVersion ?? 0);
}

function messageOf(status: unknown): string {
  return (status as { readonly message?: string } | undefined)?.message ?? 'it ended with an error';
}
