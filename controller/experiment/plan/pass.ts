// One pass over an Experiment: what was observed, and the wave that grows while the questions are asked in order.

import type { Experiment, ExperimentStatus } from '../../api/types.generated.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { OnFailure } from '../../rollout/types.ts';
import type {
  ExperimentEvent,
  ExperimentNeed,
  ExperimentObserved,
  ExperimentReason,
  ExperimentWrite,
  Outcome,
} from '../types.ts';

export interface Pass {
  readonly observed: ExperimentObserved;
  readonly now: EpochMillis;
  readonly experiment: Experiment;
  /** As stored. */
  readonly status: ExperimentStatus;
  /** By the stored object: it is coming to its end, or is there. */
  readonly isTerminating: boolean;
  readonly writes: ExperimentWrite[];
  /** Told with the status. */
  readonly events: ExperimentEvent[];
  readonly reasons: ExperimentReason[];
  readonly needs: ExperimentNeed[];
  /** Instants at which time alone may change the plan. */
  readonly wakeTimes: EpochMillis[];
}

export function beginPass(observed: ExperimentObserved, now: EpochMillis, isTerminating: boolean): Pass {
  const { experiment } = observed;
  return {
    observed,
    now,
    experiment,
    status: experiment.status ?? {},
    isTerminating,
    writes: [],
    events: [],
    reasons: [],
    needs: [],
    wakeTimes: [],
  };
}

/** The plan may differ from `at` on. */
export function wakeAt(pass: Pass, at: EpochMillis): void {
  if (at > pass.now) pass.wakeTimes.push(at);
}

/** What came of this write in earlier waves, if it failed. */
export function outcomeOf(pass: Pass, key: string): Outcome | undefined {
  return pass.observed.ledger.outcomes[key];
}

/** Tells of it, so that it is not forgotten as long as the plan depends on it. */
export function tellFailure(pass: Pass, key: string): void {
  const outcome = outcomeOf(pass, key);
  if (!outcome || pass.reasons.some((reason) => reason.code === 'writeFailed' && reason.key === key)) return;
  pass.reasons.push({ code: 'writeFailed', key, message: outcome.problem.message, since: outcome.since });
}

/** Order matters until the cluster refuses; then the write does not keep the rest of the wave, and the status, back. */
export function orderOf(pass: Pass, key: string): OnFailure {
  return outcomeOf(pass, key) === undefined ? 'stop' : 'continue';
}

/** Its text, if trying again makes no sense: the API server understood and refused. */
export function refusalOf(pass: Pass, key: string): string | undefined {
  const problem = outcomeOf(pass, key)?.problem;
  return problem?.class === 'denied' || problem?.class === 'invalid' ? problem.message : undefined;
}
