// Which Rollout does a JSON value from the API server mean (rollout.md §1.1)? Usually the very same object. Wrong types that
// slipped past an old CRD are left out, and what is empty in the spec counts as absent (traffic.md §1.2).

import { diffMergePatch } from '../lang/merge-patch.ts';
import { decodeObjectOf } from './decode-fields.ts';
import type { Rollout } from './types.generated.ts';

/** A Rollout as it was decoded. */
export interface DecodedRollout extends Rollout {
  /** The status as it is stored, where that says something else than `status`: a difference is taken from this one. */
  readonly storedStatus?: unknown;
}

/** Pure. Returns `json` itself when nothing has to change; shares all parts that need no change. */
export function decodeRollout(json: unknown): DecodedRollout {
  const decoded = decodeObjectOf<Rollout>('Rollout', json);
  const storedStatus = decoded === json ? undefined : (json as { readonly status?: unknown } | null)?.status;
  if (storedStatus === undefined || storedStatus === decoded.status) return decoded;
  const candidate = { ...decoded, storedStatus };
  const isSame = isFields(storedStatus) && !diffMergePatch(storedStatusOf(candidate), decoded.status ?? {});
  return isSame ? decoded : candidate;
}

/** What a status patch is taken from: the API server's, be it of the wrong type in places. */
export function storedStatusOf({ status, storedStatus }: DecodedRollout): unknown {
  if (storedStatus === undefined) return status ?? {};
  return isFields(storedStatus) ? withoutNulls(storedStatus) : {};
}

/** No type of the contract allows a null, and a difference takes one for absent: as a text, it is patched away. */
const storedNull = '\u0000';

function withoutNulls(fields: Readonly<Record<string, unknown>>): unknown {
  const entries = Object.entries(fields).map(([key, value]) => {
    if (value === null) return [key, storedNull];
    return [key, isFields(value) ? withoutNulls(value) : value];
  });
  return Object.fromEntries(entries);
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
