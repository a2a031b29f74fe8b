// POST on a collection: decode, default, admit, validate, store (spec/sandbox.md §3, verbs and metadata).

import { randomSuffix, randomUuid } from '../../random.ts';
import { duplicatesIn, readObjectBody } from '../body.ts';
import { apiVersionOf, type Call, keyOf, nameOf, resourceOf, served, timestamp } from '../call.ts';
import { asApiObject, isObject, text } from '../json.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { trackUpdate } from '../managed-fields/track.ts';
import { presentOne, readForm } from '../present.ts';
import { alreadyExists, badRequest, forbidden, invalid, notFound, Refusal } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { answer } from './list.ts';
import { admitOwnerReferences } from './owner-references.ts';
import { admitByQuota } from './quota.ts';

export function createObject(call: Call): ApiResponse {
  const form = readForm(call);
  const body = readObjectBody(call);
  const draft = decodeBody(call, body, duplicatesIn(call));
  checkNamespace(call, draft);
  if (call.kind.strategy.review !== undefined) {
    trackUpdate(call, undefined, draft);
    const reviewed = call.kind.strategy.review(draft, call.context);
    return answer(presentOne(call.kind, form, reviewed, call.context.now), 201);
  }
  const created = insert(call, draft, () => trackUpdate(call, undefined, draft));
  return answer(presentOne(call.kind, form, created, call.context.now), 201);
}

/** Decodes and defaults a body, with what `fieldValidation` says about unknown fields. */
export function decodeBody(call: Call, body: JsonObject, duplicates: readonly string[]): ApiObject {
  const { kind } = call;
  const { object, strictProblems: unknown, failure } = kind.strategy.decode(asApiObject(body));
  const strictProblems = [...duplicates, ...unknown];
  const head = `${kind.kind} in version ${JSON.stringify(kind.version)} cannot be handled as a ${kind.kind}: `;
  if (failure !== undefined) throw new Refusal(400, 'BadRequest', head + failure.message);
  if (strictProblems.length > 0 && call.fieldValidation === 'Strict') {
    throw badRequest(`${head}strict decoding error: ${strictProblems.join(', ')}`);
  }
  if (call.fieldValidation === 'Warn') call.warnings.push(...strictProblems);
  const draft = asApiObject(object);
  draft.kind = kind.kind;
  draft.apiVersion = apiVersionOf(kind);
  kind.strategy.applyDefaults(draft);
  return draft;
}

/** Gives the object the namespace of the path, or refuses another one. */
export function checkNamespace(call: Call, draft: ApiObject): void {
  if (!call.kind.namespaced) {
    delete draft.metadata.namespace;
    return;
  }
  const written = text(draft.metadata.namespace);
  if (written === '') draft.metadata.namespace = call.namespace ?? '';
  else if (written !== (call.namespace ?? '')) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
}

/** The rest of a creation, from identity to storage. `track` sets managedFields when identity is there. */
export function insert(call: Call, draft: ApiObject, track: () => void): ApiObject {
  const { kind, machinery, context } = call;
  const { metadata } = draft;
  if (text(metadata.resourceVersion) !== '') {
    throw badRequest('resourceVersion should not be set on objects to be created');
  }
  delete metadata.resourceVersion;
  track();
  if (kind.namespaced) checkNamespaceLives(call, draft);
  const generateName = text(metadata.generateName);
  if (text(metadata.name) === '' && generateName !== '') {
    metadata.name = generateName.slice(0, 58) + randomSuffix(machinery.random);
  }
  metadata.uid = randomUuid(machinery.random);
  metadata.creationTimestamp = timestamp(context.now);
  for (const key of ['deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink', 'generation']) delete metadata[key];
  if (kind.strategy.hasGeneration) metadata.generation = 1;
  kind.strategy.prepareForCreate(draft, context);
  const causes = kind.strategy.validateCreate(draft, context);
  if (causes.length > 0) throw invalid(kind, nameOf(draft), causes);
  call.warnings.push(...(kind.strategy.warnings?.(draft, undefined) ?? []));
  const notice = machinery.creationNotices[resourceOf(kind)];
  if (notice !== undefined) call.warnings.push(notice);
  const key = keyOf(draft);
  if (machinery.storage.get(resourceOf(kind), key) !== undefined) throw alreadyExists(kind, nameOf(draft));
  admitOwnerReferences(call, draft);
  admitByQuota(call, draft);
  if (call.dryRun) return draft;
  const stored = machinery.storage.put(resourceOf(kind), key, kind.toStored?.(draft) ?? draft);
  return served(kind, stored);
}

function checkNamespaceLives(call: Call, draft: ApiObject): void {
  const name = text(draft.metadata.namespace);
  const namespace = call.machinery.storage.get('/namespaces', name);
  if (namespace === undefined) {
    throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, name);
  }
  const { status } = namespace;
  if (!isObject(status) || status.phase !== 'Terminating') return;
  const why = `unable to create new content in namespace ${name} because it is being terminated`;
  throw forbidden(call.kind, nameOf(draft), why, [
    { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
  ]);
}
