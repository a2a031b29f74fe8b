// The controller may die after any write, and a write may be refused at any moment: the end is the same (design.md §5,
// "Seams"; operations.md §20.3, I4). Events and times are free here, since some of them are lost or told late.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Planned } from '../../controller/rollout/gather.ts';
import { normaliseObject } from './normalise.ts';
import { runTrace, type TraceRun } from './run-trace.ts';
import { type Fields, worldAtEnd } from './trace.ts';
import { isOfRollout } from './world-state.ts';

const traces = [
  'canary-alb-5-percent',
  'blue-green-manual',
  'canary-third-revision-midway',
  'canary-dynamic-stable-scale-abort',
  'canary-nginx-abort-retry',
];

for (const name of traces) {
  test(`${name} ends alike when the controller dies after any write`, async () => {
    const whole = await runTrace(name);
    const writeCount = whole.passes.reduce((sum, { plan }) => sum + plan.writes.length, 0);
    for (let deadly = 1; deadly <= writeCount; deadly += stride(writeCount)) {
      const broken = await runTrace(name, 1, { faultsOf: dieAfter(deadly) });
      assert.deepEqual(endOf(broken), endOf(whole), `died after write ${deadly} of ${writeCount}`);
    }
  });

  test(`${name} ends alike when any write meets a conflict`, async () => {
    const whole = await runTrace(name);
    const writeCount = whole.passes.reduce((sum, { plan }) => sum + plan.writes.length, 0);
    for (let refused = 1; refused <= writeCount; refused += stride(writeCount)) {
      const broken = await runTrace(name, 1, { faultsOf: refuse(refused) });
      assert.deepEqual(endOf(broken), endOf(whole), `write ${refused} of ${writeCount} met a conflict`);
    }
  });
}

/** Every write when asked for (`EVERY_WRITE=1`), else about a dozen of them. */
function stride(writeCount: number): number {
  return process.env.EVERY_WRITE ? 1 : Math.max(1, Math.floor(writeCount / 12));
}

/** The process dies once, after the n-th write of the whole run. */
function dieAfter(deadly: number) {
  let written = 0;
  return ({ plan }: Planned) => {
    const before = written;
    written += plan.writes.length;
    return before < deadly && deadly <= written ? { stopAfter: deadly - before } : {};
  };
}

function refuse(refused: number) {
  let written = 0;
  return ({ plan }: Planned) => {
    const before = written;
    written += plan.writes.length;
    return before < refused && refused <= written ? { fail: { [refused - before - 1]: 'conflict' as const } } : {};
  };
}

/** The world at the end without times, versions and generations. */
function endOf({ history }: TraceRun): Record<string, unknown> {
  const world = [...worldAtEnd(history)].filter(
    ([key, object]) => !key.startsWith('ReplicaSet/') || isOfRollout(key, object),
  );
  return Object.fromEntries(world.map(([key, object]) => [key, timeless(normaliseObject(object) as Fields)]));
}

function timeless(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith('<T') ? 'a time' : value;
  if (Array.isArray(value)) return value.map(timeless);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([key]) => key !== 'generation' && key !== 'totalManualPauseDurationSeconds',
  );
  return Object.fromEntries(kept.map(([key, inner]) => [key, timeless(inner)]));
}
