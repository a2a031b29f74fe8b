// metadata.managedFields as sets by manager: reading it, writing it, and the rules that hold for every write: which
// fields nobody owns, which ones an endpoint cannot write, and how many managers there may be.

import { deepFreeze, isObject, text } from '../json.ts';
import type { ApiObject, JsonObject, JsonValue } from '../kinds/types.ts';
import {
  difference,
  emptySet,
  type FieldSet,
  fromFieldsV1,
  isEmpty,
  keepElements,
  toFieldsV1,
  union,
} from './field-set.ts';

export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly set: FieldSet;
}

export type Managers = ReadonlyMap<string, Manager>;

/** Managers are the same when all of this is equal; of an Apply the version does not count. */
export function identityOf(manager: Omit<Manager, 'time' | 'set'>): string {
  const { name, operation, apiVersion, subresource } = manager;
  return JSON.stringify([name, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

const writtenManagers = new WeakMap<readonly JsonValue[], Managers>();

/** undefined: the entries cannot be read. */
export function readManagers(entries: JsonValue | undefined): Managers | undefined {
  if (!Array.isArray(entries)) return new Map();
  const written = writtenManagers.get(entries);
  if (written !== undefined) return written;
  const managers = new Map<string, Manager>();
  for (const entry of entries) {
    if (!isObject(entry) || (entry.operation !== 'Apply' && entry.operation !== 'Update')) return undefined;
    let set: FieldSet;
    try {
      set = fromFieldsV1(entry.fieldsV1 ?? {});
    } catch (problem) {
      if (problem instanceof TypeError) return undefined;
      throw problem;
    }
    const manager: Manager = {
      name: text(entry.manager),
      operation: entry.operation,
      apiVersion: text(entry.apiVersion),
      subresource: text(entry.subresource),
      time: text(entry.time),
      set,
    };
    managers.set(identityOf(manager), manager);
  }
  return managers;
}

/** Appliers first, then by time: as the API server lists them. The entries are frozen. */
export function writeManagers(object: ApiObject, managers: Managers): void {
  const listed = [...managers].filter(([, { set }]) => !isEmpty(set)).sort(([, a], [, b]) => compareManagers(a, b));
  if (listed.length === 0) {
    delete object.metadata.managedFields;
    return;
  }
  const entries = deepFreeze(listed.map(([, manager]) => entryOf(manager)));
  object.metadata.managedFields = entries;
  writtenManagers.set(entries, new Map(listed));
}

function entryOf(manager: Manager): JsonObject {
  return {
    manager: manager.name,
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === '' ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(manager.set),
    ...(manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

const sortKeys = ['operation', 'time', 'name', 'apiVersion', 'subresource'] as const;

function compareManagers(a: Manager, b: Manager): number {
  for (const key of sortKeys) if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1;
  return 0;
}

/** More Update managers than this are put together, the oldest first. */
const updateManagerLimit = 10;

export function capManagers(managers: Managers): Managers {
  const updates = [...managers.values()]
    .filter(({ operation }) => operation === 'Update')
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const surplus = updates.length - updateManagerLimit;
  if (surplus <= 0) return managers;
  const capped = new Map(managers);
  for (const old of updates.slice(0, surplus + 1)) {
    capped.delete(identityOf(old));
    const ancient = { ...old, name: 'ancient-changes' };
    const known = capped.get(identityOf(ancient));
    capped.set(identityOf(ancient), { ...ancient, set: known === undefined ? old.set : union(known.set, old.set) });
  }
  return capped;
}

function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  let result = emptySet;
  for (const path of paths) {
    const below = path
      .slice(0, -1)
      .reduceRight<FieldSet>((inner, element) => ({ members: new Set(), children: new Map([[element, inner]]) }), {
        members: new Set([path.at(-1)!]),
        children: new Map(),
      });
    result = union(result, below);
  }
  return result;
}

const untracked = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((key) => ['f:metadata', `f:${key}`]),
);

/** What identifies an object belongs to nobody. */
export function stripUntracked(set: FieldSet): FieldSet {
  return difference(set, untracked);
}

/** Which door a write comes through. */
export interface Endpoint {
  readonly subresource: string;
  readonly hasStatus: boolean;
  readonly custom: boolean;
}

/** What this endpoint resets is not the writer's: status on the main resource; all but status and annotations on status. */
export function stripReset(set: FieldSet, endpoint: Endpoint): FieldSet {
  if (endpoint.subresource === 'status') {
    const { members, children } = keepElements(
      set,
      (element) => element === 'f:status' || (!endpoint.custom && element === 'f:metadata'),
    );
    const metadata = children.get('f:metadata');
    if (metadata === undefined) return { members, children };
    const annotations = keepElements(metadata, (element) => element === 'f:annotations');
    const left = new Map(children);
    if (isEmpty(annotations)) left.delete('f:metadata');
    else left.set('f:metadata', annotations);
    return { members, children: left };
  }
  return endpoint.hasStatus ? keepElements(set, (element) => element !== 'f:status') : set;
}
