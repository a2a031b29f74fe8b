// metadata.managedFields as sets by manager: reading it, writing it, and the rules that hold for every write: which
// fields nobody owns, which ones an endpoint cannot write, and how many managers there may be.

import { isObject, text } from '../json.ts';
import type { ApiObject, JsonObject, JsonValue } from '../kinds/types.ts';
import { difference, emptySet, type FieldSet, fromFieldsV1, isEmpty, toFieldsV1, union } from './field-set.ts';

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

/** undefined: the entries cannot be read. */
export function readManagers(entries: JsonValue | undefined): Managers | undefined {
  if (!Array.isArray(entries)) return new Map();
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

/** Appliers first, then by time: as the API server lists them. */
export function writeManagers(object: ApiObject, managers: Managers): void {
  const entries = [...managers.values()].filter((manager) => !isEmpty(manager.set)).sort(compareManagers);
  if (entries.length === 0) delete object.metadata.managedFields;
  else object.metadata.managedFields = entries.map(entryOf);
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

function compareManagers(a: Manager, b: Manager): number {
  const keys = ({ operation, time, name, apiVersion, subresource }: Manager): string[] => [
    operation,
    time,
    name,
    apiVersion,
    subresource,
  ];
  const [left, right] = [keys(a), keys(b)];
  for (const [index, key] of left.entries()) {
    if (key !== right[index]) return key < right[index]! ? -1 : 1;
  }
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
    const kept = (element: string): boolean => element === 'f:status' || (!endpoint.custom && element === 'f:metadata');
    return {
      members: new Set([...set.members].filter(kept)),
      children: new Map(
        [...set.children]
          .filter(([element]) => kept(element))
          .map(([element, child]) => [element, element === 'f:metadata' ? onlyAnnotations(child) : child] as const)
          .filter(([, child]) => !isEmpty(child)),
      ),
    };
  }
  if (!endpoint.hasStatus) return set;
  return {
    members: new Set([...set.members].filter((element) => element !== 'f:status')),
    children: new Map([...set.children].filter(([element]) => element !== 'f:status')),
  };
}

function onlyAnnotations(set: FieldSet): FieldSet {
  const isAnnotations = (element: string): boolean => element === 'f:annotations';
  return {
    members: new Set([...set.members].filter(isAnnotations)),
    children: new Map([...set.children].filter(([element]) => isAnnotations(element))),
  };
}
