// May this ReplicaSet still be sent requests (rollout.md §4.7.6)? By any name that traffic knows it by, in the status as
// observed and in Services as they are and as they were. What cannot be read counts as a reference (design law 10).

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Pass } from './pass.ts';
import { hashOf } from './replica-set.ts';
import { serviceNamed } from './services.ts';

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
  return named.includes(hash) || serviceNames(pass).some((name) => selects(pass, name, hash));
}

function selects(pass: Pass, name: string, hash: string): boolean {
  const known = serviceNamed(pass, name);
  if (known.is === 'failed' || known.is === 'unread') return true;
  return known.is === 'present' && known.value.spec.selector?.[podTemplateHashLabel] === hash;
}

/** Every Service that the Rollout points, ping and pong among them. */
export function serviceNames(pass: Pass): string[] {
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
