// How old is something: the AGE cells of all views, in kubectl's short form (spec/cli.md §9).

import { formatAge } from '../../controller/lang/go-duration.ts';
import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';

/** The age of what exists since `timestamp` (RFC 3339). */
export function ageText(timestamp: string | undefined, now: number): string {
  const at = timestamp === undefined ? undefined : parseRfc3339(timestamp);
  return at === undefined ? '<unknown>' : formatAge(now - at);
}
