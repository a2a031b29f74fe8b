// Which quantities of a template can nobody read (rollout.md §1.1)? The schema lets them through; they are left out of what
// is hashed and created, and taken out of the stored template with the first write, guarded by `test` operations.

import type { PodTemplateSpec } from '../../api/kubernetes-types.ts';
import { parseQuantity } from '../../lang/quantity.ts';

interface Unreadable {
  readonly list: string;
  readonly index: number;
  readonly kind: 'limits' | 'requests';
  readonly key: string;
  readonly value: unknown;
}

/** QUIRK: an unreadable entry takes the whole list of ephemeral containers with it. */
const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;

/** The template itself when everything in it can be read. */
export function withReadableQuantities(template: PodTemplateSpec): PodTemplateSpec {
  const unreadable = findUnreadable(template);
  if (unreadable.length === 0) return template;
  const spec: Record<string, unknown> = { ...template.spec };
  for (const list of lists) {
    const found = unreadable.filter((entry) => entry.list === list);
    if (found.length === 0) continue;
    if (list === 'ephemeralContainers') delete spec[list];
    else spec[list] = containersOf(template, list).map((container, index) => without(container, found, index));
  }
  return { ...template, spec: spec as unknown as PodTemplateSpec['spec'] };
}

/** JSON patch that takes the unreadable entries out of the stored template; empty when there are none. */
export function repairOperations(template: PodTemplateSpec | undefined): unknown[] {
  const unreadable = template ? findUnreadable(template) : [];
  const root = '/spec/template/spec';
  const operations: unknown[] = [];
  for (const { list, index, kind, key, value } of unreadable) {
    const path = `${root}/${list}/${index}/resources/${kind}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    operations.push({ op: 'test', path, value });
    if (list !== 'ephemeralContainers') operations.push({ op: 'remove', path });
  }
  if (unreadable.some(({ list }) => list === 'ephemeralContainers')) {
    operations.push({ op: 'remove', path: `${root}/ephemeralContainers` });
  }
  return operations;
}

type Containers = readonly Readonly<Record<string, unknown>>[];

function containersOf(template: PodTemplateSpec, list: string): Containers {
  const value = template.spec?.[list];
  return Array.isArray(value) ? (value as Containers) : [];
}

function findUnreadable(template: PodTemplateSpec): Unreadable[] {
  return lists.flatMap((list) =>
    containersOf(template, list).flatMap((container, index) =>
      (['limits', 'requests'] as const).flatMap((kind) =>
        Object.entries(quantitiesOf(container, kind))
          .filter(([, value]) => parseQuantity(value) === undefined)
          .map(([key, value]) => ({ list, index, kind, key, value })),
      ),
    ),
  );
}

function quantitiesOf(container: Readonly<Record<string, unknown>>, kind: string): Readonly<Record<string, unknown>> {
  const resources = container.resources as Readonly<Record<string, unknown>> | undefined;
  const quantities = resources?.[kind];
  return typeof quantities === 'object' && quantities !== null ? (quantities as Record<string, unknown>) : {};
}

function without(container: Readonly<Record<string, unknown>>, unreadable: readonly Unreadable[], index: number) {
  const found = unreadable.filter((entry) => entry.index === index);
  if (found.length === 0) return container;
  const resources: Record<string, unknown> = { ...(container.resources as Record<string, unknown>) };
  for (const kind of ['limits', 'requests'] as const) {
    const gone = found.filter((entry) => entry.kind === kind).map((entry) => entry.key);
    if (gone.length === 0) continue;
    const kept = Object.entries(quantitiesOf(container, kind)).filter(([key]) => !gone.includes(key));
    resources[kind] = Object.fromEntries(kept);
  }
  return { ...container, resources };
}
