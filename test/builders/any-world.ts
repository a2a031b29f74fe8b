// Worlds that nobody thought of, for properties: any strategy, any status, any ReplicaSets, fitting each other or not, as
// another controller, an outage or a person may have left them.

import fc from 'fast-check';
import type { RolloutStatus } from '../../controller/api/types.generated.ts';
import { hashSteps } from '../../controller/lang/step-hash.ts';
import { images } from './any-life.ts';
import { anyStrategy, checkTemplate, defined, maybe } from './any-strategy.ts';
import { at, condition, hashFor, ingress, replicaSet, rollout, service } from './objects.ts';
import { type World, world } from './world.ts';

export const hashes = images.map(hashFor);

const count = fc.integer({ min: 0, max: 6 });
const hash = fc.constantFrom(...hashes);
const progressing = fc.constantFrom(
  condition('Progressing', 'True', 'ReplicaSetUpdated', 'x', -20),
  condition('Progressing', 'True', 'ReplicaSetUpdated', 'x', -900),
  condition('Progressing', 'Unknown', 'RolloutPaused', 'x', -20),
  condition('Progressing', 'False', 'RolloutAborted', 'x', -20),
  condition('Progressing', 'True', 'NewReplicaSetAvailable', 'x', -20),
);

export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    strategy: anyStrategy,
    replicas: count,
    paused: fc.boolean(),
    progressDeadlineAbort: fc.boolean(),
    rollbackRevisions: fc.integer({ min: 0, max: 2 }),
    image: fc.constantFrom(...images),
    isStepHashKnown: fc.boolean(),
    status: fc.record({
      abort: maybe(fc.boolean()),
      promoteFull: maybe(fc.constant(true)),
      controllerPause: maybe(fc.constant(true)),
      currentPodHash: maybe(hash),
      stableRS: maybe(hash),
      currentStepIndex: fc.integer({ min: 0, max: 5 }),
      pause: maybe(fc.constantFrom('CanaryPauseStep', 'BlueGreenPause', 'InconclusiveAnalysisRun')),
      percent: maybe(fc.integer({ min: 0, max: 100 })),
      verified: maybe(fc.boolean()),
      stablePingPong: fc.constantFrom('ping' as const, 'pong' as const),
      progressing,
    }),
    replicaSets: fc.subarray([0, 1, 2]).chain((chosen) =>
      fc.tuple(
        fc.constant(chosen),
        fc.array(
          fc.record({
            replicas: count,
            available: count,
            deadline: maybe(fc.constantFrom(-5, 20)),
            desired: count,
            isBehind: fc.constantFrom(false, false, false, true),
          }),
          { minLength: 3, maxLength: 3 },
        ),
      ),
    ),
    selected: fc.record({ stable: maybe(hash), canary: maybe(hash) }),
  })
  .map((given): World => {
    const { pause, percent, verified, stablePingPong, progressing: found, currentStepIndex, ...rest } = given.status;
    const { canary, blueGreen } = given.strategy;
    const steps = canary?.steps;
    const max = canary?.trafficRouting?.maxTrafficWeight ?? 100;
    const weight = (max * (percent ?? 0)) / 100;
    const weights = {
      canary: { weight, podTemplateHash: rest.currentPodHash },
      stable: { weight: max - weight, podTemplateHash: rest.stableRS },
      verified,
    };
    const status: RolloutStatus = defined({
      ...rest,
      observedGeneration: '1',
      phase: 'Progressing',
      canary: defined({
        weights: percent === undefined || !canary ? undefined : defined(weights),
        stablePingPong: canary?.pingPong ? stablePingPong : undefined,
      }),
      blueGreen: blueGreen ? defined({ activeSelector: given.selected.stable }) : {},
      conditions: [found],
      currentStepIndex: steps?.length ? currentStepIndex : undefined,
      currentStepHash: canary && given.isStepHashKnown ? hashSteps(steps?.length ? steps : undefined) : undefined,
      pauseConditions: pause ? [{ reason: pause, startTime: at(-15) }] : undefined,
    });
    const [chosen, sizes] = given.replicaSets;
    return world({
      rollout: rollout({
        image: given.image,
        replicas: given.replicas,
        annotations: { 'rollout.argoproj.io/revision': '3' },
        spec: {
          strategy: given.strategy,
          paused: given.paused,
          progressDeadlineAbort: given.progressDeadlineAbort,
          rollbackWindow: { revisions: given.rollbackRevisions },
        },
        status,
      }),
      replicaSets: chosen.map((index) => {
        const { replicas, available, deadline, desired, isBehind } = sizes[index]!;
        return replicaSet({
          image: images[index]!,
          revision: index + 1,
          replicas,
          available: Math.min(replicas, available),
          desired,
          isBehind,
          ...(deadline === undefined ? {} : { deadline: at(deadline) }),
        });
      }),
      services: [
        service('stable', given.selected.stable ? { hash: given.selected.stable } : {}),
        service('canary', given.selected.canary ? { hash: given.selected.canary } : {}),
        service('ping', given.selected.stable ? { hash: given.selected.stable } : {}),
        service('pong', given.selected.canary ? { hash: given.selected.canary } : {}),
      ],
      ingresses: [ingress(), ingress('nginx', 'stable')],
      templates: { check: { is: 'present', value: checkTemplate } },
    });
  });
