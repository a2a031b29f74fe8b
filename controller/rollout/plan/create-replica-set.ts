// Who makes the ReplicaSet of a new template, and what if its name is taken (rollout.md §2.5)? The pass ends here: the next
// one finds what was made.

import {
  conditionReasons,
  conditionTypes,
  desiredReplicasAnnotation,
  ephemeralMetadataAnnotation,
  podTemplateHashLabel,
  revisionAnnotation,
} from '../../api/constants.ts';
import { minReadySecondsOf, replicasOf } from '../../api/defaults.ts';
import type { PodTemplateSpec, ReplicaSet } from '../../api/kubernetes-types.ts';
import type { PodTemplateMetadata, RolloutStatus } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import type { Outcome } from '../types.ts';
import { withAntiAffinity } from './anti-affinity.ts';
import { makeOwnerReference } from './claim-replica-sets.ts';
import { ephemeralMetadataOf, formatEphemeralMetadata, withMetadata } from './ephemeral-metadata.ts';
import { events } from './events.ts';
import { computedHash } from './find-replica-sets.ts';
import { addNeed, addReason, addWrite, type Pass } from './pass.ts';
import { writeFailed } from './retry-writes.ts';
import { copiedAnnotations, nextRevision, planRolloutRevision } from './revisions.ts';
import { type Conditions, type ConditionValue, findCondition, setCondition } from './status-conditions.ts';

/** The status after the creation, or after what stands in its way. */
export function planCreation(pass: Pass): RolloutStatus {
  const hash = computedHash(pass.rollout, pass.status.collisionCount);
  const name = `${pass.rollout.metadata.name}-${hash}`;
  const key = `create/${name}`;
  const outcome = pass.observed.ledger.outcomes[key];
  if (outcome?.problem.class === 'exists') {
    const taken = statusOfTakenName(pass, name, key, outcome);
    if (taken) return taken;
  } else if (outcome) {
    const failed = statusOfFailure(pass, name, outcome);
    if (failed !== pass.stored) {
      addReason(pass, writeFailed(key, outcome)); // kept for the next attempt
      return failed;
    }
  }
  if (!outcome) explainRefusal(pass, name);
  const replicaSet = makeReplicaSet(pass, name, hash);
  const revision = replicaSet.metadata.annotations?.[revisionAnnotation] ?? '';
  addWrite(pass, { kind: 'createReplicaSet', key, onFailure: 'stop', object: replicaSet });
  planRolloutRevision(pass, revision);
  // Told after RolloutUpdated, as the reference does.
  pass.pendingEvents.push(events.replicaSetCreated(name, revision));
  return withProgressing(pass, {
    type: conditionTypes.progressing,
    status: 'True',
    reason: conditionReasons.newReplicaSetCreated,
    message: `Created new replica set "${name}"`,
  });
}

/** Another's ReplicaSet has the name: a collision. (Our own was found among the owned ones by its live read.) */
function statusOfTakenName(pass: Pass, name: string, key: string, outcome: Outcome): RolloutStatus | undefined {
  const live = pass.observed.liveReplicaSets[name] ?? { is: 'unread' };
  if (live.is === 'unread') addNeed(pass, { kind: 'replicaSet', name });
  if (live.is === 'failed') {
    addReason(pass, because('objectUnreadable', { kind: 'ReplicaSet', name, message: live.problem.message }));
    return pass.stored;
  }
  if (live.is === 'absent') return undefined;
  addReason(pass, writeFailed(key, outcome));
  if (live.is === 'unread') return pass.stored;
  return { ...pass.stored, collisionCount: (pass.stored.collisionCount ?? 0) + 1 };
}

/** The refusal is told once, in status and event; then the creation is tried again. */
function statusOfFailure(pass: Pass, name: string, outcome: Outcome): RolloutStatus {
  const message = `Failed to create new replica set "${name}": ${outcome.problem.message}`;
  const status = withProgressing(pass, {
    type: conditionTypes.progressing,
    status: 'False',
    reason: conditionReasons.replicaSetCreateError,
    message,
  });
  if (status !== pass.stored) pass.pendingEvents.push(events.replicaSetCreateError(message));
  return status;
}

/** What the status tells of the last try is all that is known after a restart, and to those who only look. */
function explainRefusal(pass: Pass, name: string): void {
  const stored = findCondition(pass.stored.conditions, conditionTypes.progressing);
  if (stored?.reason !== conditionReasons.replicaSetCreateError || !stored.message.includes(`"${name}"`)) return;
  const since = parseRfc3339(stored.lastUpdateTime);
  addReason(pass, because('replicaSetRefused', { message: stored.message }, { since }));
}

/** Only the condition changes: phase and counts follow with the next full status. */
function withProgressing(pass: Pass, value: ConditionValue): RolloutStatus {
  const conditions: Conditions = { list: pass.stored.conditions ?? [], nowText: formatRfc3339(pass.now) };
  if (!setCondition(conditions, value)) return pass.stored;
  return {
    ...pass.stored,
    canary: pass.stored.canary ?? {},
    blueGreen: pass.stored.blueGreen ?? {},
    conditions: conditions.list,
  };
}

function makeReplicaSet(pass: Pass, name: string, hash: string): ReplicaSet {
  const { rollout } = pass;
  const template = rollout.spec.template as PodTemplateSpec;
  const metadata = ephemeralMetadataOf(rollout);
  const ephemeral = pass.stableName === undefined ? metadata?.settled : metadata?.onTheWay;
  const minReadySeconds = minReadySecondsOf(rollout);
  const withHash = withMetadata(template, { labels: { [podTemplateHashLabel]: hash } });
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      ...(rollout.metadata.namespace === undefined ? {} : { namespace: rollout.metadata.namespace }),
      labels: { ...template.metadata?.labels, [podTemplateHashLabel]: hash },
      annotations: makeAnnotations(pass, ephemeral),
      ownerReferences: [makeOwnerReference(rollout)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
      selector: {
        ...rollout.spec.selector,
        matchLabels: { ...rollout.spec.selector?.matchLabels, [podTemplateHashLabel]: hash },
      },
      template: withMetadata(withAntiAffinity(withHash, rollout, pass.status.stableRS, hash), ephemeral),
    },
  };
}

function makeAnnotations(pass: Pass, ephemeral: PodTemplateMetadata | undefined): Record<string, string> {
  return {
    ...copiedAnnotations(pass.rollout),
    [revisionAnnotation]: String(nextRevision(pass.replicaSets)),
    [desiredReplicasAnnotation]: String(replicasOf(pass.rollout)),
    ...(ephemeral ? { [ephemeralMetadataAnnotation]: formatEphemeralMetadata(ephemeral) } : {}),
  };
}
