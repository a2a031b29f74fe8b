// A wall clock that can be set: what a process sees when its machine's time jumps. Timers are not touched by it.

import type { Clock } from '../../controller/lang/time.ts';

export interface SkewedClock extends Clock {
  jump(ms: number): void;
}

export function skewedClock(clock: Clock): SkewedClock {
  let skewMs = 0;
  return {
    now: () => clock.now() + skewMs,
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
    jump(ms) {
      skewMs += ms;
    },
  };
}
