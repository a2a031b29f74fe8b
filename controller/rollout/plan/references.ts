// May this ReplicaSet still be sent requests (rollout.md §4.7.6)? By any name that traffic knows it by, in the status as
// observed and in Services as they are and as they were. What cannot be read counts as a reference (design law 10).

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';
import { serviceNamed } from './services.ts';
import { isFullyPromoted } from './weights.ts';

export function isReferenced(pass: Pass, replicaSet: ReplicaSet): boolean {
  const hash = hashOf(replicaSet);
  const { status } = pass;
  const weights = status.canary?.weights;
  const named = [
    status.stableRS,
    status.currentPodHash,
    status.blueGreen?.activeSelector,
    status.blueGreen?.previewSelector,
    weights?.canary.podTemplateHash,
    weights?.stable.podTemplateHash,
  ];
  return named.includes(hash) || trafficServices(pass).some((name) => selects(pass, name, hash));
}

function selects(pass: Pass, name: string, hash: string): boolean {
  const known = serviceNamed(pass, name);
  if (known.is === 'failed' || known.is === 'unread') return true;
  if (known.is !== 'present') return false;
  const selected = known.value.spec.selector?.[podTemplateHashLabel];
  return selected === undefined ? !isIdle(pass, name) : selected === hash;
}

/** A Service without a hash, as before its first switch, sends requests to every version; unless it is sent none. */
function isIdle(pass: Pass, name: string): boolean {
  const weights = pass.status.canary?.weights;
  const canary = pass.rollout.spec.strategy?.canary;
  if (!weights || weights.verified === false) return false;
  if (name === canary?.canaryService) return weights.canary.weight === 0;
  return name === canary?.stableService ? weights.stable.weight === 0 : true;
}

/** Services that are sent requests; the canary's of ping and pong keeps its selector when it has no weight any more. */
function trafficServices(pass: Pass): string[] {
  const pingPong = pass.rollout.spec.strategy?.canary?.pingPong;
  const weights = pass.status.canary?.weights;
  if (!pingPong || !isFullyPromoted(pass.status)) return serviceNames(pass);
  const isIdle = (weights?.canary.weight ?? 0) === 0 && weights?.verified !== false;
  const idle = pass.status.canary?.stablePingPong === 'ping' ? pingPong.pongService : pingPong.pingService;
  return serviceNames(pass).filter((name) => !(isIdle && name === idle));
}

/** Every Service that the Rollout points, ping and pong among them. */
function serviceNames(pass: Pass): string[] {
  const { canary, blueGreen } = pass.rollout.spec.strategy ?? {};
  const names = [
    blueGreen?.activeService,
    blueGreen?.previewService,
    canary?.stableService,
    canary?.canaryService,
    canary?.pingPong?.pingService,
    canary?.pingPong?.pongService,
  ];
  return [...new Set(names)].filter((name) => name !== undefined && name !== '') as string[];
}
