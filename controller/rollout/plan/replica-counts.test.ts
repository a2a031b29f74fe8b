// The reference's replica arithmetic (goldens/functions/replicas.jsonl), the worked examples of rollout.md §4.8, and
// the limits that must hold whatever the input.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';
import { withRoom } from './make-room.ts';
import { approximateWeight, canaryReplicaCounts, isAtDesired, maxSurge, maxUnavailable } from './replica-counts.ts';
import { currentSetWeight, desiredWeight } from './weights.ts';

interface GoldenReplicaSet {
  readonly hash: string;
  readonly specReplicas: number;
  readonly statusReplicas: number;
  readonly availableReplicas: number;
}

interface GoldenRow {
  readonly in: {
    readonly newRS: GoldenReplicaSet | null;
    readonly stableRS: GoldenReplicaSet | null;
    readonly olderRSs: readonly GoldenReplicaSet[] | null;
    readonly routed: boolean;
    readonly spec: Rollout['spec'];
    readonly status: RolloutStatus;
  };
  readonly out: {
    readonly atDesired: boolean;
    readonly canaryReplicas: number;
    readonly stableReplicas: number;
    readonly currentSetWeight: number;
    readonly desiredWeight: number;
  };
}

const goldenFile = new URL('../../../test/fixtures/functions/replicas.jsonl', import.meta.url);

function replicaSet(hash: string, spec: number, available = spec, actual = spec): ReplicaSet {
  return {
    metadata: { name: `demo-${hash}`, generation: 1, labels: { 'rollouts-pod-template-hash': hash } },
    spec: { replicas: spec, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas: actual, availableReplicas: available, observedGeneration: 1 },
  };
}

function fromGolden(given: GoldenReplicaSet | null): ReplicaSet | undefined {
  if (!given) return undefined;
  return replicaSet(given.hash, given.specReplicas, given.availableReplicas, given.statusReplicas);
}

function evaluateGolden(row: GoldenRow): GoldenRow['out'] {
  const rollout = { metadata: { name: 'demo' }, spec: row.in.spec } as Rollout;
  const input = {
    rollout,
    status: row.in.status,
    newRS: fromGolden(row.in.newRS),
    stableRS: fromGolden(row.in.stableRS),
    others: (row.in.olderRSs ?? []).flatMap((given) => fromGolden(given) ?? []),
  };
  const counts = canaryReplicaCounts(input);
  return {
    atDesired: isAtDesired(input),
    canaryReplicas: counts.canary,
    currentSetWeight: currentSetWeight(input),
    desiredWeight: desiredWeight(input),
    stableReplicas: counts.stable,
  };
}

/** Lines where Slipway's rule replaces the reference's. */
const slipwayRules: Readonly<Record<number, string>> = {
  884: 'BUG-13: pods that minPodsPerReplicaSet keeps do not hold the weight of an abort',
  1464: 'BUG-20: a ReplicaSet that is both new and stable is counted once',
};

test('counts, weights and "at desired" equal the reference, but for one line of BUG-13 and one of BUG-20', () => {
  const rows = readFileSync(goldenFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as GoldenRow);
  assert.equal(rows.length, 1500);
  const differing = rows.flatMap((row, index) =>
    JSON.stringify(evaluateGolden(row)) === JSON.stringify(sortKeys(row.out)) ? [] : [index + 1],
  );
  assert.deepEqual(differing, Object.keys(slipwayRules).map(Number));
});

function sortKeys(out: GoldenRow['out']): GoldenRow['out'] {
  const { atDesired, canaryReplicas, currentSetWeight: weight, desiredWeight, stableReplicas } = out;
  return { atDesired, canaryReplicas, currentSetWeight: weight, desiredWeight, stableReplicas };
}

/** A canary Rollout of `replicas` with a single setWeight step at `weight`, or without steps for the maximum. */
function canary(replicas: number, surge: number | string, unavailable: number | string, weight: number): Rollout {
  return {
    metadata: { name: 'demo' },
    spec: {
      replicas,
      strategy: { canary: { maxSurge: surge, maxUnavailable: unavailable, steps: [{ setWeight: weight }] } },
    },
  };
}

const updating: RolloutStatus = { currentPodHash: 'new', stableRS: 'stable', currentStepIndex: 0 };

interface Shift {
  readonly row: string;
  readonly n: number;
  readonly surge: number | string;
  readonly unavailable: number | string;
  readonly start: readonly [stable: number, canary: number];
  readonly weight: number;
  /** One pair after each scaling action, stable first; pods become available in between. */
  readonly want: string;
}

const shifts: readonly Shift[] = [
  { row: '1', n: 10, surge: '25%', unavailable: '25%', start: [10, 0], weight: 20, want: '8,0 8,2' },
  { row: '2', n: 10, surge: '25%', unavailable: '25%', start: [8, 2], weight: 40, want: '6,2 6,4' },
  { row: '2', n: 10, surge: '25%', unavailable: '25%', start: [2, 8], weight: 100, want: '0,8 0,10' },
  { row: '3', n: 10, surge: 1, unavailable: 0, start: [10, 0], weight: 10, want: '10,1 9,1' },
  { row: '4', n: 10, surge: 1, unavailable: 0, start: [9, 1], weight: 50, want: '9,2 8,2 8,3 7,3 7,4 6,4 6,5 5,5' },
  { row: '6', n: 10, surge: 0, unavailable: 1, start: [10, 0], weight: 20, want: '9,0 9,1 8,1 8,2' },
  { row: '7', n: 10, surge: 2, unavailable: 2, start: [10, 0], weight: 50, want: '8,0 8,4 5,4 5,5' },
  { row: '8', n: 5, surge: '25%', unavailable: '25%', start: [5, 0], weight: 20, want: '4,0 4,1' },
  { row: '9', n: 1, surge: '25%', unavailable: '25%', start: [1, 0], weight: 20, want: '1,1' },
  { row: '10', n: 1, surge: 0, unavailable: 1, start: [1, 0], weight: 20, want: '' },
  { row: '10', n: 1, surge: 0, unavailable: 1, start: [1, 0], weight: 50, want: '0,0 0,1' },
  { row: '11', n: 3, surge: '25%', unavailable: '25%', start: [1, 2], weight: 100, want: '1,3 0,3' },
  { row: '13', n: 4, surge: 1, unavailable: 0, start: [4, 0], weight: 25, want: '4,1 3,1' },
  { row: '14', n: 7, surge: '25%', unavailable: '25%', start: [7, 0], weight: 30, want: '6,0 6,2 5,2' },
  { row: '15', n: 10, surge: '0%', unavailable: '0%', start: [10, 0], weight: 10, want: '9,0 9,1' },
  { row: '16', n: 20, surge: '10%', unavailable: 0, start: [20, 0], weight: 25, want: '20,2 18,2 18,4 16,4 16,5 15,5' },
  { row: '17', n: 10, surge: '100%', unavailable: 0, start: [10, 0], weight: 50, want: '10,5 5,5' },
  { row: '18', n: 6, surge: 0, unavailable: '50%', start: [6, 0], weight: 50, want: '3,0 3,3' },
  { row: '19', n: 10, surge: '25%', unavailable: '25%', start: [10, 0], weight: 100, want: '8,0 8,5 3,5 3,10 0,10' },
  { row: '20', n: 10, surge: '25%', unavailable: '25%', start: [6, 4], weight: 0, want: '9,4 9,0 10,0' },
  { row: '22', n: 10, surge: 0, unavailable: 2, start: [5, 5], weight: 0, want: '5,3 7,3 7,1 9,1 9,0 10,0' },
];

for (const { row, n, surge, unavailable, start, weight, want } of shifts) {
  test(`§4.8 row ${row}: ${n} pods, surge ${surge}, unavailable ${unavailable}, from ${start} to weight ${weight}`, () => {
    assert.equal(shiftAll(canary(n, surge, unavailable, weight), start), want);
  });
}

/** Scales one side after the other, stable first, until nothing changes; all pods become available in between. */
function shiftAll(rollout: Rollout, start: readonly [number, number]): string {
  let [stable, canaryCount] = start;
  const seen: string[] = [];
  for (let round = 0; round < 60; round += 1) {
    const input = {
      rollout,
      status: updating,
      newRS: replicaSet('new', canaryCount),
      stableRS: replicaSet('stable', stable),
    };
    const counts = canaryReplicaCounts({ ...input, others: [] });
    if (counts.stable !== stable) stable = counts.stable;
    else if (counts.canary !== canaryCount) canaryCount = counts.canary;
    else break;
    seen.push(`${stable},${canaryCount}`);
  }
  return seen.join(' ');
}

interface Shot {
  readonly row: number;
  readonly n: number;
  readonly weight: number;
  readonly surge: number;
  readonly unavailable: number;
  readonly stable: readonly [spec: number, available: number];
  readonly canary: readonly [spec: number, available: number];
  readonly older?: readonly [spec: number, available: number];
  readonly want: readonly [stable: number, canary: number];
}

const shots: readonly Shot[] = [
  { row: 25, n: 10, weight: 20, surge: 2, unavailable: 0, stable: [10, 10], canary: [0, 0], want: [10, 2] },
  { row: 26, n: 10, weight: 30, surge: 2, unavailable: 0, stable: [10, 10], canary: [0, 0], want: [10, 2] },
  { row: 27, n: 10, weight: 0, surge: 1, unavailable: 1, stable: [10, 10], canary: [1, 1], want: [10, 0] },
  { row: 28, n: 10, weight: 100, surge: 1, unavailable: 1, stable: [1, 1], canary: [10, 10], want: [0, 10] },
  { row: 29, n: 10, weight: 30, surge: 0, unavailable: 3, stable: [8, 5], canary: [4, 4], want: [7, 3] },
  { row: 30, n: 10, weight: 100, surge: 1, unavailable: 0, stable: [10, 2], canary: [10, 8], want: [2, 9] },
  { row: 31, n: 4, weight: 100, surge: 1, unavailable: 0, stable: [4, 1], canary: [0, 0], want: [4, 1] },
  { row: 32, n: 4, weight: 100, surge: 1, unavailable: 0, stable: [4, 1], canary: [1, 1], want: [3, 1] },
  { row: 33, n: 4, weight: 0, surge: 1, unavailable: 0, stable: [0, 0], canary: [4, 4], want: [1, 4] },
  { row: 34, n: 4, weight: 0, surge: 1, unavailable: 0, stable: [1, 0], canary: [4, 4], want: [1, 4] },
  { row: 35, n: 4, weight: 0, surge: 1, unavailable: 0, stable: [1, 1], canary: [4, 4], want: [1, 3] },
  { row: 36, n: 3, weight: 99, surge: 0, unavailable: 2, stable: [3, 3], canary: [0, 0], want: [1, 0] },
  { row: 37, n: 3, weight: 99, surge: 0, unavailable: 2, stable: [1, 1], canary: [0, 0], want: [1, 2] },
  { row: 38, n: 10, weight: 30, surge: 1, unavailable: 0, stable: [1, 1], canary: [0, 0], older: [3, 3], want: [7, 1] },
  { row: 39, n: 10, weight: 30, surge: 0, unavailable: 1, stable: [8, 6], canary: [4, 2], older: [3, 3], want: [8, 4] },
  { row: 40, n: 1, weight: 51, surge: 0, unavailable: 1, stable: [1, 1], canary: [0, 0], want: [0, 0] },
];

for (const shot of shots) {
  test(`§4.8 row ${shot.row}: ${shot.n} pods at weight ${shot.weight} become ${shot.want}`, () => {
    const counts = canaryReplicaCounts({
      rollout: canary(shot.n, shot.surge, shot.unavailable, shot.weight),
      status: updating,
      newRS: replicaSet('new', ...shot.canary),
      stableRS: replicaSet('stable', ...shot.stable),
      others: shot.older ? [replicaSet('older', ...shot.older)] : [],
    });
    assert.deepEqual([counts.stable, counts.canary], shot.want);
  });
}

test('§4.8: pods come as near to the weight as whole numbers allow', () => {
  const rows: readonly (readonly [n: number, weight: number, surge: number, canary: number, stable: number])[] = [
    [3, 33, 1, 1, 2],
    [3, 49, 1, 2, 2],
    [3, 50, 0, 2, 1],
    [10, 1, 1, 1, 10],
    [10, 18, 1, 2, 9],
    [10, 20, 1, 2, 8],
    [10, 24, 1, 3, 8],
    [10, 95, 1, 10, 1],
    [10, 5, 0, 1, 9],
    [10, 15, 0, 2, 8],
    [15, 10, 0, 2, 13],
    [15, 10, 1, 2, 14],
    [25, 58, 0, 15, 10],
    [2, 1, 1, 1, 2],
    [2, 99, 1, 2, 1],
    [1, 49, 0, 0, 1],
    [1, 50, 0, 1, 0],
    [1, 1, 1, 1, 1],
    [1, 99, 1, 1, 1],
    [5, 50, 0, 3, 2],
    [9, 50, 1, 5, 5],
    [100, 1, 1, 1, 99],
    [0, 50, 1, 0, 0],
  ];
  for (const [n, weight, surge, canaryCount, stable] of rows) {
    assert.deepEqual(approximateWeight(n, weight, 100, surge), { canary: canaryCount, stable }, `${n} at ${weight}`);
  }
});

interface Routed {
  readonly row: number;
  readonly n: number;
  readonly canary: Partial<NonNullable<NonNullable<Rollout['spec']['strategy']>['canary']>>;
  readonly status?: RolloutStatus;
  readonly recorded?: readonly [canary: number, stable: number];
  readonly newAvailable?: number;
  readonly stableAvailable?: number;
  readonly max?: number;
  readonly want: readonly [canary: number, stable: number];
}

const routed: readonly Routed[] = [
  { row: 41, n: 10, canary: { steps: [{ setWeight: 5 }] }, want: [1, 10] },
  { row: 42, n: 10, canary: { steps: [{ setWeight: 25 }] }, want: [3, 10] },
  { row: 43, n: 10, canary: { steps: [{ setWeight: 99 }] }, want: [10, 10] },
  {
    row: 44,
    n: 1,
    canary: { steps: [{ setWeight: 100 }, { setCanaryScale: { replicas: 9 } }] },
    status: { currentStepIndex: 1 },
    want: [9, 1],
  },
  { row: 45, n: 4, canary: { steps: [{ setCanaryScale: { weight: 200 } }] }, want: [8, 4] },
  {
    row: 46,
    n: 10,
    canary: {
      steps: [{ setWeight: 20 }, { setCanaryScale: { replicas: 9 } }, { setCanaryScale: { matchTrafficWeight: true } }],
    },
    status: { currentStepIndex: 2 },
    want: [2, 10],
  },
  { row: 47, n: 10, canary: { steps: [{ setWeight: 5 }], minPodsPerReplicaSet: 2 }, want: [2, 10] },
  {
    row: 48,
    n: 1,
    canary: { steps: [{ setWeight: 5 }], minPodsPerReplicaSet: 2 },
    status: { promoteFull: true },
    want: [1, 1],
  },
  { row: 49, n: 10, canary: { steps: [{ setWeight: 0 }], minPodsPerReplicaSet: 2 }, want: [0, 10] },
  {
    row: 50,
    n: 10,
    canary: { steps: [{ setWeight: 10 }], dynamicStableScale: true },
    recorded: [10, 90],
    want: [1, 9],
  },
  {
    row: 51,
    n: 10,
    canary: { steps: [{ setWeight: 20 }], dynamicStableScale: true },
    recorded: [10, 90],
    want: [2, 9],
  },
  {
    row: 52,
    n: 10,
    canary: { steps: [{ setWeight: 90 }], dynamicStableScale: true, minPodsPerReplicaSet: 3 },
    recorded: [90, 10],
    want: [9, 3],
  },
  {
    row: 53,
    n: 10,
    canary: { steps: [{ setCanaryScale: { replicas: 4 } }], dynamicStableScale: true },
    recorded: [0, 100],
    want: [4, 10],
  },
  {
    row: 54,
    n: 10,
    canary: { steps: [{ setWeight: 20 }, { setWeight: 60 }], dynamicStableScale: true },
    status: { abort: true },
    recorded: [60, 40],
    newAvailable: 6,
    stableAvailable: 4,
    want: [6, 8],
  },
  {
    row: 55,
    n: 10,
    canary: { steps: [{ setWeight: 20 }, { setWeight: 60 }], dynamicStableScale: true },
    status: { abort: true },
    recorded: [60, 40],
    newAvailable: 1,
    stableAvailable: 4,
    want: [6, 8],
  },
  { row: 57, n: 23, max: 100_000_000, canary: { steps: [{ setWeight: 100_000_000 }] }, want: [23, 23] },
];

for (const row of routed) {
  test(`§4.8 row ${row.row}: with a router the canary has ${row.want[0]} pods and stable ${row.want[1]}`, () => {
    const rollout: Rollout = {
      metadata: { name: 'demo' },
      spec: {
        replicas: row.n,
        strategy: {
          canary: { trafficRouting: row.max === undefined ? {} : { maxTrafficWeight: row.max }, ...row.canary },
        },
      },
    };
    const weights = row.recorded && {
      canary: { weight: row.recorded[0], podTemplateHash: 'new' },
      stable: { weight: row.recorded[1], podTemplateHash: 'stable' },
    };
    const counts = canaryReplicaCounts({
      rollout,
      status: { ...updating, ...row.status, ...(weights ? { canary: { weights } } : {}) },
      newRS: replicaSet('new', row.newAvailable ?? 0),
      stableRS: replicaSet('stable', row.stableAvailable ?? row.n),
      others: [],
    });
    assert.deepEqual([counts.canary, counts.stable], row.want);
  });
}

test('never stuck: pods that serve nobody make room where every other pod is needed', () => {
  // Stable got a version that does not start; the canary before this one serves alone, as the minimum asks.
  const full = { ...canary(6, 2, 2, 0), status: {} };
  const status: RolloutStatus = { ...updating, promoteFull: true };
  const input = { rollout: full, status, newRS: replicaSet('new', 0), stableRS: replicaSet('stable', 6, 0) };
  const counted = (given: Parameters<typeof withRoom>[0]) => withRoom(given, canaryReplicaCounts(given));
  assert.deepEqual(counted({ ...input, others: [replicaSet('old', 3)] }), { canary: 0, stable: 0 });
  // So does the canary of an abort, where nothing may be unavailable.
  const aborted = { ...canary(6, 2, 0, 50), status: {} };
  const back = { ...input, rollout: aborted, newRS: replicaSet('new', 2, 0), stableRS: replicaSet('stable', 3) };
  const counts = counted({ ...back, status: { ...updating, abort: true }, others: [replicaSet('old', 3)] });
  assert.deepEqual(counts, { canary: 0, stable: 3 });
  // Others that serve nobody themselves go first.
  assert.deepEqual(counted({ ...input, others: [replicaSet('old', 3, 2)] }), { canary: 0, stable: 6 });
  // While others may go, stable waits for that.
  assert.deepEqual(counted({ ...input, others: [replicaSet('old', 5)] }), { canary: 0, stable: 6 });
});

test('BUG-5: an aborted canary keeps its size when abortScaleDownDelaySeconds is 0', () => {
  const rollout: Rollout = {
    metadata: { name: 'demo' },
    spec: {
      replicas: 10,
      strategy: { canary: { trafficRouting: {}, abortScaleDownDelaySeconds: 0, steps: [{ setWeight: 30 }] } },
    },
  };
  const input = { rollout, status: { ...updating, abort: true }, newRS: replicaSet('new', 3), others: [] };
  assert.deepEqual(canaryReplicaCounts({ ...input, stableRS: replicaSet('stable', 10) }), { canary: 3, stable: 10 });
});

test('a ReplicaSet whose latest size is not observed is never at its count', () => {
  const rollout = canary(10, '25%', '25%', 20);
  const unobserved: ReplicaSet = {
    ...replicaSet('new', 2, 2),
    metadata: { name: 'demo-new', generation: 2 },
  };
  const input = { rollout, status: updating, stableRS: replicaSet('stable', 8), others: [] };
  assert.equal(isAtDesired({ ...input, newRS: replicaSet('new', 2) }), true);
  assert.equal(isAtDesired({ ...input, newRS: unobserved }), false);
});

test('no shift of pods leaves the bounds of surge and availability', () => {
  const sizes = fc.record({
    n: fc.integer({ min: 0, max: 30 }),
    surge: fc.integer({ min: 0, max: 5 }),
    unavailable: fc.integer({ min: 0, max: 5 }),
    weight: fc.integer({ min: 0, max: 100 }),
    stable: fc.integer({ min: 0, max: 30 }),
    canary: fc.integer({ min: 0, max: 30 }),
    stableReady: fc.double({ min: 0, max: 1, noNaN: true }),
    canaryReady: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(sizes, (given) => {
      const rollout = canary(given.n, given.surge, given.unavailable, given.weight);
      const stableRS = replicaSet('stable', given.stable, Math.floor(given.stable * given.stableReady));
      const newRS = replicaSet('new', given.canary, Math.floor(given.canary * given.canaryReady));
      const { canary: canaryCount, stable } = canaryReplicaCounts({
        rollout,
        status: updating,
        newRS,
        stableRS,
        others: [],
      });
      assert.ok(Number.isInteger(canaryCount) && canaryCount >= 0 && Number.isInteger(stable) && stable >= 0);

      const limit = Math.max(given.n + maxSurge(rollout), given.stable + given.canary);
      assert.ok(stable + canaryCount <= limit, `${stable} + ${canaryCount} is more than ${limit}`);

      // What is ready and stays never falls below the minimum, unless it was below it before. Pods that are not ready
      // may go first, whatever their number.
      const minimum = given.n - maxUnavailable(rollout);
      const ready = (replicas: ReplicaSet) => replicas.status?.availableReplicas ?? 0;
      const before = ready(stableRS) + ready(newRS);
      const isDraining = stable < given.stable || canaryCount < given.canary;
      const drained = Math.max(0, given.stable - stable) + Math.max(0, given.canary - canaryCount);
      if (isDraining && given.stableReady === 1 && given.canaryReady === 1) {
        assert.ok(before - drained >= Math.min(minimum, before), `${before} - ${drained} is less than ${minimum}`);
      }
    }),
    { numRuns: 3000 },
  );
});

test('a canary of any weight reaches its counts and stays there', () => {
  const sizes = fc.record({
    n: fc.integer({ min: 1, max: 20 }),
    surge: fc.integer({ min: 0, max: 4 }),
    unavailable: fc.integer({ min: 0, max: 4 }),
    weight: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(sizes, ({ n, surge, unavailable, weight }) => {
      const rollout = canary(n, surge, unavailable, weight);
      const last = shiftAll(rollout, [n, 0]).split(' ').at(-1) || `${n},0`;
      const [stable = 0, canaryCount = 0] = last.split(',').map(Number);
      assert.deepEqual({ stable, canary: canaryCount }, approximateWeight(n, weight, 100, maxSurge(rollout)));
    }),
    { numRuns: 500 },
  );
});
