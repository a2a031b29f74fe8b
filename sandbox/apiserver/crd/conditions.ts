// The conditions of a CustomResourceDefinition's status.

import { text } from '../json.ts';
import { objectsAt } from '../kinds/fields.ts';
import type { JsonObject } from '../kinds/types.ts';

/** In place. The time of the last transition stays while the status is the same. */
export function setCondition(status: JsonObject, condition: JsonObject): void {
  const conditions = objectsAt(status, 'conditions');
  const before = conditions.find((one) => one.type === condition.type);
  if (before === undefined) {
    status.conditions = [...conditions, condition];
    return;
  }
  const isSame = before.status === condition.status && text(before.lastTransitionTime) !== '';
  Object.assign(before, condition, isSame ? { lastTransitionTime: before.lastTransitionTime } : {});
  status.conditions = conditions;
}

export function isTrue(status: JsonObject | undefined, type: string): boolean {
  return objectsAt(status, 'conditions').some((one) => one.type === type && one.status === 'True');
}
