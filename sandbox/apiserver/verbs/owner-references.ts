// The admission plugin OwnerReferencesPermissionEnforcement, where the server was made with it: whoever changes owners
// of an object must be allowed to delete it, and whoever makes an owner wait for it (`blockOwnerDeletion`) must be allowed
// to set the owner's finalizers. OpenShift has it on; the shipped roles are tried against it.

import { type Call, nameOf, namespaceOf } from '../call.ts';
import { equalJson, text } from '../json.ts';
import { objectsAt } from '../kinds/fields.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { forbidden } from '../refusals.ts';

export function admitOwnerReferences(call: Call, draft: ApiObject, old?: ApiObject): void {
  const { machinery, kind, user } = call;
  if (!machinery.guardOwnerReferences) return;
  const [owners, before] = [objectsAt(draft.metadata, 'ownerReferences'), ownersOf(old)];
  if (equalJson(owners, before)) return;
  const namespace = namespaceOf(draft) ?? '';
  const may = (verb: string, group: string, resource: string, subresource: string, name: string) =>
    machinery.access.mayUse(user, { verb, group, resource, subresource, namespace, name });
  // Whoever makes an object may own it as well.
  if (old !== undefined) {
    const { allowed, reason } = may('delete', kind.group, kind.plural, '', nameOf(draft));
    if (!allowed) throw refuse(call, draft, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
  }
  for (const owner of owners.filter((one) => one.blockOwnerDeletion === true && !blocked(before, one))) {
    const { group, plural } = resourceOf(call, draft, owner);
    const { allowed, reason } = may('update', group, plural, 'finalizers', text(owner.name));
    if (allowed) continue;
    const why = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on";
    throw refuse(call, draft, `${why}: ${reason}, <nil>`);
  }
}

function ownersOf(object: ApiObject | undefined): JsonObject[] {
  return object === undefined ? [] : objectsAt(object.metadata, 'ownerReferences');
}

function blocked(before: readonly JsonObject[], owner: JsonObject): boolean {
  return before.some(({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true);
}

function resourceOf(call: Call, draft: ApiObject, owner: JsonObject): { group: string; plural: string } {
  const [apiVersion, kind] = [text(owner.apiVersion), text(owner.kind)];
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  const found = call.machinery.registry.byKind(group, version, kind);
  if (found !== undefined) return found;
  const why = `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${apiVersion} Kind ${kind}`;
  throw refuse(
    call,
    draft,
    `${why}: no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
  );
}

function refuse(call: Call, draft: ApiObject, why: string): Error {
  return forbidden(call.kind, nameOf(draft), why);
}
