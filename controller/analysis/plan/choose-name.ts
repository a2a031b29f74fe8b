// Under which name is an object made whose natural name may be taken, or which one that exists is it (analysis.md §2.3)?
// AnalysisRuns count on with a dot, Experiments with a dash.

import type { KubernetesObject } from '../../api/kubernetes-types.ts';
import { isEqualJson } from '../../lang/merge-patch.ts';
import type { Known } from '../../rollout/types.ts';

export type NameChoice<T> =
  | { readonly is: 'free'; readonly name: string }
  | { readonly is: 'adopted'; readonly object: T }
  /** Somebody's object has this name, and nobody has looked at it yet. */
  | { readonly is: 'unread'; readonly name: string };

export type NameLookup<T> =
  | { readonly is: 'present'; readonly object: T }
  | { readonly is: 'free' }
  | { readonly is: 'unread' };

/** `owned`: those that the stores show; `live`: what was read of this very name; `isTaken`: "already exists". */
export function lookUpName<T extends KubernetesObject>(
  name: string,
  { owned, live, isTaken }: { owned: readonly T[]; live: Known<T> | undefined; isTaken: boolean },
): NameLookup<T> {
  const own = owned.find(({ metadata }) => metadata.name === name);
  const object = own ?? (live?.is === 'present' ? live.value : undefined);
  if (object) return { is: 'present', object };
  return { is: isTaken && live === undefined ? 'unread' : 'free' };
}

const maximumTries = 1_000;

export function chooseName<T>(
  base: string,
  separator: '.' | '-',
  lookUp: (name: string) => NameLookup<T>,
  isAdoptable: (object: T) => boolean,
): NameChoice<T> {
  for (let index = 0; index < maximumTries; index += 1) {
    const name = index === 0 ? base : `${base}${separator}${index}`;
    const found = lookUp(name);
    if (found.is !== 'present') return { is: found.is, name };
    if (isAdoptable(found.object)) return { is: 'adopted', object: found.object };
  }
  throw new Error(`${maximumTries} objects are called like ${base}`);
}

/** QUIRK (§2.2): an empty object equals an absent one. */
export function isSameSpec(a: unknown, b: unknown): boolean {
  return isEqualJson(withoutEmpty(a), withoutEmpty(b));
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]) => [key, withoutEmpty(field)] as const);
  return Object.fromEntries(
    entries.filter(([, field]) => {
      if (field === undefined) return false;
      return !(typeof field === 'object' && field !== null && !Array.isArray(field) && Object.keys(field).length === 0);
    }),
  );
}
