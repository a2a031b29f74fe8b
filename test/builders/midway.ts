// A canary update from demo:a to demo:b under way, with and without a router: what most canary rows start from.

import type { CanaryStrategy, RolloutSpec, RolloutStatus } from '../../controller/api/types.generated.ts';
import { at, condition, hashFor, ingress, replicaSet, rollout, service, updatingStatus } from './objects.ts';
import { type World, world } from './world.ts';

export const a = hashFor('demo:a');
export const b = hashFor('demo:b');
export const c = hashFor('demo:c');
const revision2 = { 'rollout.argoproj.io/revision': '2' };

export const pausedConditions = [
  condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
  condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
  condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
  condition('Progressing', 'Unknown', 'RolloutPaused', 'Rollout is paused'),
  condition('Paused', 'True', 'RolloutPaused', 'Rollout is paused'),
];

export const abortedConditions = [
  ...pausedConditions.filter(({ type }) => type !== 'Progressing' && type !== 'Paused'),
  condition('Progressing', 'False', 'RolloutAborted', 'Rollout aborted update to revision 2'),
];

export interface Midway {
  readonly canary: CanaryStrategy;
  readonly step?: number;
  readonly stable: Partial<Parameters<typeof replicaSet>[0]>;
  readonly current: Partial<Parameters<typeof replicaSet>[0]>;
  readonly replicas?: number;
  readonly status?: RolloutStatus;
  readonly spec?: Partial<RolloutSpec>;
  readonly more?: Partial<World>;
}

/** An update from demo:a to demo:b under way. */
export function midway({ canary, step = 0, stable, current, replicas = 10, status, spec, more }: Midway): World {
  const total = (stable.actual ?? stable.replicas ?? 0) + (current.actual ?? current.replicas ?? 0);
  const available = (stable.available ?? stable.replicas ?? 0) + (current.available ?? current.replicas ?? 0);
  return world({
    rollout: rollout({
      image: 'demo:b',
      canary,
      replicas,
      annotations: revision2,
      ...(spec ? { spec } : {}),
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:b',
        canary,
        step,
        replicas: total,
        more: {
          replicas: total,
          HPAReplicas: total,
          availableReplicas: available,
          readyReplicas: available,
          ...((current.actual ?? current.replicas) ? { updatedReplicas: current.actual ?? current.replicas } : {}),
          ...status,
        },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, desired: replicas, ...stable }),
      replicaSet({ image: 'demo:b', revision: 2, desired: replicas, ...current }),
    ],
    ...more,
  });
}

export const twenty = { steps: [{ setWeight: 20 }, { pause: {} }] };
export const pausedAtOne: RolloutStatus = {
  pauseConditions: [{ reason: 'CanaryPauseStep', startTime: at(-10) }],
  controllerPause: true,
  conditions: pausedConditions,
  phase: 'Paused',
  message: 'CanaryPauseStep',
};

export const routed: CanaryStrategy = {
  canaryService: 'canary',
  stableService: 'stable',
  trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
  steps: [{ setWeight: 20 }, { pause: {} }],
};

export function weights(canary: number, canaryHash = b, stableHash = a): RolloutStatus {
  return {
    canary: {
      weights: {
        canary: { weight: canary, serviceName: 'canary', podTemplateHash: canaryHash },
        stable: { weight: 100 - canary, serviceName: 'stable', podTemplateHash: stableHash },
      },
    },
  };
}

export function routedWorld(given: Midway, hashes: { readonly canary: string; readonly stable: string }): World {
  const services = [service('stable', { hash: hashes.stable }), service('canary', { hash: hashes.canary })];
  return midway({ ...given, more: { services, ingresses: [ingress()], ...given.more } });
}
