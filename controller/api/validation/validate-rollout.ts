// Whether a Rollout's spec is valid, without looking at other objects (rollout.md §1.3): every problem, in the order in
// which the reference collects them. Only the first one is reported to users.

import { matchesLabelSelector, selectorTerms } from '../../lang/label-selector.ts';
import { isEqualJson } from '../../lang/merge-patch.ts';
import { minReadySecondsOf, progressDeadlineSecondsOf, replicasOf, revisionHistoryLimitOf } from '../defaults.ts';
import type { LabelSelector } from '../kubernetes-types.ts';
import type { Rollout, RolloutSpec } from '../types.generated.ts';
import { validateBlueGreen } from './blue-green.ts';
import { validateCanary } from './canary.ts';
import { type FieldError, type FieldErrors, internal, invalid, required } from './field-error.ts';
import { validatePodTemplateForReplicaSet } from './pod-template.ts';
import { validateLabelSelector } from './selector.ts';

export interface ValidationOptions {
  /** spec.template and spec.selector were taken from the workload that workloadRef names. */
  readonly workloadResolved?: boolean;
}

const notNegative = 'must be greater than or equal to 0';

/** Empty for a valid spec. */
export function validateRollout(rollout: Rollout, options: ValidationOptions = {}): readonly FieldError[] {
  return [...validateSpec(rollout.spec, options)];
}

/** The text of the condition and of the phase's message. */
export function invalidSpecMessage(rolloutName: string, error: FieldError): string {
  return `The Rollout "${rolloutName}" is invalid: ${error.text}`;
}

function* validateSpec(spec: RolloutSpec, options: ValidationOptions): FieldErrors {
  const rollout = { spec };
  const [minReady, deadline] = [minReadySecondsOf(rollout), progressDeadlineSecondsOf(rollout)];
  if (replicasOf(rollout) < 0) yield invalid('spec.replicas', replicasOf(rollout), notNegative);
  yield* validateSelectorAndTemplate(spec, options);
  if (minReady < 0) yield invalid('spec.minReadySeconds', minReady, notNegative);
  const history = revisionHistoryLimitOf(rollout);
  if (history < 0) yield invalid('spec.revisionHistoryLimit', history, notNegative);
  if (deadline < 0) yield invalid('spec.progressDeadlineSeconds', deadline, notNegative);
  if (deadline <= minReady) {
    yield invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
  }
  yield* validateStrategy(spec);
}

function* validateSelectorAndTemplate(spec: RolloutSpec, options: ValidationOptions): FieldErrors {
  const selector = spec.selector ?? undefined; // null is absent
  const isUnresolved = spec.workloadRef !== undefined && !options.workloadResolved;
  if (!selector) {
    if (!spec.workloadRef) yield required('spec.selector', "Rollout has missing field '.spec.selector'");
  } else {
    yield* validateLabelSelector(selector, 'spec.selector');
    if (isEmptySelector(selector)) yield invalid('spec.selector', {}, 'empty selector is invalid for deployment');
  }
  if (isUnresolved) {
    if (!isEmptyTemplate(spec))
      yield internal('spec.template', 'template must be empty for workload reference rollout');
    return;
  }
  if (selector && !selectorTerms(selector)) {
    yield invalid('spec.selector', selector, 'invalid label selector');
    return;
  }
  // QUIRK: an absent selector selects nothing, so it also counts as one that does not match.
  const labels = spec.template?.metadata?.labels;
  const matches = selector !== undefined && (isEmptySelector(selector) || matchesLabelSelector(selector, labels));
  yield* validatePodTemplateForReplicaSet(spec.template, matches, 'spec.template');
}

function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0;
}

/** No labels and no annotations; the pod spec is not looked at. */
function isEmptyTemplate(spec: RolloutSpec): boolean {
  const { labels, annotations } = spec.template?.metadata ?? {};
  return isEqualJson(labels ?? {}, {}) && isEqualJson(annotations ?? {}, {});
}

function* validateStrategy(spec: RolloutSpec): FieldErrors {
  const { canary, blueGreen } = spec.strategy ?? {};
  if (canary && blueGreen) {
    const detail = 'Multiple Strategies can not be listed';
    yield invalid('spec.strategy.strategy', 'blueGreen: true canary: true', detail);
  } else if (canary) yield* validateCanary(spec, canary);
  else if (blueGreen) yield* validateBlueGreen(spec, blueGreen);
  else {
    const detail = "Rollout has missing field '.spec.strategy.canary or .spec.strategy.blueGreen'";
    yield required('spec.strategy.strategy', detail);
  }
}
