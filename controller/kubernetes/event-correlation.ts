// Which events are the same, or so alike that they are told as one: client-go's correlation (operations.md §10). The
// reference combines from the tenth different message within ten minutes on (recorded in its traces).

import type { Clock, EpochMillis } from '../lang/time.ts';
import type { ObjectReference, RecordedEvent } from './recorded-event.ts';

const prefix = '(combined from similar events): ';
const similarWindowMs = 600_000;
const similarMessages = 10;
const rememberedGroups = 4096;

export interface Correlated {
  /** Events with the same key are one object in the cluster, whose count goes up. */
  readonly key: string;
  readonly message: string;
}

export interface Correlator {
  correlate(about: ObjectReference, event: RecordedEvent): Correlated;
  /** The group's combined form, for an event that may not have an object of its own. */
  combine(about: ObjectReference, event: RecordedEvent): Correlated;
}

export function createCorrelator(clock: Clock): Correlator {
  const groups = new Map<string, { messages: Set<string>; lastAt: EpochMillis }>();

  const groupOf = (key: string): { messages: Set<string>; lastAt: EpochMillis } => {
    const known = groups.get(key);
    groups.delete(key);
    const isFresh = known !== undefined && clock.now() - known.lastAt <= similarWindowMs;
    const group = isFresh ? known : { messages: new Set<string>(), lastAt: 0 };
    // Back at the end: the first key is the one not seen for longest.
    groups.set(key, group);
    if (groups.size > rememberedGroups) groups.delete(groups.keys().next().value!);
    return group;
  };
  return {
    correlate(about, event) {
      const key = groupKey(about, event);
      const group = groupOf(key);
      group.lastAt = clock.now();
      group.messages.add(event.message);
      if (group.messages.size < similarMessages) return { key: `${key}\n${event.message}`, message: event.message };
      group.messages.delete(group.messages.values().next().value!);
      return { key, message: prefix + event.message };
    },
    combine: (about, event) => ({ key: groupKey(about, event), message: prefix + event.message }),
  };
}

function groupKey(about: ObjectReference, event: RecordedEvent): string {
  return [about.kind, about.namespace, about.name, about.uid, about.apiVersion, event.type, event.reason].join('\n');
}
