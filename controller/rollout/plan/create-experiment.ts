// The Experiment that a step starts: its name, labels, and spec (analysis.md §6.9). Its pods are those of the new or of
// the stable ReplicaSet, with what the step adds to them.

import { isCompleted } from '../../analysis/assess/phases.ts';
import { chooseName, isSameSpec, lookUpName } from '../../analysis/plan/choose-name.ts';
import { apiVersion, instanceIdLabel, podTemplateHashLabel, revisionAnnotation } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type {
  Experiment,
  ExperimentAnalysisTemplateRef,
  ExperimentSpec,
  ExperimentStep,
  ExperimentStepTemplate,
  TemplateSpec,
} from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { analysisArguments } from './analysis-arguments.ts';
import { makeOwnerReference } from './claim-replica-sets.ts';
import { withMetadata } from './ephemeral-metadata.ts';
import { events } from './events.ts';
import { computedHash } from './find-replica-sets.ts';
import {
  addNeed,
  addReason,
  addWrite,
  type CurrentExperiment,
  newReplicaSet,
  type Pass,
  stableReplicaSet,
} from './pass.ts';

/** `<rollout>-<hash>-<revision>-<step>`, from 0. */
export function experimentBaseName(pass: Pass): string {
  const { rollout, status, revision } = pass;
  const hash = computedHash(rollout, status.collisionCount);
  return `${rollout.metadata.name}-${hash}-${revision ?? ''}-${status.currentStepIndex ?? 0}`;
}

/** Undefined: it cannot be started yet, and a reason or need says why. */
export function startExperiment(
  pass: Pass,
  step: ExperimentStep,
  /** Undefined: one that is over is never the one that is wanted. */
  begunAt: EpochMillis | undefined,
): CurrentExperiment | undefined {
  const made = stableReplicaSet(pass) ? specOf(pass, step) : { problem: 'there is no stable ReplicaSet' };
  if ('problem' in made) {
    addReason(pass, because('experimentImpossible', { message: made.problem }));
    return undefined;
  }
  const { uid } = pass.rollout.metadata;
  const choice = chooseName<Experiment>(
    experimentBaseName(pass),
    '-',
    (name) =>
      lookUpName(name, {
        owned: pass.observed.experiments,
        live: pass.observed.liveExperiments[name],
        isTaken: pass.observed.ledger.outcomes[keyOf(name)]?.problem.class === 'exists',
      }),
    ({ metadata, spec, status }) => {
      const owner = metadata.ownerReferences?.find(({ controller }) => controller);
      if (owner?.uid !== uid || spec.terminate || !isSameSpec(spec, made.spec)) return false;
      return !isCompleted(status?.phase) || isOfThisTry(metadata.creationTimestamp, begunAt);
    },
  );
  if (choice.is === 'adopted') {
    return { name: choice.object.metadata.name ?? '', phase: choice.object.status?.phase ?? '' };
  }
  const { name } = choice;
  if (choice.is === 'unread') {
    addNeed(pass, { kind: 'experiment', name });
    return undefined;
  }
  addWrite(pass, {
    kind: 'createExperiment',
    key: keyOf(name),
    onFailure: 'stop',
    object: makeExperiment(pass, name, made.spec),
    events: [events.experimentCreated(name)],
  });
  return { name, phase: '' };
}

/**
 * Whoever made it died before a status named it (operations.md S11), and it is over. An earlier try of the step, before an
 * abort or a pause, is older than `begunAt`.
 */
function isOfThisTry(createdAt: string | undefined, begunAt: EpochMillis | undefined): boolean {
  const at = parseRfc3339(createdAt ?? '');
  return begunAt !== undefined && at !== undefined && at >= begunAt;
}

function keyOf(name: string): string {
  return `experiment/${name}`;
}

/** QUIRK: `analysisRunMetadata` and `status` are written also when they are empty. */
function makeExperiment(pass: Pass, name: string, spec: ExperimentSpec): Experiment {
  const { rollout, revision, status } = pass;
  const { namespace = '', labels } = rollout.metadata;
  const instanceId = labels?.[instanceIdLabel];
  return {
    apiVersion,
    kind: 'Experiment',
    metadata: {
      name,
      namespace,
      labels: {
        ...labels,
        [podTemplateHashLabel]: computedHash(rollout, status.collisionCount),
        ...(instanceId === undefined ? {} : { [instanceIdLabel]: instanceId }),
      },
      annotations: { [revisionAnnotation]: revision ?? '' },
      ownerReferences: [makeOwnerReference(rollout)],
    },
    spec,
    status: {},
  };
}

type Made<T> = { readonly spec: T } | { readonly problem: string };

function specOf(pass: Pass, step: ExperimentStep): Made<ExperimentSpec> {
  const templates: TemplateSpec[] = [];
  for (const template of step.templates) {
    const made = templateOf(pass, template);
    if ('problem' in made) return made;
    templates.push(made.spec);
  }
  const analyses: ExperimentAnalysisTemplateRef[] = [];
  for (const { args, ...analysis } of step.analyses ?? []) {
    const resolved = analysisArguments(pass, args ?? []);
    if ('problem' in resolved) return resolved;
    analyses.push({ ...analysis, ...(resolved.args.length > 0 ? { args: resolved.args } : {}) });
  }
  const { duration, dryRun, scaleDownDelaySeconds, analysisRunMetadata } = step;
  const { progressDeadlineSeconds } = pass.rollout.spec;
  return {
    spec: {
      templates,
      ...(analyses.length > 0 ? { analyses } : {}),
      ...(duration === undefined ? {} : { duration }),
      ...(dryRun === undefined ? {} : { dryRun }),
      ...(scaleDownDelaySeconds === undefined ? {} : { scaleDownDelaySeconds }),
      ...(progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds }),
      analysisRunMetadata: analysisRunMetadata ?? {},
    },
  };
}

function templateOf(pass: Pass, given: ExperimentStepTemplate): Made<TemplateSpec> {
  const { name, specRef, replicas, metadata, selector, weight, service } = given;
  const found = replicaSetOf(pass, specRef);
  if ('problem' in found) return found;
  const { template, selector: own, minReadySeconds } = found.spec.spec;
  const chosen = selector ?? own;
  return {
    spec: {
      name,
      ...(replicas === undefined ? {} : { replicas }),
      ...(minReadySeconds ? { minReadySeconds } : {}),
      selector: metadata?.labels ? { ...chosen, matchLabels: { ...chosen.matchLabels, ...metadata.labels } } : chosen,
      template: withMetadata(template, metadata),
      // With a weight it needs one that requests can be sent to.
      ...(service || weight !== undefined ? { service: service?.name ? { name: service.name } : {} } : {}),
    },
  };
}

function replicaSetOf(pass: Pass, specRef: string): Made<ReplicaSet> {
  if (specRef !== 'canary' && specRef !== 'stable') {
    return { problem: 'Invalid template step SpecRef: must be canary or stable' };
  }
  const found = specRef === 'canary' ? newReplicaSet(pass) : stableReplicaSet(pass);
  return found ? { spec: found } : { problem: `there is no ${specRef} ReplicaSet` };
}
