// What is to happen later, and can be called off all at once.

import type { Clock, TimerHandle } from '../../controller/lang/time.ts';

export class Timers {
  readonly #clock: Clock;
  readonly #pending = new Set<TimerHandle>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(delayMs: number, run: () => void): void {
    const timer = this.#clock.schedule(delayMs, () => {
      this.#pending.delete(timer);
      run();
    });
    this.#pending.add(timer);
  }

  clear(): void {
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}
