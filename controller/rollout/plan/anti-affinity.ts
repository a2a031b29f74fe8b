// Keeps stable and canary pods on different nodes, if asked for (rollout.md §2.7): one term is injected into the template
// of the new ReplicaSet, and recognised again by its shape.

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { PodTemplateSpec, ReplicaSet } from '../../api/kubernetes-types.ts';
import type { AntiAffinity, Rollout } from '../../api/types.generated.ts';
import { hashOf } from './replica-set.ts';

interface AffinityTerm {
  readonly labelSelector?: {
    readonly matchExpressions?: readonly { readonly key?: string; readonly values?: readonly string[] }[];
  };
  readonly [field: string]: unknown;
}

interface WeightedTerm {
  readonly weight: number;
  readonly podAffinityTerm: AffinityTerm;
}

interface PodAntiAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly AffinityTerm[];
  readonly preferredDuringSchedulingIgnoredDuringExecution?: readonly WeightedTerm[];
}

export function antiAffinityOf(rollout: Rollout): AntiAffinity | undefined {
  return rollout.spec.strategy?.canary?.antiAffinity ?? rollout.spec.strategy?.blueGreen?.antiAffinity;
}

/** The template with the term, where stable is another revision (BUG-10: by the label, never a recomputed hash). */
export function withAntiAffinity(
  template: PodTemplateSpec,
  rollout: Rollout,
  stableHash: string | undefined,
  ownHash: string,
): PodTemplateSpec {
  const bare = withoutInjectedAntiAffinity(template);
  const antiAffinity = antiAffinityOf(rollout);
  if (!antiAffinity || !stableHash || stableHash === ownHash) return bare;
  const term: AffinityTerm = {
    labelSelector: { matchExpressions: [{ key: podTemplateHashLabel, operator: 'In', values: [stableHash] } as never] },
    namespaces: [rollout.metadata.namespace ?? ''],
    topologyKey: 'kubernetes.io/hostname',
  };
  const affinity = bare.spec.affinity;
  const before = (affinity?.podAntiAffinity ?? {}) as PodAntiAffinity;
  const weight = antiAffinity.preferredDuringSchedulingIgnoredDuringExecution?.weight;
  const podAntiAffinity: PodAntiAffinity =
    weight === undefined
      ? {
          ...before,
          requiredDuringSchedulingIgnoredDuringExecution: [
            ...(before.requiredDuringSchedulingIgnoredDuringExecution ?? []),
            term,
          ],
        }
      : {
          ...before,
          preferredDuringSchedulingIgnoredDuringExecution: [
            ...(before.preferredDuringSchedulingIgnoredDuringExecution ?? []),
            { weight, podAffinityTerm: term },
          ],
        };
  return { ...bare, spec: { ...bare.spec, affinity: { ...affinity, podAntiAffinity } } };
}

/** The template without the term; what becomes empty by that goes too. */
export function withoutInjectedAntiAffinity(template: PodTemplateSpec): PodTemplateSpec {
  const affinity = template.spec.affinity;
  const before = affinity?.podAntiAffinity as PodAntiAffinity | undefined;
  if (!affinity || !before || injectedHash(template) === undefined) return template;
  const required = before.requiredDuringSchedulingIgnoredDuringExecution?.filter((term) => !isInjected(term));
  const preferred = before.preferredDuringSchedulingIgnoredDuringExecution?.filter(
    ({ podAffinityTerm }) => !isInjected(podAffinityTerm),
  );
  const kept: PodAntiAffinity = {
    ...(required?.length ? { requiredDuringSchedulingIgnoredDuringExecution: required } : {}),
    ...(preferred?.length ? { preferredDuringSchedulingIgnoredDuringExecution: preferred } : {}),
  };
  const { podAntiAffinity: _gone, ...rest } = affinity;
  const left = Object.keys(kept).length > 0 ? { ...rest, podAntiAffinity: kept } : rest;
  const { affinity: _affinity, ...spec } = template.spec;
  return {
    ...template,
    spec: Object.keys(left).length > 0 ? { ...template.spec, affinity: left } : (spec as PodTemplateSpec['spec']),
  };
}

/** Whether the term of a ReplicaSet on its way names a stable revision that is no longer the stable one. */
export function needsNewAntiAffinity(
  replicaSet: ReplicaSet,
  rollout: Rollout,
  stableHash: string | undefined,
): boolean {
  const named = injectedHash(replicaSet.spec.template);
  if (named === undefined || !antiAffinityOf(rollout)) return false;
  return stableHash !== undefined && stableHash !== '' && stableHash !== hashOf(replicaSet) && named !== stableHash;
}

function injectedHash(template: PodTemplateSpec): string | undefined {
  const antiAffinity = template.spec.affinity?.podAntiAffinity as PodAntiAffinity | undefined;
  const terms = [
    ...(antiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(antiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((term) => term.podAffinityTerm),
  ];
  return terms.find(isInjected)?.labelSelector?.matchExpressions?.[0]?.values?.[0];
}

function isInjected(term: AffinityTerm): boolean {
  const [first, second] = term.labelSelector?.matchExpressions ?? [];
  return first?.key === podTemplateHashLabel && first.values?.length === 1 && second === undefined;
}
