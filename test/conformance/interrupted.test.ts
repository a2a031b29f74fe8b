// The controller may die after any write, a write may be refused at any moment, and a user may abort before any (design.md
// §5, "Seams"; operations.md §20.3, I4). Events and times are free here, since some of them are lost or told late.
// A dozen writes of each trace; `npm run traces -- --stops` takes every write of every trace.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { abortBefore, dieAfter, endOf, insaneEnd, refuse, writeCountOf } from './interruptions.ts';
import { runTrace } from './run-trace.ts';

const traces = ['canary-alb-5-percent', 'blue-green-manual', 'canary-third-revision-midway'];

for (const name of traces) {
  const whole = runTrace(name);

  async function atSomeWrites(work: (write: number, count: number) => Promise<void>): Promise<void> {
    const count = writeCountOf(await whole);
    for (let write = 1; write <= count; write += Math.max(1, Math.floor(count / 12))) await work(write, count);
  }

  test(`${name} ends alike when the controller dies after any write`, () =>
    atSomeWrites(async (write, count) => {
      const broken = await runTrace(name, 1, dieAfter(write));
      assert.deepEqual(endOf(broken), endOf(await whole), `died after write ${write} of ${count}`);
    }));

  test(`${name} ends alike when any write meets a conflict`, () =>
    atSomeWrites(async (write, count) => {
      const broken = await runTrace(name, 1, refuse(write));
      assert.deepEqual(endOf(broken), endOf(await whole), `write ${write} of ${count} met a conflict`);
    }));

  test(`${name} ends sanely when it is aborted before any write`, () =>
    atSomeWrites(async (write, count) => {
      const aborted = await runTrace(name, 1, abortBefore(write));
      assert.deepEqual(insaneEnd(aborted), [], `aborted before write ${write} of ${count}`);
    }));
}
