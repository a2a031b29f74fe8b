// What `trafficRouting.alb` of a Rollout says, with its defaults and with the roles of ping and pong (traffic.md §2.1,
// §2.7).

import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';

export interface AlbSettings {
  readonly rolloutName: string;
  readonly ingresses: readonly string[];
  readonly prefix: string;
  readonly servicePort: number;
  /** Service that the Ingress rules name, and name of the action. */
  readonly rootService: string;
  readonly canaryService: string;
  readonly stableService: string;
  readonly managedRoutes: readonly string[];
  /** Present when stickiness is enabled. */
  readonly stickySeconds?: number;
}

export function readAlbSettings(rollout: Rollout, status: RolloutStatus): AlbSettings | undefined {
  const canary = rollout.spec.strategy?.canary;
  const alb = canary?.trafficRouting?.alb;
  if (!canary || !alb) return undefined;
  const roles = rolesOf(canary, status);
  return {
    rolloutName: rollout.metadata.name ?? '',
    ingresses: alb.ingresses && alb.ingresses.length > 0 ? alb.ingresses : alb.ingress ? [alb.ingress] : [],
    prefix: alb.annotationPrefix || 'alb.ingress.kubernetes.io',
    servicePort: alb.servicePort,
    rootService: alb.rootService || canary.stableService || '',
    ...roles,
    managedRoutes: (canary.trafficRouting?.managedRoutes ?? []).map((route) => route.name),
    ...(alb.stickinessConfig?.enabled ? { stickySeconds: alb.stickinessConfig.durationSeconds } : {}),
  };
}

type Canary = NonNullable<NonNullable<Rollout['spec']['strategy']>['canary']>;

/** With ping-pong the roles come from the status, even where stableService and canaryService are set too. */
function rolesOf(canary: Canary, status: RolloutStatus): { canaryService: string; stableService: string } {
  const { pingPong } = canary;
  if (!pingPong) return { canaryService: canary.canaryService ?? '', stableService: canary.stableService ?? '' };
  return status.canary?.stablePingPong === 'ping'
    ? { stableService: pingPong.pingService, canaryService: pingPong.pongService }
    : { stableService: pingPong.pongService, canaryService: pingPong.pingService };
}
