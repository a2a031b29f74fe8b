// The status before any decision (rollout.md §1.4): built anew in each full pass, with counts as the ReplicaSets report
// them. Only what is named here is carried over, so that switching the strategy drops the other one's part.

import { blueGreenOf, canaryOf } from '../../api/defaults.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { BlueGreenStatus, CanaryStatus, TrafficWeights } from '../../api/types.generated.ts';
import { formatLabelSelector } from '../../lang/label-selector.ts';
import { keptStepHash } from '../../lang/step-hash.ts';
import { activeReplicaSet } from './conditions.ts';
import { newReplicaSet, type Pass } from './pass.ts';
import type { StatusDraft } from './persist-status.ts';
import { hashOf } from './replica-set.ts';
import { actualCount, availableCount, totalCount } from './replica-set-counts.ts';
import { selectedHash } from './services.ts';

export function baseStatus(pass: Pass, weights: TrafficWeights | undefined): StatusDraft {
  const { rollout, status } = pass;
  const draft: StatusDraft = {
    restartedAt: status.restartedAt,
    ...(pass.loadBalancers ?? { alb: status.alb, albs: status.albs }),
    collisionCount: status.collisionCount,
    conditions: status.conditions,
    duration: status.duration,
    promoteFull: status.promoteFull,
    stableRS: status.stableRS,
    currentPodHash: hashOf(newReplicaSet(pass)),
    currentStepHash: keptStepHash(rollout.spec.strategy ?? {}, status.currentStepHash),
    canary: canaryOf(rollout) ? canaryPart(pass, weights) : {},
    blueGreen: blueGreenOf(rollout) ? blueGreenPart(pass) : {},
    replicas: totalCount(pass.replicaSets, actualCount),
    updatedReplicas: actualCount(newReplicaSet(pass)),
  };
  const stepCount = canaryOf(rollout)?.steps?.length ?? 0;
  if (stepCount > 0) draft.currentStepIndex = Math.min(status.currentStepIndex ?? 0, stepCount); // BUG-3
  fillCounts(pass, draft);
  return draft;
}

/** What autoscalers read; in blue/green only the active side, so that a preview does not count. */
export function fillCounts(pass: Pass, draft: StatusDraft): void {
  const active = blueGreenOf(pass.rollout) && activeReplicaSet(pass, draft);
  const counted = active ? [active] : pass.replicaSets;
  draft.HPAReplicas = totalCount(counted, actualCount);
  draft.availableReplicas = totalCount(counted, (replicaSet) => reportedAvailable(pass, replicaSet));
  draft.readyReplicas = totalCount(counted, (replicaSet) => replicaSet?.status?.readyReplicas ?? 0);
  draft.selector = formatLabelSelector(active ? active.spec.selector : pass.rollout.spec.selector);
}

/** Of the new one as it reports it, next to updatedReplicas, which is not capped either; of those that shrink as sized. */
function reportedAvailable(pass: Pass, replicaSet: ReplicaSet | undefined): number {
  if (replicaSet?.metadata.name === pass.newName) return replicaSet?.status?.availableReplicas ?? 0;
  return availableCount(replicaSet);
}

function canaryPart(pass: Pass, weights: TrafficWeights | undefined): CanaryStatus {
  const { weights: _recorded, ...before } = pass.status.canary ?? {};
  const plugins = pass.stepPlugins ? { stepPluginStatuses: pass.stepPlugins } : {};
  const rest = { ...before, ...plugins, ...canaryExperiment(pass), ...canaryAnalyses(pass) };
  return weights ? { ...rest, weights } : rest;
}

function canaryExperiment({ experiment }: Pass): CanaryStatus {
  if (!experiment) return {};
  return { currentExperiment: experiment === 'none' ? undefined : experiment.name };
}

function canaryAnalyses({ analyses }: Pass): CanaryStatus {
  if (!analyses) return {};
  return {
    currentStepAnalysisRunStatus: analyses.Step,
    currentBackgroundAnalysisRunStatus: analyses.Background,
  };
}

/** Selectors as the Services have them after this wave; one that could not be read stays as it was told last. */
function blueGreenPart(pass: Pass): BlueGreenStatus {
  const strategy = blueGreenOf(pass.rollout);
  const before = pass.status.blueGreen ?? {};
  return {
    ...before,
    ...(pass.analyses
      ? {
          prePromotionAnalysisRunStatus: pass.analyses.PrePromotion,
          postPromotionAnalysisRunStatus: pass.analyses.PostPromotion,
        }
      : {}),
    activeSelector: selectorOf(pass, strategy?.activeService, before.activeSelector),
    previewSelector: selectorOf(pass, strategy?.previewService, before.previewSelector),
  };
}

function selectorOf(pass: Pass, service: string | undefined, before: string | undefined): string | undefined {
  if (!service) return undefined;
  return selectedHash(pass, service) ?? before;
}
