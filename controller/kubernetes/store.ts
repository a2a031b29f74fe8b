// What is known of the objects of one kind: a map by key with named indexes, fed by a reflector (lists and watch
// events) and by the answers to our own writes. An event older than a write of ours is dropped (design law 5), and
// nothing else ever writes here (spec/kubernetes.md §2, "store", "read your writes").

import { isEqualJson } from '../lang/merge-patch.ts';

/** One object as it came, made small once. `object` must not be changed by anybody afterwards. */
export interface Decoded<T> {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly object: T;
}

export type Decode<T> = (json: unknown) => Decoded<T>;

/** Told in order and synchronously: added (old undefined), changed, deleted (current undefined; old is the last state). */
export type StoreListener<T> = (old: T | undefined, current: T | undefined, key: string) => void;

export interface Store<T> {
  readonly decode: Decode<T>;
  readonly size: number;
  get(key: string): T | undefined;
  resourceVersionOf(key: string): string | undefined;
  values(): Iterable<T>;
  keys(): Iterable<string>;
  /** The objects for which the named index yields `value`, in order of key. */
  byIndex(index: string, value: string): readonly T[];
  /** Returns a function that ends the subscription. */
  subscribe(listener: StoreListener<T>): () => void;

  /** The answer to a write of ours (raw JSON). */
  written(json: unknown): void;
  /** A deletion of ours that was answered with success, or a live read that found nothing. */
  removed(key: string, uid: string): void;
  /** Tells every listener of every object again, with old and current the same (resync). */
  tellAll(): void;

  /** For the reflector only. */
  replace(items: readonly Decoded<T>[], listVersion: string): void;
  applyEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: Decoded<T>): void;
}

/** Which index values an object has, e.g. the uid of its owner. */
export type IndexFunction<T> = (object: T) => readonly string[];

const maximumTombstones = 10_000;

export function createStore<T>(options: {
  readonly decode: Decode<T>;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** Whether an object is one of those that the reflector follows; all are unless told. */
  readonly isFollowed?: (object: T) => boolean;
}): Store<T> {
  return new MemoryStore(options.decode, options.indexes ?? {}, options.isFollowed ?? (() => true));
}

class MemoryStore<T> implements Store<T> {
  readonly decode: Decode<T>;
  readonly #items = new Map<string, Decoded<T>>();
  readonly #indexFunctions: Readonly<Record<string, IndexFunction<T>>>;
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  readonly #listeners = new Set<StoreListener<T>>();
  /** Uids that we know to be deleted while older events about them may still arrive. Oldest first. */
  readonly #deletedUids = new Set<string>();

  readonly #isFollowed: (object: T) => boolean;

  constructor(
    decode: Decode<T>,
    indexFunctions: Readonly<Record<string, IndexFunction<T>>>,
    isFollowed: (object: T) => boolean,
  ) {
    this.decode = decode;
    this.#isFollowed = isFollowed;
    this.#indexFunctions = indexFunctions;
    for (const name of Object.keys(indexFunctions)) this.#indexes.set(name, new Map());
  }

  get size(): number {
    return this.#items.size;
  }

  get(key: string): T | undefined {
    return this.#items.get(key)?.object;
  }

  resourceVersionOf(key: string): string | undefined {
    return this.#items.get(key)?.resourceVersion;
  }

  keys(): Iterable<string> {
    return this.#items.keys();
  }

  values(): Iterable<T> {
    return this.#items.values().map((item) => item.object);
  }

  byIndex(index: string, value: string): readonly T[] {
    const byValue = this.#indexes.get(index);
    if (byValue === undefined) throw new Error(`the store has no index "${index}"`);
    return [...(byValue.get(value) ?? [])].sort().map((key) => this.#items.get(key)!.object);
  }

  subscribe(listener: StoreListener<T>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  written(json: unknown): void {
    const item = this.decode(json);
    if (this.#isFollowed(item.object)) this.#accept(item);
    else this.#leave(item);
  }

  removed(key: string, uid: string): void {
    const known = this.#items.get(key);
    const gone = uid === '' ? known?.uid : uid;
    if (gone === undefined) return;
    this.#bury(gone);
    if (known?.uid === gone) this.#drop(known, known.object);
  }

  tellAll(): void {
    for (const item of [...this.#items.values()]) this.#tell(item.object, item.object, item.key);
  }

  replace(items: readonly Decoded<T>[], listVersion: string): void {
    const listed = new Set<string>();
    for (const item of items) {
      listed.add(item.key);
      this.#accept(item);
    }
    for (const known of [...this.#items.values()]) {
      // Written by us after the list was made: the list cannot know it.
      const isYounger = isOlderVersion(listVersion, known.resourceVersion);
      if (!listed.has(known.key) && !isYounger) this.#drop(known, known.object);
    }
  }

  applyEvent(type: 'ADDED' | 'MODIFIED' | 'DELETED', item: Decoded<T>): void {
    if (type !== 'DELETED') {
      this.#accept(item);
      return;
    }
    this.#deletedUids.delete(item.uid);
    const known = this.#items.get(item.key);
    if (known === undefined || isOlderVersion(item.resourceVersion, known.resourceVersion)) return;
    if (known.uid !== item.uid) return;
    this.#drop(known, item.object);
  }

  #accept(item: Decoded<T>): void {
    if (this.#deletedUids.has(item.uid)) return;
    const known = this.#items.get(item.key);
    if (known !== undefined) {
      if (known.resourceVersion === item.resourceVersion && known.uid === item.uid) return;
      if (isOlderVersion(item.resourceVersion, known.resourceVersion)) return;
      if (known.uid !== item.uid) this.#drop(known, known.object);
    }
    const old = this.#items.get(item.key);
    if (old !== undefined) this.#unindex(old);
    const kept = old === undefined ? item : { ...item, object: withKeptSpec(old.object, item.object) };
    this.#items.set(item.key, kept);
    this.#index(kept);
    this.#tell(old?.object, kept.object, item.key);
  }

  /** No watch tells of it any more, except that it left: of that, perhaps with a version that seems old. */
  #leave(item: Decoded<T>): void {
    const known = this.#items.get(item.key);
    if (known === undefined || isOlderVersion(item.resourceVersion, known.resourceVersion)) return;
    this.#drop(known, known.object);
  }

  #drop(known: Decoded<T>, lastState: T): void {
    this.#unindex(known);
    this.#items.delete(known.key);
    this.#tell(lastState, undefined, known.key);
  }

  #bury(uid: string): void {
    this.#deletedUids.add(uid);
    if (this.#deletedUids.size <= maximumTombstones) return;
    const [oldest] = this.#deletedUids;
    this.#deletedUids.delete(oldest!);
  }

  #tell(old: T | undefined, current: T | undefined, key: string): void {
    for (const listener of this.#listeners) listener(old, current, key);
  }

  #index(item: Decoded<T>): void {
    for (const [name, values] of Object.entries(this.#indexFunctions)) {
      const byValue = this.#indexes.get(name)!;
      for (const value of values(item.object)) {
        const keys = byValue.get(value);
        if (keys === undefined) byValue.set(value, new Set([item.key]));
        else keys.add(item.key);
      }
    }
  }

  #unindex(item: Decoded<T>): void {
    for (const [name, values] of Object.entries(this.#indexFunctions)) {
      const byValue = this.#indexes.get(name)!;
      for (const value of values(item.object)) {
        const keys = byValue.get(value);
        keys?.delete(item.key);
        if (keys?.size === 0) byValue.delete(value);
      }
    }
  }
}

/** A spec that says the same stays the same object: what was worked out of it (hashes, problems) is looked up by it. */
function withKeptSpec<T>(old: T, current: T): T {
  const { spec: before } = old as { readonly spec?: unknown };
  const { spec: after } = current as { readonly spec?: unknown };
  return before === after || !isEqualJson(before, after) ? current : { ...current, spec: before };
}

/**
 * Whether `version` is known to be older than `than`. Versions are compared as integers where both are integers; of
 * others nothing is known but whether they are equal (spec/kubernetes.md §2).
 */
export function isOlderVersion(version: string, than: string): boolean {
  if (!/^[0-9]+$/.test(version) || !/^[0-9]+$/.test(than)) return false;
  if (version.length !== than.length && !version.startsWith('0') && !than.startsWith('0')) {
    return version.length < than.length;
  }
  return BigInt(version) < BigInt(than);
}
