// What counts as a way back inside the window (rollout.md §6.5, vector 54): ReplicaSets that exist, by their creation.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashFor, replicaSet, rollout, start } from '../../../test/builders/objects.ts';
import { observe, world } from '../../../test/builders/world.ts';
import { beginPass } from './pass.ts';
import { isFastRollback, isRollback, isWithinRollbackWindow } from './rollback.ts';

/** r1 < r2 < r3 < r4 < ex < r5, a second apart; `ex` was made by an Experiment. */
const names = ['r1', 'r2', 'r3', 'r4', 'ex', 'r5'] as const;

function passOf(stable: string, current: string | undefined, revisions: number) {
  const replicaSets = names.map((name, index) =>
    replicaSet({
      image: name,
      createdAt: index,
      ...(name === 'ex' ? { annotations: { 'experiment.argoproj.io/name': 'try' } } : {}),
    }),
  );
  const owner = rollout({
    image: current ?? 'new',
    spec: { rollbackWindow: { revisions } },
    status: { stableRS: hashFor(stable) },
  });
  const pass = beginPass(observe(world({ rollout: owner, replicaSets })), start, owner);
  pass.replicaSets = replicaSets;
  pass.stableName = `demo-${hashFor(stable)}`;
  pass.newName = current && `demo-${hashFor(current)}`;
  return pass;
}

for (const [stable, current, revisions, isWithin, isBack] of [
  ['r2', 'r1', 1, true, true],
  ['r3', 'r1', 2, true, true],
  ['r4', 'r1', 2, false, true],
  ['r5', 'r4', 1, true, true],
  ['r1', 'r2', 1, false, false],
  ['r1', undefined, 1, false, false],
  ['r2', 'r1', 0, false, true],
] as const) {
  test(`vector 54: from ${stable} to ${current ?? 'nothing'} with ${revisions} revisions is ${isWithin ? 'within' : 'outside'}`, () => {
    const pass = passOf(stable, current, revisions);
    assert.equal(isWithinRollbackWindow(pass), isWithin);
    assert.equal(isRollback(pass), isBack);
    assert.equal(isFastRollback(pass), isWithin, 'a canary goes back fast only within the window');
  });
}

test('§6.5: what is stable already is a fast way back, whatever the window', () => {
  assert.equal(isFastRollback(passOf('r2', 'r2', 0)), true);
});
