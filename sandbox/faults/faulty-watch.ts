// One watch under faults: frames that come twice, that do not come, or a connection that only seems to live.

import { TransportRefusal } from '../apiserver/in-memory-transport.ts';
import type { TransportSink, WatchFrame } from '../apiserver/types.ts';

export function connectionReset(maybeApplied: boolean): TransportRefusal {
  return new TransportRefusal({ status: 0, reason: 'Unreachable', message: 'connection reset by peer', maybeApplied });
}

export class FaultyWatch {
  readonly plural: string;
  readonly #sink: TransportSink;
  #cancelInner: () => void = () => undefined;
  #isOver = false;
  #isSilent = false;
  #duplicates = 0;
  #losses = 0;

  constructor(plural: string, sink: TransportSink) {
    this.plural = plural;
    this.#sink = sink;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What the real watch is told to. */
  readonly sink: TransportSink = {
    opened: () => {
      if (!this.#isOver && !this.#isSilent) this.#sink.opened?.();
    },
    frame: (frame) => this.#frame(frame),
    closed: (problem) => {
      if (!this.#isSilent) this.#close(problem);
    },
  };

  /** Set once the real watch runs. */
  runs(inner: { cancel(): void }): void {
    this.#cancelInner = () => inner.cancel();
    if (this.#isOver) inner.cancel();
  }

  cancel(): void {
    this.#isOver = true;
    this.#cancelInner();
  }

  duplicate(times: number): void {
    this.#duplicates += times;
  }

  lose(times: number): void {
    this.#losses += times;
  }

  silence(): void {
    this.#isSilent = true;
  }

  /** The connection breaks. */
  cut(): void {
    this.#close(connectionReset(false));
  }

  /** The server has forgotten where this watch was. */
  expire(): void {
    if (this.#isOver) return;
    const object = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'too old resource version',
      reason: 'Expired',
      code: 410,
    };
    this.#isSilent = false;
    this.#losses = 0;
    this.#duplicates = 0;
    this.#frame({ type: 'ERROR', object });
    this.#close(undefined);
  }

  #frame(frame: WatchFrame): void {
    if (this.#isOver || this.#isSilent) return;
    const isEvent = frame.type !== 'BOOKMARK' && frame.type !== 'ERROR';
    if (isEvent && this.#losses > 0) {
      this.#losses -= 1;
      return;
    }
    this.#deliver(frame);
    if (!isEvent || this.#duplicates === 0 || this.#isOver) return;
    this.#duplicates -= 1;
    this.#deliver(frame);
  }

  /** What the follower throws ends its watch, as everywhere. */
  #deliver(frame: WatchFrame): void {
    try {
      this.#sink.frame(frame);
    } catch (problem) {
      this.#close(problem instanceof Error ? problem : new Error(String(problem)));
    }
  }

  #close(problem: Error | undefined): void {
    if (this.#isOver) return;
    this.cancel();
    this.#sink.closed(problem);
  }
}
