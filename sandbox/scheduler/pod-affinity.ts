// With which pods does a pod want to stand together, and from which apart? Terms of podAffinity and podAntiAffinity,
// and whether another pod is meant by one.

import type { KubernetesObject, LabelSelector, Pod } from '../../controller/api/kubernetes-types.ts';
import { matchesLabelSelector } from '../../controller/lang/label-selector.ts';

export interface PodTerm {
  readonly topologyKey: string;
  readonly labelSelector?: LabelSelector;
  readonly matchLabelKeys?: readonly string[];
  readonly mismatchLabelKeys?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelector;
}

export interface WeightedTerm {
  readonly weight: number;
  readonly podAffinityTerm: PodTerm;
}

export interface PodAffinity {
  readonly attractedBy: readonly PodTerm[];
  readonly repelledBy: readonly PodTerm[];
  /** Negative weights are those of podAntiAffinity. */
  readonly preferred: readonly WeightedTerm[];
}

interface RawAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedTerm[];
}

const none: PodAffinity = { attractedBy: [], repelledBy: [], preferred: [] };

export function podAffinityOf(pod: Pod): PodAffinity {
  const affinity = pod.spec.affinity as
    | { readonly podAffinity?: RawAffinity; readonly podAntiAffinity?: RawAffinity }
    | undefined;
  if (affinity?.podAffinity === undefined && affinity?.podAntiAffinity === undefined) return none;
  const { podAffinity: near = {}, podAntiAffinity: apart = {} } = affinity;
  const away = apart.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    attractedBy: near.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    repelledBy: apart.requiredDuringSchedulingIgnoredDuringExecution ?? [],
    preferred: [
      ...(near.preferredDuringSchedulingIgnoredDuringExecution ?? []),
      ...away.map(({ weight, podAffinityTerm }) => ({ weight: -weight, podAffinityTerm })),
    ],
  };
}

/** The Namespace object of this name, for its labels. */
export type Namespaces = (name: string) => KubernetesObject | undefined;

/** Whether the term of `owner` means this other pod. Without namespaces it speaks of the owner's own. */
export function meansPod(term: PodTerm, owner: Pod, other: Pod, namespaces: Namespaces): boolean {
  const home = owner.metadata.namespace ?? '';
  const namespace = other.metadata.namespace ?? '';
  const { namespaces: named = [], namespaceSelector } = term;
  const isNamed =
    named.length === 0 && namespaceSelector === undefined ? namespace === home : named.includes(namespace);
  const isMeant = isNamed || matchesLabelSelector(namespaceSelector, namespaces(namespace)?.metadata.labels);
  if (!isMeant || !matchesLabelSelector(term.labelSelector, other.metadata.labels)) return false;
  const same = (key: string): boolean => owner.metadata.labels?.[key] === other.metadata.labels?.[key];
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const own = (key: string): boolean => owner.metadata.labels?.[key] !== undefined;
  return matchLabelKeys.filter(own).every(same) && !mismatchLabelKeys.filter(own).some(same);
}
