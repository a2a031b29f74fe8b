// What the server serves, as clients discover it: groups, versions and resources, one document each or all in one
// (spec/sandbox.md §2).

import { createHash } from 'node:crypto';
import type { JsonObject, KindRegistry, ResourceKind } from '../kinds/types.ts';

/** Subresources whose bodies are of another kind than the resource, and what may be done with them. */
const subresources: Readonly<
  Record<string, { readonly kind?: readonly [string, string, string]; readonly verbs: readonly string[] }>
> = {
  'namespaces/finalize': { verbs: ['update'] },
  'nodes/proxy': { kind: ['', '', 'NodeProxyOptions'], verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  'pods/attach': { kind: ['', '', 'PodAttachOptions'], verbs: ['create', 'get'] },
  'pods/binding': { kind: ['', '', 'Binding'], verbs: ['create'] },
  'pods/eviction': { kind: ['policy', 'v1', 'Eviction'], verbs: ['create'] },
  'pods/exec': { kind: ['', '', 'PodExecOptions'], verbs: ['create', 'get'] },
  'pods/log': { verbs: ['get'] },
  'pods/portforward': { kind: ['', '', 'PodPortForwardOptions'], verbs: ['create', 'get'] },
  'pods/proxy': { kind: ['', '', 'PodProxyOptions'], verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  'serviceaccounts/token': { kind: ['authentication.k8s.io', 'v1', 'TokenRequest'], verbs: ['create'] },
  'services/proxy': { kind: ['', '', 'ServiceProxyOptions'], verbs: ['create', 'delete', 'get', 'patch', 'update'] },
};

interface Subresource {
  readonly name: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

function subresourcesOf(kind: ResourceKind): Subresource[] {
  const names = [...kind.otherSubresources];
  // A CRD's are listed as they are declared, built-in ones by name.
  if (kind.hasStatus) names.push('status');
  if (kind.scale !== undefined) names.push('scale');
  if (!kind.custom) names.sort();
  return names.map((name) => {
    if (name === 'scale') return { name, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: readWrite };
    const particular = kind.group === '' ? subresources[`${kind.plural}/${name}`] : undefined;
    const [group, version, kindName] = particular?.kind ?? ['', '', kind.kind];
    return { name, group, version, kind: kindName, verbs: particular?.verbs ?? readWrite };
  });
}

const readWrite = ['get', 'patch', 'update'];

export function groupsOf(registry: KindRegistry): string[] {
  return [...new Set(registry.all().map((kind) => kind.group))].filter((group) => group !== '');
}

export function groupDocument(registry: KindRegistry, group: string): JsonObject {
  const versions = registry.versions(group).map((version) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions, preferredVersion: versions[0] ?? null };
}

export function groupList(registry: KindRegistry): JsonObject {
  const groups = groupsOf(registry).map((group) => groupDocument(registry, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups };
}

/** The resources of one group and version; undefined when there are none. */
export function resourceList(registry: KindRegistry, group: string, version: string): JsonObject | undefined {
  const kinds = registry.all().filter((kind) => kind.group === group && kind.version === version);
  if (kinds.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(group === '' ? {} : { apiVersion: 'v1' }),
    groupVersion: group === '' ? version : `${group}/${version}`,
    resources: kinds.flatMap((kind) => [
      resourceRow(registry, kind),
      ...subresourcesOf(kind).map((sub) => subRow(kind, sub)),
    ]),
  };
}

function resourceRow(registry: KindRegistry, kind: ResourceKind): JsonObject {
  return {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: [...kind.verbs],
    ...names(kind),
    ...(kind.verbs.includes('watch') ? { storageVersionHash: storageVersionHash(registry, kind) } : {}),
  };
}

function subRow(kind: ResourceKind, sub: Subresource): JsonObject {
  return {
    name: `${kind.plural}/${sub.name}`,
    singularName: '',
    namespaced: kind.namespaced,
    ...(sub.group === '' ? {} : { group: sub.group, version: sub.version }),
    kind: sub.kind,
    verbs: [...sub.verbs],
  };
}

function names(kind: ResourceKind): JsonObject {
  return {
    ...(kind.shortNames.length === 0 ? {} : { shortNames: [...kind.shortNames] }),
    ...(kind.categories.length === 0 ? {} : { categories: [...kind.categories] }),
  };
}

/** The first 8 bytes of the hash of what objects are stored as. */
function storageVersionHash(registry: KindRegistry, kind: ResourceKind): string {
  const group = kind.storedAs?.group ?? kind.group;
  const version = registry.versions(group)[0] ?? kind.version;
  return createHash('sha256').update(`${group}/${version}/${kind.kind}`).digest().subarray(0, 8).toString('base64');
}

/** All groups with all their resources: `/apis`; or the core group: `/api`. */
export function aggregatedList(registry: KindRegistry, core: boolean, apiVersion: string): JsonObject {
  const builtin = groupsOf(registry).filter((group) =>
    registry.all().some((kind) => kind.group === group && !kind.custom),
  );
  const custom = groupsOf(registry).filter((group) => !builtin.includes(group));
  const groups = core ? [''] : [...builtin, ...custom.sort()];
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion,
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: registry.versions(group).map((version) => ({
        version,
        resources: registry
          .all()
          .filter((kind) => kind.group === group && kind.version === version)
          .map(discoveryRow),
        freshness: 'Current',
      })),
    })),
  };
}

function discoveryRow(kind: ResourceKind): JsonObject {
  const subs = subresourcesOf(kind).map((sub) => ({
    subresource: sub.name,
    responseKind: responseKind(kind, sub),
    verbs: [...sub.verbs],
  }));
  return {
    resource: kind.plural,
    responseKind: responseKind(kind, { group: '', version: '', kind: kind.kind }),
    scope: kind.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: kind.singular,
    verbs: [...kind.verbs],
    ...names(kind),
    ...(subs.length === 0 ? {} : { subresources: subs }),
  };
}

/** QUIRK: built-in kinds leave group and version empty where they are the resource's own; CRDs write them. */
function responseKind(
  kind: ResourceKind,
  body: { readonly group: string; readonly version: string; readonly kind: string },
): JsonObject {
  const own = kind.custom && body.group === '';
  return {
    group: own ? kind.group : body.group,
    version: own ? kind.version : body.version,
    kind: body.kind,
  };
}
