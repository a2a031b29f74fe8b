// May the steps of a canary have gone on, or back, as two versions of its Rollout say (operations.md §20.3, I5 and I6)?
// A step is left by what it waits for alone: a word of a user, a success, a weight that is there.

import { podTemplateHashLabel, revisionAnnotation } from '../../controller/api/constants.ts';
import type { KubernetesObject, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, CanaryStep, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { Target } from './routes.ts';
import { hashOf } from './world.ts';

export interface StepEvidence {
  readonly runs: readonly AnalysisRun[];
  readonly experiments: readonly Experiment[];
  readonly targets: readonly Target[];
  /** The ReplicaSets of the Rollout. */
  readonly versions: readonly ReplicaSet[];
  /** Two processes are: one may take back the weight that the other has just set and is about to tell. */
  readonly areTwoActing: boolean;
}

export function stepProblem(now: Rollout, before: Rollout, evidence: () => StepEvidence): string | undefined {
  const [is, was] = [now.status?.currentStepIndex ?? 0, before.status?.currentStepIndex ?? 0];
  if (is === was || isExplained(now, before)) return undefined;
  // A user may have left it beyond steps that are not there any more.
  if (is < was && is === (now.spec.strategy?.canary?.steps ?? []).length) return undefined;
  if (is < was) return `the step went from ${was} back to ${is}`;
  if (now.status?.promoteFull || before.status?.promoteFull) return undefined;
  const known = evidence();
  const stable = known.versions.find((version) => hashOf(version) === before.status?.stableRS);
  const steps = now.spec.strategy?.canary?.steps ?? [];
  if (!stable || isRollback(now, steps.length)) return undefined;
  for (let index = was; index < is; index++) {
    const missing = missingFor(steps[index] ?? {}, index, index === was, { now, before, stable, ...known });
    if (missing) return `step ${index} of ${steps.length} was left, but ${missing}`;
  }
  return undefined;
}

function isExplained(now: Rollout, before: Rollout): boolean {
  const [is, was] = [now.status ?? {}, before.status ?? {}];
  return (
    is.currentPodHash !== was.currentPodHash ||
    is.currentStepHash !== was.currentStepHash ||
    is.abort === true ||
    was.abort === true ||
    now.metadata.generation !== Number(was.observedGeneration) ||
    isOfUser(now)
  );
}

/** To the stable version, or within the window: then no step is gone through (rollout.md §6.4). */
function isRollback({ spec, status }: Rollout, stepCount: number): boolean {
  if (status?.currentPodHash === status?.stableRS) return true;
  return spec.rollbackWindow !== undefined && status?.currentStepIndex === stepCount;
}

interface Known extends StepEvidence {
  readonly stable: ReplicaSet;
  readonly now: Rollout;
  readonly before: Rollout;
}

function missingFor(step: CanaryStep, index: number, isFirst: boolean, known: Known): string | undefined {
  const { now, before, targets } = known;
  const hash = now.status?.currentPodHash;
  const [is, was] = [now.status?.canary, before.status?.canary];
  if (step.pause) {
    if (step.pause.duration !== undefined) return undefined;
    const isPaused = (before.status?.pauseConditions?.length ?? 0) > 0 || before.status?.controllerPause !== true;
    return isPaused || !isFirst ? 'nobody ended its pause' : undefined;
  }
  if (step.plugin) {
    const isDone = is?.stepPluginStatuses?.some(
      (entry) => entry.index === index && entry.operation === 'Run' && entry.phase === 'Successful',
    );
    return isDone ? undefined : 'its plugin has not succeeded';
  }
  if (step.analysis) {
    if (isFirst && was?.currentStepAnalysisRunStatus?.status === 'Successful') return undefined;
    const isDone = known.runs.some(
      (run) =>
        run.metadata.labels?.['step-index'] === String(index) &&
        run.status?.phase === 'Successful' &&
        isOfThis(run, now),
    );
    return isDone ? undefined : 'its analysis has not succeeded';
  }
  if (step.experiment) {
    const isDone = known.experiments.some((one) => one.status?.phase === 'Successful' && isOfThis(one, now));
    return isDone ? undefined : 'its experiment has not succeeded';
  }
  if (step.setWeight !== undefined && now.spec.strategy?.canary?.trafficRouting && isFirst) {
    if (is?.weights?.verified === false && was?.weights?.verified === false) return 'its weight is not confirmed';
    if (known.areTwoActing || !carries(known.stable, now, 100 - step.setWeight)) return undefined;
    // A Service that was just taken over may select all versions yet.
    const isOfCanary = (target: Target) =>
      target.hash === hash || (target.hash === undefined && target.service === is?.weights?.canary.serviceName);
    const weight = targets.filter(isOfCanary).reduce((sum, target) => sum + target.weight, 0);
    return weight === step.setWeight ? undefined : `${weight} % of the traffic go to the new version`;
  }
  return undefined;
}

/** traffic.md §1.5, point 1: weights are left as they are while stable could not carry its share, or has no pod for one. */
function carries(stable: ReplicaSet, { spec }: Rollout, weight: number): boolean {
  const { replicas = 1 } = spec;
  const lasting = Math.min(stable.status?.availableReplicas ?? 0, stable.spec.replicas ?? 1);
  return replicas > 0 && (lasting > 0 || weight === 0) && lasting >= Math.trunc((replicas * weight) / 100);
}

/** Made for this revision of the Rollout. */
function isOfThis({ metadata }: KubernetesObject, rollout: Rollout): boolean {
  return (
    metadata.labels?.[podTemplateHashLabel] === rollout.status?.currentPodHash &&
    metadata.annotations?.[revisionAnnotation] === rollout.metadata.annotations?.[revisionAnnotation]
  );
}

/** A client set the index, perhaps over one that it had not seen yet (`promote` reads, then writes twice). */
function isOfUser({ metadata }: Rollout): boolean {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly FieldsEntry[] };
  const owner = managedFields.find(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes('"f:currentStepIndex"'));
  return owner !== undefined && owner.manager !== 'rollouts-controller';
}

interface FieldsEntry {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}
