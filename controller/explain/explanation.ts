// What is told of a Rollout to somebody who asks why it stands still (cli.md §14.3): the plan's reasons as sentences, since
// when and until when, what happens next, and what one can do about it.

import { shownPhaseOf } from '../api/phase.ts';
import type { CanaryStep, Rollout } from '../api/types.generated.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import { stepText } from '../rollout/plan/steps.ts';
import type { Reason, Write } from '../rollout/types.ts';
import { actionsFor } from './actions.ts';
import { endingOf, sentenceOf } from './sentences.ts';
import { newWarnings, type Surroundings, type Warning } from './surroundings.ts';

export interface Explanation {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly message: string;
  /** `step 2 of 8 (pause: 15m)`; absent where no step is in force. */
  readonly step?: string;
  readonly since?: EpochMillis;
  readonly reasons: readonly ToldReason[];
  /** What was warned of since, the newest first. */
  readonly warnings: readonly Warning[];
  readonly traffic?: string;
  /** `step 3: setWeight: 40`, or what the controller is about to write. */
  readonly next?: string;
  readonly youCan: readonly string[];
}

export interface ToldReason extends Reason {
  readonly sentence: string;
  readonly ending: string;
}

/** `reasons`: those of the plan, and what the surroundings add. */
export function explain(
  rollout: Rollout,
  reasons: readonly Reason[],
  outstanding: readonly Write[],
  surroundings: Surroundings,
  now: EpochMillis,
): Explanation {
  const { name = '', namespace = '' } = rollout.metadata;
  const { phase, message } = shownPhaseOf(rollout);
  const step = stepOf(rollout);
  const since = sinceOf(rollout, reasons);
  const said = [message, ...reasons.map(sentenceOf)].join(' ');
  const traffic = trafficOf(rollout);
  const next = nextOf(rollout, reasons, outstanding);
  return {
    name,
    namespace,
    phase,
    message,
    ...(step === undefined ? {} : { step: step.text }),
    ...(since === undefined ? {} : { since }),
    reasons: reasons.filter(({ code }) => code !== 'underWay').map((reason) => told(reason, now)),
    // What is waited for in a pause is no trouble.
    warnings: phase === 'Paused' ? [] : newWarnings(surroundings, said, now),
    ...(traffic === undefined ? {} : { traffic }),
    ...(next === undefined ? {} : { next }),
    youCan: actionsFor(rollout, reasons),
  };
}

function told(reason: Reason, now: EpochMillis): ToldReason {
  return { ...reason, sentence: sentenceOf(reason), ending: endingOf(reason, now) };
}

function stepOf({ spec, status }: Rollout): { readonly text: string; readonly index: number } | undefined {
  const steps = spec.strategy?.canary?.steps ?? [];
  const index = status?.currentStepIndex ?? 0;
  const step = steps[index];
  if (!step || status?.abort) return undefined;
  return { index, text: `step ${index + 1} of ${steps.length} (${stepText(step)})` };
}

/** Of what is waited for, else of the present phase. */
function sinceOf({ status }: Rollout, reasons: readonly Reason[]): EpochMillis | undefined {
  const told = reasons.flatMap(({ since }) => since ?? [])[0];
  const progressing = status?.conditions?.find(({ type }) => type === 'Progressing');
  return told ?? parseRfc3339(progressing?.lastUpdateTime ?? '');
}

function trafficOf({ status }: Rollout): string | undefined {
  const weights = status?.canary?.weights;
  if (!weights) return undefined;
  const additional = (weights.additional ?? []).map(({ serviceName, weight }) => `, ${serviceName ?? ''} ${weight}`);
  const doubt = weights.verified === false ? ' (not verified)' : '';
  return `canary ${weights.canary.weight}, stable ${weights.stable.weight}${additional.join('')}${doubt}`;
}

function nextOf(rollout: Rollout, reasons: readonly Reason[], outstanding: readonly Write[]): string | undefined {
  if (reasons.some(({ code }) => code === 'specInvalid')) return undefined;
  if (outstanding.length > 0) return `the controller ${[...new Set(outstanding.map(writeText))].join(', ')}`;
  const steps: readonly CanaryStep[] = rollout.spec.strategy?.canary?.steps ?? [];
  const current = stepOf(rollout);
  if (!current) return undefined;
  const next = steps[current.index + 1];
  return next ? `step ${current.index + 2}: ${stepText(next)}` : 'promotion: every step is done then';
}

/** What a write does, as an activity of the controller. */
function writeText(write: Write): string {
  switch (write.kind) {
    case 'createReplicaSet':
      return `creates ReplicaSet ${write.object.metadata.name}`;
    case 'scaleReplicaSet':
      return `scales ReplicaSet ${write.name} to ${write.replicas}`;
    case 'patchService':
      return `points Service ${write.name}`;
    case 'createIngress':
    case 'patchIngress':
      return 'sets the traffic weights';
    case 'evictPod':
      return `evicts pod ${write.name}`;
    case 'createAnalysisRun':
      return `starts AnalysisRun ${write.object.metadata.name}`;
    case 'patchStatus':
      return 'updates the status';
    case 'patchRollout':
    case 'repairRollout':
      return 'updates the Rollout';
    case 'patchReplicaSet':
      return `updates ReplicaSet ${write.name}`;
    case 'adoptReplicaSet':
      return `adopts ReplicaSet ${write.name}`;
    case 'releaseReplicaSet':
      return `releases ReplicaSet ${write.name}`;
    case 'deleteReplicaSet':
      return `deletes ReplicaSet ${write.name}`;
    case 'patchAnalysisRun':
      return `ends AnalysisRun ${write.name}`;
    case 'deleteAnalysisRun':
      return `deletes AnalysisRun ${write.name}`;
    case 'createExperiment':
      return `starts Experiment ${write.object.metadata.name}`;
    case 'terminateExperiment':
      return `ends Experiment ${write.name}`;
    case 'deleteExperiment':
      return `deletes Experiment ${write.name}`;
    case 'scaleWorkload':
      return `scales Deployment ${write.name} to ${write.replicas}`;
    case 'patchPodMetadata':
      return `marks pod ${write.podName}`;
    case 'startCall':
      return 'asks what is outside of the cluster';
  }
}
