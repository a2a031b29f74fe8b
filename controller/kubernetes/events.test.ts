import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { noAnswer, refusal, type Script, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import { createEventRecorder } from './events.ts';
import { silentLogger } from './log.ts';
import type { ObjectReference, RecordedEvent } from './recorded-event.ts';
import type { KubeRequest } from './transport.ts';

const about: ObjectReference = {
  apiVersion: 'argoproj.io/v1alpha1',
  kind: 'Rollout',
  namespace: 'ns',
  name: 'web',
  uid: 'u1',
  resourceVersion: '7',
};

function normal(reason: string, message = reason): RecordedEvent {
  return { type: 'Normal', reason, message };
}

function makeRecorder(script: Script = () => ({})) {
  const clock = new VirtualClock({ startAt: Date.UTC(2026, 0, 1) });
  const transport = scriptedTransport(script);
  const recorder = createEventRecorder({
    transport,
    clock,
    log: silentLogger,
    component: 'rollouts-controller',
    isImportant: ({ reason }) => reason.startsWith('Rollout'),
  });
  return { clock, transport, recorder };
}

/** `POST message` or `PATCH count message`, in order. */
function sent(requests: readonly KubeRequest[]): string[] {
  return requests.map(({ verb, body }) => {
    const { count, message } = body as { count: number; message: string };
    return verb === 'POST' ? `new ${message}` : `${count} × ${message}`;
  });
}

test('writes an event as client-go does', async () => {
  const { clock, transport, recorder } = makeRecorder();
  recorder.record(about, { type: 'Warning', reason: 'RolloutAborted', message: 'aborted' });
  await clock.settle();
  const nanos = (BigInt(Date.UTC(2026, 0, 1)) * 1_000_000n).toString(16);
  const [request] = transport.requests;
  assert.equal(request?.path, '/api/v1/namespaces/ns/events');
  assert.deepEqual(request?.body, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `web.${nanos}`, namespace: 'ns' },
    involvedObject: about,
    reason: 'RolloutAborted',
    message: 'aborted',
    source: { component: 'rollouts-controller' },
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
    type: 'Warning',
    eventTime: null,
    reportingComponent: 'rollouts-controller',
    reportingInstance: '',
  });
});

test('an event of an object with a long name has a name that the server takes', async () => {
  const { clock, transport, recorder } = makeRecorder();
  recorder.record({ ...about, name: `${'n'.repeat(230)}-${'-'.repeat(18)}x` }, normal('RolloutUpdated'));
  await clock.settle();
  const [request] = transport.requests;
  const body = request?.body as { metadata: { name: string } } | undefined;
  assert.match(body?.metadata.name ?? '', /^n{230}[.][0-9a-f]{16}$/);
});

test('a repetition counts the first one up by a patch', async () => {
  const { clock, transport, recorder } = makeRecorder();
  recorder.record(about, normal('RolloutPaused'));
  await clock.runFor(60_000);
  recorder.record(about, normal('RolloutPaused'));
  recorder.record(about, normal('RolloutPaused'));
  await clock.settle();
  assert.deepEqual(sent(transport.requests), ['new RolloutPaused', '2 × RolloutPaused', '3 × RolloutPaused']);
  const [first, second] = transport.requests;
  const { name } = (first!.body as { metadata: { name: string } }).metadata;
  assert.equal(second?.path, `/api/v1/namespaces/ns/events/${name}`);
  assert.equal((second!.body as { lastTimestamp: string }).lastTimestamp, '2026-01-01T00:01:00Z');
});

test('after an hour, or when the server has lost it, a repetition is a new event', async () => {
  let isLost = false;
  const { clock, transport, recorder } = makeRecorder(({ verb }) =>
    isLost && verb === 'PATCH' ? refusal(404, 'NotFound') : {},
  );
  recorder.record(about, normal('RolloutPaused'));
  await clock.runFor(3_600_000);
  recorder.record(about, normal('RolloutPaused'));
  await clock.runFor(1_000);
  isLost = true;
  recorder.record(about, normal('RolloutPaused'));
  await clock.settle();
  assert.deepEqual(
    transport.requests.map(({ verb }) => verb),
    ['POST', 'POST', 'PATCH', 'POST'],
  );
});

test('events of one object are written in order, also when one of them has to be tried again', async () => {
  let failures = 2;
  const { clock, transport, recorder } = makeRecorder(() => {
    failures -= 1;
    return failures >= 0 ? noAnswer() : {};
  });
  for (const reason of ['RolloutUpdated', 'ScalingReplicaSet', 'RolloutCompleted']) {
    recorder.record(about, normal(reason));
  }
  await clock.settle();
  assert.equal(transport.requests.length, 1);
  await clock.runFor(20_000);
  assert.deepEqual(sent(transport.requests).slice(2), [
    'new RolloutUpdated',
    'new ScalingReplicaSet',
    'new RolloutCompleted',
  ]);
});

test('another object does not wait for it', async () => {
  const { clock, transport, recorder } = makeRecorder(({ body }) =>
    (body as { involvedObject: { uid: string } }).involvedObject.uid === 'u1' ? noAnswer() : {},
  );
  recorder.record(about, normal('RolloutUpdated'));
  recorder.record({ ...about, name: 'other', uid: 'u2' }, normal('RolloutPaused'));
  await clock.settle();
  assert.deepEqual(sent(transport.requests), ['new RolloutUpdated', 'new RolloutPaused']);
});

test('after twelve attempts, or at once when the server refuses it, an event is given up', async () => {
  const { clock, transport, recorder } = makeRecorder(() => noAnswer());
  recorder.record(about, normal('RolloutUpdated'));
  await clock.runFor(600_000);
  assert.equal(transport.requests.length, 12);

  const refused = makeRecorder(() => refusal(403, 'Forbidden'));
  refused.recorder.record(about, normal('RolloutUpdated'));
  refused.recorder.record(about, normal('RolloutPaused'));
  await refused.clock.runFor(600_000);
  assert.equal(refused.transport.requests.length, 2);
});

test('the tenth different message within ten minutes is combined with the later ones, as the reference does', async () => {
  const { clock, transport, recorder } = makeRecorder();
  for (let count = 1; count <= 12; count += 1) recorder.record(about, normal('RolloutStep', `step ${count}`));
  await clock.settle();
  assert.deepEqual(sent(transport.requests).slice(8), [
    'new step 9',
    'new (combined from similar events): step 10',
    '2 × (combined from similar events): step 11',
    '3 × (combined from similar events): step 12',
  ]);
  await clock.runFor(600_001);
  recorder.record(about, normal('RolloutStep', 'step 13'));
  await clock.settle();
  assert.equal(sent(transport.requests).at(-1), 'new step 13');
});

test('phases, aborts and completions pass any limit; the rest is counted together and written when there is room', async () => {
  const { clock, transport, recorder } = makeRecorder();
  for (let count = 1; count <= 25; count += 1) recorder.record(about, normal(`Chatter${count}`));
  recorder.record(about, normal('TooMuch', 'one'));
  recorder.record(about, normal('TooMuch', 'two'));
  recorder.record(about, normal('RolloutAborted'));
  await clock.settle();
  assert.equal(transport.requests.length, 26);
  assert.equal(sent(transport.requests).at(-1), 'new RolloutAborted');
  await clock.runFor(300_000);
  const last = transport.requests.at(-1)?.body as { count: number; message: string };
  assert.deepEqual([last.count, last.message], [2, '(combined from similar events): two']);
});

test('the limit is per object and type', async () => {
  const { clock, transport, recorder } = makeRecorder();
  for (let count = 1; count <= 30; count += 1) recorder.record(about, normal(`Chatter${count}`));
  recorder.record(about, { type: 'Warning', reason: 'Trouble', message: 'x' });
  recorder.record({ ...about, uid: 'u2' }, normal('Chatter'));
  await clock.settle();
  assert.equal(transport.requests.length, 27);
});

test('a flush writes what was held back and waits, but not longer than told', async () => {
  const { clock, transport, recorder } = makeRecorder();
  for (let count = 1; count <= 26; count += 1) recorder.record(about, normal(`Chatter${count}`));
  let isFlushed = false;
  void recorder.flush(2_000).then(() => {
    isFlushed = true;
  });
  await clock.settle();
  assert.equal(isFlushed, true);
  assert.equal(transport.requests.length, 26);

  const stuck = makeRecorder(() => new Promise(() => {}));
  stuck.recorder.record(about, normal('RolloutUpdated'));
  let isOver = false;
  void stuck.recorder.flush(2_000).then(() => {
    isOver = true;
  });
  await stuck.clock.runFor(1_999);
  assert.equal(isOver, false);
  await stuck.clock.runFor(1);
  assert.equal(isOver, true);
});

test('after stop nothing is written', async () => {
  const { clock, transport, recorder } = makeRecorder();
  recorder.stop();
  recorder.record(about, normal('RolloutUpdated'));
  await clock.settle();
  assert.equal(transport.requests.length, 0);
});

test('while nobody takes events they are kept up to a limit, important ones beyond it, and the rest is written later', async () => {
  let isDown = true;
  const { clock, transport, recorder } = makeRecorder(() => (isDown ? noAnswer() : {}));
  const record = (count: number, reason: string) => {
    for (let index = 0; index < count; index += 1) {
      recorder.record({ ...about, uid: `${reason}${index}`, name: `${reason.toLowerCase()}${index}` }, normal(reason));
    }
  };
  record(25_000, 'Other');
  record(10, 'RolloutPaused');
  await clock.settle();
  isDown = false;
  transport.requests.length = 0;
  await clock.runFor(60_000);
  const written = sent(transport.requests);
  assert.equal(written.filter((line) => line === 'new Other').length, 20_000);
  assert.equal(written.filter((line) => line === 'new RolloutPaused').length, 10);
  recorder.record({ ...about, uid: 'later' }, normal('Other'));
  await clock.settle();
  assert.equal(transport.requests.length, 20_011);
});
