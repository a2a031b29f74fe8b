// Where are requests sent in this world, and which of them does nobody answer? By what routers and Services really say, not
// by what a status tells of them: the objects of ALB (traffic.md §2.3) and NGINX (§3.2), and the active Service.

import type { Ingress, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { World } from './world.ts';

/** Relative: how much is sent to each Service. */
type Sent = readonly (readonly [service: string, weight: number])[];

/** The largest share of requests, 0 to 1, that one of the routers sends to Services without a ready pod. */
export function unanswered(at: World): number {
  return Math.max(0, ...routers(at).map((sent) => unansweredOf(at, sent)));
}

/** Whether any version has a ready pod. */
export function isAnyReady({ replicaSets }: World): boolean {
  return replicaSets.some((replicaSet) => readyPods(replicaSet) > 0);
}

function routers(at: World): Sent[] {
  const { canary, blueGreen } = at.rollout.spec.strategy ?? {};
  if (blueGreen) return [[[blueGreen.activeService, 1]]];
  const { alb, nginx } = canary?.trafficRouting ?? {};
  return [
    ...(alb ? albSends(at, alb.ingress ?? '', alb.rootService ?? canary?.stableService ?? '') : []),
    ...(nginx ? nginxSends(at, nginx.stableIngress ?? '') : []),
  ];
}

interface Action {
  readonly ForwardConfig: { readonly TargetGroups: readonly { ServiceName: string; Weight: number }[] };
}

/** None before the first weight is written. */
function albSends(at: World, ingress: string, root: string): Sent[] {
  const text = named(at, ingress)?.metadata.annotations?.[`alb.ingress.kubernetes.io/actions.${root}`];
  if (text === undefined) return [];
  const action = JSON.parse(text) as Action;
  return [action.ForwardConfig.TargetGroups.map(({ ServiceName, Weight }) => [ServiceName, Weight] as const)];
}

/** A canary without endpoints is sent nothing; everything goes to stable then. */
function nginxSends(at: World, ingress: string): Sent[] {
  const { stableService = '', canaryService = '' } = at.rollout.spec.strategy?.canary ?? {};
  const annotations = named(at, `${at.rollout.metadata.name}-${ingress}-canary`)?.metadata.annotations ?? {};
  const [weight, total] = ['weight', 'weight-total'].map((key) =>
    Number(annotations[`nginx.ingress.kubernetes.io/canary-${key}`] ?? Number.NaN),
  ) as [number, number];
  if (!(weight > 0) || !isAnswered(at, canaryService)) return [[[stableService, 1]]];
  return [
    [
      [canaryService, weight],
      [stableService, (total || 100) - weight],
    ],
  ];
}

function unansweredOf(at: World, sent: Sent): number {
  const total = sent.reduce((sum, [, weight]) => sum + weight, 0);
  const lost = sent.reduce((sum, [service, weight]) => sum + (isAnswered(at, service) ? 0 : weight), 0);
  return total === 0 ? 0 : lost / total;
}

function isAnswered({ services, replicaSets }: World, name: string): boolean {
  const selector = services.find(({ metadata }) => metadata.name === name)?.spec.selector ?? {};
  return replicaSets.some((replicaSet) => {
    const labels = replicaSet.spec.template.metadata?.labels ?? {};
    return readyPods(replicaSet) > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value);
  });
}

/** Those that are about to go do not count. */
function readyPods({ spec, status }: ReplicaSet): number {
  return Math.min(status?.readyReplicas ?? 0, spec.replicas ?? 1);
}

function named({ ingresses }: World, name: string): Ingress | undefined {
  return ingresses.find(({ metadata }) => metadata.name === name);
}
