// Kubernetes times: RFC 3339 in whole seconds.

import type { EpochMillis } from '../../controller/lang/time.ts';

export function rfc3339(at: EpochMillis): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Undefined for what is no time. */
export function parseTime(text: string | undefined): EpochMillis | undefined {
  if (text === undefined) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
