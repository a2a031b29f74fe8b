// What do the conditions of an Experiment say (analysis.md §6.3, §6.8)? QUIRK: an Experiment that failed has none of its
// own; it says that it is progressing, or running.

import { conditionReasons, conditionTypes } from '../../api/constants.ts';
import type { ExperimentCondition, TemplateStatus } from '../../api/types.generated.ts';
import { formatRfc3339 } from '../../lang/rfc3339.ts';
import {
  type Conditions,
  findCondition,
  removeCondition,
  renewCondition,
  setCondition,
} from '../../rollout/plan/status-conditions.ts';
import { isDurationOver } from './duration.ts';
import type { Pass } from './pass.ts';

export function conditionsAfter(
  pass: Pass,
  phase: string,
  templates: readonly TemplateStatus[],
): readonly ExperimentCondition[] {
  const { experiment, status, now } = pass;
  const conditions: Conditions = { list: status.conditions ?? [], nowText: formatRfc3339(now) };
  removeCondition(conditions, conditionTypes.invalidSpec);
  const subject = `Experiment "${experiment.metadata.name}"`;
  const type = conditionTypes.progressing;
  if (phase === 'Successful') {
    const message = `${subject} has successfully ran and completed.`;
    setCondition(conditions, { type, status: 'False', reason: 'ExperimentCompleted', message });
  } else if (areCountsNew(status.templateStatuses, templates)) {
    const message = `${subject} is progressing.`;
    renewCondition(conditions, { type, status: 'True', reason: conditionReasons.replicaSetUpdated, message });
  } else if (status.availableAt !== undefined && !isDurationOver(experiment, now)) {
    const message = `${subject} is running.`;
    setCondition(conditions, { type, status: 'True', reason: conditionReasons.newReplicaSetAvailable, message });
  }
  return conditions.list;
}

/** The condition of a spec that means nothing; everything else stays. */
export function conditionsWhenInvalid({ status, now }: Pass, message: string): readonly ExperimentCondition[] {
  const conditions: Conditions = { list: status.conditions ?? [], nowText: formatRfc3339(now) };
  const type = conditionTypes.invalidSpec;
  if (findCondition(conditions.list, type)?.message !== message) {
    renewCondition(conditions, { type, status: 'True', reason: conditionReasons.invalidSpec, message });
  }
  return conditions.list;
}

function areCountsNew(before: readonly TemplateStatus[] | undefined, after: readonly TemplateStatus[]): boolean {
  return after.some((status) => {
    const known = before?.find(({ name }) => name === status.name);
    return (
      known?.replicas !== status.replicas ||
      known.updatedReplicas !== status.updatedReplicas ||
      known.readyReplicas !== status.readyReplicas ||
      known.availableReplicas !== status.availableReplicas
    );
  });
}
