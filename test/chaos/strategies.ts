// Strategies by chance: canaries with and without a router, blue/green, their delays, hooks and bounds. All fields are
// valid; delays are short, so that an hour shows where it ends.

import type { Dice } from './dice.ts';
import { albIngress, managedRoute, nginxIngress, port } from './names.ts';
import { makeAnalysis, makeSteps, type Takes } from './steps.ts';

export type Kind = 'basic' | 'routed' | 'nginx' | 'pingPong' | 'dynamic' | 'dynamicNginx' | 'blueGreen';
export const kinds: readonly Kind[] = ['basic', 'routed', 'nginx', 'pingPong', 'dynamic', 'dynamicNginx', 'blueGreen'];

export function isRouted(kind: Kind): boolean {
  return kind !== 'basic' && kind !== 'blueGreen';
}

export function isNginx(kind: Kind): boolean {
  return kind === 'nginx' || kind === 'dynamicNginx';
}

export function isAlb(kind: Kind): boolean {
  return isRouted(kind) && !isNginx(kind);
}

export function makeStrategy(dice: Dice, kind: Kind): object {
  if (kind === 'blueGreen') return { blueGreen: makeBlueGreen(dice) };
  const bounds = dice.pick([
    {},
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: '50%', maxUnavailable: '25%' },
    { maxSurge: 2, maxUnavailable: 2 },
  ]);
  return {
    canary: {
      ...bounds,
      ...(dice.chance(0.85) ? { steps: makeSteps(dice, takesOf(kind)) } : {}),
      ...(isRouted(kind) ? makeRouted(dice, kind) : {}),
      ...(dice.chance(0.2) ? canaryMetadata : {}),
      ...(dice.chance(0.15) ? { analysis: { ...makeAnalysis(dice), startingStep: dice.below(3) } } : {}),
      ...makeAntiAffinity(dice),
    },
  };
}

function takesOf(kind: Kind): Takes {
  if (kind === 'basic') return 'basic';
  return isNginx(kind) ? 'routed' : 'alb';
}

/** What a canary has with a router alone. */
function makeRouted(dice: Dice, kind: Kind): object {
  const isDynamic = kind === 'dynamic' || kind === 'dynamicNginx';
  return {
    ...(dice.chance(0.3) ? { abortScaleDownDelaySeconds: dice.below(40) } : {}),
    ...(!isDynamic && dice.chance(0.3) ? { scaleDownDelaySeconds: dice.below(40) } : {}),
    ...(!isDynamic && dice.chance(0.2) ? { scaleDownDelayRevisionLimit: dice.below(2) } : {}),
    ...(dice.chance(0.2) ? { minPodsPerReplicaSet: 1 + dice.below(3) } : {}),
    ...(dice.chance(0.15) ? { replicaProgressThreshold: makeThreshold(dice) } : {}),
    ...(kind === 'pingPong'
      ? { pingPong: { pingService: 'ping', pongService: 'pong' } }
      : { canaryService: 'canary', stableService: 'stable' }),
    ...(isDynamic ? { dynamicStableScale: true } : {}),
    trafficRouting: isNginx(kind) ? { nginx: { stableIngress: nginxIngress } } : makeAlbRouting(dice),
  };
}

function makeAlbRouting(dice: Dice): object {
  const stickinessConfig = { enabled: true, durationSeconds: 60 };
  return {
    managedRoutes: [{ name: managedRoute }],
    alb: {
      ingress: albIngress,
      rootService: 'root',
      servicePort: port,
      ...(dice.chance(0.1) ? { stickinessConfig } : {}),
    },
  };
}

function makeThreshold(dice: Dice): object {
  return dice.pick([
    { type: 'Percent', value: 50 + dice.below(51) },
    { type: 'Pods', value: 1 },
  ]);
}

function makeBlueGreen(dice: Dice): object {
  return {
    activeService: 'active',
    ...(dice.chance(0.85) ? { previewService: 'preview' } : {}),
    ...(dice.chance(0.4) ? { autoPromotionEnabled: false } : {}),
    ...(dice.chance(0.3) ? { autoPromotionSeconds: 1 + dice.below(30) } : {}),
    ...(dice.chance(0.3) ? { previewReplicaCount: 1 + dice.below(2) } : {}),
    ...(dice.chance(0.4) ? { scaleDownDelaySeconds: dice.below(60) } : {}),
    ...(dice.chance(0.3) ? { abortScaleDownDelaySeconds: dice.below(60) } : {}),
    ...(dice.chance(0.3) ? { scaleDownDelayRevisionLimit: dice.below(2) } : {}),
    ...(dice.chance(0.2) ? { maxUnavailable: dice.pick([1, '50%']) } : {}),
    ...(dice.chance(0.2) ? { prePromotionAnalysis: makeAnalysis(dice) } : {}),
    ...(dice.chance(0.2) ? { postPromotionAnalysis: makeAnalysis(dice) } : {}),
    ...(dice.chance(0.2) ? blueGreenMetadata : {}),
    ...makeAntiAffinity(dice),
  };
}

/** Only the one that is preferred: on a single node the other leaves the new version without a place. */
function makeAntiAffinity(dice: Dice): object {
  const preferred = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 1 + dice.below(100) } };
  return dice.chance(0.1) ? { antiAffinity: preferred } : {};
}

const canaryMetadata = {
  canaryMetadata: { labels: { role: 'canary' } },
  stableMetadata: { labels: { role: 'stable' }, annotations: { note: 'stable' } },
};

const blueGreenMetadata = {
  previewMetadata: { labels: { role: 'preview' } },
  activeMetadata: { labels: { role: 'active' }, annotations: { note: 'active' } },
};
