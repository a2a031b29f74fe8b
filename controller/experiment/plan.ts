// What should happen to this Experiment now? A pure function of what was observed and of the time: the ordered list of
// questions of analysis.md §6, each answered in a file of its own under plan/.

import type { ExperimentStatus, TemplateStatus } from '../api/types.generated.ts';
import { isEqualJson } from '../lang/merge-patch.ts';
import { formatRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import { readAgainAt } from '../rollout/plan/failed-reads.ts';
import { planAnalysis } from './plan/analysis.ts';
import { conditionsAfter, conditionsWhenInvalid } from './plan/conditions.ts';
import { endsAt } from './plan/duration.ts';
import { beginPass, type Pass, tellFailure, wakeAt } from './plan/pass.ts';
import { assessExperiment } from './plan/phase.ts';
import { isTerminating, isUnsuccessful, requiredAnalyses } from './plan/phases.ts';
import { replicaSetsOf } from './plan/replica-set.ts';
import { specProblem } from './plan/spec-problem.ts';
import { planTemplate } from './plan/template.ts';
import type { ExperimentObserved, ExperimentPlan, ExperimentReason } from './types.ts';

export function planExperiment(observed: ExperimentObserved, now: EpochMillis): ExperimentPlan {
  const { experiment } = observed;
  const pass = beginPass(observed, now, isTerminating(experiment));
  if (experiment.metadata.deletionTimestamp !== undefined) return standing(pass, { code: 'beingDeleted' });
  const problem = specProblem(experiment);
  if (problem !== undefined) {
    pass.reasons.push({ code: 'specInvalid', message: problem });
    return finish(pass, { ...pass.status, conditions: conditionsWhenInvalid(pass, problem) });
  }
  const ambiguous = experiment.spec.templates.find(({ name }) => replicaSetsOf(pass, name).length > 1);
  if (ambiguous) {
    const message = `multiple ReplicaSets match single experiment template: ${ambiguous.name}`;
    return standing(pass, { code: 'ambiguousReplicaSets', message });
  }
  return planValid(pass);
}

function planValid(pass: Pass): ExperimentPlan {
  const { experiment, status, now } = pass;
  const { analyses = [] } = experiment.spec;
  const templates = experiment.spec.templates.map((template) => planTemplate(pass, template));
  const runs = analyses.map((analysis) => planAnalysis(pass, analysis));
  const { phase, message } = assessExperiment({
    phase: status.phase ?? '',
    message: status.message ?? '',
    isTerminating: pass.isTerminating,
    isAvailable: status.availableAt !== undefined,
    templates,
    analyses,
    runs,
  });
  const availableAt = status.availableAt ?? (isAvailableNow(status, templates) ? formatRfc3339(now) : undefined);
  const conditions = conditionsAfter(pass, phase, templates);
  const { message: _message, ...before } = status;
  tellPhase(pass, phase);
  explain(pass, phase);
  return finish(pass, {
    ...before,
    phase,
    ...(message === '' ? {} : { message }),
    ...(availableAt === undefined ? {} : { availableAt }),
    templateStatuses: templates,
    ...(runs.length > 0 ? { analysisRuns: runs } : {}),
    ...(conditions.length > 0 ? { conditions } : {}),
  });
}

/** All templates run, in an Experiment that has begun. */
function isAvailableNow({ phase }: ExperimentStatus, templates: readonly TemplateStatus[]): boolean {
  if (phase !== 'Pending' && phase !== 'Running') return false;
  return templates.length > 0 && templates.every(({ status }) => status === 'Running');
}

function tellPhase(pass: Pass, phase: string): void {
  const before = pass.status.phase ?? '';
  if (phase === before) return;
  pass.events.push({
    type: isUnsuccessful(phase) ? 'Warning' : 'Normal',
    reason: `Experiment${phase}`,
    message: `Experiment transitioned from ${before} -> ${phase}`,
  });
}

/** What time ends, and what only a person does. */
function explain(pass: Pass, phase: string): void {
  const { experiment, isTerminating: isEnding, reasons } = pass;
  if (isEnding) return;
  const until = endsAt(experiment);
  if (until !== undefined && until > pass.now) {
    reasons.push({ code: 'untilDuration', until });
    wakeAt(pass, Math.ceil(until));
  }
  const hasEnd = until !== undefined || requiredAnalyses(experiment.spec.analyses).length > 0;
  if (phase === 'Running' && !hasEnd) reasons.push({ code: 'runsUntilTerminated' });
}

/** The status goes last, with the events that tell of it. */
function finish(pass: Pass, status: ExperimentStatus): ExperimentPlan {
  const { needs, writes, reasons, events, wakeTimes, observed } = pass;
  if (needs.length > 0) return { writes: [], status: pass.status, reasons: [], needs };
  const { live, templates } = observed;
  const reads = [live.replicaSets, live.services, live.analysisRuns, templates].flatMap((of) => Object.values(of));
  const rereadAt = readAgainAt(reads, pass.now);
  if (rereadAt !== undefined) wakeAt(pass, rereadAt);
  const isChanged = !isEqualJson(pass.status, status);
  if (isChanged) writes.push({ kind: 'patchStatus', key: 'status', onFailure: 'stop', status, events });
  for (const { key } of writes) tellFailure(pass, key);
  if (writes.length > 0 && reasons.length === 0) reasons.push({ code: 'underWay' });
  return {
    writes,
    status: isChanged ? status : pass.status,
    reasons,
    ...(wakeTimes.length > 0 ? { wakeAt: Math.min(...wakeTimes) } : {}),
    needs: [],
  };
}

function standing(pass: Pass, reason: ExperimentReason): ExperimentPlan {
  return { writes: [], status: pass.status, reasons: [reason], needs: [] };
}
