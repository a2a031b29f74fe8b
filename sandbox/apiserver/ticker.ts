// One timer for all who want to be called at an interval: a hundred watches with bookmarks wake the clock once a minute.

import type { Clock, TimerHandle } from '../../controller/lang/time.ts';

export class Ticker {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #listeners = new Set<() => void>();
  #timer: TimerHandle | undefined;

  constructor(clock: Clock, intervalMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
  }

  /** The first call comes within the interval. Returns how to end it. */
  add(listener: () => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= this.#schedule();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#timer?.cancel();
      this.#timer = undefined;
    };
  }

  #schedule(): TimerHandle {
    return this.#clock.schedule(this.#intervalMs, () => {
      this.#timer = this.#schedule();
      for (const listener of [...this.#listeners]) listener();
    });
  }
}
