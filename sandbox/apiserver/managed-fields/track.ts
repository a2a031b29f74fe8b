// managedFields of a write that is no apply: what the writer changed becomes its own, and others lose it
// (spec/sandbox.md §3, SSA: update and patch managers are tracked too).

import { apiVersionOf, type Call, timestamp } from '../call.ts';
import { asApiObject, deepFreeze, equalJson, isObject } from '../json.ts';
import type { ApiObject, JsonObject, ResourceKind } from '../kinds/types.ts';
import { type Comparison, compareValues } from './compare.ts';
import { difference, emptySet, intersection, isEmpty, union } from './field-set.ts';
import {
  capManagers,
  type Endpoint,
  identityOf,
  type Manager,
  type Managers,
  readManagers,
  stripReset,
  stripUntracked,
  writeManagers,
} from './managers.ts';

export interface TrackOptions {
  readonly subresource?: string;
  /** Others lose what changed, but the writer gets nothing. */
  readonly disown?: boolean;
}

/** Sets `draft.metadata.managedFields`. `live` is undefined for a creation. */
export function trackUpdate(
  call: Call,
  live: ApiObject | undefined,
  draft: ApiObject,
  options: TrackOptions = {},
): void {
  const { subresource = '', disown = false } = options;
  const { kind } = call;
  const before = live ?? zeroObject(kind);
  const known = startingManagers(live, draft, subresource !== '');
  if (known === undefined) {
    delete draft.metadata.managedFields;
    return;
  }
  const endpoint = { subresource, hasStatus: kind.hasStatus, custom: kind.custom };
  // What the endpoint will put back changes nothing for others either.
  const changes = writable(changesBetween(kind, before, draft), endpoint);
  const others = withoutChanged(known, changes);
  const own = stripUntracked(union(changes.added, changes.modified));
  const managers = new Map(others);
  if (!isEmpty(own) && !disown) {
    const self = {
      name: call.manager,
      operation: 'Update' as const,
      apiVersion: apiVersionOf(kind),
      subresource,
      time: timestamp(call.context.now),
    };
    const identity = identityOf(self);
    const previous = known.get(identity)?.set ?? emptySet;
    managers.set(identity, { ...self, set: union(difference(previous, changes.removed), own) });
  }
  writeManagers(draft, capManagers(managers));
}

/**
 * The entries that the change starts from: the body's where it brings readable ones, else the live object's. undefined:
 * the client asked to forget them, with one empty entry.
 */
function startingManagers(live: ApiObject | undefined, draft: ApiObject, isSubresource: boolean): Managers | undefined {
  const written = draft.metadata.managedFields;
  if (Array.isArray(written) && written.length === 1 && isObject(written[0]) && Object.keys(written[0]).length === 0) {
    return undefined;
  }
  const ofLive = live?.metadata.managedFields;
  const fromLive = readManagers(ofLive) ?? new Map<string, Manager>();
  if (isSubresource || !Array.isArray(written) || written.length === 0 || equalJson(written, ofLive)) return fromLive;
  return readManagers(written) ?? fromLive;
}

/** Everything but managedFields itself. */
export function changesBetween(kind: ResourceKind, before: ApiObject, after: ApiObject): Comparison {
  return compareValues(kind.schema(), withoutManagers(before), withoutManagers(after));
}

export function withoutManagers(object: ApiObject): JsonObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

/** Only what this endpoint can write at all counts as changed. */
export function writable(changes: Comparison, endpoint: Endpoint): Comparison {
  const { added, modified, removed } = changes;
  return {
    added: stripReset(added, endpoint),
    modified: stripReset(modified, endpoint),
    removed: stripReset(removed, endpoint),
  };
}

/** Whoever owned what another one changed or removed owns it no more. */
export function withoutChanged(managers: Managers, changes: Comparison): Managers {
  const changed = union(changes.modified, changes.added);
  const left = new Map<string, Manager>();
  for (const [identity, manager] of managers) {
    const conflicts = intersection(manager.set, changed);
    const set = difference(difference(manager.set, conflicts), changes.removed);
    if (!isEmpty(set)) left.set(identity, { ...manager, set });
  }
  return left;
}

const zeroObjects = new WeakMap<ResourceKind, ApiObject>();

/** What a typed server has before a creation: the struct's own zero value. Custom resources start from nothing. */
export function zeroObject(kind: ResourceKind): ApiObject {
  if (kind.custom) return { metadata: {} };
  let zero = zeroObjects.get(kind);
  if (zero === undefined) {
    zero = deepFreeze(asApiObject(kind.strategy.decode({ metadata: {} }).object));
    zeroObjects.set(kind, zero);
  }
  return zero;
}
