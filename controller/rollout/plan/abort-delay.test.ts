// When the pods of an aborted update go (rollout.md §4.5): never while they may still be sent requests.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, abortedConditions, b, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import { at, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, shortWrite } from '../../../test/builders/rows.ts';
import { observe, type World } from '../../../test/builders/world.ts';
import type { CanaryStrategy, RolloutStatus } from '../../api/types.generated.ts';
import { planAbortedReplicaSet } from './abort-delay.ts';
import { findReplicaSets } from './find-replica-sets.ts';
import { beginPass, newReplicaSet } from './pass.ts';

interface Given {
  readonly canary?: Partial<CanaryStrategy>;
  readonly status?: RolloutStatus;
  readonly deadline?: string;
  readonly available?: number;
}

function aborted({ canary, status, deadline, available = 10 }: Given): World {
  return routedWorld(
    {
      canary: { ...routed, ...canary },
      stable: { replicas: 10, available },
      current: { replicas: 2, ...(deadline === undefined ? {} : { deadline }) },
      status: {
        abort: true,
        abortedAt: at(-5),
        conditions: abortedConditions,
        phase: 'Degraded',
        ...weights(0),
        ...status,
      },
    },
    { canary: a, stable: a },
  );
}

const writesOf = (given: World, seconds = 0) => lawfulPlan(given, start + seconds * 1000).writes.map(shortWrite);
const deadlines = (given: World) => writesOf(given).filter((write) => write === `annotate demo-${b}`);

test('the deadline begins when stable carries everything', () => {
  assert.deepEqual(deadlines(aborted({})), [`annotate demo-${b}`]);
  assert.deepEqual(deadlines(aborted({ available: 9 })), []);
});

for (const [name, weight, verified, begins] of [
  ['no weight that anybody doubts', 0, undefined, true],
  ['no weight, verified', 0, true, true],
  ['no weight, but not verified yet', 0, false, false],
  ['weight left', 20, undefined, false],
] as const) {
  test(`BUG-12: with ${name} the deadline ${begins ? 'begins' : 'has not begun'}`, () => {
    const given = aborted({});
    const pass = beginPass(observe(given), start, given.rollout);
    findReplicaSets(pass, given.replicaSets);
    const recorded = weights(weight).canary?.weights;
    const newRS = newReplicaSet(pass);
    if (!newRS || !recorded) throw new Error('an aborted canary with weights');
    planAbortedReplicaSet(pass, newRS, verified === undefined ? recorded : { ...recorded, verified });
    assert.equal(pass.writes.length, begins ? 1 : 0);
  });
}

test('the deadline is kept to the second, and then the pods go, not its annotation', () => {
  const given = aborted({ deadline: at(30) });
  assert.deepEqual(
    writesOf(given, 29.999).filter((write) => write.startsWith('scale')),
    [],
  );
  const scale = lawfulPlan(given, start + 30_000).writes.find(({ kind }) => kind === 'scaleReplicaSet');
  assert.ok(scale?.kind === 'scaleReplicaSet');
  assert.deepEqual([scale.name, scale.replicas, scale.annotations], [`demo-${b}`, 0, undefined]);
});

test('a deadline of long ago takes no pods while the router has weight on them', () => {
  const given = aborted({ deadline: at(-5), available: 0, status: weights(20) });
  const scales = writesOf(given).filter((write) => write.startsWith('scale'));
  assert.deepEqual(scales, []);
});

test('a deadline that nobody can read counts as none: the normal count applies', () => {
  assert.deepEqual(
    writesOf(aborted({ deadline: 'soon' })).filter((write) => write.startsWith('scale')),
    [`scale demo-${b} 0`],
  );
});

test('with dynamicStableScale and no delay of its own there is no delay', () => {
  assert.deepEqual(deadlines(aborted({ canary: { dynamicStableScale: true } })), []);
});

test('an abort after the stable ReplicaSet was deleted takes no pods: vector 91, the new one is promoted', () => {
  const given = aborted({});
  const [, current] = given.replicaSets;
  if (!current) throw new Error('a canary');
  const planned = lawfulPlan({ ...given, replicaSets: [current] }, start);
  assert.deepEqual(
    planned.writes.map(shortWrite).filter((write) => write.startsWith('scale')),
    [`scale demo-${b} 10`],
  );
  assert.equal(planned.status.stableRS, b);
});

test('what is stable and new at once keeps all pods, also where the status has lost the current hash', () => {
  const given = aborted({});
  const { currentPodHash: _lost, abort: _abort, abortedAt: _at, ...status } = given.rollout.status ?? {};
  const [, current] = given.replicaSets;
  if (!current) throw new Error('a canary');
  const rollout = { ...given.rollout, status: { ...status, stableRS: b, conditions: [] } };
  const planned = lawfulPlan({ ...given, rollout, replicaSets: [current] }, start);
  assert.deepEqual(
    planned.writes.map(shortWrite).filter((write) => write.startsWith('scale')),
    [`scale demo-${b} 10`],
  );
});
