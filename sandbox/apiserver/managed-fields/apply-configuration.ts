// Server-side apply: what one manager wants is merged into the live object; what it dropped and nobody else owns goes;
// what others own is a conflict unless forced (spec/sandbox.md §3, SSA).

import { asApiObject } from '../json.ts';
import type { ApiObject, JsonValue, ResourceKind, Schema } from '../kinds/types.ts';
import { Refusal } from '../refusals.ts';
import { fieldSetOf, withNamedFields } from './compare.ts';
import { difference, emptySet, type FieldSet, formatPath, intersection, isEmpty, pathsOf, union } from './field-set.ts';
import {
  capManagers,
  identityOf,
  type Manager,
  type Managers,
  readManagers,
  stripReset,
  stripUntracked,
  writeManagers,
} from './managers.ts';
import { asObject, mergeValues, removeItems } from './merge.ts';
import { changesBetween, withoutChanged, withoutManagers, writable } from './track.ts';

export interface Applier {
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string;
  readonly force: boolean;
}

/** The live object with the configuration applied and managedFields set. 409 names all conflicts. */
export function applyConfiguration(
  kind: ResourceKind,
  live: ApiObject,
  config: ApiObject,
  applier: Applier,
): ApiObject {
  const schema = kind.schema();
  const self = {
    name: applier.name,
    operation: 'Apply' as const,
    apiVersion: applier.apiVersion,
    subresource: applier.subresource,
    time: applier.time,
  };
  const identity = identityOf(self);
  const endpoint = { subresource: applier.subresource, hasStatus: kind.hasStatus, custom: kind.custom };
  const known = knownManagers(schema, live, applier);
  const last = known.get(identity)?.set ?? emptySet;
  const wanted = stripReset(stripUntracked(fieldSetOf(schema, config)), endpoint);
  const managers = new Map(known).set(identity, { ...self, set: wanted });

  const merged = mergeValues(schema, withoutManagers(live), config);
  const pruned = asApiObject(asObject(prune(schema, merged, managers, last)));
  pruned.metadata = { ...pruned.metadata };
  for (const key of ['name', 'namespace', 'uid', 'resourceVersion', 'generation', 'creationTimestamp']) {
    const value = live.metadata[key];
    if (value !== undefined) pruned.metadata[key] ??= value;
  }

  const others = new Map([...managers].filter(([other]) => other !== identity));
  const changes = writable(changesBetween(kind, live, pruned), endpoint);
  const conflicts = findConflicts(others, union(changes.modified, changes.added));
  if (conflicts.length > 0 && !applier.force) throw conflictRefusal(conflicts);
  const left = new Map(withoutChanged(others, changes));
  const isUnchanged = isEmpty(changes.added) && isEmpty(changes.modified) && isEmpty(changes.removed);
  const before = known.get(identity);
  const isSame =
    isUnchanged &&
    before !== undefined &&
    isEmpty(difference(before.set, wanted)) &&
    isEmpty(difference(wanted, before.set));
  left.set(identity, { ...self, set: wanted, time: isSame ? before.time : applier.time });
  writeManagers(pruned, capManagers(left));
  return pruned;
}

/** An object that was never tracked belongs, as it is, to whoever wrote it before. */
function knownManagers(schema: Schema, live: ApiObject, applier: Applier): Managers {
  const known = readManagers(live.metadata.managedFields) ?? new Map<string, Manager>();
  if (known.size > 0 || live.metadata.uid === undefined) return known;
  const before = {
    name: 'before-first-apply',
    operation: 'Update' as const,
    apiVersion: applier.apiVersion,
    subresource: '',
    time: applier.time,
    set: stripUntracked(fieldSetOf(schema, withoutManagers(live))),
  };
  return isEmpty(before.set) ? known : new Map([[identityOf(before), before]]);
}

/** Takes out what the applier owned last time and nobody owns now. */
function prune(schema: Schema, merged: JsonValue, managers: Managers, last: FieldSet): JsonValue | undefined {
  if (isEmpty(last)) return merged;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, schema);
  const fieldsOf = (value: JsonValue | undefined): FieldSet =>
    value === undefined ? emptySet : named(fieldSetOf(schema, value));
  const mergedFields = fieldsOf(merged);
  const withoutLast = removeItems(schema, merged, named(last));
  const owned = [...managers.values()].reduce((all, { set }) => union(all, set), emptySet);
  const ownedBack = removeItems(schema, merged, difference(mergedFields, union(fieldsOf(withoutLast), named(owned))));
  const gone = intersection(difference(mergedFields, fieldsOf(ownedBack)), named(last));
  return removeItems(schema, merged, gone);
}

interface Conflict {
  readonly manager: Manager;
  readonly path: string;
}

function findConflicts(others: Managers, changed: FieldSet): Conflict[] {
  const conflicts: Conflict[] = [];
  for (const manager of others.values()) {
    for (const path of pathsOf(intersection(manager.set, changed))) {
      conflicts.push({ manager, path: formatPath(path) });
    }
  }
  return conflicts;
}

/** `conflict with "one": .data.b`; several in a list by manager. */
function conflictRefusal(conflicts: readonly Conflict[]): Refusal {
  const byManager = new Map<string, string[]>();
  for (const { manager, path } of conflicts) {
    const who = describe(manager);
    const paths = byManager.get(who);
    if (paths === undefined) byManager.set(who, [path]);
    else paths.push(path);
  }
  const groups = [...byManager].sort(([a], [b]) => (a < b ? -1 : 1));
  const single = conflicts.length === 1;
  const lines = groups.map(([who, paths]) =>
    single ? `conflict with ${who}: ${paths[0]}` : `conflicts with ${who}:\n- ${[...paths].sort().join('\n- ')}`,
  );
  const message = `Apply failed with ${conflicts.length} ${single ? 'conflict' : 'conflicts'}: ${lines.join('\n')}`;
  const causes = groups.flatMap(([who, paths]) =>
    [...paths].sort().map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })),
  );
  return new Refusal(409, 'Conflict', message, { causes });
}

function describe({ name, operation, subresource, apiVersion }: Manager): string {
  const parts = [JSON.stringify(name)];
  if (subresource !== '') parts.push(`with subresource ${JSON.stringify(subresource)}`);
  if (operation === 'Update') parts.push(`using ${apiVersion}`);
  return parts.join(' ');
}
