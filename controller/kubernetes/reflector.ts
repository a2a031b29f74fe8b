// How a store follows the cluster: a list in pages, then a watch that is carried on from the last resource version for
// as long as the process lives (spec/kubernetes.md §2, "reflector"; operations.md §20.1).

import type { Clock, EpochMillis, Random, TimerHandle } from '../lang/time.ts';
import { isExpired, listPages } from './list.ts';
import type { Logger } from './log.ts';
import { createRetryDelay, type RetryDelay } from './retry-delay.ts';
import type { Decoded, Store } from './store.ts';
import { KubeError, type Transport, type WatchFrame, type WatchHandle } from './transport.ts';

export interface Reflector {
  start(): void;
  stop(): void;
  /** Whether the store has once held the whole list (or the kind is known not to be installed). */
  readonly hasSynced: boolean;
  /** Resolves once `hasSynced`; never rejects. */
  synced(): Promise<void>;
  /** Resolves with why the list or the watch at work failed, at once while it is failing; undefined once `hasSynced`. */
  tried(): Promise<Error | undefined>;
  /** `absent`: the API server does not know the kind (404), only with `optional`. */
  readonly state: ReflectorState;
}

export type ReflectorState = 'stopped' | 'listing' | 'watching' | 'absent' | 'failing';

export interface ReflectorOptions<T> {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Collection path: `collectionPath(replicaSets, namespace)`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly store: Store<T>;
  /** Objects a page; 500 unless told. */
  readonly pageSize?: number;
  /** A kind that is not installed counts as an empty one and is looked for again every 30 s. */
  readonly optional?: boolean;
  /** Tells every listener of every object again at this interval. */
  readonly resyncMs?: number;
  /** Why a watch was begun anew, e.g. for a metric. */
  readonly onRestart?: (reason: string) => void;
}

export function createReflector<T>(options: ReflectorOptions<T>): Reflector {
  return new ListWatcher(options);
}

/** Until the server has accepted the watch. */
const openGuardMs = 30_000;
/** Bookmarks come every minute: after this silence nobody is there any more. */
const bookmarkGuardMs = 90_000;
const graceMs = 15_000;
const absentRetryMs = 30_000;
const shortestWatchMs = 1_000;
/** So often in a row a watch may break without a frame before the whole list is read again. */
const breaksBeforeRelist = 3;

class ListWatcher<T> implements Reflector {
  readonly #options: ReflectorOptions<T>;
  readonly #retryDelay: RetryDelay;
  readonly #log: Logger;
  readonly #waitingForSync: (() => void)[] = [];
  readonly #waitingForTry: ((failure: Error | undefined) => void)[] = [];
  #failure: Error | undefined;
  #state: ReflectorState = 'stopped';
  #hasSynced = false;
  #resourceVersion = '';
  #breaksWithoutFrame = 0;
  /** A listener failed: after the next list everything is told again, so that nothing it missed stays missed. */
  #tellAllAfterList = false;
  #watch: WatchHandle | undefined;
  #timer: TimerHandle | undefined;
  #resyncTimer: TimerHandle | undefined;
  #listing: AbortController | undefined;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#retryDelay = createRetryDelay(options.clock, options.random);
    this.#log = options.log.child({ path: options.path });
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get state(): ReflectorState {
    return this.#state;
  }

  synced(): Promise<void> {
    if (this.#hasSynced) return Promise.resolve();
    return new Promise((resolve) => this.#waitingForSync.push(resolve));
  }

  tried(): Promise<Error | undefined> {
    if (this.#hasSynced) return Promise.resolve(undefined);
    if (this.#state === 'failing') return Promise.resolve(this.#failure);
    return new Promise((resolve) => this.#waitingForTry.push(resolve));
  }

  start(): void {
    if (this.#state !== 'stopped') throw new Error(`the reflector of ${this.#options.path} was started twice`);
    void this.#list();
    this.#scheduleResync();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#listing?.abort();
    this.#watch?.cancel();
    this.#timer?.cancel();
    this.#resyncTimer?.cancel();
    this.#watch = undefined;
    this.#timer = undefined;
    this.#resyncTimer = undefined;
  }

  async #list(): Promise<void> {
    const { transport, path, labelSelector, fieldSelector, pageSize, store } = this.#options;
    this.#state = 'listing';
    this.#breaksWithoutFrame = 0;
    const listing = new AbortController();
    this.#listing = listing;
    let items: Decoded<T>[] = [];
    try {
      const { resourceVersion } = await listPages(
        transport,
        path,
        {
          ...(labelSelector === undefined ? {} : { labelSelector }),
          ...(fieldSelector === undefined ? {} : { fieldSelector }),
          ...(pageSize === undefined ? {} : { pageSize }),
          signal: listing.signal,
        },
        {
          take: (page) => {
            for (const item of page) items.push(store.decode(item));
          },
          restart: () => {
            items = [];
          },
        },
      );
      if (listing.signal.aborted) return;
      store.replace(items, resourceVersion);
      if (this.#tellAllAfterList) store.tellAll();
      this.#tellAllAfterList = false;
      this.#resourceVersion = resourceVersion;
      this.#markSynced();
      this.#startWatch();
    } catch (error) {
      if (listing.signal.aborted) return;
      this.#listFailed(error);
    }
  }

  #listFailed(error: unknown): void {
    if (this.#options.optional === true && error instanceof KubeError && error.status === 404) {
      this.#options.store.replace([], '');
      this.#state = 'absent';
      this.#markSynced();
      this.#after(absentRetryMs, () => this.#list());
      return;
    }
    if (!(error instanceof KubeError)) this.#tellAllAfterList = true;
    this.#backOff('list', error, () => this.#list());
  }

  #startWatch(): void {
    const { transport, clock, random, path, labelSelector, fieldSelector } = this.#options;
    const timeoutSeconds = 300 + Math.floor(random.next() * 301);
    const startedAt = clock.now();
    let lastSignAt: EpochMillis = startedAt;
    let patienceMs = openGuardMs;
    this.#state = 'watching';
    const handle = transport.watch(
      {
        verb: 'GET',
        path,
        query: {
          labelSelector,
          fieldSelector,
          allowWatchBookmarks: true,
          resourceVersion: this.#resourceVersion,
          timeoutSeconds,
        },
      },
      {
        opened: () => {
          lastSignAt = clock.now();
          patienceMs = timeoutSeconds * 1000 + graceMs;
        },
        frame: (frame) => {
          lastSignAt = clock.now();
          this.#breaksWithoutFrame = 0;
          if (frame.type === 'BOOKMARK') patienceMs = bookmarkGuardMs;
          this.#takeFrame(frame);
        },
        closed: (problem) => {
          this.#timer?.cancel();
          this.#watch = undefined;
          if (this.#state === 'stopped') return;
          this.#watchEnded(problem, startedAt);
        },
      },
    );
    this.#watch = handle;
    // A look at the time once per period of patience costs nothing per frame.
    const guard = (): void => {
      lastSignAt = Math.min(lastSignAt, clock.now()); // a clock that was set back makes nobody more patient
      const silentMs = clock.now() - lastSignAt;
      if (silentMs < patienceMs) {
        this.#after(patienceMs - silentMs, guard);
        return;
      }
      handle.cancel();
      this.#watch = undefined;
      this.#watchEnded(
        new KubeError({ status: 0, reason: 'Timeout', message: `the watch was silent for ${silentMs / 1000} s` }),
        startedAt,
      );
    };
    // It may have ended while it was being opened.
    if (this.#watch === handle) this.#after(patienceMs, guard);
  }

  #takeFrame(frame: WatchFrame): void {
    const { store } = this.#options;
    switch (frame.type) {
      case 'BOOKMARK':
        this.#resourceVersion = versionOf(frame.object) ?? this.#resourceVersion;
        return;
      case 'ERROR':
        throw statusError(frame.object);
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED': {
        const item = store.decode(frame.object);
        this.#resourceVersion = item.resourceVersion;
        store.applyEvent(frame.type, item);
      }
    }
  }

  #watchEnded(problem: Error | undefined, startedAt: EpochMillis): void {
    const { clock, onRestart } = this.#options;
    // No more than that: the clock may have been set back since.
    const restartDelayMs = Math.min(shortestWatchMs, Math.max(0, startedAt + shortestWatchMs - clock.now()));
    if (problem === undefined) {
      onRestart?.('ended');
      this.#after(restartDelayMs, () => this.#startWatch());
      return;
    }
    if (isExpired(problem)) {
      onRestart?.('expired');
      this.#log.info({ problem: problem.message }, 'Watch expired, listing again');
      this.#after(restartDelayMs, () => this.#list());
      return;
    }
    if (problem instanceof StreamError) {
      this.#backOff('watch', problem, () => this.#list());
      return;
    }
    if (!(problem instanceof KubeError)) {
      // An exception of ours or garbage from the peer: neither may leave the store quietly behind.
      this.#tellAllAfterList = true;
      this.#backOff('watch', problem, () => this.#list());
      return;
    }
    this.#breaksWithoutFrame += 1;
    const again = problem.status === 404 || this.#breaksWithoutFrame >= breaksBeforeRelist;
    this.#backOff('watch', problem, () => (again ? this.#list() : this.#startWatch()));
  }

  #backOff(what: 'list' | 'watch', error: unknown, again: () => unknown): void {
    this.#state = 'failing';
    this.#failure = error instanceof Error ? error : new Error(String(error));
    for (const resolve of this.#waitingForTry.splice(0)) resolve(this.#failure);
    const retryAfterMs = error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(this.#retryDelay.next(), retryAfterMs);
    this.#options.onRestart?.(reasonOf(error));
    const fields = { what, retryInMs: delayMs };
    if (error instanceof KubeError) this.#log.warn({ ...fields, problem: error.message }, 'Following the API failed');
    else this.#log.error({ ...fields, err: error }, 'Following the API failed');
    this.#after(delayMs, again);
  }

  #after(delayMs: number, run: () => unknown): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.schedule(delayMs, () => {
      if (this.#state !== 'stopped') run();
    });
  }

  #markSynced(): void {
    this.#hasSynced = true;
    for (const resolve of this.#waitingForSync.splice(0)) resolve();
    for (const resolve of this.#waitingForTry.splice(0)) resolve(undefined);
  }

  #scheduleResync(): void {
    const { clock, resyncMs, store } = this.#options;
    if (resyncMs === undefined || resyncMs <= 0) return;
    this.#resyncTimer = clock.schedule(resyncMs, () => {
      if (this.#hasSynced) store.tellAll();
      this.#scheduleResync();
    });
  }
}

/** An ERROR frame other than "expired": the stream's position is not to be trusted. */
class StreamError extends KubeError {}

function statusError(object: unknown): KubeError {
  const status = (object ?? {}) as { code?: number; reason?: string; message?: string };
  return new StreamError({
    status: status.code ?? 500,
    reason: status.reason ?? 'Unknown',
    message: status.message ?? 'the watch ended with an error',
  });
}

function versionOf(object: unknown): string | undefined {
  return (object as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof KubeError)) return 'broken';
  return error.status === 0 ? error.reason.toLowerCase() : String(error.status);
}
