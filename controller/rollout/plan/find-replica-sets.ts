// Which ReplicaSet is new, which is stable (rollout.md §2.3)? The label of the ReplicaSet that was found is its hash from
// then on; a recomputed hash only finds it.

import { ephemeralMetadataAnnotation, podTemplateHashLabel } from '../../api/constants.ts';
import type { PodTemplateSpec, ReplicaSet } from '../../api/kubernetes-types.ts';
import { defaultPodTemplate } from '../../api/pod-template-defaults.ts';
import type { Rollout } from '../../api/types.generated.ts';
import { goMeaning } from '../../lang/go-json.ts';
import { podTemplateHash } from '../../lang/pod-template-hash.ts';
import { antiAffinityOf, withoutInjectedAntiAffinity } from './anti-affinity.ts';
import { parseEphemeralMetadata, withoutMetadata } from './ephemeral-metadata.ts';
import type { Pass } from './pass.ts';
import { byCreation, hashOf } from './replica-set.ts';

/** Fills in what the pass owns: ReplicaSets in order of creation, the new and the stable one. */
export function findReplicaSets(pass: Pass, owned: readonly ReplicaSet[]): void {
  pass.replicaSets = [...owned].sort(byCreation);
  pass.newName = findNew(pass.rollout, pass.replicaSets, pass.status.collisionCount)?.metadata.name;
  const stableHash = pass.status.stableRS ?? '';
  if (stableHash !== '') {
    pass.stableName = pass.replicaSets.find((replicaSet) => hashOf(replicaSet) === stableHash)?.metadata.name;
  }
}

/** The hash that a ReplicaSet made now would get. */
export function computedHash(rollout: Rollout, collisionCount: number | undefined): string {
  return rollout.spec.template ? podTemplateHash(rollout.spec.template, collisionCount) : '';
}

/** By hash; else by structure, which is what makes taking over from another controller possible. */
function findNew(
  rollout: Rollout,
  sorted: readonly ReplicaSet[],
  collisionCount: number | undefined,
): ReplicaSet | undefined {
  const hash = computedHash(rollout, collisionCount);
  const byHash = sorted.find((replicaSet) => hashOf(replicaSet) === hash);
  if (byHash || sorted.length === 0 || !rollout.spec.template) return byHash;
  const wanted = comparable(rollout.spec.template);
  const byStructure = sorted.find((replicaSet) => comparable(withoutInjections(replicaSet)) === wanted);
  return byStructure ?? findUndone(rollout, rollout.spec.template, sorted);
}

/** QUIRK: an undo puts the template of a ReplicaSet into the Rollout with what was injected into it (rollout.md §6.6). */
function findUndone(rollout: Rollout, given: PodTemplateSpec, sorted: readonly ReplicaSet[]): ReplicaSet | undefined {
  const wanted = comparable(given);
  const asStored = sorted.find((replicaSet) => comparable(replicaSet.spec.template) === wanted);
  const bare = antiAffinityOf(rollout) ? withoutInjectedAntiAffinity(given) : given;
  if (asStored || bare === given) return asStored;
  const wantedBare = comparable(bare);
  return sorted.find(
    (replicaSet) =>
      comparable(withoutInjections(replicaSet)) === wantedBare ||
      comparable(withoutInjectedAntiAffinity(replicaSet.spec.template)) === wantedBare,
  );
}

/** The template as the Rollout had it: without anti-affinity and metadata that only this ReplicaSet was given. */
export function withoutInjections(replicaSet: ReplicaSet): PodTemplateSpec {
  const recorded = replicaSet.metadata.annotations?.[ephemeralMetadataAnnotation];
  const template = withoutInjectedAntiAffinity(replicaSet.spec.template);
  return recorded === undefined ? template : withoutMetadata(template, parseEphemeralMetadata(recorded));
}

const comparisons = new WeakMap<PodTemplateSpec, string>();

/** The template as text, equal for equal meaning: quantities by value, defaulted, without hash label and deprecated serviceAccount. */
function comparable(template: PodTemplateSpec): string {
  const known = comparisons.get(template);
  if (known !== undefined) return known;
  const { [podTemplateHashLabel]: _hash, ...labels } = template.metadata?.labels ?? {};
  const defaulted = defaultPodTemplate({ ...template, metadata: { ...template.metadata, labels } });
  // Defaulting has made the twins equal.
  const { serviceAccount: _deprecated, ...spec } = defaulted.spec;
  const text = goMeaning('PodTemplateSpec', { ...defaulted, spec });
  comparisons.set(template, text);
  return text;
}
