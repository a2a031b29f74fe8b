// Which quantities of a template can nobody read (rollout.md §1.1)? The schema lets them through; they are left out of what
// is hashed and created, and taken out of the stored template with the first write, guarded by `test` operations.

import type { PodTemplateSpec } from '../../api/kubernetes-types.ts';
import { type Fields, isFields } from '../../api/validation/fields.ts';
import { parseQuantity } from '../../lang/quantity.ts';

/** From the pod's spec inwards: keys of objects, indexes of lists. */
type Path = readonly (string | number)[];

interface Unreadable {
  readonly path: Path;
  readonly value: unknown;
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** The template itself when everything in it can be read. */
export function withReadableQuantities(template: PodTemplateSpec): PodTemplateSpec {
  const removed = findUnreadable(template).map(removedWith);
  if (removed.length === 0) return template;
  const spec = removed.reduce<unknown>(without, template.spec);
  return { ...template, spec: spec as PodTemplateSpec['spec'] };
}

/** JSON patch that takes the unreadable entries out of the stored template; empty when there are none. */
export function repairOperations(template: PodTemplateSpec | undefined): unknown[] {
  const unreadable = template ? findUnreadable(template) : [];
  const tests = unreadable.map(({ path, value }) => ({ op: 'test', path: pointerTo(path), value }));
  const removed = new Set(unreadable.map((entry) => pointerTo(removedWith(entry))));
  return [...tests, ...[...removed].map((path) => ({ op: 'remove', path }))];
}

/** QUIRK: an unreadable entry takes the whole list of ephemeral containers with it. */
function removedWith({ path }: Unreadable): Path {
  return path[0] === 'ephemeralContainers' ? path.slice(0, 1) : path;
}

function pointerTo(path: Path): string {
  const segments = path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'));
  return `/spec/template/spec/${segments.join('/')}`;
}

function findUnreadable({ spec }: PodTemplateSpec): Unreadable[] {
  return holdersOf(spec).flatMap(([path, resources]) =>
    ['limits', 'requests'].flatMap((kind) => {
      const quantities = resources[kind];
      return Object.entries(isFields(quantities) ? quantities : {})
        .filter(([, value]) => parseQuantity(value) === undefined)
        .map(([key, value]) => ({ path: [...path, kind, key], value }));
    }),
  );
}

/** Where a pod says what it needs: for itself, for each container, for the claims that are made with it. */
function holdersOf(spec: Fields): (readonly [Path, Fields])[] {
  const ofList = (list: string, ...inner: readonly string[]): Path[] =>
    Array.isArray(spec[list]) ? spec[list].map((_, index) => [list, index, ...inner, 'resources']) : [];
  const places: readonly Path[] = [
    ['resources'],
    ...containerLists.flatMap((list) => ofList(list)),
    ...ofList('volumes', 'ephemeral', 'volumeClaimTemplate', 'spec'),
  ];
  return places.flatMap((path) => {
    const resources = path.reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], spec);
    return isFields(resources) ? [[path, resources] as const] : [];
  });
}

/** `value` without what stands at `path`, sharing everything else. */
function without(value: unknown, [key = '', ...rest]: Path): unknown {
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? without(item, rest) : item));
  const { [key]: inner, ...others } = value as Fields;
  if (inner === undefined || rest.length === 0) return others;
  return { ...(value as Fields), [key]: without(inner, rest) };
}
