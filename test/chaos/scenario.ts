// A random Rollout with everything that it refers to: Services, Ingresses, templates of analyses, sometimes a workload
// or an autoscaler.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import type { Dice } from './dice.ts';
import { albIngress, app, clusterTemplateName, namespace, nginxIngress, port, templateName } from './names.ts';
import { isAlb, isNginx, type Kind, kinds, makeStrategy } from './strategies.ts';

export interface Scenario {
  readonly kind: Kind;
  readonly manner: Manner;
  /** In the order in which they are created. */
  readonly objects: readonly KubernetesObject[];
  readonly host: string;
}

/** What users do beside what they always do. */
export interface Manner {
  /** They delete pods and what others refer to, and restart. */
  readonly losesPods: boolean;
  /** They go over to another strategy. */
  readonly changesStrategy: boolean;
  /** They make specs invalid, and valid again. */
  readonly breaksSpecs: boolean;
  /** The controller asks the load balancer whether it obeys, and has the targets. */
  readonly asksBalancer: boolean;
}

export const goodImages = ['web:1', 'web:2', 'web:3', 'web:4'];
/** It never gets ready. */
export const badImage = 'web-missing:9';

/** The Host under which the load reaches a strategy's Rollout. */
export function hostOf(kind: Kind): string {
  if (kind === 'basic') return `root.${namespace}.localhost`;
  if (kind === 'blueGreen') return `active.${namespace}.localhost`;
  return isNginx(kind) ? 'nginx.example' : 'web.example';
}

export function makeScenario(dice: Dice): Scenario {
  const kind = dice.pick(kinds);
  const manner: Manner = {
    losesPods: dice.chance(0.3),
    changesStrategy: dice.chance(0.15),
    breaksSpecs: dice.chance(0.3),
    asksBalancer: dice.chance(0.3) && (isAlb(kind) || kind === 'blueGreen'),
  };
  const rollout = makeRollout(dice, kind);
  const scaleDown = dice.chance(0.15) ? dice.pick(['never', 'onsuccess', 'progressively']) : undefined;
  const owned = scaleDown === undefined ? [withDefaults(dice, rollout)] : byWorkload(rollout, scaleDown);
  const needed = manner.changesStrategy ? kinds : [kind];
  return {
    kind,
    manner,
    host: hostOf(kind),
    objects: [
      ...new Set(needed.flatMap(servicesOf)).values().map(makeService),
      ...(needed.some(isAlb) ? [makeAlbIngress()] : []),
      ...(needed.some(isNginx) ? [makeNginxIngress()] : []),
      made('argoproj.io/v1alpha1', 'AnalysisTemplate', templateName, analysisSpec),
      ofCluster(made('argoproj.io/v1alpha1', 'ClusterAnalysisTemplate', clusterTemplateName, analysisSpec)),
      ...owned,
      ...(dice.chance(0.1) ? [autoscaler] : []),
    ],
  };
}

/** Each Service is followed by a controller: only what a strategy needs is there. */
export function servicesOf(kind: Kind): readonly string[] {
  if (kind === 'basic') return ['root'];
  if (kind === 'blueGreen') return ['active', 'preview'];
  if (kind === 'pingPong') return ['root', 'ping', 'pong'];
  return isNginx(kind) ? ['stable', 'canary'] : ['root', 'stable', 'canary'];
}

export function containersOf(image: string | undefined): readonly object[] {
  return [{ name: 'web', image, ports: [{ containerPort: port }] }];
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
    ...(dice.chance(0.2) ? { analysis: { successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 1 } } : {}),
    selector: { matchLabels: { app } },
    strategy: makeStrategy(dice, kind),
    template: { metadata: { labels: { app } }, spec: { containers: containersOf(goodImages[0]) } },
  });
}

/** Sometimes nobody says how many pods there should be: the controller writes 1. */
function withDefaults(dice: Dice, rollout: RolloutObject): KubernetesObject {
  const { replicas: _left, ...spec } = rollout.spec;
  return dice.chance(0.05) ? ({ ...rollout, spec } as KubernetesObject) : rollout;
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
const analysisSpec = {
  metrics: [{ name: 'quality', interval: '4s', count: 3, provider: { web: { url: 'http://metrics.example' } } }],
};

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

export function makeService(name: string): KubernetesObject {
  return made('v1', 'Service', name, {
    selector: { app },
    ports: [{ name: 'http', port, targetPort: port }],
  });
}

function makeAlbIngress(): KubernetesObject {
  return makeIngress(albIngress, 'alb', 'web.example', {
    path: '/*',
    pathType: 'ImplementationSpecific',
    backend: { service: { name: 'root', port: { name: 'use-annotation' } } },
  });
}

function makeNginxIngress(): KubernetesObject {
  return makeIngress(nginxIngress, 'nginx', 'nginx.example', {
    path: '/',
    pathType: 'Prefix',
    backend: { service: { name: 'stable', port: { number: port } } },
  });
}

function makeIngress(name: string, ingressClassName: string, host: string, path: object): KubernetesObject {
  return made('networking.k8s.io/v1', 'Ingress', name, {
    ingressClassName,
    rules: [{ host, http: { paths: [path] } }],
  });
}

function made<S>(apiVersion: string, kind: string, name: string, spec: S): KubernetesObject & { readonly spec: S } {
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

function ofCluster(object: KubernetesObject): KubernetesObject {
  return { ...object, metadata: { name: object.metadata.name ?? '' } };
}
