// The AnalysisRun that a Rollout starts: its name, labels, annotations, and spec (analysis.md §2.2).

import { chooseName, lookUpName } from '../../analysis/plan/choose-name.ts';
import { compose } from '../../analysis/plan/compose.ts';
import { sourceOf } from '../../analysis/plan/known-templates.ts';
import { isAdoptableRun, isRunOfThisTry, makeRun } from '../../analysis/plan/own-run.ts';
import { instanceIdLabel, podTemplateHashLabel, revisionAnnotation } from '../../api/constants.ts';
import type { ObjectMeta } from '../../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisRunSpec, RolloutAnalysis } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { analysisArguments } from './analysis-arguments.ts';
import { makeOwnerReference } from './claim-replica-sets.ts';
import { addNeed, addReason, addWrite, newReplicaSet, type Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';

export type AnalysisKind = 'Step' | 'Background' | 'PrePromotion' | 'PostPromotion';

/** The name of the run that is ours from now on; undefined: it cannot be started yet, and a reason or need says why. */
export function startAnalysisRun(
  pass: Pass,
  kind: AnalysisKind,
  analysis: RolloutAnalysis,
  suffix: string,
  /** Undefined: a run that is over is never the one that is wanted. */
  begunAt: EpochMillis | undefined,
): { readonly name: string; readonly phase: string } | undefined {
  const spec = specOf(pass, analysis);
  const hash = hashOf(newReplicaSet(pass));
  if (!spec || hash === '') return undefined;
  const { name = '' } = pass.rollout.metadata;
  const choice = chooseName<AnalysisRun>(
    `${name}-${hash}-${pass.revision ?? ''}${suffix}`,
    '.',
    (tried) =>
      lookUpName(tried, {
        owned: pass.observed.analysisRuns,
        live: pass.observed.liveAnalysisRuns[tried],
        isTaken: pass.observed.ledger.outcomes[keyOf(tried)]?.problem.class === 'exists',
      }),
    (run) =>
      isAdoptableRun(run, spec, pass.rollout.metadata.uid) ||
      isRunOfThisTry(run, makeRun(metadataOf(pass, kind, analysis, ''), spec), begunAt),
  );
  if (choice.is === 'unread') {
    addNeed(pass, { kind: 'analysisRun', name: choice.name });
    return undefined;
  }
  if (choice.is === 'adopted') {
    return { name: choice.object.metadata.name ?? '', phase: choice.object.status?.phase ?? '' };
  }
  const object = makeRun(metadataOf(pass, kind, analysis, choice.name), spec);
  addWrite(pass, { kind: 'createAnalysisRun', key: keyOf(choice.name), onFailure: 'stop', object });
  return { name: choice.name, phase: '' };
}

function keyOf(name: string): string {
  return `analysis/${name}`;
}

function specOf(pass: Pass, analysis: RolloutAnalysis): AnalysisRunSpec | undefined {
  const args = analysisArguments(pass, analysis.args ?? []);
  if ('problem' in args) return told(pass, args.problem);
  const composed = compose(
    {
      templates: analysis.templates ?? [],
      args: args.args,
      ...(analysis.dryRun === undefined ? {} : { dryRun: analysis.dryRun }),
      ...(analysis.measurementRetention === undefined ? {} : { measurementRetention: analysis.measurementRetention }),
    },
    sourceOf(pass.observed.templates),
  );
  switch (composed.is) {
    case 'composed':
      return composed.spec;
    case 'unread':
      addNeed(pass, { kind: 'analysisTemplate', name: composed.name, isCluster: composed.isCluster });
      return undefined;
    case 'missing':
      return told(
        pass,
        `${composed.isCluster ? 'clusteranalysistemplate' : 'analysistemplate'} "${composed.name}" not found`,
      );
    case 'invalid':
      return told(pass, composed.message);
  }
}

function told(pass: Pass, message: string): undefined {
  addReason(pass, because('analysisImpossible', { message }));
  return undefined;
}

function metadataOf(pass: Pass, kind: AnalysisKind, analysis: RolloutAnalysis, name: string): ObjectMeta {
  const { metadata } = pass.rollout;
  const instanceId = metadata.labels?.[instanceIdLabel];
  const index = pass.status.currentStepIndex ?? 0;
  return {
    name,
    namespace: metadata.namespace ?? '',
    labels: {
      [podTemplateHashLabel]: hashOf(newReplicaSet(pass)),
      'rollout-type': kind,
      ...(kind === 'Step' ? { 'step-index': String(index) } : {}),
      ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }),
      ...analysis.analysisRunMetadata?.labels,
      ...pass.rollout.spec.selector?.matchLabels,
    },
    annotations: { [revisionAnnotation]: pass.revision ?? '', ...analysis.analysisRunMetadata?.annotations },
    ownerReferences: [makeOwnerReference(pass.rollout)],
  };
}
