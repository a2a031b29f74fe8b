// managedFields of a write that is no apply: what the writer changed becomes its own, others lose it.

import type { Call } from '../call.ts';
import type { ApiObject } from '../kinds/types.ts';

export interface TrackOptions {
  readonly subresource?: string;
  /** Others lose what changed, but the writer gets nothing. */
  readonly disown?: boolean;
}

/** Sets `draft.metadata.managedFields`. `live` is undefined for a creation. */
export function trackUpdate(
  _call: Call,
  live: ApiObject | undefined,
  draft: ApiObject,
  _options: TrackOptions = {},
): void {
  if (live?.metadata.managedFields === undefined) delete draft.metadata.managedFields;
  else draft.metadata.managedFields = live.metadata.managedFields;
}
