// The laws of planning on worlds that nobody thought of: whatever a rollout's history, spec and pods, a plan is made, it
// settles over a frozen world, and standing still has a reason.

import { test } from 'node:test';
import fc from 'fast-check';
import {
  at,
  condition,
  hashFor,
  ingress,
  replicaSet,
  rollout,
  service,
  start,
} from '../../../test/builders/objects.ts';
import { settle } from '../../../test/builders/rows.ts';
import { type World, withPods, world } from '../../../test/builders/world.ts';
import type { CanaryStep, RolloutSpec, RolloutStatus } from '../../api/types.generated.ts';
import { hashSteps } from '../../lang/step-hash.ts';

const images = ['demo:a', 'demo:b', 'demo:c'] as const;
const hashes = images.map(hashFor);

const step: fc.Arbitrary<CanaryStep> = fc.oneof(
  fc.record({ setWeight: fc.integer({ min: 0, max: 100 }) }),
  fc.constant({ pause: {} }),
  fc.record({ pause: fc.record({ duration: fc.integer({ min: 0, max: 100 }) }) }),
);

const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const count = fc.integer({ min: 0, max: 6 });

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as never;
}

const basic = fc.record({ steps: fc.array(step, { maxLength: 3 }), maxSurge: fc.integer({ min: 0, max: 2 }) });
const routed = fc
  .record({
    steps: fc.array(step, { maxLength: 3 }),
    scaleDownDelaySeconds: maybe(fc.integer({ min: 0, max: 40 })),
    abortScaleDownDelaySeconds: maybe(fc.integer({ min: 0, max: 40 })),
    dynamicStableScale: fc.boolean(),
  })
  .map((canary) => ({
    ...defined(canary),
    ...(canary.dynamicStableScale ? { scaleDownDelaySeconds: undefined } : {}),
    canaryService: 'canary',
    stableService: 'stable',
    trafficRouting: { alb: { ingress: 'demo', rootService: 'root', servicePort: 80 } },
  }))
  .map(defined);
const blueGreen = fc
  .record({
    autoPromotionEnabled: maybe(fc.boolean()),
    autoPromotionSeconds: maybe(fc.integer({ min: 0, max: 30 })),
    previewReplicaCount: maybe(fc.integer({ min: 1, max: 3 })),
    scaleDownDelaySeconds: maybe(fc.integer({ min: 0, max: 40 })),
    abortScaleDownDelaySeconds: maybe(fc.integer({ min: 0, max: 40 })),
  })
  .map((given) => ({ ...defined(given), activeService: 'stable', previewService: 'canary' }));

const strategy: fc.Arbitrary<NonNullable<RolloutSpec['strategy']>> = fc.oneof(
  basic.map((canary) => ({ canary })),
  routed.map((canary) => ({ canary })),
  blueGreen.map((given) => ({ blueGreen: given })),
);

const hash = fc.constantFrom(...hashes);
const progressing = fc.constantFrom(
  condition('Progressing', 'True', 'ReplicaSetUpdated', 'x', -20),
  condition('Progressing', 'True', 'ReplicaSetUpdated', 'x', -900),
  condition('Progressing', 'Unknown', 'RolloutPaused', 'x', -20),
  condition('Progressing', 'False', 'RolloutAborted', 'x', -20),
  condition('Progressing', 'True', 'NewReplicaSetAvailable', 'x', -20),
);

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    strategy,
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
      weight: maybe(fc.integer({ min: 0, max: 100 })),
      progressing,
    }),
    replicaSets: fc.subarray([0, 1, 2]).chain((chosen) =>
      fc.tuple(
        fc.constant(chosen),
        fc.array(
          fc.record({ replicas: count, available: count, deadline: maybe(fc.constantFrom(-5, 20)), desired: count }),
          {
            minLength: 3,
            maxLength: 3,
          },
        ),
      ),
    ),
    selected: fc.record({ stable: maybe(hash), canary: maybe(hash) }),
  })
  .map((given): World => {
    const { pause, weight, progressing: found, currentStepIndex, ...rest } = given.status;
    const steps = given.strategy.canary?.steps;
    const status: RolloutStatus = defined({
      ...rest,
      observedGeneration: '1',
      phase: 'Progressing',
      canary:
        weight === undefined || !given.strategy.canary
          ? {}
          : {
              weights: {
                canary: { weight, podTemplateHash: rest.currentPodHash },
                stable: { weight: 100 - weight, podTemplateHash: rest.stableRS },
              },
            },
      blueGreen: given.strategy.blueGreen ? defined({ activeSelector: given.selected.stable }) : {},
      conditions: [found],
      currentStepIndex: steps?.length ? currentStepIndex : undefined,
      currentStepHash:
        given.strategy.canary && given.isStepHashKnown ? hashSteps(steps?.length ? steps : undefined) : undefined,
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
        const { replicas, available, deadline, desired } = sizes[index]!;
        return replicaSet({
          image: images[index]!,
          revision: index + 1,
          replicas,
          available: Math.min(replicas, available),
          desired,
          ...(deadline === undefined ? {} : { deadline: at(deadline) }),
        });
      }),
      services: [
        service('stable', given.selected.stable ? { hash: given.selected.stable } : {}),
        service('canary', given.selected.canary ? { hash: given.selected.canary } : {}),
      ],
      ingresses: [ingress()],
    });
  });

/** Several steps may be done at once, each in a wave of its own; beyond this the shell would back off. */
const atMost = 15;

test('any world settles before the shell would back off, and again when its pods have followed', () => {
  fc.assert(
    fc.property(anyWorld, (given) => {
      const first = settle(given, start, atMost);
      const second = settle(withPods(first.world), start + 1000, atMost);
      settle(withPods(second.world), start + 100_000, atMost);
    }),
    { numRuns: Number(process.env.RUNS ?? 300) },
  );
});
