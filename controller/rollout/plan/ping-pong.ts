// Which of two Services is stable and which is canary (traffic.md §2.7)? The roles flip at a promotion, so that no selector
// changes then; the canary's is pinned before its first pod, for load balancers that inject readiness gates.

import { podTemplateHashLabel } from '../../api/constants.ts';
import { canaryOf } from '../../api/defaults.ts';
import type { AlbStatus, PingPong, RolloutStatus } from '../../api/types.generated.ts';
import { newReplicaSet, type Pass, stableReplicaSet } from './pass.ts';
import type { StatusDraft } from './persist-status.ts';
import { hashOf } from './replica-set.ts';
import { ensureSelects, planSelector, serviceNamed } from './services.ts';
import { isFullyPromoted } from './weights.ts';

export function planPingPongServices(pass: Pass): void {
  const pingPong = canaryOf(pass.rollout)?.pingPong;
  const newRS = newReplicaSet(pass);
  if (!pingPong || !newRS) return;
  const { stableService, canaryService } = rolesOf(pingPong, pass.status);
  if (!isFullyPromoted(pass.status)) {
    const known = serviceNamed(pass, canaryService);
    if (known.is === 'present' && known.value.spec.selector?.[podTemplateHashLabel] !== hashOf(newRS)) {
      planSelector(pass, canaryService, known.value, hashOf(newRS));
    }
  }
  // On a Rollout that gets ping-pong later neither has a hash: the stable role would select canary pods too.
  const stable = serviceNamed(pass, stableService);
  if (stable.is !== 'present' || stable.value.spec.selector?.[podTemplateHashLabel] !== undefined) return;
  ensureSelects(pass, stableService, stableReplicaSet(pass));
}

function rolesOf(
  { pingService, pongService }: PingPong,
  status: RolloutStatus,
): { readonly stableService: string; readonly canaryService: string } {
  return status.canary?.stablePingPong === 'ping'
    ? { stableService: pingService, canaryService: pongService }
    : { stableService: pongService, canaryService: pingService };
}

/** A different revision is promoted: the roles change places, and with them what was verified of load balancers. */
export function flipPingPong(pass: Pass, draft: StatusDraft): void {
  if (!canaryOf(pass.rollout)?.pingPong) return;
  const stablePingPong = pass.status.canary?.stablePingPong === 'ping' ? 'pong' : 'ping';
  draft.canary = { ...draft.canary, stablePingPong };
  draft.alb = draft.alb && swapped(draft.alb);
  draft.albs = draft.albs?.map(swapped);
}

function swapped(alb: AlbStatus): AlbStatus {
  const { canaryTargetGroup, stableTargetGroup, ...rest } = alb;
  return {
    ...rest,
    ...(stableTargetGroup ? { canaryTargetGroup: stableTargetGroup } : {}),
    ...(canaryTargetGroup ? { stableTargetGroup: canaryTargetGroup } : {}),
  } as AlbStatus;
}
