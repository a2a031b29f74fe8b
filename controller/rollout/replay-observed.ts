// What was observed, read from a file: of this version, or of the one before (design.md §5, "Versions"). Pure.

import { type Observed, observedSchema } from './types.ts';

interface Replay {
  readonly observed: Observed;
  readonly now: number;
}

/** Version 1 knew nothing of runs that are read live, of templates and of experiments. */
const addedInVersion2 = { liveAnalysisRuns: {}, templates: {}, experiments: [], liveExperiments: {} };

/** `json`: `{observed, now}`. A text says in plain words why it cannot be read. */
export function replayOf(json: unknown): Replay | string {
  const { observed, now } = (json ?? {}) as Partial<Replay>;
  if (typeof now !== 'number' || typeof observed !== 'object' || observed === null) {
    return 'it holds no {"observed": …, "now": …}';
  }
  const schema: unknown = observed.schema;
  if (schema === observedSchema) return { observed, now };
  if (schema === observedSchema - 1) {
    return { observed: { ...addedInVersion2, ...observed, schema: observedSchema }, now };
  }
  return `it is of schema ${schema}; this version reads ${observedSchema - 1} and ${observedSchema}`;
}
