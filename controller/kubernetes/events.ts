// How events reach the cluster: core/v1, in order per object, repetitions as count patches, a limit per object that
// never holds back what users wait for (spec/kubernetes.md §2, "events"; operations.md §10; design.md §5.11). What is
// over the limit is not dropped but counted together and written when there is room again.

import { formatRfc3339 } from '../lang/rfc3339.ts';
import { type Clock, type EpochMillis, sleep, type TimerHandle, within } from '../lang/time.ts';
import { type Correlated, type Correlator, createCorrelator } from './event-correlation.ts';
import type { Logger } from './log.ts';
import type { ObjectReference, RecordedEvent } from './recorded-event.ts';
import { collectionPath, events, objectPath } from './resource.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';
import { KubeError, type KubeRequest, patchContentType, type Transport } from './transport.ts';

export interface EventRecorder {
  /** Returns at once; the event is written in the background. */
  record(about: ObjectReference, event: RecordedEvent): void;
  /** Resolves when everything recorded so far is written, or after `deadlineMs`. */
  flush(deadlineMs: number): Promise<void>;
  /** Nothing is written any more. */
  stop(): void;
}

export interface EventRecorderOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly log: Logger;
  /** `source.component`. */
  readonly component: string;
  /** Events that no limit may hold back. */
  readonly isImportant: (event: RecordedEvent) => boolean;
  /** Sees every event before any limit, e.g. metrics and notifications. */
  readonly onRecord?: (about: ObjectReference, event: RecordedEvent) => void;
}

/** client-go's spam filter: so many at once per object and type, then one in five minutes. */
const limit = { burst: 25, qps: 1 / 300 };
/** The API server keeps events for an hour: an older one is not there to be counted up. */
const correlationMs = 3_600_000;
const rememberedEvents = 4096;
/** Objects whose events are written at the same time: each takes a connection, and what users wait for goes first. */
const writersCount = 4;
/** While the server takes no events they are not kept without end; those that no limit may hold back, twice as long. */
const longestQueue = 20_000;
const attempts = 12;
const pauseMs = 10_000;

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  return new Recorder(options);
}

/** What is to be written: one occurrence, or several counted together. */
interface Entry {
  readonly about: ObjectReference;
  readonly event: RecordedEvent;
  readonly correlated: Correlated;
  readonly count: number;
  readonly firstAt: EpochMillis;
  readonly lastAt: EpochMillis;
}

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #correlator: Correlator;
  readonly #limits = new Map<string, TokenBucket>();
  /** Entries to be written, per object in order; a key is there while its entries are being written. */
  readonly #queues = new Map<string, Entry[]>();
  /** Objects whose entries no writer has begun with, longest waiting first. */
  readonly #unbegun: string[] = [];
  #queuedCount = 0;
  /** Since the queue was last empty. */
  #droppedCount = 0;
  #busyWriters = 0;
  /** Entries over the limit, by correlation key. */
  readonly #held = new Map<string, Entry>();
  /** What is in the cluster already, by correlation key. */
  readonly #written = new Map<string, { name: string; count: number; lastAt: EpochMillis }>();
  readonly #waitingForIdle: (() => void)[] = [];
  #holdTimer: TimerHandle | undefined;
  #lastNanos = 0n;
  #stopped = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#correlator = createCorrelator(options.clock);
  }

  record(about: ObjectReference, event: RecordedEvent): void {
    const { clock, onRecord, isImportant } = this.#options;
    onRecord?.(about, event);
    if (this.#stopped) return;
    const now = clock.now();
    const entry = { about, event, count: 1, firstAt: now, lastAt: now };
    if (isImportant(event) || this.#limitOf(about, event).tryTake()) {
      this.#enqueue({ ...entry, correlated: this.#correlator.correlate(about, event) });
    } else {
      this.#hold({ ...entry, correlated: this.#correlator.combine(about, event) });
    }
  }

  async flush(deadlineMs: number): Promise<void> {
    for (const key of [...this.#held.keys()]) this.#release(key);
    if (this.#queues.size === 0) return;
    const idle = new Promise<void>((resolve) => this.#waitingForIdle.push(resolve));
    await within(this.#options.clock, deadlineMs, idle);
  }

  stop(): void {
    this.#stopped = true;
    this.#holdTimer?.cancel();
    this.#held.clear();
  }

  #limitOf(about: ObjectReference, event: RecordedEvent): TokenBucket {
    const key = `${about.uid}\n${event.type}`;
    const bucket = this.#limits.get(key) ?? createTokenBucket({ ...limit, clock: this.#options.clock });
    this.#limits.delete(key);
    this.#limits.set(key, bucket);
    if (this.#limits.size > rememberedEvents) this.#limits.delete(this.#limits.keys().next().value!);
    return bucket;
  }

  #hold(entry: Entry): void {
    const { key } = entry.correlated;
    const held = this.#held.get(key);
    this.#held.set(
      key,
      held === undefined ? entry : { ...entry, count: held.count + entry.count, firstAt: held.firstAt },
    );
    this.#holdTimer ??= this.#options.clock.schedule(1000 / limit.qps, () => this.#releaseHeld());
  }

  #releaseHeld(): void {
    this.#holdTimer = undefined;
    for (const [key, { about, event }] of [...this.#held]) {
      if (this.#limitOf(about, event).tryTake()) this.#release(key);
    }
    if (this.#held.size === 0) return;
    this.#holdTimer = this.#options.clock.schedule(1000 / limit.qps, () => this.#releaseHeld());
  }

  #release(key: string): void {
    const held = this.#held.get(key);
    this.#held.delete(key);
    if (held !== undefined) this.#enqueue(held);
  }

  #enqueue(entry: Entry): void {
    const object = entry.about.uid;
    if (this.#queuedCount >= longestQueue * (this.#options.isImportant(entry.event) ? 2 : 1)) {
      if (this.#droppedCount === 0) this.#options.log.warn({ queued: this.#queuedCount }, 'Events are dropped');
      this.#droppedCount += 1;
      return;
    }
    this.#queuedCount += 1;
    const queue = this.#queues.get(object);
    if (queue !== undefined) {
      queue.push(entry);
      return;
    }
    this.#queues.set(object, [entry]);
    this.#unbegun.push(object);
    this.#begin();
  }

  #begin(): void {
    while (this.#busyWriters < writersCount) {
      const object = this.#unbegun.shift();
      if (object === undefined) return;
      this.#busyWriters += 1;
      void this.#work(object);
    }
  }

  async #work(object: string): Promise<void> {
    const queue = this.#queues.get(object)!;
    for (let entry = queue[0]; entry !== undefined && !this.#stopped; entry = queue[0]) {
      await this.#write(entry);
      queue.shift();
      this.#queuedCount -= 1;
    }
    this.#queuedCount -= queue.length; // those that a stop left
    this.#queues.delete(object);
    this.#busyWriters -= 1;
    if (this.#queuedCount === 0) this.#tellDropped();
    this.#begin();
    if (this.#queues.size === 0) for (const resolve of this.#waitingForIdle.splice(0)) resolve();
  }

  #tellDropped(): void {
    if (this.#droppedCount > 0) this.#options.log.warn({ dropped: this.#droppedCount }, 'Events are written again');
    this.#droppedCount = 0;
  }

  async #write(entry: Entry): Promise<void> {
    const { clock, log } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#send(entry);
        return;
      } catch (error) {
        if (!(error instanceof KubeError)) throw error;
        const mayPass = error.status === 0 || error.status === 429 || error.status >= 500;
        if (this.#stopped) return;
        if (!mayPass || attempt >= attempts) {
          const fields = { event_reason: entry.event.reason, object: entry.about.name, problem: error.message };
          log.warn(fields, 'Could not write an event');
          return;
        }
        await sleep(clock, pauseMs);
      }
    }
  }

  async #send(entry: Entry): Promise<void> {
    const known = this.#written.get(entry.correlated.key);
    if (known !== undefined && entry.lastAt - known.lastAt < correlationMs) {
      try {
        await this.#countUp(entry, known);
        return;
      } catch (error) {
        // The server has thrown it away meanwhile.
        if (!(error instanceof KubeError) || error.status !== 404) throw error;
      }
    }
    await this.#create(entry);
  }

  async #countUp(entry: Entry, known: { name: string; count: number }): Promise<void> {
    const count = known.count + entry.count;
    await this.#request({
      verb: 'PATCH',
      path: objectPath(events, entry.about.namespace, known.name),
      contentType: patchContentType.merge,
      body: { count, lastTimestamp: formatRfc3339(entry.lastAt), message: entry.correlated.message },
    });
    this.#remember(entry, known.name, count);
  }

  async #create(entry: Entry): Promise<void> {
    const { about, event, correlated, count } = entry;
    const { component } = this.#options;
    const name = eventName(about.name, this.#nextNanos());
    await this.#request({
      verb: 'POST',
      path: collectionPath(events, about.namespace),
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace: about.namespace },
        involvedObject: about,
        reason: event.reason,
        message: correlated.message,
        source: { component },
        firstTimestamp: formatRfc3339(entry.firstAt),
        lastTimestamp: formatRfc3339(entry.lastAt),
        count,
        type: event.type,
        eventTime: null,
        reportingComponent: component,
        reportingInstance: '',
      },
    });
    this.#remember(entry, name, count);
  }

  async #request(request: KubeRequest): Promise<void> {
    await this.#options.transport.request({ ...request, deadlineMs: 30_000 });
  }

  #remember(entry: Entry, name: string, count: number): void {
    const { key } = entry.correlated;
    this.#written.delete(key);
    this.#written.set(key, { name, count, lastAt: entry.lastAt });
    if (this.#written.size > rememberedEvents) this.#written.delete(this.#written.keys().next().value!);
  }

  /** client-go names an event after the nanosecond; a millisecond has room for a million of ours. */
  #nextNanos(): bigint {
    const now = BigInt(Math.floor(this.#options.clock.now())) * 1_000_000n;
    this.#lastNanos = now > this.#lastNanos ? now : this.#lastNanos + 1n;
    return this.#lastNanos;
  }
}

const longestName = 253;

/** As client-go names events; a name that would be too long with the time after it is cut where a name may end. */
function eventName(object: string, nanos: bigint): string {
  const suffix = `.${nanos.toString(16)}`;
  return `${object.slice(0, longestName - suffix.length).replace(/[-.]+$/, '')}${suffix}`;
}
