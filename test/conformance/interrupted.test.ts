// The controller may die after any write, a write may be refused at any moment, and a user may abort before any (design.md
// §5, "Seams"; operations.md §20.3, I4). Events and times are free here, since some of them are lost or told late. One
// write of each trace in one of these ways; `npm run traces -- --interrupted` takes every write of every trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftForLater } from './differences.ts';
import { excesses, interrupted, interruptions, writeCountOf, writesAfterLastAction } from './interruptions.ts';
import { runTrace } from './run-trace.ts';
import { readTrace, traceNames } from './trace.ts';
import { worldState } from './world-state.ts';

const traces = traceNames().filter((name) => {
  const { actions } = readTrace(name, worldState);
  return leftForLater(actions.map(({ manifest = '' }) => manifest)) === undefined;
});

/** Interrupted in each way and at more places. */
const oftener = ['canary-alb-5-percent', 'blue-green-manual', 'canary-dynamic-stable-scale-abort'];

for (const [index, name] of traces.entries()) {
  test(`${name}: it ends well although the controller dies, a write is refused or a client aborts`, async (context) => {
    const whole = await runTrace(name, { rests: true });
    const count = writeCountOf(whole);
    context.diagnostic(`${count} writes, ${writesAfterLastAction(whole)} of them after the last action`);
    assert.deepEqual(excesses(whole), []);
    const isOften = oftener.includes(name);
    for (const [kind, interruption] of interruptions.entries()) {
      if (count === 0 || (!isOften && kind !== index % interruptions.length)) continue;
      for (let turn = 0; turn < (isOften ? 4 : 1); turn += 1) {
        const write = 1 + ((index * 7 + kind * 5 + turn * 11) % count);
        const { problems } = await interrupted(whole, interruption, write);
        assert.deepEqual(problems, [], `${interruption.name} write ${write} of ${count}`);
      }
    }
  });
}
