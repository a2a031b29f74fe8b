// Every branch of the decision table and every correction of it, by the vectors of traffic.md §10.1.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReplicaSet } from '../api/kubernetes-types.ts';
import type { CanaryStep, CanaryStrategy, Rollout, RolloutStatus } from '../api/types.generated.ts';
import { type DecisionInput, decideTraffic } from './decide.ts';
import type { TrafficDecision } from './types.ts';

interface Row {
  readonly name: string;
  readonly replicas: number;
  readonly steps?: readonly CanaryStep[];
  readonly canary?: Partial<CanaryStrategy>;
  readonly max?: number;
  /** hash, available, spec (as available unless given) */
  readonly newRS?: readonly [hash: string, available: number, spec?: number];
  readonly stableRS?: readonly [hash: string, available: number, spec?: number];
  readonly status?: RolloutStatus;
  /** Recorded weight and hash of the canary. */
  readonly recorded?: readonly [weight: number, hash: string];
  readonly revision?: number;
  readonly want: Partial<TrafficDecision>;
}

const header = { name: 'beta', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] };

const rows: readonly Row[] = [
  {
    name: 'TV-01 a first install has no stable side: nothing is written',
    replicas: 4,
    steps: [{ setWeight: 20 }],
    newRS: ['aaa', 0, 4],
    status: { currentPodHash: 'aaa' },
    revision: 1,
    want: { branch: 'D', desired: 0, heldBy: 'noStable' },
  },
  {
    name: 'TV-02 once promoted, weight 0 with both hashes equal',
    replicas: 4,
    steps: [{ setWeight: 20 }],
    newRS: ['aaa', 4],
    stableRS: ['aaa', 4],
    status: { currentPodHash: 'aaa', stableRS: 'aaa', currentStepIndex: 1 },
    want: { branch: 'B', desired: 0, stable: 100, canaryHash: 'aaa', stableHash: 'aaa' },
  },
  {
    name: 'TV-03 a first install creates no header route',
    replicas: 4,
    steps: [{ setHeaderRoute: header }],
    newRS: ['bbb', 4],
    stableRS: ['aaa', 4],
    revision: 1,
    want: { headerRoutes: [] },
  },
  {
    name: 'TV-04 an empty canary gets nothing',
    replicas: 10,
    steps: [{ setWeight: 20 }],
    newRS: ['bbb', 0, 2],
    stableRS: ['aaa', 10],
    recorded: [0, 'aaa'],
    want: { branch: 'D', desired: 0, canaryHash: 'bbb', setsWeightBeforeHash: false },
  },
  {
    name: 'TV-05 a canary that is partly ready keeps the weight of the step before',
    replicas: 10,
    steps: [{ setWeight: 10 }, { setWeight: 20 }],
    newRS: ['bbb', 1, 2],
    stableRS: ['aaa', 10],
    status: { currentStepIndex: 1 },
    recorded: [10, 'bbb'],
    want: { branch: 'F', desired: 10 },
  },
  {
    name: 'TV-06 a ready canary gets the weight of its step',
    replicas: 10,
    steps: [{ setWeight: 10 }, { setWeight: 20 }],
    newRS: ['bbb', 2],
    stableRS: ['aaa', 10],
    status: { currentStepIndex: 1 },
    recorded: [10, 'bbb'],
    want: { branch: 'G', desired: 20, stable: 80 },
  },
  {
    name: 'TV-08 stable with too few pods holds the weight',
    replicas: 10,
    steps: [{ setWeight: 20 }],
    newRS: ['bbb', 2],
    stableRS: ['aaa', 7, 10],
    want: { branch: 'G', desired: 20, heldBy: 'stableUnavailable' },
  },
  {
    name: 'TV-09 a progress threshold relaxes the gate',
    replicas: 10,
    steps: [{ setWeight: 20 }],
    canary: { replicaProgressThreshold: { type: 'Percent', value: 85 } },
    newRS: ['bbb', 2],
    stableRS: ['aaa', 7, 10],
    want: { branch: 'G', desired: 20 },
  },
  {
    name: 'TV-10 the gate rounds down',
    replicas: 3,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 2],
    stableRS: ['aaa', 1, 3],
    want: { branch: 'G', desired: 50 },
  },
  {
    name: 'TV-11 weights of another maximum',
    replicas: 10,
    max: 1000,
    steps: [{ setWeight: 5 }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 9, 10],
    want: { branch: 'G', desired: 5, stable: 995 },
  },
  {
    name: 'TV-12 a large maximum does not overflow',
    replicas: 50,
    max: 100_000_000,
    steps: [{ setWeight: 50_000_000 }],
    newRS: ['bbb', 25],
    stableRS: ['aaa', 25, 50],
    want: { branch: 'G', desired: 50_000_000 },
  },
  {
    name: 'TV-13 all steps done and all pods ready: everything',
    replicas: 4,
    steps: [{ setWeight: 25 }, { setWeight: 50 }],
    newRS: ['bbb', 4],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 2 },
    recorded: [50, 'bbb'],
    want: { branch: 'H', desired: 100, stable: 0 },
  },
  {
    name: 'TV-14 all steps done but a pod missing: the last weight',
    replicas: 4,
    steps: [{ setWeight: 25 }, { setWeight: 50 }],
    newRS: ['bbb', 3, 4],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 2 },
    recorded: [50, 'bbb'],
    want: { branch: 'F', desired: 50 },
  },
  {
    name: 'TV-15 S1: a canary inside the rollback window gets no more than its pods carry',
    replicas: 20,
    steps: [{ setWeight: 30 }, { setWeight: 70 }],
    newRS: ['ddd', 1, 20],
    stableRS: ['ccc', 20],
    status: { currentStepIndex: 2 },
    recorded: [30, 'ccc'],
    want: { branch: 'F', desired: 5 },
  },
  {
    name: 'TV-16 setCanaryScale keeps its meaning: a canary at its count is not capped',
    replicas: 10,
    steps: [{ setCanaryScale: { replicas: 1 } }, { setWeight: 25 }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 10],
    status: { currentStepIndex: 1 },
    want: { branch: 'G', desired: 25 },
  },
  {
    name: 'TV-17 a full promotion with a static stable keeps the weight',
    replicas: 10,
    steps: [{ setWeight: 20 }],
    newRS: ['bbb', 3, 10],
    stableRS: ['aaa', 10],
    status: { promoteFull: true },
    recorded: [20, 'bbb'],
    want: { branch: 'E', desired: 20, headerRoutes: [] },
  },
  {
    name: 'TV-18 a full promotion with a dynamic stable follows the pods',
    replicas: 10,
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 3, 10],
    stableRS: ['aaa', 8],
    status: { promoteFull: true },
    want: { branch: 'E', desired: 30 },
  },
  {
    name: 'TV-19 S2: no weight above the maximum',
    replicas: 1,
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 2],
    stableRS: ['aaa', 1],
    status: { promoteFull: true },
    want: { branch: 'E', desired: 100, stable: 0 },
  },
  {
    name: 'TV-20 S3: no division by zero replicas',
    replicas: 0,
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 1],
    stableRS: ['aaa', 0],
    status: { promoteFull: true },
    want: { branch: 'E', desired: 100 },
  },
  {
    name: 'TV-21 an abort with a static stable returns everything at once',
    replicas: 10,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 5],
    stableRS: ['aaa', 10],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', desired: 0, pinsCanaryServiceToStable: true },
  },
  {
    name: 'TV-22 S6: an abort is not held by a stable that is partly available',
    replicas: 10,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 5],
    stableRS: ['aaa', 6, 10],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', desired: 0, pinsCanaryServiceToStable: true },
  },
  {
    name: 'TV-22 S6: with no stable pod at all the abort waits, and the canary Service too',
    replicas: 10,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 5],
    stableRS: ['aaa', 0, 10],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', heldBy: 'abortBlocked', pinsCanaryServiceToStable: false },
  },
  {
    name: 'of no replicas: the pods that an abort leaves for a while are the last that answer',
    replicas: 0,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 2],
    stableRS: ['aaa', 0],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', heldBy: 'abortBlocked', pinsCanaryServiceToStable: false },
  },
  {
    name: 'of no replicas: the pods that an abort keeps for good answer nobody',
    replicas: 0,
    steps: [{ setWeight: 50 }],
    canary: { abortScaleDownDelaySeconds: 0 },
    newRS: ['bbb', 2],
    stableRS: ['aaa', 0],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', desired: 0, pinsCanaryServiceToStable: true },
  },
  {
    name: 'of no replicas: without any pod an abort leads back at once',
    replicas: 0,
    steps: [{ setWeight: 50 }],
    newRS: ['bbb', 0],
    stableRS: ['aaa', 0],
    status: { abort: true },
    recorded: [50, 'bbb'],
    want: { branch: 'C', desired: 0, pinsCanaryServiceToStable: true },
  },
  {
    name: 'law 10: of one replica any share is less than a pod, and a stable without a pod gets no larger one',
    replicas: 1,
    steps: [{ setWeight: 20 }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 0, 1],
    recorded: [70, 'bbb'],
    want: { branch: 'G', desired: 20, heldBy: 'stableUnavailable' },
  },
  {
    name: 'law 10: of one replica a stable without a pod gives up what it has',
    replicas: 1,
    steps: [{ setWeight: 70 }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 0, 1],
    recorded: [20, 'bbb'],
    want: { branch: 'G', desired: 70, stable: 30 },
  },
  {
    name: 'a dynamic abort of a version that never had a pod: what is left is of the version before',
    replicas: 10,
    steps: [{ setWeight: 20 }, { setWeight: 50 }],
    canary: { dynamicStableScale: true },
    newRS: ['ccc', 0, 2],
    stableRS: ['aaa', 8],
    status: { abort: true },
    recorded: [80, 'bbb'],
    want: { branch: 'C', desired: 20, canaryHash: 'bbb' },
  },
  {
    name: 'a dynamic abort of a version that never had a pod: once nothing is left, the weight is its own',
    replicas: 10,
    steps: [{ setWeight: 20 }, { setWeight: 50 }],
    canary: { dynamicStableScale: true },
    newRS: ['ccc', 0, 2],
    stableRS: ['aaa', 10],
    status: { abort: true },
    recorded: [20, 'bbb'],
    want: { branch: 'C', desired: 0, canaryHash: 'ccc' },
  },
  ...(
    [
      [2, 8, 80, 80],
      [5, 8, 80, 50],
      [5, 5, 50, 50],
      [8, 5, 50, 20],
      [8, 2, 20, 20],
      [10, 2, 20, 0],
    ] as const
  ).map(
    ([stable, available, before, desired]): Row => ({
      name: `TV-23 a dynamic abort walks down: stable ${stable}, canary ${available}, from ${before} to ${desired}`,
      replicas: 10,
      steps: [{ setWeight: 20 }, { setWeight: 50 }, { setWeight: 80 }],
      canary: { dynamicStableScale: true },
      newRS: ['bbb', available],
      stableRS: ['aaa', stable],
      status: { abort: true },
      recorded: [before, 'bbb'],
      want: { branch: 'C', desired, pinsCanaryServiceToStable: desired === 0 },
    }),
  ),
  {
    name: 'TV-24 a dynamic abort never increases, even if stable flaps',
    replicas: 10,
    steps: [{ setWeight: 20 }],
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 1],
    stableRS: ['aaa', 8],
    status: { abort: true },
    recorded: [0, 'bbb'],
    want: { branch: 'C', desired: 0, heldBy: 'stableUnavailable' },
  },
  {
    name: 'TV-25 a stable with more pods than wanted leaves no negative weight',
    replicas: 8,
    steps: [{ setWeight: 20 }],
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 1],
    stableRS: ['aaa', 10],
    status: { abort: true },
    recorded: [20, 'bbb'],
    want: { branch: 'C', desired: 0 },
  },
  {
    name: 'law 10: an abort that finds no weights gives none to a canary without a pod',
    replicas: 4,
    canary: { dynamicStableScale: true },
    newRS: ['bbb', 0, 1],
    stableRS: ['aaa', 0, 4],
    status: { abort: true },
    want: { branch: 'C', desired: 0, heldBy: 'stableUnavailable' },
  },
  {
    name: 'TV-26 BUG-13: the least number of pods does not hold the weight of an abort',
    replicas: 10,
    steps: [{ setWeight: 5 }, { setWeight: 50 }, { setWeight: 100 }],
    canary: { dynamicStableScale: true, minPodsPerReplicaSet: 3 },
    newRS: ['bbb', 3],
    stableRS: ['aaa', 10],
    status: { abort: true },
    recorded: [5, 'bbb'],
    want: { branch: 'C', desired: 0 },
  },
  {
    name: 'TV-27 an explicit abort delay: the weight goes by what stable still lacks',
    replicas: 10,
    steps: [{ setWeight: 20 }, { setWeight: 50 }],
    canary: { dynamicStableScale: true, abortScaleDownDelaySeconds: 60 },
    newRS: ['bbb', 5],
    stableRS: ['aaa', 8],
    status: { abort: true },
    recorded: [20, 'bbb'],
    want: { branch: 'C', desired: 20 },
  },
  {
    name: 'TV-28 a dynamic rollback to stable balances against the abandoned ReplicaSet',
    replicas: 10,
    steps: [{ setWeight: 20 }, { setWeight: 60 }],
    canary: { dynamicStableScale: true },
    newRS: ['aaa', 4, 10],
    stableRS: ['aaa', 4, 10],
    status: { currentPodHash: 'aaa', stableRS: 'aaa', currentStepIndex: 2 },
    recorded: [60, 'bbb'],
    want: { branch: 'A', desired: 60, canaryHash: 'bbb' },
  },
  {
    name: 'TV-29 a third revision: the weight goes before the router hears of it',
    replicas: 10,
    steps: [{ setWeight: 30 }],
    newRS: ['ccc', 0, 1],
    stableRS: ['aaa', 10],
    recorded: [30, 'bbb'],
    want: { branch: 'D', desired: 0, canaryHash: 'ccc', setsWeightBeforeHash: true },
  },
  {
    name: 'TV-30 a third revision with a short stable: the old weight is held',
    replicas: 10,
    steps: [{ setWeight: 30 }],
    canary: { dynamicStableScale: true },
    newRS: ['ccc', 0, 1],
    stableRS: ['aaa', 6, 10],
    recorded: [30, 'bbb'],
    want: { branch: 'D', heldBy: 'stableUnavailable' },
  },
  {
    name: 'TV-32 a person pausing does not change the decision',
    replicas: 4,
    steps: [{ setWeight: 25 }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 4],
    recorded: [25, 'bbb'],
    want: { branch: 'G', desired: 25 },
  },
  {
    name: 'TV-41 S4: a header route of an earlier step is wanted as long as no later one removes it',
    replicas: 4,
    steps: [{ setHeaderRoute: header }, { setCanaryScale: { replicas: 1 } }, { pause: {} }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 2 },
    want: { headerRoutes: [header] },
  },
  {
    name: 'S4: a step without match removes its route',
    replicas: 4,
    steps: [{ setHeaderRoute: header }, { setWeight: 25 }, { setHeaderRoute: { name: 'beta' } }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 2 },
    want: { headerRoutes: [] },
  },
  {
    name: 'law 10: a canary that is to have no pods loses its header routes before it loses the pods',
    replicas: 4,
    steps: [{ setCanaryScale: { replicas: 1 } }, { setHeaderRoute: header }, { setCanaryScale: { replicas: 0 } }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 2 },
    want: { branch: 'F', desired: 0, headerRoutes: [] },
  },
  {
    name: 'TV-42 S4: without an available canary the route is gone',
    replicas: 4,
    steps: [{ setHeaderRoute: header }, { setWeight: 25 }],
    newRS: ['bbb', 0, 1],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 1 },
    want: { branch: 'D', headerRoutes: [] },
  },
  {
    name: 'TV-45 without steps no weight ever moves',
    replicas: 4,
    newRS: ['bbb', 4],
    stableRS: ['aaa', 4],
    want: { branch: 'I', desired: 0 },
  },
];

for (const row of rows) {
  test(row.name, () => {
    const decision = decideTraffic(deepFreeze(inputOf(row)));
    for (const [key, value] of Object.entries(row.want)) {
      assert.deepEqual(decision[key as keyof TrafficDecision], value, key);
    }
    if (!('heldBy' in row.want)) assert.equal(decision.heldBy, undefined);
  });
}

test('TV-43 experiments take their share from stable, in their order', () => {
  const additional = [
    { serviceName: 'web-baseline', podTemplateHash: 'x', weight: 5 },
    { serviceName: 'web-test', podTemplateHash: 'y', weight: 5 },
  ];
  const input = inputOf({
    name: '',
    replicas: 4,
    steps: [{ setWeight: 25 }, { experiment: { templates: [] } }],
    newRS: ['bbb', 1],
    stableRS: ['aaa', 4],
    status: { currentStepIndex: 1 },
    want: {},
  });
  const decision = decideTraffic({ ...input, additional });
  assert.deepEqual([decision.desired, decision.stable, decision.additional], [25, 65, additional]);
  const aborted = decideTraffic({ ...input, status: { ...input.status, abort: true }, additional });
  assert.deepEqual([aborted.desired, aborted.stable, aborted.additional], [0, 100, []]);
});

test('whatever is observed, weights stay within the maximum and sum to it', () => {
  const observed = fc.record({
    replicas: fc.integer({ min: 0, max: 50 }),
    weights: fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 5 }),
    index: fc.integer({ min: 0, max: 6 }),
    available: fc.integer({ min: 0, max: 60 }),
    stableAvailable: fc.integer({ min: 0, max: 60 }),
    recorded: fc.integer({ min: 0, max: 100 }),
    abort: fc.boolean(),
    promoteFull: fc.boolean(),
    dynamic: fc.boolean(),
  });
  fc.assert(
    fc.property(observed, (given) => {
      const { desired, stable, max } = decideTraffic(
        inputOf({
          name: '',
          replicas: given.replicas,
          steps: given.weights.map((setWeight) => ({ setWeight })),
          canary: { dynamicStableScale: given.dynamic },
          newRS: ['bbb', given.available],
          stableRS: ['aaa', given.stableAvailable],
          status: { abort: given.abort, promoteFull: given.promoteFull, currentStepIndex: given.index },
          recorded: [given.recorded, 'bbb'],
          want: {},
        }),
      );
      assert.ok(desired >= 0 && desired <= max);
      assert.equal(desired + stable, max);
    }),
    { numRuns: 2000 },
  );
});

function inputOf(row: Row): DecisionInput {
  const recorded = row.recorded && {
    canary: { weight: row.recorded[0], podTemplateHash: row.recorded[1] },
    stable: { weight: (row.max ?? 100) - row.recorded[0], podTemplateHash: 'aaa' },
  };
  const rollout: Rollout = {
    metadata: { name: 'web' },
    spec: {
      replicas: row.replicas,
      strategy: {
        canary: {
          trafficRouting: row.max === undefined ? {} : { maxTrafficWeight: row.max },
          ...(row.steps ? { steps: row.steps } : {}),
          ...row.canary,
        },
      },
    },
  };
  return {
    rollout,
    status: {
      currentPodHash: row.newRS?.[0] ?? '',
      stableRS: row.stableRS?.[0] ?? '',
      ...(row.steps ? { currentStepIndex: 0 } : {}),
      ...row.status,
      ...(recorded ? { canary: { weights: recorded } } : {}),
    },
    newRS: row.newRS && replicaSet(...row.newRS),
    stableRS: row.stableRS && replicaSet(...row.stableRS),
    others: [],
    revision: row.revision ?? 2,
  };
}

function replicaSet(hash: string, available: number, spec = available): ReplicaSet {
  return {
    metadata: { name: `web-${hash}`, generation: 1, labels: { 'rollouts-pod-template-hash': hash } },
    spec: { replicas: spec, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas: spec, availableReplicas: available, observedGeneration: 1 },
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
