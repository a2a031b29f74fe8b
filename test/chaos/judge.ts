// A world for the invariants to judge, put together by hand: objects go straight into a storage.

import type { ApiObject } from '../../sandbox/apiserver/kinds/types.ts';
import { MemoryStorage } from '../../sandbox/apiserver/storage.ts';
import { Invariants } from './invariants.ts';
import { namespace } from './names.ts';
import { World } from './world.ts';

export function judge(given: { readonly losesPods?: boolean; readonly areTwoActing?: boolean } = {}) {
  const storage = new MemoryStorage();
  const violations: string[] = [];
  const clock = { now: 0 };
  const invariants = new Invariants({
    storage,
    now: () => clock.now,
    losesPods: given.losesPods ?? false,
    hasTwoLeaders: false,
    areTwoActing: () => given.areTwoActing ?? false,
    violated: (text) => violations.push(text),
  });
  const put = (resource: string, name: string, object: object): void => {
    const { metadata, ...rest } = object as { readonly metadata?: object };
    const body = { metadata: { name, namespace, ...metadata }, ...rest };
    storage.put(resource, `${namespace}/${name}`, structuredClone(body) as unknown as ApiObject);
  };
  const world = new World(storage);
  return { put, violations, clock, world, invariants };
}

export type Put = ReturnType<typeof judge>['put'];

export const rollouts = 'argoproj.io/rollouts';

export function putRollout(put: Put, strategy: object, status: object = {}, replicas = 2): void {
  put(rollouts, 'web', { kind: 'Rollout', spec: { replicas, strategy }, status });
}

/** All its pods are available. */
export function putReplicaSet(put: Put, hash: string, replicas: number): void {
  put('apps/replicasets', `web-${hash}`, {
    kind: 'ReplicaSet',
    metadata: { uid: hash, labels: { 'rollouts-pod-template-hash': hash }, ownerReferences: [{ kind: 'Rollout' }] },
    spec: { replicas },
    status: { availableReplicas: replicas },
  });
}

export function putPods(put: Put, hash: string, count: number, ready = 'True'): void {
  for (let index = 0; index < count; index++) {
    put('/pods', `web-${hash}-${index}`, {
      metadata: { labels: { 'rollouts-pod-template-hash': hash }, ownerReferences: [{ uid: hash }] },
      status: { conditions: [{ type: 'Ready', status: ready }] },
    });
  }
}

/** `weights`: Service to its share. */
export function putAlb(put: Put, weights: Readonly<Record<string, number>>, more: readonly string[] = []): void {
  const groups = Object.entries(weights).map(([ServiceName, Weight]) => ({ ServiceName, ServicePort: '80', Weight }));
  const action = JSON.stringify({ Type: 'forward', ForwardConfig: { TargetGroups: groups } });
  const names = ['root', ...more].map((name) => [`alb.ingress.kubernetes.io/actions.${name}`, action] as const);
  put('networking.k8s.io/ingresses', 'web', {
    kind: 'Ingress',
    metadata: { annotations: Object.fromEntries(names) },
    spec: {},
  });
}

export function putService(put: Put, name: string, hash: string): void {
  put('/services', name, { kind: 'Service', spec: { selector: { 'rollouts-pod-template-hash': hash } } });
}

export const blueGreen = { blueGreen: { activeService: 'active' } };
export const basic = { canary: { maxSurge: 1, maxUnavailable: 0 } };
export const routed = (steps: readonly object[]) => ({
  canary: { steps, canaryService: 'canary', stableService: 'stable', trafficRouting: { alb: { ingress: 'web' } } },
});

/** Of the revision in which the steps are. */
export const made = {
  labels: { 'rollouts-pod-template-hash': 'b', 'step-index': '2' },
  annotations: { 'rollout.argoproj.io/revision': '2' },
};
