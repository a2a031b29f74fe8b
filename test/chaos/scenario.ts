// A random Rollout with everything that it refers to. All fields are valid; delays are short, so that an hour shows
// where it ends.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Dice } from './dice.ts';

export const namespace = 'chaos';
export const app = 'web';

export type Kind = 'basic' | 'routed' | 'pingPong' | 'dynamic' | 'blueGreen';
export const kinds: readonly Kind[] = ['basic', 'routed', 'pingPong', 'dynamic', 'blueGreen'];

export interface Scenario {
  readonly kind: Kind;
  readonly objects: readonly KubernetesObject[];
  /** The Host under which the load reaches it. */
  readonly host: string;
}

export const goodImages = ['web:1', 'web:2', 'web:3', 'web:4'];
/** It never gets ready. */
export const badImage = 'web-missing:9';

const serviceNames = ['root', 'stable', 'canary', 'ping', 'pong', 'active', 'preview'];

export function makeScenario(dice: Dice): Scenario {
  const kind = dice.pick(kinds);
  const service = kind === 'basic' ? 'root' : 'active';
  return {
    kind,
    host: kind === 'basic' || kind === 'blueGreen' ? `${service}.${namespace}.localhost` : 'web.example',
    objects: [...serviceNames.map(makeService), makeIngress(), makeRollout(dice, kind)],
  };
}

function makeRollout(dice: Dice, kind: Kind): KubernetesObject {
  const spec = {
    replicas: 1 + dice.below(6),
    // At least scaleDownDelayRevisionLimit, also after a change of the strategy.
    revisionHistoryLimit: 1 + dice.below(4),
    progressDeadlineSeconds: 30 + dice.below(90),
    ...(dice.chance(0.3) ? { progressDeadlineAbort: true } : {}),
    ...(dice.chance(0.3) ? { minReadySeconds: dice.below(8) } : {}),
    ...(dice.chance(0.2) ? { rollbackWindow: { revisions: 1 + dice.below(3) } } : {}),
    selector: { matchLabels: { app } },
    strategy: makeStrategy(dice, kind),
    template: {
      metadata: { labels: { app } },
      spec: { containers: [{ name: 'web', image: goodImages[0], ports: [{ containerPort: 8080 }] }] },
    },
  };
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: app, namespace },
    spec,
  } as KubernetesObject;
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
  const routing = { alb: { ingress: 'web', rootService: 'root', servicePort: 80 } };
  const services = { canaryService: 'canary', stableService: 'stable' };
  const isRouted = kind !== 'basic';
  return {
    canary: {
      ...bounds,
      ...(dice.chance(0.85) ? { steps: makeSteps(dice, isRouted) } : {}),
      ...(isRouted && dice.chance(0.3) ? { abortScaleDownDelaySeconds: dice.below(40) } : {}),
      ...(isRouted && kind !== 'dynamic' && dice.chance(0.3) ? { scaleDownDelaySeconds: dice.below(40) } : {}),
      ...(isRouted && dice.chance(0.2) ? { minPodsPerReplicaSet: 1 + dice.below(3) } : {}),
      ...(isRouted ? { trafficRouting: routing } : {}),
      ...(kind === 'pingPong' ? { pingPong: { pingService: 'ping', pongService: 'pong' } } : {}),
      ...(kind === 'routed' || kind === 'dynamic' ? services : {}),
      ...(kind === 'dynamic' ? { dynamicStableScale: true } : {}),
      ...(dice.chance(0.2) ? metadata : {}),
    },
  };
}

const metadata = {
  canaryMetadata: { labels: { role: 'canary' } },
  stableMetadata: { labels: { role: 'stable' }, annotations: { note: 'stable' } },
};

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
  };
}

export function makeSteps(dice: Dice, isRouted: boolean): object[] {
  const steps: object[] = [];
  const count = dice.below(6);
  for (let index = 0; index < count; index++) {
    const roll = dice.below(isRouted ? 6 : 4);
    if (roll < 2) steps.push({ setWeight: dice.below(101) });
    else if (roll === 2) steps.push({ pause: { duration: 1 + dice.below(40) } });
    else if (roll === 3) steps.push({ pause: {} });
    else if (roll === 4)
      steps.push({ setCanaryScale: dice.pick([{ replicas: 1 + dice.below(4) }, { weight: 1 + dice.below(100) }]) });
    else steps.push({ setCanaryScale: { matchTrafficWeight: true } });
  }
  return steps;
}

function makeService(name: string): KubernetesObject {
  const spec = { selector: { app }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec } as KubernetesObject;
}

function makeIngress(): KubernetesObject {
  const backend = { service: { name: 'root', port: { name: 'use-annotation' } } };
  const paths = [{ path: '/*', pathType: 'ImplementationSpecific', backend }];
  const spec = { ingressClassName: 'alb', rules: [{ http: { paths } }] };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'web', namespace },
    spec,
  } as KubernetesObject;
}
