// The reference's replica arithmetic (goldens/functions/replicas.jsonl), the worked examples of rollout.md §4.8, and
// the limits that must hold whatever the input.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { Rollout, RolloutStatus } from '../../api/types.generated.ts';
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

test('counts, weights and "at desired" equal the reference, but for the two lines that BUG-13 and BUG-20 change', () => {
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
