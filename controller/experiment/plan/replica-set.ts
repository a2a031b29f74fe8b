// The ReplicaSet of a template (analysis.md §6.5): which one is it, and what does a new one look like? It is found by
// owner and annotations, so that editing the template of an existing Experiment has no effect (QUIRK).

import { knownOf } from '../../analysis/plan/known-templates.ts';
import {
  apiVersion,
  experimentNameAnnotation,
  experimentTemplateAnnotation,
  podTemplateHashLabel,
} from '../../api/constants.ts';
import type { OwnerReference, PodTemplateSpec, ReplicaSet, StringMap } from '../../api/kubernetes-types.ts';
import { defaultPodTemplate } from '../../api/pod-template-defaults.ts';
import type { Experiment, TemplateSpec } from '../../api/types.generated.ts';
import { goJson } from '../../lang/go-json.ts';
import { podTemplateHash } from '../../lang/pod-template-hash.ts';
import { outcomeOf, type Pass, refusalOf, tellFailure } from './pass.ts';

export type FoundReplicaSet =
  | { readonly is: 'present'; readonly replicaSet: ReplicaSet }
  /** It is created in this wave. */
  | { readonly is: 'created' }
  /** Its name is taken by what is on its way out. */
  | { readonly is: 'awaited'; readonly message: string }
  /** The template cannot have one. */
  | { readonly is: 'failed'; readonly message: string; readonly isCollision: boolean }
  /** Nobody can tell yet: a need or reason says why. */
  | { readonly is: 'unknown' };

export function findOrCreateReplicaSet(pass: Pass, template: TemplateSpec): FoundReplicaSet {
  const own = replicaSetsOf(pass, template.name)[0];
  if (own) return { is: 'present', replicaSet: own };
  const object = makeReplicaSet(pass.experiment, template);
  const name = object.metadata.name ?? '';
  const key = `create/${name}`;
  const failed = (message: string, isCollision = false) => {
    tellFailure(pass, key);
    const text = `Failed to create ReplicaSet for template '${template.name}': ${message}`;
    return { is: 'failed', message: text, isCollision } as const;
  };
  const refusal = refusalOf(pass, key);
  if (refusal !== undefined) return failed(refusal);
  if (outcomeOf(pass, key)?.problem.class === 'exists') {
    const live = knownOf(pass.observed.live.replicaSets, name);
    if (live.is === 'unread') {
      pass.needs.push({ kind: 'replicaSet', name });
      return { is: 'unknown' };
    }
    if (live.is === 'failed') {
      pass.reasons.push({ code: 'objectUnreadable', kind: 'ReplicaSet', name, message: live.problem.message });
      return { is: 'unknown' };
    }
    if (live.is === 'present') {
      if (isSame(live.value, object, pass.experiment)) return { is: 'present', replicaSet: live.value };
      if (isLeaving(live.value, pass.experiment)) {
        tellFailure(pass, key);
        return { is: 'awaited', message: `ReplicaSet ${name} of an Experiment that was deleted is still there` };
      }
      // BUG of the reference: it counts the collision, which does not change the name, and never gets further.
      return failed(`ReplicaSet ${name} already exists and is not of this template`, true);
    }
  }
  pass.writes.push({
    kind: 'createReplicaSet',
    key,
    onFailure: 'stop',
    object,
    failureEvent: { type: 'Normal', reason: 'ReplicaSetCreateError', message: '{error}' }, // QUIRK: no warning
  });
  return { is: 'created' };
}

export function replicaSetsOf({ observed, experiment }: Pass, template: string): ReplicaSet[] {
  return observed.replicaSets.filter(({ metadata }) => {
    const { [experimentNameAnnotation]: name, [experimentTemplateAnnotation]: of } = metadata.annotations ?? {};
    return name === experiment.metadata.name && of === template;
  });
}

/** Names every template's own hash, recomputed: that of the Rollout's ReplicaSet is not part of it. */
export function makeReplicaSet(experiment: Experiment, template: TemplateSpec): ReplicaSet {
  const bare = withoutHash(template.template);
  const labels = { ...bare.metadata?.labels, [podTemplateHashLabel]: podTemplateHash(bare) };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${experiment.metadata.name}-${template.name}`,
      namespace: experiment.metadata.namespace ?? '',
      labels,
      annotations: annotationsOf(experiment, template.name),
      ownerReferences: [ownerOf(experiment)],
    },
    spec: {
      replicas: 0,
      ...(template.minReadySeconds ? { minReadySeconds: template.minReadySeconds } : {}),
      selector: {
        ...template.selector,
        matchLabels: { ...template.selector.matchLabels, [podTemplateHashLabel]: labels[podTemplateHashLabel] ?? '' },
      },
      template: { ...bare, metadata: { ...bare.metadata, labels } },
    },
  };
}

export function annotationsOf(experiment: Experiment, template: string): StringMap {
  return { [experimentNameAnnotation]: experiment.metadata.name ?? '', [experimentTemplateAnnotation]: template };
}

export function ownerOf({ metadata }: Experiment): OwnerReference {
  return {
    apiVersion,
    kind: 'Experiment',
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

export function isOwnedBy(
  object: { readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] } },
  experiment: Experiment,
): boolean {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
  return owner !== undefined && owner.uid === experiment.metadata.uid;
}

/** SLIPWAY: who deletes an Experiment and makes it again has not to wait for the garbage collector. */
function isLeaving({ metadata }: ReplicaSet, experiment: Experiment): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const isOfNamesake = owner?.kind === 'Experiment' && owner.name === experiment.metadata.name;
  return metadata.deletionTimestamp !== undefined || (isOfNamesake && owner.uid !== experiment.metadata.uid);
}

function isSame(live: ReplicaSet, wanted: ReplicaSet, experiment: Experiment): boolean {
  const annotations = Object.entries(wanted.metadata.annotations ?? {});
  return (
    isOwnedBy(live, experiment) &&
    annotations.every(([key, value]) => live.metadata.annotations?.[key] === value) &&
    comparable(live.spec.template) === comparable(wanted.spec.template)
  );
}

function comparable(template: PodTemplateSpec): string {
  return goJson('PodTemplateSpec', defaultPodTemplate(withoutHash(template)));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  return { ...template, metadata: { ...template.metadata, labels } };
}
