// All kinds that the server serves: the built-in ones, and what CustomResourceDefinitions add and take away.

import { customKinds } from '../crd/custom-kinds.ts';
import { makeBuiltinKinds } from './builtin.ts';
import type { ApiObject, KindRegistry, ResourceKind } from './types.ts';

export function createKindRegistry(): KindRegistry {
  const builtin = makeBuiltinKinds();
  const custom = new Map<string, readonly ResourceKind[]>();
  let all: readonly ResourceKind[] = builtin;
  let byResource = indexOf(all, resourceKey);
  let byKind = indexOf(all, (kind) => kindKey(kind.group, kind.version, kind.kind));
  let versions = versionsOf(all);
  let generation = 0;

  function rebuild(): void {
    all = [...builtin, ...[...custom.values()].flat()];
    byResource = indexOf(all, resourceKey);
    byKind = indexOf(all, (kind) => kindKey(kind.group, kind.version, kind.kind));
    versions = versionsOf(all);
    generation += 1;
  }

  return {
    all: () => all,
    byResource: (group, version, plural) => byResource.get(kindKey(group, version, plural)),
    byKind: (group, version, kind) => byKind.get(kindKey(group, version, kind)),
    hasGroup: (group) => versions.has(group),
    versions: (group) => versions.get(group) ?? [],
    setCustomResourceDefinition(name: string, definition: ApiObject | undefined): void {
      if (definition === undefined) {
        if (!custom.delete(name)) return;
      } else {
        custom.set(name, customKinds(definition));
      }
      rebuild();
    },
    get generation() {
      return generation;
    },
  };
}

function indexOf(kinds: readonly ResourceKind[], key: (kind: ResourceKind) => string): Map<string, ResourceKind> {
  return new Map(kinds.map((kind) => [key(kind), kind]));
}

/** By group, in the order of the kinds. */
function versionsOf(kinds: readonly ResourceKind[]): Map<string, readonly string[]> {
  const groups = Map.groupBy(kinds, ({ group }) => group);
  return new Map([...groups].map(([group, of]) => [group, [...new Set(of.map(({ version }) => version))]]));
}

function resourceKey(kind: ResourceKind): string {
  return kindKey(kind.group, kind.version, kind.plural);
}

function kindKey(group: string, version: string, name: string): string {
  return `${group}/${version}/${name}`;
}
