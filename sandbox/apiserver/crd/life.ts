// What happens with CustomResourceDefinitions after they were written: what they define is served at once, their names
// are accepted, and a deleted one takes its objects with it before it goes.

import { formatRfc3339 } from '../../../controller/lang/rfc3339.ts';
import type { Clock } from '../../../controller/lang/time.ts';
import { cloneJson, isObject, text } from '../json.ts';
import { ensureObject, objectAt, textAt, textsAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject, KindRegistry } from '../kinds/types.ts';
import { type Storage, type StorageEvent, storageKey } from '../storage.ts';
import { isTrue, setCondition } from './conditions.ts';
import { cleanupFinalizer } from './definition.ts';

const definitions = 'apiextensions.k8s.io/customresourcedefinitions';

export interface DefinitionHost {
  readonly storage: Storage;
  readonly registry: KindRegistry;
  readonly clock: Clock;
}

/** Follows the definitions in storage, those that are there already included. */
export function serveDefinitions(host: DefinitionHost): { stop(): void } {
  const { storage, registry, clock } = host;
  const awaited = new Map<string, () => void>();
  let isStopped = false;

  /** Never within the write that caused it: other listeners see writes in their order. */
  function soon(act: () => void): void {
    clock.schedule(0, () => {
      if (!isStopped) act();
    });
  }

  function onEvent(event: StorageEvent): void {
    const name = text(event.object.metadata.name);
    if (event.type === 'DELETED') {
      registry.setCustomResourceDefinition(name, undefined);
      awaited.get(name)?.();
      awaited.delete(name);
      return;
    }
    follow(event.object, event.previous);
  }

  function follow(definition: ApiObject, previous: ApiObject | undefined): void {
    const name = text(definition.metadata.name);
    if (previous === undefined || previous.spec !== definition.spec) {
      registry.setCustomResourceDefinition(name, definition);
    }
    if (definition.metadata.deletionTimestamp !== undefined) soon(() => cleanUp(name));
    else if (!isEstablished(definition)) soon(() => establish(name));
  }

  function establish(name: string): void {
    const stored = storage.get(definitions, name);
    if (stored === undefined || isEstablished(stored)) return;
    storage.put(definitions, name, established(stored, clock.now()));
  }

  /** Removes the objects; those with finalizers are marked and waited for. */
  function cleanUp(name: string): void {
    const stored = storage.get(definitions, name);
    if (stored === undefined || !textsAt(stored.metadata, 'finalizers').includes(cleanupFinalizer)) return;
    const resource = `${textAt(stored, 'spec', 'group')}/${textAt(stored, 'spec', 'names', 'plural')}`;
    for (const object of storage.list(resource)) {
      const key = storageKey(textAt(object.metadata, 'namespace'), text(object.metadata.name));
      if (textsAt(object.metadata, 'finalizers').length === 0) storage.delete(resource, key);
      else if (object.metadata.deletionTimestamp === undefined) storage.put(resource, key, marked(object, clock.now()));
    }
    if (storage.list(resource).length > 0) {
      if (!awaited.has(name))
        awaited.set(
          name,
          storage.subscribe(resource, () => soon(() => cleanUp(name))),
        );
      return;
    }
    const others = textsAt(stored.metadata, 'finalizers').filter((finalizer) => finalizer !== cleanupFinalizer);
    if (others.length === 0) {
      storage.delete(definitions, name);
      return;
    }
    const draft = cloneJson(stored);
    draft.metadata.finalizers = others;
    storage.put(definitions, name, draft);
  }

  for (const definition of storage.list(definitions)) follow(definition, undefined);
  const unsubscribe = storage.subscribe(definitions, onEvent);
  return {
    stop() {
      isStopped = true;
      unsubscribe();
      for (const end of awaited.values()) end();
    },
  };
}

function isEstablished(definition: ApiObject): boolean {
  const status = objectAt(definition, 'status');
  return (
    isTrue(status, 'Established') &&
    isTrue(status, 'NamesAccepted') &&
    JSON.stringify(status?.acceptedNames) === JSON.stringify(objectAt(definition, 'spec')?.names)
  );
}

function established(stored: ApiObject, now: number): ApiObject {
  const draft = cloneJson(stored);
  const status = ensureObject(draft, 'status');
  const at = formatRfc3339(now);
  setCondition(status, {
    type: 'NamesAccepted',
    status: 'True',
    lastTransitionTime: at,
    reason: 'NoConflicts',
    message: 'no conflicts found',
  });
  setCondition(status, {
    type: 'Established',
    status: 'True',
    lastTransitionTime: at,
    reason: 'InitialNamesAccepted',
    message: 'the initial names have been accepted',
  });
  const names = objectAt(draft, 'spec', 'names') ?? {};
  status.acceptedNames = cloneJson(names);
  draft.metadata.managedFields = [
    statusEntry(text(draft.apiVersion), names, at),
    ...(Array.isArray(draft.metadata.managedFields) ? draft.metadata.managedFields : []).filter(
      (entry) => !(isObject(entry) && entry.manager === 'kube-apiserver'),
    ),
  ];
  return draft;
}

/** What the server owns of the status. */
function statusEntry(apiVersion: string, names: JsonObject, time: string): JsonObject {
  const condition = {
    '.': {},
    'f:lastTransitionTime': {},
    'f:message': {},
    'f:reason': {},
    'f:status': {},
    'f:type': {},
  };
  return {
    manager: 'kube-apiserver',
    operation: 'Update',
    apiVersion,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: {
      'f:status': {
        'f:acceptedNames': Object.fromEntries(Object.keys(names).map((key) => [`f:${key}`, {}])),
        'f:conditions': {
          'k:{"type":"Established"}': condition,
          'k:{"type":"NamesAccepted"}': cloneJson(condition),
        },
      },
    },
    subresource: 'status',
  };
}

function marked(object: ApiObject, now: number): ApiObject {
  const draft = cloneJson(object);
  draft.metadata.deletionTimestamp = formatRfc3339(now);
  draft.metadata.deletionGracePeriodSeconds = 0;
  return draft;
}
