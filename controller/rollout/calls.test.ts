// Calls to the outside (design.md §5.14): one for each key at a time, answers that somebody still wants, and no others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCalls } from './calls.ts';
import type { OutsideAnswer, OutsideCall } from './types.ts';

const call: OutsideCall = { kind: 'loadBalancers', questions: [] };
const fine: OutsideAnswer = { is: 'loadBalancers', facts: [] };

function setUp() {
  const asked: { signal: AbortSignal; answer: (answer: OutsideAnswer) => void; fail: (error: Error) => void }[] = [];
  const woken: string[] = [];
  const errors: unknown[] = [];
  let now = 0;
  const calls = createCalls({
    clock: { now: () => now, schedule: () => ({ cancel() {} }) },
    random: { next: () => 0.5 },
    ask: (_call, signal) => new Promise((resolve, reject) => asked.push({ signal, answer: resolve, fail: reject })),
    answered: (rollout) => woken.push(rollout),
    failed: (_rollout, error) => errors.push(error),
  });
  const pass = async (ms: number) => {
    now += ms;
    await new Promise(setImmediate);
  };
  return { calls, asked, woken, errors, pass };
}

test('a call that goes on is not started again; its answer stays and wakes the Rollout', async () => {
  const { calls, asked, woken, pass } = setUp();
  calls.start('a', { key: 'k', about: 'x', call });
  calls.start('a', { key: 'k', about: 'x', call });
  calls.start('b', { key: 'k', about: 'x', call });
  assert.equal(asked.length, 2);
  assert.deepEqual(calls.of('a'), { inFlight: { k: { about: 'x', since: 0 } }, answers: {} });
  await pass(5);
  asked[0]?.answer(fine);
  await pass(0);
  assert.deepEqual(woken, ['a']);
  const answered = { about: 'x', startedAt: 0, answeredAt: 5, answer: fine };
  assert.deepEqual(calls.of('a'), { inFlight: {}, answers: { k: answered } });
});

test('what is superseded, dropped or forgotten is aborted, and nobody hears its answer', async () => {
  const { calls, asked, woken, pass } = setUp();
  calls.start('a', { key: 'k', about: 'x', call });
  calls.start('a', { key: 'k', about: 'y', call });
  calls.start('b', { key: 'k', about: 'x', call });
  calls.start('c', { key: 'k', about: 'x', call });
  calls.drop('b', 'k');
  calls.forget('c');
  assert.deepEqual(
    asked.map(({ signal }) => signal.aborted),
    [true, false, true, true],
  );
  for (const { answer } of asked) answer(fine);
  await pass(0);
  assert.deepEqual(woken, ['a']);
  assert.equal(calls.of('a').answers.k?.about, 'y');
  assert.deepEqual([calls.of('b').answers, calls.of('c').answers], [{}, {}]);
  calls.close();
  assert.deepEqual(calls.of('a').answers, {});
});

test('what the same question was answered before is known while it is asked again, and how often it failed', async () => {
  const { calls, asked, pass } = setUp();
  const refused: OutsideAnswer = { is: 'failed', message: 'no', isThrottled: false };
  for (const failures of [1, 2, 3]) {
    calls.start('a', { key: 'k', about: 'x', call });
    assert.equal(calls.of('a').inFlight.k?.before?.failures, failures > 1 ? failures - 1 : undefined);
    asked.at(-1)?.answer(refused);
    await pass(1);
    assert.equal(calls.of('a').answers.k?.failures, failures);
  }
  calls.start('a', { key: 'k', about: 'y', call });
  assert.equal(calls.of('a').inFlight.k?.before, undefined, 'another question');
  asked.at(-1)?.answer(fine);
  await pass(1);
  assert.equal(calls.of('a').answers.k?.failures, undefined);
});

test('TV-82 who has too much to do is asked again after 10 to 20 s; the unexpected is an answer too', async () => {
  const { calls, asked, errors, pass } = setUp();
  calls.start('a', { key: 'k', about: 'x', call });
  asked[0]?.answer({ is: 'failed', message: 'slow down', isThrottled: true });
  await pass(0);
  assert.equal(calls.of('a').answers.k?.notBefore, 15_000);
  calls.start('a', { key: 'k', about: 'y', call });
  asked[1]?.fail(new Error('a bug'));
  await pass(0);
  assert.equal(errors.length, 1);
  assert.deepEqual(calls.of('a').answers.k?.answer, { is: 'failed', message: 'Error: a bug', isThrottled: false });
});
