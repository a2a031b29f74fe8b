// What analyses do to a standing still (design law 7): which metrics are still measured, and which of them ended badly.

import { runFailures } from '../../analysis/plan/failures.ts';
import { runProgress } from '../../analysis/plan/progress.ts';
import { podTemplateHashLabel } from '../../api/constants.ts';
import { blueGreenOf } from '../../api/defaults.ts';
import type { RolloutAnalysis, RolloutStatus } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { addReason, newReplicaSet, type Pass } from './pass.ts';
import { isPromoted } from './progress.ts';
import { hashOf } from './replica-set.ts';
import { isFastRollback } from './rollback.ts';

/** Around the switch of a blue/green update. */
export function explainPromotionAnalysis(pass: Pass, status: RolloutStatus): void {
  const strategy = blueGreenOf(pass.rollout);
  const isWaitedFor = !status.promoteFull && !isFastRollback(pass);
  if (!strategy || status.abort || isPromoted(status) || !isWaitedFor) return;
  const isSwitched = status.blueGreen?.activeSelector === status.currentPodHash;
  const analysis = isSwitched ? strategy.postPromotionAnalysis : strategy.prePromotionAnalysis;
  const run = isSwitched
    ? status.blueGreen?.postPromotionAnalysisRunStatus
    : status.blueGreen?.prePromotionAnalysisRunStatus;
  if (!analysis || run?.status === 'Successful') return;
  const kind = isSwitched ? 'postPromotion' : 'prePromotion';
  if (explainNoTemplates(pass, analysis, `${kind}Analysis`)) return;
  addReason(pass, because('promotionAwaitsAnalysis', { kind }));
  explainRun(pass, run?.name);
}

/** An analysis without templates is never run (analysis.md V-54), and yet waited for: only another spec ends that. */
export function explainNoTemplates(pass: Pass, { templates }: RolloutAnalysis, field: string): boolean {
  if ((templates?.length ?? 0) > 0) return false;
  addReason(pass, because('analysisImpossible', { message: `${field} names no templates` }));
  return true;
}

/** What the run that is waited for still measures. */
export function explainRun(pass: Pass, name: string | undefined): void {
  const run = pass.observed.analysisRuns.find(({ metadata }) => metadata.name === name);
  if (name === undefined || !run) return;
  for (const progress of runProgress(run)) {
    const { metric, count, wanted, failuresLeft, inconclusiveLeft, errorsLeft, lastProblem, nextAt } = progress;
    const left = { failuresLeft: failuresLeft ?? -1, inconclusiveLeft, errorsLeft };
    const data = { run: name, metric, count, wanted: wanted ?? 0, ...left, lastProblem: lastProblem ?? '' };
    addReason(pass, because('analysisMeasures', data, { until: nextAt }));
  }
}

/** What ended badly: the newest run of this version with one of these phases is the one that has stopped the update. */
export function explainOutcome(pass: Pass, phases: readonly string[]): void {
  const hash = hashOf(newReplicaSet(pass));
  const ended = pass.observed.analysisRuns.filter(
    ({ metadata, status }) => metadata.labels?.[podTemplateHashLabel] === hash && phases.includes(status?.phase ?? ''),
  );
  const run = ended.toSorted(({ metadata: one }, { metadata: other }) =>
    (one.creationTimestamp ?? '') < (other.creationTimestamp ?? '') ? 1 : -1,
  )[0];
  if (!run) return;
  for (const { metric, phase, values, condition } of runFailures(run)) {
    const data = { run: run.metadata.name ?? '', metric, phase, values: values.join(', '), condition };
    addReason(pass, because('analysisFailed', data));
  }
}
