// What is told of a Rollout to somebody who asks why it stands still (cli.md §14.3): the plan's reasons as sentences, since
// when and until when, what happens next, and what one can do about it.

import { shownPhaseOf } from '../api/phase.ts';
import type { CanaryStep, Rollout } from '../api/types.generated.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';
import type { EpochMillis } from '../lang/time.ts';
import { stepText } from '../rollout/plan/steps.ts';
import type { Plan, Reason, Write } from '../rollout/types.ts';
import { actionsFor } from './actions.ts';
import { endingOf, sentenceOf } from './sentences.ts';

export interface Explanation {
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly message: string;
  /** `step 2 of 8 (pause: 15m)`; absent where no step is in force. */
  readonly step?: string;
  readonly since?: EpochMillis;
  readonly reasons: readonly ToldReason[];
  readonly traffic?: string;
  /** `step 3: setWeight: 40`, or what the controller is about to write. */
  readonly next?: string;
  readonly youCan: readonly string[];
}

export interface ToldReason extends Reason {
  readonly sentence: string;
  readonly ending?: string;
}

export function explain(
  rollout: Rollout,
  { reasons }: Pick<Plan, 'reasons'>,
  outstanding: readonly Write[],
  now: EpochMillis,
): Explanation {
  const { name = '', namespace = '' } = rollout.metadata;
  const { phase, message } = shownPhaseOf(rollout);
  const step = stepOf(rollout);
  const since = sinceOf(rollout, reasons);
  const traffic = trafficOf(rollout);
  const next = nextOf(rollout, outstanding);
  return {
    name,
    namespace,
    phase,
    message,
    ...(step === undefined ? {} : { step: step.text }),
    ...(since === undefined ? {} : { since }),
    reasons: reasons.filter(({ code }) => code !== 'underWay').map((reason) => told(reason, now)),
    ...(traffic === undefined ? {} : { traffic }),
    ...(next === undefined ? {} : { next }),
    youCan: actionsFor(rollout, reasons),
  };
}

function told(reason: Reason, now: EpochMillis): ToldReason {
  const ending = endingOf(reason, now);
  return { ...reason, sentence: sentenceOf(reason), ...(ending === undefined ? {} : { ending }) };
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

function nextOf(rollout: Rollout, outstanding: readonly Write[]): string | undefined {
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
    default:
      return `writes ${write.key}`;
  }
}
