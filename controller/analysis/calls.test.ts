// What the process knows of calls that go on (design.md §5.14): one at a time for each metric, answers kept until they are
// stored, and those that nobody wants dropped.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCalls } from './calls.ts';
import type { CallAnswer } from './types.ts';

const answer: CallAnswer = {
  is: 'measured',
  kind: 'run',
  finishedBefore: 0,
  startedAt: 1,
  answeredAt: 2,
  phase: 'Successful',
};

function make() {
  const woken: string[] = [];
  const failures: unknown[] = [];
  const delays: string[] = [];
  let time = 1_000;
  const calls = createCalls({
    now: () => time,
    answered: (key) => woken.push(key),
    failed: (_key, error) => failures.push(error),
    delayed: (key, message) => delays.push(`${key} ${message}`),
  });
  /** A call that goes on until it is settled. */
  const begin = (key: string, metric: string, uid = 'u') => {
    const { promise, resolve, reject } = Promise.withResolvers<CallAnswer>();
    const state: { signal: AbortSignal | undefined } = { signal: undefined };
    calls.start(key, uid, metric, (signal) => {
      state.signal = signal;
      return promise;
    });
    const settle = async (end: () => void): Promise<void> => {
      end();
      await promise.catch(() => undefined);
      await Promise.resolve();
    };
    return {
      state,
      answer: (given: CallAnswer = answer) => settle(() => resolve(given)),
      fail: (error: Error) => settle(() => reject(error)),
    };
  };
  return { calls, woken, failures, delays, begin, pass: (ms: number) => (time += ms) };
}

test('an answer wakes its run and stays until a status has it', async () => {
  const { calls, woken, begin } = make();
  const call = begin('n/r', 'm');
  assert.deepEqual(calls.ledgerOf('n/r', 'u'), { inFlight: { m: { since: 1_000 } }, answers: {} });
  await call.answer();
  assert.deepEqual(woken, ['n/r']);
  assert.deepEqual(calls.ledgerOf('n/r', 'u'), { inFlight: {}, answers: { m: answer } });
  calls.stored('n/r', ['m']);
  assert.deepEqual(calls.ledgerOf('n/r', 'u'), { inFlight: {}, answers: {} });
});

test('a metric is asked once at a time, and not again before its answer was stored', async () => {
  const { calls, begin } = make();
  const first = begin('n/r', 'm');
  assert.equal(begin('n/r', 'm').state.signal, undefined);
  await first.answer();
  assert.equal(begin('n/r', 'm').state.signal, undefined);
  assert.ok(begin('n/r', 'other').state.signal, 'another metric is not held up');
  assert.ok(begin('n/s', 'm').state.signal, 'nor is another run');
  calls.stored('n/r', ['m']);
  assert.ok(begin('n/r', 'm').state.signal);
});

test('a call that is not wanted any more is aborted, and its answer dropped', async () => {
  const { calls, woken, begin } = make();
  const call = begin('n/r', 'm');
  calls.abandon('n/r', ['m']);
  assert.equal(call.state.signal?.aborted, true);
  await call.answer();
  assert.deepEqual(calls.ledgerOf('n/r', 'u'), { inFlight: {}, answers: {} });
  assert.deepEqual(woken, []);
});

test('the answer of an aborted call is not taken for that of the next', async () => {
  const { calls, begin } = make();
  const old = begin('n/r', 'm');
  calls.forget('n/r');
  const next = begin('n/r', 'm');
  await old.answer();
  assert.deepEqual(Object.keys(calls.ledgerOf('n/r', 'u').inFlight), ['m']);
  await next.answer();
  assert.deepEqual(calls.ledgerOf('n/r', 'u').answers, { m: answer });
});

test('what was asked for a run is not an answer to another one of its name', async () => {
  const { calls, begin } = make();
  await begin('n/r', 'm').answer();
  const old = begin('n/r', 'other');
  assert.deepEqual(calls.ledgerOf('n/r', 'u2'), { inFlight: {}, answers: {} });
  assert.equal(old.state.signal?.aborted, true);
  const next = begin('n/r', 'other', 'u2');
  await old.answer();
  assert.deepEqual(Object.keys(calls.ledgerOf('n/r', 'u2').inFlight), ['other']);
  await next.answer();
  assert.deepEqual(calls.ledgerOf('n/r', 'u2').answers, { other: answer });
});

test('nothing is measured for a while when Secrets could not be read or a call broke', async () => {
  const { calls, woken, failures, delays, begin } = make();
  await begin('n/r', 'm').answer({ is: 'retry', message: 'throttled' });
  assert.deepEqual(calls.ledgerOf('n/r', 'u').retry, { message: 'throttled', at: 11_000 });
  const error = new TypeError('a bug');
  await begin('n/s', 'm').fail(error);
  assert.deepEqual(failures, [error]);
  assert.equal(calls.ledgerOf('n/s', 'u').retry?.at, 11_000);
  assert.deepEqual(woken, ['n/r', 'n/s']);
  assert.deepEqual(delays, ['n/r throttled', 'n/s TypeError: a bug']);
});

test('at the end everything that goes on is aborted', () => {
  const { calls, begin } = make();
  const signals = [begin('n/r', 'm'), begin('n/s', 'm')].map(({ state }) => state.signal);
  calls.close();
  assert.deepEqual(
    signals.map((signal) => signal?.aborted),
    [true, true],
  );
});
