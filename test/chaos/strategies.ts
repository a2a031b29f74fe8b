// Strategies by chance: canaries with and without a router, blue/green, their steps, delays, hooks. All fields are valid;
// delays are short, so that an hour shows where it ends.

import type { Dice } from './dice.ts';

export type Kind = 'basic' | 'routed' | 'nginx' | 'pingPong' | 'dynamic' | 'dynamicNginx' | 'blueGreen';
export const kinds: readonly Kind[] = ['basic', 'routed', 'nginx', 'pingPong', 'dynamic', 'dynamicNginx', 'blueGreen'];

export function isRouted(kind: Kind): boolean {
  return kind !== 'basic' && kind !== 'blueGreen';
}

/** The AnalysisTemplate that all of them name. */
export const templateName = 'check';
const analysis = { templates: [{ templateName }] };

export function makeStrategy(dice: Dice, kind: Kind): object {
  if (kind === 'blueGreen') return { blueGreen: makeBlueGreen(dice) };
  const bounds = dice.pick([
    {},
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: '50%', maxUnavailable: '25%' },
    { maxSurge: 2, maxUnavailable: 2 },
  ]);
  const hasRouter = isRouted(kind);
  const isDynamic = kind === 'dynamic' || kind === 'dynamicNginx';
  return {
    canary: {
      ...bounds,
      ...(dice.chance(0.85) ? { steps: makeSteps(dice, takesOf(kind)) } : {}),
      ...(hasRouter && dice.chance(0.3) ? { abortScaleDownDelaySeconds: dice.below(40) } : {}),
      ...(hasRouter && !isDynamic && dice.chance(0.3) ? { scaleDownDelaySeconds: dice.below(40) } : {}),
      ...(hasRouter && dice.chance(0.2) ? { minPodsPerReplicaSet: 1 + dice.below(3) } : {}),
      ...(hasRouter ? { trafficRouting: makeRouting(kind) } : {}),
      ...(kind === 'pingPong' ? { pingPong: { pingService: 'ping', pongService: 'pong' } } : {}),
      ...(hasRouter && kind !== 'pingPong' ? { canaryService: 'canary', stableService: 'stable' } : {}),
      ...(isDynamic ? { dynamicStableScale: true } : {}),
      ...(dice.chance(0.2) ? metadata : {}),
      ...(dice.chance(0.15) ? { analysis: { ...analysis, startingStep: 1 + dice.below(2) } } : {}),
    },
  };
}

const metadata = {
  canaryMetadata: { labels: { role: 'canary' } },
  stableMetadata: { labels: { role: 'stable' }, annotations: { note: 'stable' } },
};

function makeRouting(kind: Kind): object {
  if (kind === 'nginx' || kind === 'dynamicNginx') return { nginx: { stableIngress: 'nginx' } };
  return { managedRoutes: [{ name: 'testers' }], alb: { ingress: 'web', rootService: 'root', servicePort: 80 } };
}

function makeBlueGreen(dice: Dice): object {
  return {
    activeService: 'active',
    previewService: 'preview',
    ...(dice.chance(0.4) ? { autoPromotionEnabled: false } : {}),
    ...(dice.chance(0.3) ? { autoPromotionSeconds: 1 + dice.below(30) } : {}),
    ...(dice.chance(0.3) ? { previewReplicaCount: 1 } : {}),
    ...(dice.chance(0.4) ? { scaleDownDelaySeconds: dice.below(60) } : {}),
    ...(dice.chance(0.3) ? { abortScaleDownDelaySeconds: dice.below(60) } : {}),
    ...(dice.chance(0.3) ? { scaleDownDelayRevisionLimit: dice.below(2) } : {}),
    ...(dice.chance(0.2) ? { prePromotionAnalysis: analysis } : {}),
    ...(dice.chance(0.2) ? { postPromotionAnalysis: analysis } : {}),
  };
}

type Make = (dice: Dice) => object;

const anyCanary: readonly Make[] = [
  (dice) => ({ setWeight: dice.below(101) }),
  (dice) => ({ setWeight: dice.below(101) }),
  (dice) => ({ pause: { duration: 1 + dice.below(40) } }),
  () => ({ pause: {} }),
];

const routedOnly: readonly Make[] = [
  (dice) => ({ setCanaryScale: dice.pick([{ replicas: 1 + dice.below(4) }, { weight: 1 + dice.below(100) }]) }),
  () => ({ setCanaryScale: { matchTrafficWeight: true } }),
];

const header = { headerName: 'x-user', headerValue: { exact: 'tester' } };

/** Mirror routes are for Istio and plugins alone, which are not played here. */
const albOnly: readonly Make[] = [
  ...routedOnly,
  (dice) => ({ setHeaderRoute: { name: 'testers', ...(dice.chance(0.7) ? { match: [header] } : {}) } }),
];

/** Which steps are valid. */
export type Takes = 'basic' | 'routed' | 'alb';

function takesOf(kind: Kind): Takes {
  if (kind === 'basic') return 'basic';
  return kind === 'nginx' || kind === 'dynamicNginx' ? 'routed' : 'alb';
}

const special: Readonly<Record<Takes, readonly Make[]>> = { basic: [], routed: routedOnly, alb: albOnly };

export function makeSteps(dice: Dice, takes: Takes): object[] {
  return Array.from({ length: dice.below(6) }, () => {
    if (dice.chance(0.1)) return { analysis };
    return dice.pick(takes !== 'basic' && dice.chance(0.4) ? special[takes] : anyCanary)(dice);
  });
}
