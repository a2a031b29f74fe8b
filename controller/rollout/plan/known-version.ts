// Which version does an abort lead back from while nobody can say what the template is, because the workload of a
// workloadRef is gone or cannot be read (design law 3)? The one that the status names: its ReplicaSet has the template.

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { LabelSelector, StringMap } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { keptStepHash } from '../../lang/step-hash.ts';
import type { Observed } from '../types.ts';
import { isOwnedBy } from './claim-replica-sets.ts';
import { effectiveStatus } from './effective-status.ts';
import { withoutInjections } from './find-replica-sets.ts';
import { hashOf } from './replica-set.ts';

/** An abort is in force, and the steps are those of its update: others would end it. */
export function isLeadingBack({ spec, status: stored = {} }: Rollout): boolean {
  const status = effectiveStatus({ stored });
  if (status.abort !== true || status.promoteFull) return false;
  return keptStepHash(spec.strategy ?? {}, status.currentStepHash) === (status.currentStepHash ?? '');
}

/** The Rollout as it was resolved last; undefined where no abort is in force or its ReplicaSet is gone. */
export function lastKnownRollout({ rollout, replicaSets }: Observed): Rollout | undefined {
  const { status = {}, spec } = rollout;
  if (!isLeadingBack(rollout)) return undefined;
  const current = replicaSets.find(
    (replicaSet) => isOwnedBy(replicaSet, rollout) && hashOf(replicaSet) === status.currentPodHash,
  );
  if (!current) return undefined;
  const template = withoutInjections(current);
  const metadata = { ...template.metadata, labels: withoutHash(template.metadata?.labels) };
  const selector = spec.selector ?? withoutHashTerm(current.spec.selector);
  return { ...rollout, spec: { ...spec, template: { ...template, metadata }, selector } };
}

function withoutHashTerm(selector: LabelSelector): LabelSelector {
  return { ...selector, matchLabels: withoutHash(selector.matchLabels) };
}

function withoutHash(labels: StringMap = {}): StringMap {
  const { [podTemplateHashLabel]: _hash, ...own } = labels;
  return own;
}
