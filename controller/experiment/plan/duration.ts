// How long does the Experiment run (analysis.md §6.1)? From the moment when all its templates were available.

import type { Experiment } from '../../api/types.generated.ts';
import { parseGoDuration } from '../../lang/go-duration.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';

/** Undefined: it has not begun, or has no end of its own. QUIRK: a duration that nobody can read is none. */
export function endsAt({ spec, status }: Experiment): EpochMillis | undefined {
  const availableAt = parseRfc3339(status?.availableAt ?? '');
  const durationMs = spec.duration ? parseGoDuration(spec.duration) : undefined;
  return availableAt === undefined || durationMs === undefined ? undefined : availableAt + durationMs;
}

export function isDurationOver(experiment: Experiment, now: EpochMillis): boolean {
  const at = endsAt(experiment);
  return at !== undefined && now >= at;
}
