// Times of objects that may be absent.

import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';

/** Undefined for what is absent or no time. */
export function parseTime(text: string | undefined): EpochMillis | undefined {
  return text === undefined ? undefined : parseRfc3339(text);
}
