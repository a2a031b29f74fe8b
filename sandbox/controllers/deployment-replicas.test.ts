import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import {
  type DeploymentSpec,
  desiredAnnotation,
  isResized,
  maximumAnnotation,
  planRecreation,
  planResize,
  planRollingUpdate,
  type Scaling,
} from './deployment-replicas.ts';

interface Row {
  readonly name: string;
  readonly spec: Partial<DeploymentSpec>;
  /** Oldest first, the last one is that of the present template: replicas, how many of them are available. */
  readonly sets: readonly (readonly [replicas: number, available: number])[];
  /** What `replicas` and the maximum were when the sets got their sizes. */
  readonly before: readonly [desired: number, maximum: number];
  readonly want: readonly number[];
}

const rolling = (maxSurge: number | string, maxUnavailable: number | string) => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
});

const rows: readonly Row[] = [
  {
    name: 'one set takes the new size',
    spec: { replicas: 9, ...rolling(1, 1) },
    sets: [
      [0, 0],
      [5, 5],
    ],
    before: [5, 6],
    want: [0, 9],
  },
  {
    name: 'up in proportion, in the middle of an update',
    spec: { replicas: 20, ...rolling(2, 2) },
    sets: [
      [8, 8],
      [4, 2],
    ],
    before: [10, 12],
    want: [15, 7],
  },
  {
    name: 'down in proportion',
    spec: { replicas: 5, ...rolling(0, 1) },
    sets: [
      [6, 6],
      [4, 2],
    ],
    before: [10, 10],
    want: [3, 2],
  },
  {
    name: 'what rounding leaves goes to the largest',
    spec: { replicas: 10, ...rolling(0, 1) },
    sets: [
      [2, 2],
      [2, 2],
      [3, 1],
    ],
    before: [7, 7],
    want: [3, 3, 4],
  },
  {
    name: 'to nothing',
    spec: { replicas: 0, ...rolling(1, 1) },
    sets: [
      [3, 3],
      [2, 1],
    ],
    before: [4, 5],
    want: [0, 0],
  },
  {
    name: 'a paused one is scaled, but not updated',
    spec: { replicas: 20, paused: true, ...rolling(0, 2) },
    sets: [
      [5, 5],
      [5, 5],
    ],
    before: [10, 10],
    want: [10, 10],
  },
  {
    name: 'a paused one at rest',
    spec: { replicas: 10, paused: true, ...rolling(0, 2) },
    sets: [
      [5, 5],
      [5, 5],
    ],
    before: [10, 10],
    want: [5, 5],
  },
  {
    name: 'an update goes on: up first',
    spec: { replicas: 10, ...rolling(2, 2) },
    sets: [
      [10, 10],
      [0, 0],
    ],
    before: [10, 12],
    want: [10, 2],
  },
  {
    name: 'then down, by what is available',
    spec: { replicas: 10, ...rolling(2, 2) },
    sets: [
      [10, 10],
      [2, 2],
    ],
    before: [10, 12],
    want: [6, 2],
  },
  {
    name: 'rollover: the set that was on its way goes down first, where it is not available',
    spec: { replicas: 10, ...rolling(2, 2) },
    sets: [
      [8, 8],
      [2, 0],
      [2, 0],
    ],
    before: [10, 12],
    want: [8, 0, 2],
  },
];

function makeSets({ sets, before }: Pick<Row, 'sets' | 'before'>): ReplicaSet[] {
  return sets.map(([replicas, availableReplicas], index) => ({
    metadata: {
      name: `r${index}`,
      uid: String(index),
      creationTimestamp: `2026-01-01T00:00:0${index}Z`,
      annotations: { [desiredAnnotation]: String(before[0]), [maximumAnnotation]: String(before[1]) },
    },
    spec: { replicas, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas, availableReplicas },
  }));
}

function whole(spec: Partial<DeploymentSpec>): DeploymentSpec {
  return { selector: {}, template: { spec: { containers: [] } }, ...spec };
}

/** `r1 → 2` */
function texts(scalings: readonly Scaling[]): string[] {
  return scalings.map(({ replicaSet, replicas }) => `${replicaSet.metadata.name} → ${replicas}`);
}

for (const { name, spec, want, ...given } of rows) {
  test(`sizes of a Deployment's ReplicaSets: ${name}`, () => {
    const all = makeSets(given);
    const sets = { current: all.at(-1), old: all.slice(0, -1) };
    const plan = spec.paused === true || isResized(whole(spec), sets) ? planResize : planRollingUpdate;
    const sizes = new Map(all.map((item) => [item, item.spec.replicas]));
    for (const { replicaSet, replicas } of plan(whole(spec), sets)) sizes.set(replicaSet, replicas);
    assert.deepEqual([...sizes.values()], want);
  });
}

test('old pods that are not available go first, then those that are, the oldest ReplicaSet first', () => {
  const [a, b, current] = makeSets({
    sets: [
      [3, 3],
      [4, 2],
      [3, 3],
    ],
    before: [8, 10],
  });
  const spec = whole({ replicas: 8, ...rolling(2, 2) });
  assert.deepEqual(texts(planRollingUpdate(spec, { current, old: [b!, a!] })), ['r1 → 2', 'r0 → 1']);
});

test('a surplus of the present template goes before anything else', () => {
  const [old, current] = makeSets({
    sets: [
      [1, 1],
      [6, 6],
    ],
    before: [4, 5],
  });
  assert.deepEqual(texts(planRollingUpdate(whole({ replicas: 4 }), { current, old: [old!] })), ['r1 → 4']);
});

test('is recreated when the last old pod is gone, not before', () => {
  const spec = whole({ replicas: 2, strategy: { type: 'Recreate' } });
  const [full, empty] = makeSets({
    sets: [
      [2, 2],
      [0, 0],
    ],
    before: [2, 2],
  });
  const ending = { ...empty!, status: { replicas: 0, terminatingReplicas: 1 } } as ReplicaSet;
  assert.deepEqual(texts(planRecreation(spec, { current: undefined, old: [full!] }) as Scaling[]), ['r0 → 0']);
  assert.deepEqual(planRecreation(spec, { current: undefined, old: [ending] }), []);
  assert.deepEqual(planRecreation(spec, { current: undefined, old: [empty!] }), 'make the present one');
  assert.deepEqual(texts(planRecreation(spec, { current: empty, old: [] }) as Scaling[]), ['r1 → 2']);
});
