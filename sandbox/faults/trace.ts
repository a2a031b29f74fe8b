// What happened in a simulated world, as text: every version of every object (events are objects too) and every line of
// the fault log, in order, with the time since the start. Two runs with the same seed have the same text.

import type { Clock } from '../../controller/lang/time.ts';
import type { Storage } from '../apiserver/storage.ts';

export interface Trace {
  readonly lines: readonly string[];
  note(line: string): void;
}

export function startTrace(storage: Storage, clock: Clock): Trace {
  const startedAt = clock.now();
  const lines: string[] = [];
  const note = (line: string): void => {
    lines.push(`${((clock.now() - startedAt) / 1000).toFixed(3)} ${line}`);
  };
  storage.subscribe('*', ({ type, resource, key, object }) =>
    note(`${type} ${resource} ${key} ${JSON.stringify(object)}`),
  );
  return { lines, note };
}
