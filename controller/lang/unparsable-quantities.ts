// Requests and limits that are no quantities (rollout.md §1.1): the CRD's schema lets them through, they count as
// absent, and the first write to the Rollout removes just them. Until then typed clients cannot decode the object.

import type { PodTemplateSpec } from '../api/kubernetes-types.ts';
import { parseQuantity } from './quantity.ts';

export interface UnparsableQuantity {
  /** Keys from the template down to the entry. */
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

export type JsonPatchOperation =
  | { readonly op: 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

type Fields = Readonly<Record<string, unknown>>;

const lists = ['initContainers', 'containers', 'ephemeralContainers'];

export function findUnparsableQuantities(template: PodTemplateSpec | undefined): readonly UnparsableQuantity[] {
  const spec = template?.spec;
  if (!spec) return [];
  const found = lists.flatMap((list) => {
    const containers: unknown = spec[list];
    if (!Array.isArray(containers)) return [];
    return containers.flatMap((container, index) => inResources(container, ['spec', list, index]));
  });
  return [...inResources(spec, ['spec']), ...found];
}

function inResources(holder: unknown, path: readonly (string | number)[]): UnparsableQuantity[] {
  const resources = isFields(holder) && isFields(holder.resources) ? holder.resources : {};
  return ['limits', 'requests'].flatMap((kind) => {
    const amounts = resources[kind];
    if (!isFields(amounts)) return [];
    return Object.entries(amounts)
      .filter(([, value]) => value !== null && !parseQuantity(value))
      .map(([name, value]) => ({ path: [...path, 'resources', kind, name], value }));
  });
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The template as it counts: the same object when there is nothing to leave out. */
export function withoutUnparsableQuantities(template: PodTemplateSpec): PodTemplateSpec {
  return findUnparsableQuantities(template).reduce<PodTemplateSpec>(
    (result, { path }) => without(result, path),
    template,
  );
}

/** A copy that lacks the value at the path; everything beside the path is shared. */
function without<T>(value: T, [key, ...rest]: readonly (string | number)[]): T {
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? without(item, rest) : item)) as T;
  const copy: Record<string, unknown> = { ...(value as Fields) };
  if (key === undefined) return value;
  if (rest.length === 0) delete copy[key];
  else copy[key] = without(copy[key], rest);
  return copy as T;
}

/**
 * The JSON patch that removes the entries and nothing else, each guarded by its value. `prefix` is where the template
 * stands in the object that is patched.
 */
export function makeQuantityRepair(
  template: PodTemplateSpec | undefined,
  prefix = '/spec/template',
): readonly JsonPatchOperation[] {
  const entries = findUnparsableQuantities(template).map(({ path, value }) => ({
    path: [prefix, ...path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))].join('/'),
    value,
  }));
  return [
    ...entries.map(({ path, value }) => ({ op: 'test' as const, path, value })),
    ...entries.map(({ path }) => ({ op: 'remove' as const, path })),
  ];
}
