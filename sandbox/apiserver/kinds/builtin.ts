// Makes the built-in kinds: a row of resources.ts, the schema, and what is particular to the kind.

import { builtinSchema, hasBuiltinDefinition } from '../schemas/builtin.ts';
import { defaultTable } from '../tables/default-table.ts';
import { baseStrategy } from './base-strategy.ts';
import { type BuiltinResource, builtinResources } from './resources.ts';
import type { KindStrategy, ResourceKind, ScaleStrategy, Schema, TableStrategy } from './types.ts';

/** What a kind adds to the base; `base` is the strategy it would have otherwise. */
export interface KindDetails {
  readonly strategy?: (base: KindStrategy) => Partial<KindStrategy>;
  readonly table?: TableStrategy;
  readonly scale?: ScaleStrategy;
  readonly selectableFields?: ResourceKind['selectableFields'];
  readonly schema?: () => Schema;
  readonly storedAs?: { readonly group: string; readonly plural: string };
  readonly toStored?: NonNullable<ResourceKind['toStored']>;
  readonly fromStored?: NonNullable<ResourceKind['fromStored']>;
}

const details: Readonly<Record<string, KindDetails>> = {};

export function makeBuiltinKinds(): ResourceKind[] {
  return builtinResources.map((resource) =>
    makeKind(resource, details[`${resource.group}/${resource.version}/${resource.kind}`] ?? {}),
  );
}

function makeKind(resource: BuiltinResource, own: KindDetails): ResourceKind {
  const { group, version, kind, subresources } = resource;
  const schema = own.schema ?? (() => builtinSchema(definitionName(group, version, kind)));
  const hasStatus = subresources.includes('status');
  const base = baseStrategy({ gvk: { group, version, kind }, namespaced: resource.namespaced, hasStatus, schema });
  return {
    group,
    version,
    kind,
    listKind: `${kind}List`,
    plural: resource.plural,
    singular: resource.singular,
    shortNames: resource.shortNames,
    categories: resource.categories,
    namespaced: resource.namespaced,
    verbs: resource.verbs,
    hasStatus,
    otherSubresources: subresources.filter((name) => name !== 'status' && name !== 'scale'),
    custom: false,
    schema,
    strategy: { ...base, ...own.strategy?.(base) },
    selectableFields: own.selectableFields ?? {},
    table: own.table ?? defaultTable,
    ...(own.scale === undefined ? {} : { scale: own.scale }),
    ...(own.storedAs === undefined ? {} : { storedAs: own.storedAs }),
    ...(own.toStored === undefined ? {} : { toStored: own.toStored }),
    ...(own.fromStored === undefined ? {} : { fromStored: own.fromStored }),
  };
}

/** `io.k8s.api.apps.v1.Deployment`. */
function definitionName(group: string, version: string, kind: string): string {
  const name = `io.k8s.api.${packageOf(group)}.${version}.${kind}`;
  return hasBuiltinDefinition(name) ? name : `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.${version}.${kind}`;
}

function packageOf(group: string): string {
  return group === '' ? 'core' : (group.split('.')[0] ?? group);
}
