// What a write of one kind sets off in the server itself: a CustomResourceDefinition is served at once.

import { type Call, nameOf, resourceOf } from '../call.ts';
import type { ApiObject } from '../kinds/types.ts';

const definitions = 'apiextensions.k8s.io/customresourcedefinitions';

export function afterWrite(call: Call, stored: ApiObject): void {
  if (resourceOf(call.kind) !== definitions) return;
  call.machinery.registry.setCustomResourceDefinition(nameOf(stored), stored);
}

/** A definition that went takes its objects with it. */
export function afterDelete(call: Call, last: ApiObject): void {
  if (resourceOf(call.kind) !== definitions) return;
  call.machinery.registry.setCustomResourceDefinition(nameOf(last), undefined);
}
