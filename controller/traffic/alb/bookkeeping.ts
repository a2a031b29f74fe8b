// The annotation in which Rollouts note which keys of an Ingress are theirs (traffic.md §2.4). Several Rollouts may
// share one Ingress, so entries of others are left alone.

import { goJson } from './annotations.ts';

export const bookkeepingKey = 'rollouts.argoproj.io/managed-alb-annotations';

type Annotations = Readonly<Record<string, string>>;

/** Notes `keys` as ours, new ones at the end. A text answers what is wrong with the annotation. */
export function withManagedKeys(
  annotations: Annotations,
  rollout: string,
  keys: readonly string[],
): Annotations | string {
  const books = readBooks(annotations);
  if (typeof books === 'string') return books;
  const own = ownKeys(books, rollout) ?? [];
  return writeBooks(annotations, { ...books, [rollout]: [...own, ...keys.filter((key) => !own.includes(key))] });
}

/** Removes the annotations `keys` and what is noted of them. */
export function withoutManagedKeys(
  annotations: Annotations,
  rollout: string,
  keys: readonly string[],
): Annotations | string {
  const books = readBooks(annotations);
  if (typeof books === 'string') return books;
  const rest = Object.fromEntries(Object.entries(annotations).filter(([key]) => !keys.includes(key)));
  const own = ownKeys(books, rollout);
  // SLIPWAY: nothing of ours, nothing written; an entry that was empty already stays in that form.
  if (!own || own.length === 0) return rest;
  const left = own.filter((key) => !keys.includes(key));
  if (left.length === own.length) return rest;
  const { [rollout]: _emptied, ...others } = books;
  return writeBooks(rest, left.length > 0 ? { ...books, [rollout]: left } : others);
}

/** A Rollout may well be named `constructor`. */
function ownKeys(books: Readonly<Record<string, readonly string[]>>, rollout: string): readonly string[] | undefined {
  return Object.hasOwn(books, rollout) ? books[rollout] : undefined;
}

/** The keys that each Rollout noted; undefined when the annotation cannot be read. */
export function rolloutsOf(annotations: Annotations): Readonly<Record<string, readonly string[]>> | undefined {
  const books = readBooks(annotations);
  return typeof books === 'string' ? undefined : books;
}

function readBooks(annotations: Annotations): Record<string, readonly string[]> | string {
  const text = annotations[bookkeepingKey];
  if (text === undefined) return {};
  const parsed = parse(text);
  return parsed ?? `the annotation ${bookkeepingKey} is not a JSON object of lists: ${text}`;
}

function parse(text: string): Record<string, readonly string[]> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isBooks =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((keys) => Array.isArray(keys) && keys.every((key) => typeof key === 'string'));
  return isBooks ? (value as Record<string, readonly string[]>) : undefined;
}

/** Sorted by Rollout, as Go encodes a map. */
function writeBooks(annotations: Annotations, books: Readonly<Record<string, readonly string[]>>): Annotations {
  const sorted = Object.fromEntries(Object.entries(books).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const { [bookkeepingKey]: _before, ...rest } = annotations;
  return Object.keys(sorted).length > 0 ? { ...rest, [bookkeepingKey]: goJson(sorted) } : rest;
}
