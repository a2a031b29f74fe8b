// A random Rollout with everything that it refers to: Services, Ingresses, a template of analyses, sometimes a workload
// or an autoscaler.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Dice } from './dice.ts';
import { type Kind, kinds, makeStrategy, templateName } from './strategies.ts';

export const namespace = 'chaos';
export const app = 'web';

export interface Scenario {
  readonly kind: Kind;
  /** In the order in which they are created. */
  readonly objects: readonly KubernetesObject[];
  readonly host: string;
}

export const goodImages = ['web:1', 'web:2', 'web:3', 'web:4'];
/** It never gets ready. */
export const badImage = 'web-missing:9';

const serviceNames = ['root', 'stable', 'canary', 'ping', 'pong', 'active', 'preview'];

/** The Host under which the load reaches a strategy's Rollout. */
export const hosts: Readonly<Record<Kind, string>> = {
  basic: `root.${namespace}.localhost`,
  blueGreen: `active.${namespace}.localhost`,
  routed: 'web.example',
  pingPong: 'web.example',
  dynamic: 'web.example',
  nginx: 'nginx.example',
  dynamicNginx: 'nginx.example',
};

export function makeScenario(dice: Dice): Scenario {
  const kind = dice.pick(kinds);
  const rollout = makeRollout(dice, kind);
  const scaleDown = dice.chance(0.15) ? dice.pick(['never', 'onsuccess', 'progressively']) : undefined;
  const owned = scaleDown === undefined ? [rollout] : byWorkload(rollout, scaleDown);
  return {
    kind,
    host: hosts[kind],
    objects: [
      ...serviceNames.map(makeService),
      ...makeIngresses(),
      analysisTemplate,
      ...owned,
      ...(dice.chance(0.1) ? [autoscaler] : []),
    ],
  };
}

export function containersOf(image: string | undefined): readonly object[] {
  return [{ name: 'web', image, ports: [{ containerPort: 8080 }] }];
}

interface RolloutObject extends KubernetesObject {
  readonly spec: { readonly replicas: number; readonly selector: object; readonly template: object };
}

function makeRollout(dice: Dice, kind: Kind): RolloutObject {
  return made('argoproj.io/v1alpha1', 'Rollout', app, {
    replicas: 1 + dice.below(6),
    // At least scaleDownDelayRevisionLimit, also after a change of the strategy.
    revisionHistoryLimit: 1 + dice.below(4),
    progressDeadlineSeconds: 30 + dice.below(90),
    ...(dice.chance(0.3) ? { progressDeadlineAbort: true } : {}),
    ...(dice.chance(0.3) ? { minReadySeconds: dice.below(8) } : {}),
    ...(dice.chance(0.2) ? { rollbackWindow: { revisions: 1 + dice.below(3) } } : {}),
    selector: { matchLabels: { app } },
    strategy: makeStrategy(dice, kind),
    template: { metadata: { labels: { app } }, spec: { containers: containersOf(goodImages[0]) } },
  });
}

/** The template lives in a Deployment, which runs already. */
function byWorkload(rollout: RolloutObject, scaleDown: string): KubernetesObject[] {
  const { template, ...spec } = rollout.spec;
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: app, scaleDown };
  return [
    made('apps/v1', 'Deployment', app, { replicas: spec.replicas, selector: spec.selector, template }),
    { ...rollout, spec: { ...spec, workloadRef } } as KubernetesObject,
  ];
}

/** The provider is scripted (metrics.ts). */
const analysisTemplate = made('argoproj.io/v1alpha1', 'AnalysisTemplate', templateName, {
  metrics: [{ name: 'quality', interval: '4s', count: 3, provider: { web: { url: 'http://metrics.example' } } }],
});

/** More requests than one pod is meant for: it changes its mind now and then. */
const autoscaler = made('autoscaling/v2', 'HorizontalPodAutoscaler', app, {
  scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: app },
  minReplicas: 2,
  maxReplicas: 5,
  metrics: [
    {
      type: 'Pods',
      pods: { metric: { name: 'requests-per-second' }, target: { type: 'AverageValue', averageValue: '300m' } },
    },
  ],
});

function makeService(name: string): KubernetesObject {
  return made('v1', 'Service', name, {
    selector: { app },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
  });
}

function makeIngresses(): KubernetesObject[] {
  const backend = (name: string, port: object) => ({ service: { name, port } });
  const paths = [
    { path: '/*', pathType: 'ImplementationSpecific', backend: backend('root', { name: 'use-annotation' }) },
  ];
  const plain = [{ path: '/', pathType: 'Prefix', backend: backend('stable', { number: 80 }) }];
  return [
    made('networking.k8s.io/v1', 'Ingress', 'web', {
      ingressClassName: 'alb',
      rules: [{ host: hosts.routed, http: { paths } }],
    }),
    made('networking.k8s.io/v1', 'Ingress', 'nginx', {
      ingressClassName: 'nginx',
      rules: [{ host: hosts.nginx, http: { paths: plain } }],
    }),
  ];
}

function made<S>(apiVersion: string, kind: string, name: string, spec: S): KubernetesObject & { readonly spec: S } {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}
