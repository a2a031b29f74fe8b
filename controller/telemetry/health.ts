// Is the process well? The answer is given by a thread of its own (health-worker.ts), because a blocked event loop
// cannot say that it is blocked. Both sides share a few numbers in memory (operations.md §8).

/** Slots of the shared memory, each a 64-bit integer; times are epoch milliseconds. */
export const slots = { beatAt: 0, apiSucceededAt: 1, leading: 2, cachesSynced: 3, elected: 4 } as const;
const slotCount = 5;
const beatMs = 1_000;

export interface Health {
  readonly memory: SharedArrayBuffer;
  /** An API request was answered. */
  apiSucceeded(): void;
  /** Whether this process acts, and whether because of a lease (which is renewed all the time) or without one. */
  leading(isLeading: boolean, isElected: boolean): void;
  cachesSynced(areSynced: boolean): void;
  stop(): void;
}

/** For simulations: nobody asks. */
export const noHealth: Health = {
  memory: new SharedArrayBuffer(slotCount * BigInt64Array.BYTES_PER_ELEMENT),
  apiSucceeded() {},
  leading() {},
  cachesSynced() {},
  stop() {},
};

/** The event loop beats once a second as long as it turns. */
export function startHealth(): Health {
  const memory = new SharedArrayBuffer(slotCount * BigInt64Array.BYTES_PER_ELEMENT);
  const numbers = new BigInt64Array(memory);
  const store = (slot: number, value: number): void => {
    Atomics.store(numbers, slot, BigInt(value));
  };
  const beat = (): void => store(slots.beatAt, Date.now());
  beat();
  store(slots.apiSucceededAt, Date.now());
  const timer = setInterval(beat, beatMs);
  timer.unref();
  return {
    memory,
    apiSucceeded: () => store(slots.apiSucceededAt, Date.now()),
    leading(isLeading, isElected) {
      // The five minutes count from taking the lease on.
      store(slots.apiSucceededAt, Date.now());
      store(slots.elected, isElected ? 1 : 0);
      store(slots.leading, isLeading ? 1 : 0);
    },
    cachesSynced: (areSynced) => store(slots.cachesSynced, areSynced ? 1 : 0),
    stop: () => clearInterval(timer),
  };
}

export interface HealthState {
  readonly beatAt: number;
  readonly apiSucceededAt: number;
  readonly leader: boolean;
  readonly elected: boolean;
  readonly cachesSynced: boolean;
}

export function readHealth(memory: SharedArrayBuffer): HealthState {
  const numbers = new BigInt64Array(memory);
  const load = (slot: number): number => Number(Atomics.load(numbers, slot));
  return {
    beatAt: load(slots.beatAt),
    apiSucceededAt: load(slots.apiSucceededAt),
    leader: load(slots.leading) === 1,
    elected: load(slots.elected) === 1,
    cachesSynced: load(slots.cachesSynced) === 1,
  };
}

const stalledAfterMs = 30_000;
const silentAfterMs = 300_000;

/** What is wrong, or undefined. */
export function ailment(state: HealthState, now: number): string | undefined {
  if (now - state.beatAt > stalledAfterMs) return 'event loop stalled';
  // Without an election nothing need be asked for that long in a quiet cluster.
  if (state.leader && state.elected && now - state.apiSucceededAt > silentAfterMs)
    return 'no successful API call for 5 minutes';
  return undefined;
}
