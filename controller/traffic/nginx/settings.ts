// What `trafficRouting.nginx` of a Rollout says, with its defaults, and the name of a canary Ingress (traffic.md §3.1-3.2).

import type { StringMap } from '../../api/kubernetes-types.ts';
import type { Rollout } from '../../api/types.generated.ts';

export const defaultPrefix = 'nginx.ingress.kubernetes.io';

export interface NginxSettings {
  readonly rolloutName: string;
  readonly rolloutUid: string;
  readonly namespace: string;
  readonly stableIngresses: readonly string[];
  readonly prefix: string;
  readonly canaryService: string;
  readonly stableService: string;
  /** Annotations of the user's own, by their whole keys. */
  readonly annotations: StringMap;
  /** Present when maxTrafficWeight is set. */
  readonly weightTotal?: number;
}

export function readNginxSettings(rollout: Rollout): NginxSettings | undefined {
  const canary = rollout.spec.strategy?.canary;
  const nginx = canary?.trafficRouting?.nginx;
  if (!canary || !nginx) return undefined;
  const prefix = nginx.annotationPrefix || defaultPrefix;
  const max = canary.trafficRouting?.maxTrafficWeight;
  return {
    rolloutName: rollout.metadata.name ?? '',
    rolloutUid: rollout.metadata.uid ?? '',
    namespace: rollout.metadata.namespace ?? '',
    stableIngresses: stableIngressNames(rollout),
    prefix,
    canaryService: canary.canaryService ?? '',
    stableService: canary.stableService ?? '',
    annotations: { ...withPrefix(nginx.additionalIngressAnnotations, prefix), ...nginx.canaryIngressAnnotations },
    ...(max === undefined ? {} : { weightTotal: max }),
  };
}

export function stableIngressNames(rollout: Rollout): readonly string[] {
  const nginx = rollout.spec.strategy?.canary?.trafficRouting?.nginx;
  if (nginx?.stableIngresses && nginx.stableIngresses.length > 0) return nginx.stableIngresses;
  return nginx?.stableIngress ? [nginx.stableIngress] : [];
}

/** 253 characters at most: the length that an object's name may have. */
export function canaryIngressName(rolloutName: string, stableIngress: string): string {
  return `${`${rolloutName}-${stableIngress}`.slice(0, 246)}-canary`;
}

/** Keys without the prefix get it: `canary-by-header` is enough. */
function withPrefix(annotations: StringMap | undefined, prefix: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations ?? {}).map(([key, value]) => [key.startsWith(prefix) ? key : `${prefix}/${key}`, value]),
  );
}
