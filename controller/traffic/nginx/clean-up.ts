// Is this Ingress a canary of ours, which can go once its Rollout does not name it any more (traffic.md §3.3)? Where it
// may not be deleted it is left at weight 0, which takes no requests.

import type { Ingress } from '../../api/kubernetes-types.ts';

/** The prefix under which `canary: "true"` stands; undefined: not a canary Ingress. */
export function canaryPrefixOf(ingress: Ingress): string | undefined {
  const found = Object.entries(ingress.metadata.annotations ?? {}).find(
    ([key, value]) => key.endsWith('/canary') && value === 'true',
  );
  return found?.[0].slice(0, -'/canary'.length);
}

/** Undefined: it takes nothing already. */
export function withoutWeightPatch(ingress: Ingress, prefix: string): unknown {
  const key = `${prefix}/canary-weight`;
  if ((ingress.metadata.annotations?.[key] ?? '0') === '0') return undefined;
  return { metadata: { annotations: { [key]: '0' } } };
}
