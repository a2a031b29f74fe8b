// PATCH with application/apply-patch+yaml: reads the configuration, creates or merges, and goes through the same doors as
// any create or update.

import { authorizeCreation } from '../authorize.ts';
import { bodyText, fromYaml } from '../body.ts';
import { apiVersionOf, type Call, readServed, timestamp } from '../call.ts';
import { asApiObject, cloneJson, equalJson, isObject, text } from '../json.ts';
import type { ApiObject, JsonObject, JsonValue } from '../kinds/types.ts';
import { applyConfiguration } from '../managed-fields/apply-configuration.ts';
import { zeroObject } from '../managed-fields/track.ts';
import { joinProblems, typedProblems } from '../managed-fields/validate-typed.ts';
import { badRequest, invalidNamed, notFound, Refusal } from '../refusals.ts';
import { checkNamespace, insert } from './create.ts';
import { checkName, type Part, replace } from './update.ts';

export function applyObject(call: Call, name: string, part: Part): { object: ApiObject; isNew: boolean } {
  const { kind } = call;
  checkOptions(call);
  const config = readConfiguration(call);
  checkName(config, name);
  checkNamespace(call, config);
  const old = readServed(call, name);
  if (old === undefined && part === 'status') throw notFound(kind, name);
  const applier = {
    name: call.manager,
    apiVersion: apiVersionOf(kind),
    subresource: part === 'status' ? 'status' : '',
    time: timestamp(call.context.now),
    force: call.query.flag('force'),
  };
  const merged = applyConfiguration(kind, old ?? emptyLive(call, name), config, applier);
  const { managedFields } = merged.metadata;
  const draft = decodeMerged(call, merged);
  if (managedFields !== undefined) draft.metadata.managedFields = sinceWhen(managedFields, old);
  if (old !== undefined) return { object: replace(call, old, draft, part), isNew: false };
  authorizeCreation(call);
  return { object: insert(call, draft, () => undefined), isNew: true };
}

/** Who owns the same as before does so since then, whatever was applied again (`stringData` of a Secret). */
function sinceWhen(entries: JsonValue, old: ApiObject | undefined): JsonValue {
  const before = old?.metadata.managedFields;
  if (!Array.isArray(before) || !Array.isArray(entries) || before.length !== entries.length) return entries;
  const timeless = (list: readonly JsonValue[]): unknown[] =>
    list.map((entry) => (isObject(entry) ? { ...entry, time: null } : entry));
  return equalJson(timeless(entries), timeless(before)) ? before : entries;
}

function checkOptions(call: Call): void {
  if (call.query.get('fieldManager') !== '') return;
  throw invalidNamed('PatchOptions.meta.k8s.io', 'meta.k8s.io', 'PatchOptions', '', [
    { reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' },
  ]);
}

/** Only what the client wrote: no defaults, nothing pruned but what the schema does not know. */
function readConfiguration(call: Call): ApiObject {
  const { kind } = call;
  const written = bodyText(call.request);
  const value: unknown = written === undefined ? cloneJson(call.request.body) : fromYaml(written);
  if (!isObject(value)) throw badRequest('error decoding YAML: the configuration must be an object');
  if (text(value.apiVersion) === '' && text(value.kind) === '') throw badRequest('invalid object type: /, Kind=');
  const given = value.metadata;
  if (isObject(given) && given.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  if (value.apiVersion !== apiVersionOf(kind) || value.kind !== kind.kind) {
    throw badRequest(`invalid object type: ${text(value.apiVersion)}, Kind=${text(value.kind)}`);
  }
  const untyped = (why: string): Refusal =>
    new Refusal(500, undefined, `failed to create typed patch object (${subjectOf(value)}): ${why}`);
  const problems = typedProblems(kind.schema(), value);
  if (problems.length > 0) throw untyped(joinProblems(problems));
  const { object, failure } = kind.strategy.decode(asApiObject(cloneJson(value)));
  if (failure !== undefined) throw untyped(failure.message);
  return asApiObject(onlyWritten(object, value));
}

/** `namespace/name; group/version, Kind=kind`, as they are written. */
function subjectOf({ apiVersion, kind, metadata }: JsonObject): string {
  const { namespace, name } = isObject(metadata) ? metadata : {};
  const version = text(apiVersion);
  const groupVersion = version.includes('/') ? version : `/${version}`;
  return `${text(namespace)}/${text(name)}; ${groupVersion}, Kind=${text(kind)}`;
}

/** Decoding adds what Go always writes; a configuration holds only what its author wrote. */
function onlyWritten(decoded: JsonObject, written: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(decoded)) {
    if (!Object.hasOwn(written, key)) continue;
    const original = written[key];
    if (isObject(value) && isObject(original)) result[key] = onlyWritten(value, original);
    else if (Array.isArray(value) && Array.isArray(original) && value.length === original.length) {
      result[key] = value.map((item, index) => {
        const before = original[index];
        return isObject(item) && isObject(before) ? onlyWritten(item, before) : item;
      });
    } else result[key] = value;
  }
  // What Go leaves out when it is empty was written all the same.
  for (const [key, original] of Object.entries(written)) {
    if (
      !Object.hasOwn(result, key) &&
      isObject(original) &&
      Object.keys(original).length === 0 &&
      Object.hasOwn(decoded, key)
    ) {
      result[key] = {};
    }
  }
  return result;
}

function emptyLive(call: Call, name: string): ApiObject {
  const zero = zeroObject(call.kind);
  const live: ApiObject = { ...zero, kind: call.kind.kind, apiVersion: apiVersionOf(call.kind), metadata: { name } };
  if (call.kind.namespaced && call.namespace !== undefined) live.metadata.namespace = call.namespace;
  return live;
}

function decodeMerged(call: Call, merged: ApiObject): ApiObject {
  const { managedFields: _managedFields, ...metadata } = merged.metadata;
  const { object, failure } = call.kind.strategy.decode(asApiObject(cloneJson({ ...merged, metadata })));
  if (failure !== undefined) throw badRequest(failure.message);
  const draft = asApiObject(object);
  call.kind.strategy.applyDefaults(draft);
  return draft;
}
