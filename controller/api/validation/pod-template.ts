// Kubernetes' rules for the pod template of a ReplicaSet, in its order and words (rollout.md §1.3 row 7): those that a
// template can break in practice. Values that the API server defaults count as set.

import type { PodTemplateSpec } from '../kubernetes-types.ts';
import { type FieldErrors, forbidden, invalid, notSupported } from './field-error.ts';
import { validatePodSpec } from './pod-spec.ts';
import { validateAnnotations, validateLabels } from './selector.ts';

export function* validatePodTemplateForReplicaSet(
  template: PodTemplateSpec | undefined,
  selectorMatches: boolean,
  path: string,
): FieldErrors {
  const { labels, annotations } = template?.metadata ?? {};
  if (!selectorMatches) {
    yield invalid(`${path}.metadata.labels`, labels, '`selector` does not match template `labels`');
  }
  // QUIRK: these two paths lack the element `metadata`.
  yield* validateLabels(labels, `${path}.labels`);
  yield* validateAnnotations(annotations, `${path}.annotations`);
  const spec: Readonly<Record<string, unknown>> = template?.spec ?? {};
  yield* validatePodSpec(spec, `${path}.spec`);
  if (Array.isArray(spec.ephemeralContainers) && spec.ephemeralContainers.length > 0) {
    yield forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template');
  }
  const restartPolicy = spec.restartPolicy || 'Always';
  if (restartPolicy !== 'Always') yield notSupported(`${path}.spec.restartPolicy`, restartPolicy, ['Always']);
  if (spec.activeDeadlineSeconds !== undefined) {
    yield forbidden(`${path}.spec.activeDeadlineSeconds`, 'activeDeadlineSeconds in ReplicaSet is not Supported');
  }
}
