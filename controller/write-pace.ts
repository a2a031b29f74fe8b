// How fast writes for one object may follow each other, whoever changed what between them (design.md §5.12): where two
// writers undo each other at once, each change of the other looks like news, and the limit of waves without news never
// bites. Each write of a key costs a little time, on credit: a burst is free, a loop becomes a trickle.

import type { Clock, EpochMillis } from './lang/time.ts';

export interface WritePace {
  /** 0: a wave of so many writes may go, and is counted. Otherwise how long (ms) it has to wait; nothing was counted. */
  take(key: string, writeCount: number): number;
  forget(key: string): void;
}

/** A Rollout of thirty steps that end at once, with a router, needs about a hundred. */
const burst = 150;
/** Of a large ReplicaSet whose pods get ready, each change of its counts is a write. */
const perSecond = 10;
/** A wave that labels a thousand pods does not hold up the next one for minutes. */
const mostPerWave = 8;

const perWriteMs = 1000 / perSecond;
/** Debt with which nothing more is free, and the largest that there can be. */
const fullMs = burst * perWriteMs;
const mostMs = fullMs + (mostPerWave - 1) * perWriteMs;

export function createWritePace(clock: Clock): WritePace {
  /** When what was written is paid for. */
  const paidAt = new Map<string, EpochMillis>();
  return {
    take(key, writeCount) {
      if (writeCount === 0) return 0;
      const now = clock.now();
      // The most: a wall clock that was set back makes no debt.
      const debtMs = Math.min(mostMs, Math.max(0, (paidAt.get(key) ?? now) - now));
      const isFree = debtMs + perWriteMs <= fullMs;
      paidAt.set(key, now + debtMs + (isFree ? Math.min(writeCount, mostPerWave) * perWriteMs : 0));
      return isFree ? 0 : debtMs + perWriteMs - fullMs;
    },
    forget: (key) => paidAt.delete(key),
  };
}
