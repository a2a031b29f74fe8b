// PUT, and the second half of every patch: a draft takes the place of the stored object, with all that an update may not
// change put back (spec/sandbox.md §3, verbs, metadata, no-op writes).

import { authorizeCreation } from '../authorize.ts';
import { duplicatesIn, readObjectBody } from '../body.ts';
import { type Call, keyOf, nameOf, readServed, resourceOf, served } from '../call.ts';
import { at, equalJson, text } from '../json.ts';
import { validateMetadataUpdate } from '../kinds/metadata-rules.ts';
import type { ApiObject } from '../kinds/types.ts';
import { trackUpdate } from '../managed-fields/track.ts';
import { presentOne, readForm } from '../present.ts';
import { badRequest, conflict, invalid, modifiedMeanwhile, notFound } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { checkNamespace, decodeBody, insert } from './create.ts';
import { answer } from './list.ts';
import { admitOwnerReferences } from './owner-references.ts';
import { admitByQuota } from './quota.ts';

/** Which part of the object a write is about. */
export type Part = 'main' | 'status';

export function updateObject(call: Call, name: string, part: Part): ApiResponse {
  const form = readForm(call);
  const body = readObjectBody(call);
  const draft = decodeBody(call, body, duplicatesIn(call));
  checkName(draft, name);
  checkNamespace(call, draft);
  const old = readServed(call, name);
  if (old === undefined) {
    if (part === 'main' && call.kind.strategy.allowCreateOnUpdate && text(draft.metadata.uid) === '') {
      authorizeCreation(call);
      delete draft.metadata.resourceVersion;
      const created = insert(call, draft, () => trackUpdate(call, undefined, draft));
      return answer(presentOne(call.kind, form, created, call.context.now), 201);
    }
    throw notFound(call.kind, name);
  }
  trackUpdate(call, old, draft, part === 'status' ? { subresource: 'status' } : {});
  const updated = replace(call, old, draft, part);
  return answer(presentOne(call.kind, form, updated, call.context.now));
}

export function checkName(draft: ApiObject, name: string): void {
  const written = text(draft.metadata.name);
  if (written === '') draft.metadata.name = name;
  else if (written !== name) {
    throw badRequest(`the name of the object (${written}) does not match the name on the URL (${name})`);
  }
}

/** Puts a draft in the place of `old` (both in the served form), whose managedFields are set. Returns what is there then. */
export function replace(call: Call, old: ApiObject, draft: ApiObject, part: Part): ApiObject {
  const { kind, machinery, context } = call;
  const { strategy } = kind;
  checkVersion(call, old, draft);
  const { metadata } = draft;
  const uid = text(metadata.uid);
  if (uid !== '' && uid !== old.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${text(old.metadata.uid)}`;
    throw conflict(kind, nameOf(old), why);
  }
  for (const key of ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'generation']) {
    const before = old.metadata[key];
    if (before === undefined) delete metadata[key];
    else metadata[key] = before;
  }
  delete metadata.selfLink;
  if (part === 'main') strategy.prepareForUpdate(draft, old, context);
  else strategy.prepareForStatusUpdate(draft, old, context);
  if (part === 'main' && strategy.hasGeneration && strategy.generationChanges(draft, old)) {
    metadata.generation = Number(old.metadata.generation ?? 0) + 1;
  }
  const causes = [
    // kube-apiserver checks metadata twice, here and in the kind's own rules; its answers list such causes twice.
    ...validateMetadataUpdate(draft, old, kind.namespaced),
    ...(part === 'main'
      ? strategy.validateUpdate(draft, old, context)
      : strategy.validateStatusUpdate(draft, old, context)),
  ];
  if (causes.length > 0) throw invalid(kind, nameOf(old), causes);
  call.warnings.push(...(part === 'main' ? (strategy.warnings?.(draft, old) ?? []) : []));
  if (old.metadata.resourceVersion !== undefined) metadata.resourceVersion = old.metadata.resourceVersion;
  if (isDeletedNow(draft, resourceOf(kind))) {
    if (call.dryRun) return draft;
    machinery.storage.delete(resourceOf(kind), keyOf(old));
    return draft;
  }
  if (equalJson(draft, old)) return old;
  if (part === 'main') {
    admitOwnerReferences(call, draft, old);
    admitByQuota(call, draft, old);
  }
  if (call.dryRun) return draft;
  const stored = machinery.storage.put(resourceOf(kind), keyOf(old), kind.toStored?.(draft) ?? draft);
  return served(kind, stored);
}

function checkVersion(call: Call, old: ApiObject, draft: ApiObject): void {
  const version = text(draft.metadata.resourceVersion);
  if (version === '' || version === '0') {
    if (call.kind.strategy.allowUnconditionalUpdate || call.request.method === 'PATCH') return;
    const cause = {
      reason: 'FieldValueInvalid',
      message: 'Invalid value: 0: must be specified for an update',
      field: 'metadata.resourceVersion',
    };
    const subject = { ...call.kind, kind: call.kind.plural };
    throw invalid(subject, nameOf(old), [cause]);
  }
  if (version !== old.metadata.resourceVersion) throw conflict(call.kind, nameOf(old), modifiedMeanwhile);
}

/** Marked for deletion, and nothing holds it any more. */
function isDeletedNow(draft: ApiObject, resource: string): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = draft.metadata;
  // A namespace has finalizers of its own in its spec, which only /finalize takes away.
  if (resource === '/namespaces' && !isEmptyList(at(draft, 'spec', 'finalizers'))) return false;
  if (deletionTimestamp === undefined || Number(deletionGracePeriodSeconds ?? 0) > 0) return false;
  return isEmptyList(finalizers);
}

function isEmptyList(value: unknown): boolean {
  return !Array.isArray(value) || value.length === 0;
}
