// Which lasting states were told by an event already? A plan names what lasts each time it is made (`EventRecord.lasts`);
// it is told once, again when its message changes, and anew after a plan that rests did not name it.

import type { EventRecord, Plan } from './types.ts';

export interface ToldStates {
  /** False for what was told of this Rollout already. */
  isNews(rollout: string, event: EventRecord): boolean;
  /** A plan with nothing to write says what lasts: everything else is over. */
  rests(rollout: string, plan: Plan): void;
  forget(rollout: string): void;
}

export function createToldStates(): ToldStates {
  const messages = new Map<string, Map<string, string>>();
  return {
    isNews(rollout, { lasts, message }) {
      if (lasts === undefined) return true;
      const told = messages.get(rollout) ?? new Map<string, string>();
      messages.set(rollout, told);
      if (told.get(lasts) === message) return false;
      told.set(lasts, message);
      return true;
    },
    rests(rollout, { writes, events }) {
      const told = messages.get(rollout);
      if (!told || writes.length > 0) return;
      const named = new Set(events.map(({ lasts }) => lasts));
      for (const state of [...told.keys()]) if (!named.has(state)) told.delete(state);
      if (told.size === 0) messages.delete(rollout);
    },
    forget: (rollout) => messages.delete(rollout),
  };
}
