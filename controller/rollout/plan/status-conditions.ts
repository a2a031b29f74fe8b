// How a condition gets into the list (rollout.md §7.2): one with the same status and reason is left as it is, message and
// times included (QUIRK); one with the same status keeps its transition time.

import type { RolloutCondition } from '../../api/types.generated.ts';

export interface ConditionValue {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** The conditions of a status under way. */
export interface Conditions {
  list: readonly RolloutCondition[];
  readonly nowText: string;
}

export function findCondition(
  conditions: readonly RolloutCondition[] | undefined,
  type: string,
): RolloutCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Sets the condition, and says whether that changed anything. */
export function setCondition(conditions: Conditions, value: ConditionValue): boolean {
  const present = findCondition(conditions.list, value.type);
  if (present?.status === value.status && present.reason === value.reason) return false;
  append(conditions, value, present?.status === value.status ? present.lastTransitionTime : undefined);
  return true;
}

/** Sets the condition even if status and reason are the same: progress was seen, its clock starts again. */
export function renewCondition(conditions: Conditions, value: ConditionValue): void {
  const present = findCondition(conditions.list, value.type);
  append(conditions, value, present?.status === value.status ? present.lastTransitionTime : undefined);
}

export function removeCondition(conditions: Conditions, type: string): void {
  if (findCondition(conditions.list, type)) {
    conditions.list = conditions.list.filter((condition) => condition.type !== type);
  }
}

function append(conditions: Conditions, value: ConditionValue, lastTransitionTime: string | undefined): void {
  const { nowText } = conditions;
  conditions.list = [
    ...conditions.list.filter((condition) => condition.type !== value.type),
    {
      type: value.type,
      status: value.status,
      reason: value.reason,
      message: value.message,
      lastUpdateTime: nowText,
      lastTransitionTime: lastTransitionTime ?? nowText,
    },
  ];
}
