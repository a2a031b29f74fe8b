// Which analyses run next to this update, and what do their results do to it (analysis.md §2.6, §2.7)? Called between the
// routes and the sizes; a failed one aborts, an inconclusive one pauses.

import { isCompleted } from '../../analysis/assess/phases.ts';
import { conditionTypes, pauseReasons } from '../../api/constants.ts';
import { blueGreenOf, canaryOf } from '../../api/defaults.ts';
import type { AnalysisRun, RolloutAnalysis, RolloutAnalysisRunStatus } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { isReadyForPause } from './blue-green-state.ts';
import { type AnalysisKind, startAnalysisRun } from './create-analysis-run.ts';
import { events } from './events.ts';
import { addNeed, addReason, addWrite, type CurrentAnalyses, isAborted, newReplicaSet, type Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';
import { isFastRollback } from './rollback.ts';
import { runsToForget } from './run-history.ts';
import { isSaturated } from './saturation.ts';
import { selectedHash } from './services.ts';
import { findCondition } from './status-conditions.ts';
import { currentStep, stepsOf } from './steps.ts';
import { arePromotedTargetsVerified } from './target-moments.ts';
import { isFullyPromoted } from './weights.ts';

const kinds: readonly AnalysisKind[] = ['Step', 'Background', 'PrePromotion', 'PostPromotion'];
const abortTexts: Readonly<Record<AnalysisKind, string>> = {
  Step: 'Step-based analysis phase error/failed',
  Background: 'Background analysis phase error/failed',
  PrePromotion: 'Blue/green pre-promotion analysis phase error/failed',
  PostPromotion: 'Blue/green post-promotion analysis phase error/failed',
};

export function planAnalysis(pass: Pass): void {
  const before = storedAnalyses(pass);
  const current: CurrentAnalyses = {};
  if (cancelsAll(pass)) {
    if (blueGreenOf(pass.rollout)) {
      current.PrePromotion = statusOf(runNamed(pass, before.PrePromotion?.name)) ?? before.PrePromotion;
      current.PostPromotion = statusOf(runNamed(pass, before.PostPromotion?.name)) ?? before.PostPromotion;
    }
  } else if (canaryOf(pass.rollout)) {
    current.Step = keepOrStart(pass, 'Step', before.Step);
    current.Background = keepOrStart(pass, 'Background', before.Background);
  } else {
    current.PrePromotion = keepOrStart(pass, 'PrePromotion', before.PrePromotion);
    current.PostPromotion = keepOrStart(pass, 'PostPromotion', before.PostPromotion);
  }
  pass.analyses = current;
  const kept = cancelsAll(pass) ? [] : kinds.map((kind) => current[kind]?.name);
  terminateOthers(pass, kept);
  const names = kinds.map((kind) => current[kind]?.name ?? '');
  for (const { metadata } of runsToForget(pass, pass.observed.analysisRuns, names)) {
    const { name = '', uid = '' } = metadata;
    addWrite(pass, { kind: 'deleteAnalysisRun', key: `deleteAnalysis/${name}`, onFailure: 'continue', name, uid });
  }
  for (const kind of kinds) tellPhase(pass, kind, before[kind], current[kind]);
}

export function storedAnalyses({ status }: Pass): CurrentAnalyses {
  return {
    Step: status.canary?.currentStepAnalysisRunStatus,
    Background: status.canary?.currentBackgroundAnalysisRunStatus,
    PrePromotion: status.blueGreen?.prePromotionAnalysisRunStatus,
    PostPromotion: status.blueGreen?.postPromotionAnalysisRunStatus,
  };
}

function cancelsAll(pass: Pass): boolean {
  const { status } = pass;
  if (isFullyPromoted(status) || isAborted(pass) || status.promoteFull === true) return true;
  return isFastRollback(pass) || (status.stableRS ?? '') === '';
}

function runNamed(pass: Pass, name: string | undefined): AnalysisRun | undefined {
  if (!name) return undefined;
  return pass.observed.analysisRuns.find(({ metadata }) => metadata.name === name);
}

/** The run of a status, if it still exists; one that the store does not show yet is looked for in the cluster. */
function currentRun(pass: Pass, name: string | undefined): AnalysisRun | 'unknown' | undefined {
  const known = runNamed(pass, name);
  if (known || !name) return known;
  const live = pass.observed.liveAnalysisRuns[name];
  if (live?.is === 'present') return live.value;
  if (live?.is === 'absent') return undefined;
  if (live?.is === 'failed') {
    addReason(pass, because('objectUnreadable', { kind: 'AnalysisRun', name, message: live.problem.message }));
  } else addNeed(pass, { kind: 'analysisRun', name });
  return 'unknown';
}

function keepOrStart(
  pass: Pass,
  kind: AnalysisKind,
  before: RolloutAnalysisRunStatus | undefined,
): RolloutAnalysisRunStatus | undefined {
  const run = currentRun(pass, before?.name);
  if (run === 'unknown') return before;
  const wanted = wantedAnalysis(pass, kind, run);
  if (wanted === 'keep') return statusOf(run);
  if (!wanted) return undefined;
  const isOther = kind === 'Step' && run?.metadata.labels?.['step-index'] !== String(pass.status.currentStepIndex ?? 0);
  const current = isOther ? undefined : run;
  if (current && !needsNew(pass, current, before)) {
    applyResult(pass, kind, current);
    return statusOf(current);
  }
  if (kind === 'PostPromotion' && !arePromotedTargetsVerified(pass)) return before; // rollout.md §5.5, traffic.md §2.10
  // A resume or a retry asks for a fresh one.
  const begunAt = before || current ? undefined : placeBegunAt(pass);
  const started = startAnalysisRun(pass, kind, wanted, suffixOf(pass, kind), begunAt);
  // What came of another one, or of this one before a retry, says nothing of the run that cannot be started yet.
  return started && { name: started.name, status: started.phase };
}

/** When the step, or the way to the promotion, began at the earliest: each of them is progress. */
export function placeBegunAt({ stored }: Pass): EpochMillis | undefined {
  if (stored.abortedAt !== undefined) return undefined;
  return parseRfc3339(findCondition(stored.conditions, conditionTypes.progressing)?.lastUpdateTime ?? '');
}

function suffixOf(pass: Pass, kind: AnalysisKind): string {
  if (kind === 'Step') return `-${pass.status.currentStepIndex ?? 0}`;
  if (kind === 'Background') return '';
  return kind === 'PrePromotion' ? '-pre' : '-post';
}

function statusOf(run: AnalysisRun | undefined): RolloutAnalysisRunStatus | undefined {
  if (!run) return undefined;
  const message = run.status?.message;
  return { name: run.metadata.name ?? '', status: run.status?.phase ?? '', ...(message ? { message } : {}) };
}

/** The user resumed after an inconclusive pause, or retries after an abort. An outcome that is news has paused nothing yet. */
function needsNew({ status, stored }: Pass, run: AnalysisRun, before: RolloutAnalysisRunStatus | undefined): boolean {
  const pauses = status.pauseConditions ?? [];
  const isPausedOtherwise = pauses.some(
    ({ reason }) => reason === pauseReasons.canaryPauseStep || reason === pauseReasons.blueGreenPause,
  );
  if (status.controllerPause && !isPausedOtherwise) {
    return run.status?.phase === 'Inconclusive' && before?.status === 'Inconclusive';
  }
  return stored.abortedAt !== undefined;
}

function isPausedInconclusive({ status }: Pass): boolean {
  return status.pauseConditions?.some(({ reason }) => reason === pauseReasons.inconclusiveAnalysisRun) ?? false;
}

/** The analysis that should be current; `keep`: leave what there is as it is; undefined: none. */
function wantedAnalysis(
  pass: Pass,
  kind: AnalysisKind,
  run: AnalysisRun | undefined,
): RolloutAnalysis | 'keep' | undefined {
  switch (kind) {
    case 'Step':
      if ((pass.status.pauseConditions?.length ?? 0) > 0) return 'keep';
      return configured(currentStep(pass)?.step.analysis);
    case 'Background':
      return wantedBackground(pass);
    case 'PrePromotion':
      return wantedPrePromotion(pass, run);
    case 'PostPromotion':
      return wantedPostPromotion(pass, run);
  }
}

function configured(analysis: RolloutAnalysis | undefined): RolloutAnalysis | undefined {
  return (analysis?.templates?.length ?? 0) > 0 ? analysis : undefined;
}

function wantedBackground(pass: Pass): RolloutAnalysis | 'keep' | undefined {
  const background = canaryOf(pass.rollout)?.analysis;
  if (!configured(background) || !background || (pass.status.currentPodHash ?? '') === '') return undefined;
  const index = stepsOf(pass).length === 0 ? Number.POSITIVE_INFINITY : (pass.status.currentStepIndex ?? 0);
  if (index < (background.startingStep ?? 0)) return undefined;
  return isPausedInconclusive(pass) ? 'keep' : background;
}

function wantedPrePromotion(pass: Pass, run: AnalysisRun | undefined): RolloutAnalysis | 'keep' | undefined {
  const analysis = configured(blueGreenOf(pass.rollout)?.prePromotionAnalysis);
  const hash = hashOf(newReplicaSet(pass));
  const active = pass.status.blueGreen?.activeSelector ?? '';
  if (!analysis || pass.status.stableRS === hash) return undefined;
  if (active === '' || active === hash)
    return pass.status.blueGreen?.prePromotionAnalysisRunStatus ? 'keep' : undefined;
  if (isPausedInconclusive(pass)) return 'keep';
  // After a retry the one that has begun is that of the aborted try, and the preview may be gone (rollout.md §5.7).
  const hasBegun = run !== undefined && pass.stored.abortedAt === undefined;
  return hasBegun || isPreviewReady(pass) ? analysis : undefined;
}

/** With a preview count that is its whole size, be it more than `replicas` (one that was scaled down meanwhile). */
function isPreviewReady(pass: Pass): boolean {
  if (blueGreenOf(pass.rollout)?.previewReplicaCount === undefined)
    return isSaturated(pass.rollout, newReplicaSet(pass));
  return isReadyForPause(pass);
}

function wantedPostPromotion(pass: Pass, run: AnalysisRun | undefined): RolloutAnalysis | 'keep' | undefined {
  const strategy = blueGreenOf(pass.rollout);
  const analysis = configured(strategy?.postPromotionAnalysis);
  const hash = hashOf(newReplicaSet(pass));
  if (!analysis || pass.status.stableRS === hash) return undefined;
  if (selectedHash(pass, strategy?.activeService) !== hash) return undefined;
  if (isPausedInconclusive(pass)) return 'keep';
  return run || isSaturated(pass.rollout, newReplicaSet(pass)) ? analysis : undefined;
}

function applyResult(pass: Pass, kind: AnalysisKind, run: AnalysisRun): void {
  const { phase, message } = run.status ?? {};
  if (phase === 'Inconclusive') pass.intent.addPause = pauseReasons.inconclusiveAnalysisRun;
  if (phase !== 'Failed' && phase !== 'Error') return;
  const text = abortTexts[kind] + (message ? `: ${message}` : '');
  pass.intent.addAbort ??= text; // told by the condition, not by an event of its own
}

function terminateOthers(pass: Pass, kept: readonly (string | undefined)[]): void {
  for (const run of pass.observed.analysisRuns) {
    const { name = '', uid = '' } = run.metadata;
    if (kept.includes(name) || run.spec.terminate || isCompleted(run.status?.phase)) continue;
    const patch = { spec: { terminate: true } };
    addWrite(pass, { kind: 'patchAnalysisRun', key: `terminate/${name}`, onFailure: 'continue', name, uid, patch });
  }
}

function tellPhase(
  pass: Pass,
  kind: AnalysisKind,
  before: RolloutAnalysisRunStatus | undefined,
  after: RolloutAnalysisRunStatus | undefined,
): void {
  if (!after?.status || (before?.name === after.name && before.status === after.status)) return;
  const previous = before?.name === after.name ? before.status : 'NoPreviousStatus';
  pass.pendingEvents.push(events.analysisRunPhase(kind, after.name, after.status, previous));
}
