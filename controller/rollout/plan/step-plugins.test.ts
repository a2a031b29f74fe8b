// What plugin steps do (rollout.md §3.4.13, §6.7; operations.md §10): called until they have ended, terminated when they
// are left, told of an abort; what cannot be called is said, in status, event and reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, abortedConditions, b, midway } from '../../../test/builders/midway.ts';
import { at, start } from '../../../test/builders/objects.ts';
import { lawfulPlan, settle, shortWrite } from '../../../test/builders/rows.ts';
import { eventsOf, type World } from '../../../test/builders/world.ts';
import type { CanaryStrategy, RolloutStatus, StepPluginStatus } from '../../api/types.generated.ts';
import type { OutsideAnswer, Plan } from '../types.ts';

const plugin = { name: 'acme/smoke', config: { depth: 2 } };
const canary: CanaryStrategy = {
  steps: [{ setWeight: 20 }, { plugin }, { plugin: { name: 'acme/second' } }, { pause: {} }],
};
const callKey = 'call/stepPlugin';
const seconds = (count: number) => start + count * 1000;

function given(step: number, entries: readonly StepPluginStatus[] = [], status: RolloutStatus = {}): World {
  const parts = entries.length === 0 ? {} : { canary: { stepPluginStatuses: entries } };
  const counts = { stable: { replicas: 8 }, current: { replicas: 2 } };
  return midway({ canary, step, ...counts, status: { ...parts, ...status } });
}

function entry(more: Partial<StepPluginStatus> = {}): StepPluginStatus {
  const times = { startedAt: at(-20), updatedAt: at(-20) };
  return { index: 1, name: plugin.name, operation: 'Run', phase: 'Running', executions: 1, ...times, ...more };
}

function callOf(plan: Plan) {
  const [write] = plan.writes.filter(({ kind }) => kind === 'startCall');
  return write?.kind === 'startCall' && write.call.kind === 'stepPlugin' ? write.call : undefined;
}

/** The plan that sees the answer to what was asked. */
function afterAnswer(world: World, answer: OutsideAnswer): Plan {
  const waiting = settle(world, start).world;
  const flight = waiting.ledger.calls?.inFlight[callKey];
  assert.ok(flight, 'a call goes on');
  const told = { about: flight.about, startedAt: flight.since, answeredAt: start, answer };
  const calls = { inFlight: {}, answers: { [callKey]: told } };
  return lawfulPlan({ ...waiting, ledger: { ...waiting.ledger, calls } }, start);
}

const statusesOf = (plan: Plan) => plan.status.canary?.stepPluginStatuses ?? [];
const said = (plan: Plan) => eventsOf(plan).map(({ type, reason, message }) => `${type} ${reason}: ${message}`);
const codes = (plan: Plan) => plan.reasons.map(({ code }) => code);

test('the plugin of the current step is run with its configuration', () => {
  const call = callOf(lawfulPlan(given(1), start));
  assert.deepEqual([call?.operation, call?.plugin], ['Run', plugin]);
  assert.equal(call?.status, undefined);
});

test('one that needs more time is asked again when it says, with the status that it left', () => {
  const plan = afterAnswer(given(1), {
    is: 'stepPlugin',
    phase: 'Running',
    message: 'half way',
    status: { job: 7 },
    requeueAfterMs: 60_000,
  });
  assert.deepEqual(statusesOf(plan), [
    {
      ...entry({ startedAt: at(0), updatedAt: at(0) }),
      backoff: '1m0s',
      message: 'half way',
      status: { job: 7 },
    },
  ]);
  assert.equal(plan.status.currentStepIndex, 1);
  assert.ok(
    said(plan).includes('Normal StepPluginTransition: Step plugin acme/smoke (step 1) transitioned to Running'),
  );
  const later = given(1, statusesOf(plan));
  const resting = lawfulPlan(later, seconds(59.999));
  assert.equal(resting.wakeAt, seconds(60));
  assert.deepEqual([resting.writes, codes(resting).includes('stepPluginRuns')], [[], true]);
  assert.deepEqual(callOf(lawfulPlan(later, seconds(60)))?.status, { job: 7 });
});

test('without a word about when it is asked again after five seconds', () => {
  const plan = afterAnswer(given(1), { is: 'stepPlugin', phase: 'Running' });
  assert.equal(statusesOf(plan)[0]?.backoff, '5s');
});

test('success ends the step, without an event of its own', () => {
  const plan = afterAnswer(given(1, [entry()]), { is: 'stepPlugin', phase: 'Successful' });
  assert.deepEqual([plan.status.currentStepIndex, statusesOf(plan)[0]?.phase], [2, 'Successful']);
  assert.equal(statusesOf(plan)[0]?.executions, 2);
  assert.equal(statusesOf(plan)[0]?.finishedAt, at(0));
  assert.deepEqual(
    said(plan).filter((text) => text.includes('StepPlugin')),
    [],
  );
  assert.ok(said(plan).some((text) => text.endsWith('Rollout step 2/4 completed (plugin: acme/smoke)')));
});

test('failure aborts the update with its words', () => {
  const plan = afterAnswer(given(1), { is: 'stepPlugin', phase: 'Failed', message: 'smoke' });
  assert.deepEqual([plan.status.abort, plan.status.currentStepIndex], [true, 0]);
  assert.equal(
    plan.status.message,
    'RolloutAborted: Rollout aborted update to revision 2: Step plugin acme/smoke (step 1) failed: smoke',
  );
  assert.ok(
    said(plan).includes('Warning StepPluginTransition: Step plugin acme/smoke (step 1) transitioned to Failed'),
  );
});

test('one that cannot be called is said, and tried again after 30 s: it never passes by itself', () => {
  const message = 'plugin acme/smoke not configured in configmap';
  const plan = afterAnswer(given(1), { is: 'failed', message, isThrottled: false });
  assert.deepEqual([plan.status.currentStepIndex, plan.status.abort], [1, undefined]);
  assert.ok(said(plan).includes(`Warning ReconciliationError: Reconciliation failed with error: ${message}`));
  const [stored] = statusesOf(plan);
  assert.deepEqual([stored?.phase, stored?.backoff, stored?.message], ['Error', '30s', message]);
  const resting = lawfulPlan(given(1, statusesOf(plan)), seconds(1));
  assert.equal(resting.wakeAt, seconds(30));
  const reason = resting.reasons.find(({ code }) => code === 'stepPluginFailed');
  assert.deepEqual([reason?.data.message, reason?.until], [message, seconds(30)]);
});

test('a plugin that is switched off counts as successful', () => {
  const plan = afterAnswer(given(1), { is: 'stepPlugin', phase: 'Successful', isDisabled: true });
  assert.deepEqual([plan.status.currentStepIndex, statusesOf(plan)[0]?.disabled], [2, true]);
});

test('while a person has paused the Rollout no plugin is run', () => {
  const paused = given(1);
  const world = { ...paused, rollout: { ...paused.rollout, spec: { ...paused.rollout.spec, paused: true } } };
  assert.ok(settle(world, start).waves.every((plan) => callOf(plan) === undefined));
});

test('a step that is left while its plugin runs terminates it, and goes on at once', () => {
  const plan = afterAnswer(given(3, [entry()]), { is: 'stepPlugin', phase: 'Successful' });
  assert.deepEqual(
    statusesOf(plan).map(({ operation, phase }) => [operation, phase]),
    [
      ['Run', 'Running'],
      ['Terminate', 'Successful'],
    ],
  );
  assert.ok(
    said(plan).includes('Normal StepPluginTransition: Step plugin acme/smoke (step 1) terminated (Successful)'),
  );
});

test('an abort is told to the plugins that ran, the last one first', () => {
  const ran = [entry({ phase: 'Successful', finishedAt: at(-10) }), entry({ index: 2, name: 'acme/second' })];
  const world = given(0, ran, { abort: true, abortedAt: at(-1), conditions: abortedConditions, phase: 'Degraded' });
  const scaled = {
    ...world,
    replicaSets: midway({ canary, stable: { replicas: 10 }, current: { replicas: 0 } }).replicaSets,
  };
  const first = afterAnswer(scaled, { is: 'stepPlugin', phase: 'Successful' });
  assert.deepEqual(
    statusesOf(first).map(({ index, operation }) => `${operation} ${index}`),
    ['Run 1', 'Run 2', 'Abort 2'],
  );
  assert.ok(said(first).includes('Normal StepPluginTransition: Step plugin acme/second (step 2) aborted (Successful)'));
  const next = { ...scaled, rollout: { ...scaled.rollout, status: first.status } };
  const call = settle(next, start).waves.flatMap((plan) => callOf(plan) ?? [])[0];
  assert.deepEqual([call?.operation, call?.plugin.name], ['Abort', 'acme/smoke']);
});

test('a retry begins with nothing: the plugin is run anew', () => {
  const world = given(0, [entry({ phase: 'Failed', finishedAt: at(-10) })], { abortedAt: at(-5) });
  const { status } = settle(world, start).last;
  assert.equal(status.canary?.stepPluginStatuses?.some(({ phase }) => phase === 'Failed') ?? false, false);
});

test('hashes of both versions: the answer about another update is not heard', () => {
  assert.notEqual(a, b);
  const waiting = settle(given(1), start).world;
  const about = waiting.ledger.calls?.inFlight[callKey]?.about ?? '';
  const told = { about: about.replace(b, 'other'), startedAt: start, answeredAt: start };
  const answer: OutsideAnswer = { is: 'stepPlugin', phase: 'Successful' };
  const calls = { inFlight: {}, answers: { [callKey]: { ...told, answer } } };
  const plan = lawfulPlan({ ...waiting, ledger: { ...waiting.ledger, calls } }, start);
  assert.deepEqual(plan.writes.map(shortWrite), ['call stepPlugin']);
});
