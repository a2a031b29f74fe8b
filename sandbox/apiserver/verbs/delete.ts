// DELETE of one object or of a collection: preconditions, grace, propagation policies as finalizers, and what answers
// (spec/sandbox.md §3, deletion). The garbage collector itself is a controller.

import { readAnyObject } from '../body.ts';
import { type Call, keyOf, nameOf, readOrRefuse, resourceOf, served, timestamp } from '../call.ts';
import { cloneJson, isObject, text } from '../json.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { presentList, presentOne, readForm } from '../present.ts';
import { forbidden, invalidNamed, preconditionFailed, success } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { answer, readSelectors } from './list.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds: number | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly propagationPolicy: string;
  readonly dryRun: boolean;
}

/** These kinds answer a deletion with the object even when it went at once. */
const answersWithObject = new Set([
  '/pods',
  '/services',
  '/serviceaccounts',
  '/podtemplates',
  '/resourcequotas',
  '/persistentvolumes',
  '/persistentvolumeclaims',
]);

const lastingNamespaces = new Set(['default', 'kube-system', 'kube-public']);

export function deleteObject(call: Call, name: string): ApiResponse {
  const form = readForm(call);
  const options = readDeleteOptions(call);
  const old = readOrRefuse(call, name);
  const { object, isGone } = remove(call, old, options);
  if (isGone && !answersWithObject.has(resourceOf(call.kind))) {
    return answer(success(call.kind, name, text(old.metadata.uid)));
  }
  return answer(presentOne(call.kind, form, object, call.context.now));
}

export function deleteCollection(call: Call): ApiResponse {
  const form = readForm(call);
  const options = readDeleteOptions(call);
  const matches = readSelectors(call.kind, call.query);
  const { storage } = call.machinery;
  const revision = String(storage.revision);
  const found = storage
    .list(resourceOf(call.kind), call.namespace)
    .map((stored) => served(call.kind, stored))
    .filter(matches);
  for (const object of found) remove(call, object, options);
  return answer(presentList(call.kind, form, found, { resourceVersion: revision }, call.context.now));
}

export function readDeleteOptions(call: Call): DeleteOptions {
  const { body } = call.request;
  const hasBody =
    body !== undefined && body !== null && body !== '' && !(body instanceof Uint8Array && body.length === 0);
  const options: JsonObject = hasBody ? readAnyObject(call, 'DeleteOptions') : {};
  const preconditions = isObject(options.preconditions) ? options.preconditions : {};
  const grace = options.gracePeriodSeconds ?? call.query.integer('gracePeriodSeconds');
  const orphan =
    options.orphanDependents ?? (call.query.has('orphanDependents') ? call.query.flag('orphanDependents') : undefined);
  const policy =
    text(options.propagationPolicy) ||
    call.query.get('propagationPolicy') ||
    (orphan === undefined ? '' : orphan === true ? 'Orphan' : 'Background');
  if (policy !== '' && !['Foreground', 'Background', 'Orphan'].includes(policy)) {
    throw invalidNamed('DeleteOptions.meta.k8s.io', 'meta.k8s.io', 'DeleteOptions', '', [
      {
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Background", "Foreground", "Orphan"`,
        field: 'propagationPolicy',
      },
    ]);
  }
  return {
    gracePeriodSeconds: typeof grace === 'number' ? grace : undefined,
    uid: text(preconditions.uid),
    resourceVersion: text(preconditions.resourceVersion),
    propagationPolicy: policy,
    dryRun: call.dryRun || (Array.isArray(options.dryRun) && options.dryRun.includes('All')),
  };
}

interface Removal {
  /** The object as it is, or was at last. */
  readonly object: ApiObject;
  readonly isGone: boolean;
}

export function remove(call: Call, old: ApiObject, options: DeleteOptions): Removal {
  const { kind, machinery, context } = call;
  if (resourceOf(kind) === '/namespaces' && lastingNamespaces.has(nameOf(old))) {
    throw forbidden(kind, nameOf(old), 'this namespace may not be deleted');
  }
  checkPreconditions(call, old, options);
  const finalizers = finalizersAfter(kind.strategy.defaultPropagationPolicy, old, options);
  const grace = kind.strategy.gracefulDeletionSeconds?.(old, options.gracePeriodSeconds) ?? 0;
  const isMarked = old.metadata.deletionTimestamp !== undefined;
  if (kind.strategy.markForDeletion !== undefined) {
    return isMarked
      ? { object: old, isGone: false }
      : write(call, old, kind.strategy.markForDeletion(old, context), options);
  }
  if (resourceOf(kind) === '/namespaces' && namespaceFinalizers(old).length > 0) {
    return isMarked
      ? { object: old, isGone: false }
      : write(call, old, terminatingNamespace(old, context.now), options);
  }
  if (grace > 0 || finalizers.length > 0) {
    const current = Number(old.metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY);
    if (
      isMarked &&
      (grace >= current || grace === 0) &&
      !(grace === 0 && current > 0) &&
      sameFinalizers(old, finalizers)
    ) {
      return { object: old, isGone: false };
    }
    return write(call, old, marked(cloneJson(old), grace, finalizers, context.now, isMarked), options);
  }
  if (options.dryRun) return { object: old, isGone: true };
  const last = machinery.storage.delete(resourceOf(kind), keyOf(old));
  return { object: last === undefined ? old : served(kind, last), isGone: true };
}

function write(call: Call, old: ApiObject, draft: ApiObject, options: DeleteOptions): Removal {
  if (options.dryRun) return { object: draft, isGone: false };
  const { kind, machinery } = call;
  const stored = machinery.storage.put(resourceOf(kind), keyOf(old), kind.toStored?.(draft) ?? draft);
  return { object: served(kind, stored), isGone: false };
}

function checkPreconditions(call: Call, old: ApiObject, options: DeleteOptions): void {
  const { uid, resourceVersion } = old.metadata;
  if (options.uid !== '' && options.uid !== uid) {
    const why = `the UID in the precondition (${options.uid}) does not match the UID in record (${text(uid)}). The object might have been deleted and then recreated`;
    throw preconditionFailed(call.kind, nameOf(old), why);
  }
  if (options.resourceVersion !== '' && options.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${text(resourceVersion)}). The object might have been modified`;
    throw preconditionFailed(call.kind, nameOf(old), why);
  }
}

const foreground = 'foregroundDeletion';
const orphan = 'orphan';

/** The policy becomes a finalizer that the garbage collector takes away when it is done. */
function finalizersAfter(defaultPolicy: string, old: ApiObject, options: DeleteOptions): string[] {
  const before = Array.isArray(old.metadata.finalizers) ? old.metadata.finalizers.map(text) : [];
  const others = before.filter((finalizer) => finalizer !== foreground && finalizer !== orphan);
  const policy = options.propagationPolicy;
  if (policy === 'Background') return others;
  if (policy === 'Foreground') return [...others, foreground];
  if (policy === 'Orphan') return [...others, orphan];
  if (before.length > others.length) return before;
  return defaultPolicy === 'Orphan' ? [...others, orphan] : others;
}

function sameFinalizers(old: ApiObject, finalizers: readonly string[]): boolean {
  const before = Array.isArray(old.metadata.finalizers) ? old.metadata.finalizers : [];
  return before.length === finalizers.length && before.every((finalizer, index) => finalizer === finalizers[index]);
}

function marked(
  draft: ApiObject,
  grace: number,
  finalizers: readonly string[],
  now: number,
  wasMarked: boolean,
): ApiObject {
  const { metadata } = draft;
  metadata.deletionTimestamp = timestamp(now + grace * 1000);
  metadata.deletionGracePeriodSeconds = grace;
  if (!wasMarked && typeof metadata.generation === 'number') metadata.generation += 1;
  if (finalizers.length > 0) metadata.finalizers = [...finalizers];
  else delete metadata.finalizers;
  return draft;
}

function namespaceFinalizers(namespace: ApiObject): readonly unknown[] {
  const { spec } = namespace;
  return isObject(spec) && Array.isArray(spec.finalizers) ? spec.finalizers : [];
}

function terminatingNamespace(old: ApiObject, now: number): ApiObject {
  const draft = cloneJson(old);
  draft.metadata.deletionTimestamp = timestamp(now);
  draft.status = { ...(isObject(draft.status) ? draft.status : {}), phase: 'Terminating' };
  return draft;
}
