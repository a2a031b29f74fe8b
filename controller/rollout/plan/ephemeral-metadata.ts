// Which labels and annotations do pods carry only while they are canary, preview, stable or active (rollout.md §2.6)? The
// ReplicaSet's template first, then its running pods. QUIRK: with neither field in the spec nothing is touched.

import { ephemeralMetadataAnnotation } from '../../api/constants.ts';
import type { Pod, PodTemplateSpec, ReplicaSet, StringMap } from '../../api/kubernetes-types.ts';
import type { PodTemplateMetadata, Rollout } from '../../api/types.generated.ts';
import { because } from '../../explain/reasons.ts';
import { goJson } from '../../lang/go-json.ts';
import {
  addNeed,
  addReason,
  addWrite,
  newReplicaSet,
  otherReplicaSets,
  type Pass,
  replaceReplicaSet,
  stableReplicaSet,
} from './pass.ts';
import { hashOf, nameOf, uidOf } from './replica-set.ts';
import { specCount } from './replica-set-counts.ts';

export interface EphemeralMetadata {
  /** Of the canary or the preview. */
  readonly onTheWay: PodTemplateMetadata | undefined;
  /** Of the stable or the active side. */
  readonly settled: PodTemplateMetadata | undefined;
}

/** Undefined when the spec has neither field. */
export function ephemeralMetadataOf(rollout: Rollout): EphemeralMetadata | undefined {
  const { canary, blueGreen } = rollout.spec.strategy ?? {};
  const onTheWay = canary?.canaryMetadata ?? blueGreen?.previewMetadata;
  const settled = canary?.stableMetadata ?? blueGreen?.activeMetadata;
  return onTheWay || settled ? { onTheWay, settled } : undefined;
}

/** Plans what the ReplicaSets' templates and their pods still lack. Housekeeping: a failure stops nothing. */
export function planEphemeralMetadata(pass: Pass): void {
  const metadata = ephemeralMetadataOf(pass.rollout);
  const newRS = newReplicaSet(pass);
  if (!metadata || !newRS) return;
  const stableHash = pass.status.stableRS ?? '';
  const isPromoted = stableHash === '' || stableHash === hashOf(newRS);
  const stable = stableReplicaSet(pass);
  planOne(pass, newRS, isPromoted ? metadata.settled : metadata.onTheWay);
  if (!isPromoted && stable) planOne(pass, stable, metadata.settled);
  for (const other of otherReplicaSets(pass)) planOne(pass, other, undefined);
}

function planOne(pass: Pass, replicaSet: ReplicaSet, desired: PodTemplateMetadata | undefined): void {
  const annotation = replicaSet.metadata.annotations?.[ephemeralMetadataAnnotation];
  const noted = annotation === undefined ? {} : parseEphemeralMetadata(annotation);
  // After an undo the Rollout's own template may say what was injected once: of its ReplicaSet it is no longer taken.
  const recorded = replicaSet.metadata.name === pass.newName ? withoutOwn(noted, pass.rollout) : noted;
  const template = replicaSet.spec.template;
  const difference = metadataDifference(template.metadata ?? {}, recorded, desired);
  if (difference) {
    const text = desired === undefined ? null : formatEphemeralMetadata(desired);
    const key = `ephemeral-metadata/${nameOf(replicaSet)}`;
    addWrite(pass, {
      kind: 'patchReplicaSet',
      key,
      onFailure: 'continue',
      name: nameOf(replicaSet),
      uid: uidOf(replicaSet),
      patch: {
        metadata: { annotations: { [ephemeralMetadataAnnotation]: text } },
        spec: { template: { metadata: difference } },
      },
    });
    if (pass.observed.ledger.outcomes[key]) return; // refused: nobody waits for the cluster to act on it
    replaceReplicaSet(pass, {
      ...replicaSet,
      metadata: {
        ...replicaSet.metadata,
        generation: (replicaSet.metadata.generation ?? 0) + 1,
        annotations: applied(replicaSet.metadata.annotations, { [ephemeralMetadataAnnotation]: text }),
      },
      spec: { ...replicaSet.spec, template: withMetadata(withoutMetadata(template, recorded), desired) },
    });
    return; // its pods follow when it has taken it: labels that it refuses could take them away from it
  }
  planPods(pass, replicaSet, recorded, desired);
}

function planPods(
  pass: Pass,
  replicaSet: ReplicaSet,
  recorded: PodTemplateMetadata,
  desired: PodTemplateMetadata | undefined,
): void {
  const uid = uidOf(replicaSet);
  const fingerprint = formatEphemeralMetadata(desired ?? {});
  if (specCount(replicaSet) === 0 || pass.observed.ledger.verifiedPodMetadata[uid] === fingerprint) return;
  const { pods } = pass.observed;
  if (pods.is === 'unread') addNeed(pass, { kind: 'pods' });
  if (pods.is === 'failed') {
    addReason(
      pass,
      because('objectUnreadable', { kind: 'Pod', name: nameOf(replicaSet), message: pods.problem.message }),
    );
  }
  if (pods.is !== 'present') return;
  const removable = removableMetadata(pass.rollout, recorded);
  let missing = 0;
  for (const pod of pods.value.filter((candidate) => isControlledBy(candidate, uid))) {
    const difference = metadataDifference(pod.metadata, removable, desired);
    if (!difference) continue;
    missing += 1;
    addWrite(pass, {
      kind: 'patchPodMetadata',
      key: `pod-metadata/${pod.metadata.name}`,
      onFailure: 'continue',
      replicaSetUid: uid,
      podName: pod.metadata.name ?? '',
      patch: { metadata: difference },
      fingerprint,
    });
  }
  if (missing > 0) return;
  // Nothing is sent: it tells the shell that all pods were found right, so that they are not read again.
  addWrite(pass, {
    kind: 'patchPodMetadata',
    key: `pod-metadata/${nameOf(replicaSet)}`,
    onFailure: 'continue',
    replicaSetUid: uid,
    podName: '',
    patch: {},
    fingerprint,
  });
}

/** What may be taken off a pod: what was recorded, and whatever either role of the spec would have put there. */
function removableMetadata(rollout: Rollout, recorded: PodTemplateMetadata): PodTemplateMetadata {
  const metadata = ephemeralMetadataOf(rollout);
  const own = rollout.spec.template?.metadata;
  const keys = (field: 'labels' | 'annotations'): StringMap => {
    const all = { ...recorded[field], ...metadata?.onTheWay?.[field], ...metadata?.settled?.[field] };
    return Object.fromEntries(Object.entries(all).filter(([key]) => own?.[field]?.[key] === undefined));
  };
  return { labels: keys('labels'), annotations: keys('annotations') };
}

/** What was injected, without what the Rollout's template asks for itself. */
function withoutOwn(injected: PodTemplateMetadata, rollout: Rollout): PodTemplateMetadata {
  const own = rollout.spec.template?.metadata;
  const left = (field: 'labels' | 'annotations'): StringMap =>
    Object.fromEntries(Object.entries(injected[field] ?? {}).filter(([key, value]) => own?.[field]?.[key] !== value));
  return { labels: left('labels'), annotations: left('annotations') };
}

type MetadataPatch = { readonly labels?: NullableMap; readonly annotations?: NullableMap };
type NullableMap = Readonly<Record<string, string | null>>;

/** Merge patch of labels and annotations, or undefined when nothing is to be done. */
function metadataDifference(
  present: PodTemplateMetadata,
  recorded: PodTemplateMetadata,
  desired: PodTemplateMetadata | undefined,
): MetadataPatch | undefined {
  const labels = mapDifference(present.labels, recorded.labels, desired?.labels);
  const annotations = mapDifference(present.annotations, recorded.annotations, desired?.annotations);
  if (!labels && !annotations) return undefined;
  return { ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}

function mapDifference(present: StringMap = {}, recorded: StringMap = {}, desired: StringMap = {}) {
  const patch: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(desired)) if (present[key] !== value) patch[key] = value;
  for (const key of Object.keys(recorded)) {
    if (desired[key] === undefined && present[key] !== undefined) patch[key] = null;
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

export function withMetadata(template: PodTemplateSpec, metadata: PodTemplateMetadata | undefined): PodTemplateSpec {
  if (!metadata) return template;
  const merged = (field: 'labels' | 'annotations') => {
    const all = { ...template.metadata?.[field], ...metadata[field] };
    return Object.keys(all).length > 0 ? { [field]: all } : {};
  };
  return { ...template, metadata: { ...template.metadata, ...merged('labels'), ...merged('annotations') } };
}

export function withoutMetadata(template: PodTemplateSpec, metadata: PodTemplateMetadata): PodTemplateSpec {
  const { labels: _labels, annotations: _annotations, ...rest } = template.metadata ?? {};
  const left = (field: 'labels' | 'annotations') => {
    const kept = Object.entries(template.metadata?.[field] ?? {}).filter(
      ([key]) => metadata[field]?.[key] === undefined,
    );
    return kept.length > 0 ? { [field]: Object.fromEntries(kept) } : {};
  };
  return { ...template, metadata: { ...rest, ...left('labels'), ...left('annotations') } };
}

/** What the annotation records. Something unreadable counts as nothing. */
export function parseEphemeralMetadata(text: string): PodTemplateMetadata {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as PodTemplateMetadata) : {};
  } catch {
    return {};
  }
}

/** As the reference writes it: keys sorted, empty maps left out, `&` and the like escaped. */
export function formatEphemeralMetadata(metadata: PodTemplateMetadata): string {
  return goJson('PodTemplateMetadata', metadata);
}

function isControlledBy(pod: Pod, uid: string): boolean {
  return pod.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) ?? false;
}

function applied(map: StringMap = {}, patch: NullableMap): StringMap {
  const merged: Record<string, string> = { ...map };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = value;
  }
  return merged;
}
