// How many exchanges with one host are under way at a time: the others wait their turn, for as long as their own deadline
// allows. Other hosts are not held up.

export interface HostSlots {
  /** Resolves with what gives the turn back; rejects with the signal's reason. */
  take(host: string, signal: AbortSignal): Promise<() => void>;
}

export function createHostSlots(most: number): HostSlots {
  const hosts = new Map<string, { busy: number; readonly waiting: Set<() => void> }>();

  function release(host: string): void {
    const state = hosts.get(host);
    if (state === undefined) return;
    state.busy -= 1;
    const [next] = state.waiting;
    if (next !== undefined) next();
    else if (state.busy === 0) hosts.delete(host);
  }

  return {
    take(host, signal) {
      const state = hosts.get(host) ?? { busy: 0, waiting: new Set() };
      hosts.set(host, state);
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          leave();
          state.busy += 1;
          resolve(() => release(host));
        };
        const giveUp = (): void => {
          leave();
          if (state.busy === 0 && state.waiting.size === 0) hosts.delete(host);
          reject(signal.reason);
        };
        const leave = (): void => {
          state.waiting.delete(enter);
          signal.removeEventListener('abort', giveUp);
        };
        if (signal.aborted) giveUp();
        else if (state.busy < most) enter();
        else {
          state.waiting.add(enter);
          signal.addEventListener('abort', giveUp, { once: true });
        }
      });
    },
  };
}
