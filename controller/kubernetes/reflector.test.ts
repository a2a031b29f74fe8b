import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import { seededRandom } from '../../sandbox/random.ts';
import { noAnswer, refusal, type Script, scriptedTransport } from '../../test/builders/scripted-transport.ts';
import type { KubernetesObject } from '../api/kubernetes-types.ts';
import { decodeObject } from './decode.ts';
import { silentLogger } from './log.ts';
import { createReflector, type ReflectorOptions } from './reflector.ts';
import { createStore } from './store.ts';
import { KubeError } from './transport.ts';

function pod(name: string, resourceVersion: string) {
  return { metadata: { namespace: 'ns', name, uid: `uid-${name}`, resourceVersion } };
}

function list(resourceVersion: string, items: unknown[], next?: string) {
  return { metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) }, items };
}

/** A reflector on a scripted API; lists are answered by `script`. */
function follow(
  script: Script,
  options: Partial<ReflectorOptions<KubernetesObject>> = {},
  clock: VirtualClock = new VirtualClock(),
) {
  const transport = scriptedTransport(script);
  const store = createStore<KubernetesObject>({ decode: decodeObject({ apiVersion: 'v1', kind: 'Pod' }) });
  const restarts: string[] = [];
  const reflector = createReflector({
    transport,
    clock,
    random: seededRandom(1),
    log: silentLogger,
    path: '/api/v1/pods',
    store,
    onRestart: (reason) => restarts.push(reason),
    ...options,
  });
  reflector.start();
  return { clock, transport, store, reflector, restarts, keys: () => [...store.keys()].sort() };
}

const oneList: Script = () => list('10', [pod('a', '5')]);

test('reads the list in pages and watches from its version, with bookmarks and a random time-out', async () => {
  const { clock, transport, reflector, keys } = follow(
    ({ query }) => (query?.continue === 'next' ? list('10', [pod('b', '7')]) : list('10', [pod('a', '5')], 'next')),
    { pageSize: 250, labelSelector: 'x=y' },
  );
  await reflector.synced();
  await clock.settle();
  assert.deepEqual(keys(), ['ns/a', 'ns/b']);
  assert.deepEqual(
    transport.requests.map(({ query }) => [query?.limit, query?.continue, query?.labelSelector]),
    [
      [250, undefined, 'x=y'],
      [250, 'next', 'x=y'],
    ],
  );
  const { query } = transport.watches[0]!.request;
  assert.equal(query?.resourceVersion, '10');
  assert.equal(query?.allowWatchBookmarks, true);
  assert.equal(query?.labelSelector, 'x=y');
  const timeout = Number(query?.timeoutSeconds);
  assert.ok(timeout >= 300 && timeout <= 600);
});

test('an expired page token begins the list anew, at last in one piece', async () => {
  let asked = 0;
  const { clock, transport, keys } = follow(({ query }) => {
    asked += 1;
    if (query?.continue !== undefined) return refusal(410, 'Expired');
    return query?.limit === undefined ? list('30', [pod('c', '3')]) : list('10', [pod('a', '5')], 'next');
  });
  await clock.settle();
  assert.deepEqual(keys(), ['ns/c']);
  assert.equal(asked, 5);
  assert.equal(transport.watches[0]!.request.query?.resourceVersion, '30');
});

test('carries the version on from events and bookmarks over a dropped connection, without a new list', async () => {
  const { clock, transport, keys, restarts } = follow(oneList);
  await clock.settle();
  const [first] = transport.watches;
  first!.opened();
  first!.frame('ADDED', pod('b', '11'));
  first!.frame('BOOKMARK', { metadata: { resourceVersion: '15' } });
  first!.close(noAnswer());
  await clock.runFor(2_000);
  assert.equal(transport.watches.length, 2);
  assert.equal(transport.watches[1]!.request.query?.resourceVersion, '15');
  assert.equal(transport.requests.length, 1);
  assert.deepEqual(keys(), ['ns/a', 'ns/b']);
  assert.deepEqual(restarts, ['unreachable']);
});

test('a clean end is followed by the next watch at once, but at most once a second', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  transport.watches[0]!.opened();
  await clock.runFor(5_000);
  transport.watches[0]!.close();
  await clock.settle();
  assert.equal(transport.watches.length, 2);
  transport.watches[1]!.close();
  await clock.runFor(900);
  assert.equal(transport.watches.length, 2);
  await clock.runFor(100);
  assert.equal(transport.watches.length, 3);
});

test('410 in the stream or before it reads the list again; what vanished unseen is told with its last state', async () => {
  let listed = 0;
  const { clock, transport, store, keys } = follow(() => {
    listed += 1;
    return listed === 1 ? list('10', [pod('a', '5'), pod('b', '6'), pod('c', '7')]) : list('20', [pod('c', '7')]);
  });
  const gone: string[] = [];
  store.subscribe((old, current, key) => {
    if (current === undefined) gone.push(`${key}@${old?.metadata.resourceVersion}`);
  });
  await clock.settle();
  transport.watches[0]!.opened();
  await clock.runFor(2_000);
  transport.watches[0]!.frame('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' });
  await clock.settle();
  assert.deepEqual(gone.sort(), ['ns/a@5', 'ns/b@6']);
  assert.deepEqual(keys(), ['ns/c']);
  assert.equal(transport.watches[1]!.request.query?.resourceVersion, '20');

  await clock.runFor(2_000);
  transport.watches[1]!.close(refusal(410, 'Gone'));
  await clock.settle();
  assert.equal(listed, 3);
});

test('an API that always answers 410 is asked at most once a second', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  for (let second = 0; second < 5; second += 1) {
    transport.watches.at(-1)!.close(refusal(410, 'Expired'));
    await clock.runFor(1_000);
  }
  assert.ok(transport.requests.length <= 6, `${transport.requests.length} lists`);
});

test('a refused list backs off from 0.8 s, doubling to 30 s, with jitter', async () => {
  const at: number[] = [];
  const clock = new VirtualClock();
  const script: Script = () => {
    at.push(clock.now());
    return noAnswer();
  };
  follow(script, {}, clock);
  await clock.runFor(300_000);
  const waits = at.slice(1).map((time, index) => time - at[index]!);
  for (const [index, wait] of waits.entries()) {
    const base = Math.min(800 * 2 ** index, 30_000);
    assert.ok(wait >= base && wait <= 2 * base, `wait ${index} was ${wait} ms, base ${base}`);
  }
  assert.ok(waits.length >= 7);
});

test('two healthy minutes forget the failures before', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  for (let round = 0; round < 2; round += 1) {
    for (let failure = 0; failure < 2; failure += 1) {
      transport.watches.at(-1)!.opened();
      transport.watches.at(-1)!.frame('BOOKMARK', { metadata: { resourceVersion: '12' } });
      transport.watches.at(-1)!.close(noAnswer());
      const count = transport.watches.length;
      const from = clock.now();
      await clock.runUntil(() => transport.watches.length > count);
      const wait = clock.now() - from;
      const base = 800 * 2 ** failure;
      assert.ok(wait >= base && wait <= 2 * base, `round ${round}, failure ${failure}: ${wait} ms`);
    }
    transport.watches.at(-1)!.opened();
    for (let minute = 0; minute < 3; minute += 1) {
      transport.watches.at(-1)!.frame('BOOKMARK', { metadata: { resourceVersion: '13' } });
      await clock.runFor(60_000);
    }
  }
});

test('429 with Retry-After is obeyed where it is longer than the back-off', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  transport.watches[0]!.close(refusal(429, 'TooManyRequests', 'slow down', 20_000));
  await clock.runFor(19_999);
  assert.equal(transport.watches.length, 1);
  await clock.runFor(1);
  assert.equal(transport.watches.length, 2);
});

test('a server that never accepts the watch is left after 30 s', async () => {
  const { clock, transport, restarts } = follow(oneList);
  await clock.settle();
  await clock.runFor(29_999);
  assert.equal(transport.watches[0]!.isCancelled, false);
  await clock.runFor(1);
  assert.equal(transport.watches[0]!.isCancelled, true);
  await clock.runFor(2_000);
  assert.equal(transport.watches.length, 2);
  assert.deepEqual(restarts, ['timeout']);
});

test('a wall clock that is set back delays neither the next watch nor the end of a silent one', async () => {
  const real = new VirtualClock();
  let stepMs = 0;
  const clock = { now: () => real.now() + stepMs, schedule: real.schedule.bind(real) };
  const { transport, restarts } = follow(oneList, { clock });
  await real.settle();
  transport.watches[0]!.opened();
  await real.runFor(10_000);
  stepMs = -3_600_000;
  transport.watches[0]!.close();
  await real.runFor(1_000);
  assert.equal(transport.watches.length, 2);
  transport.watches[1]!.opened();
  transport.watches[1]!.frame('BOOKMARK', { metadata: { resourceVersion: '20' } });
  stepMs = -7_200_000;
  await real.runFor(1_000_000);
  assert.equal(transport.watches[1]!.isCancelled, true);
  assert.deepEqual(restarts.slice(0, 2), ['ended', 'timeout']);
});

test('a silent peer is dropped after 90 s once bookmarks flow, else after the time-out and 15 s', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  const [first] = transport.watches;
  const timeoutMs = Number(first!.request.query?.timeoutSeconds) * 1000;
  first!.opened();
  await clock.runFor(timeoutMs + 14_999);
  assert.equal(first!.isCancelled, false);
  await clock.runFor(1);
  assert.equal(first!.isCancelled, true);
  await clock.runFor(2_000);

  const second = transport.watches[1]!;
  second.opened();
  second.frame('BOOKMARK', { metadata: { resourceVersion: '20' } });
  await clock.runFor(60_000);
  second.frame('MODIFIED', pod('a', '21'));
  await clock.runFor(89_999);
  assert.equal(second.isCancelled, false);
  await clock.runFor(60_000);
  assert.equal(second.isCancelled, true);
});

test('a slow peer that sends now and then is kept', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  transport.watches[0]!.opened();
  transport.watches[0]!.frame('BOOKMARK', { metadata: { resourceVersion: '20' } });
  for (let count = 0; count < 20; count += 1) {
    await clock.runFor(80_000);
    transport.watches[0]!.frame('MODIFIED', pod('a', String(21 + count)));
  }
  assert.equal(transport.watches.length, 1);
});

test('garbage in the stream makes the list be read again, and everything be told again', async () => {
  const { clock, transport, store } = follow(oneList);
  await clock.settle();
  let told = 0;
  store.subscribe(() => {
    told += 1;
  });
  transport.watches[0]!.opened();
  transport.watches[0]!.frame('ADDED', { nonsense: true });
  await clock.runFor(2_000);
  assert.equal(transport.requests.length, 2);
  assert.equal(transport.watches.length, 2);
  assert.equal(told, 1);
});

test('a listener that throws leaves no stale store behind: the list is read and told again', async () => {
  const { clock, transport, store } = follow(oneList);
  await clock.settle();
  const told: string[] = [];
  let isBroken = true;
  store.subscribe((_old, current) => {
    if (isBroken) {
      isBroken = false;
      throw new Error('a bug');
    }
    told.push(current?.metadata.resourceVersion ?? '-');
  });
  transport.watches[0]!.opened();
  transport.watches[0]!.frame('MODIFIED', pod('a', '11'));
  await clock.runFor(2_000);
  assert.deepEqual(told, ['11']);
});

test('an ERROR frame other than 410 reads the list again after a back-off', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  transport.watches[0]!.opened();
  transport.watches[0]!.frame('ERROR', { kind: 'Status', code: 500, reason: 'InternalError', message: 'no' });
  await clock.settle();
  assert.equal(transport.requests.length, 1);
  await clock.runFor(2_000);
  assert.equal(transport.requests.length, 2);
});

test('a watch that breaks again and again without a frame falls back to a list', async () => {
  const { clock, transport } = follow(oneList);
  await clock.settle();
  for (let count = 0; count < 3; count += 1) {
    const before = transport.watches.length + transport.requests.length;
    transport.watches.at(-1)!.close(refusal(500, 'InternalError'));
    await clock.runUntil(() => transport.watches.length + transport.requests.length > before);
  }
  assert.equal(transport.requests.length, 2);
});

test('an optional kind that is not installed counts as synced and empty, and is found when it comes', async () => {
  let isInstalled = false;
  const { clock, reflector, keys } = follow(
    () => (isInstalled ? list('10', [pod('a', '5')]) : refusal(404, 'NotFound')),
    { optional: true },
  );
  await reflector.synced();
  assert.equal(reflector.state, 'absent');
  isInstalled = true;
  await clock.runFor(30_000);
  assert.deepEqual(keys(), ['ns/a']);
  assert.equal(reflector.state, 'watching');
});

test('a kind that must be there is not synced by a 404 or a 403', async () => {
  const { clock, reflector } = follow(() => refusal(403, 'Forbidden'));
  await clock.runFor(120_000);
  assert.equal(reflector.hasSynced, false);
  assert.equal(reflector.state, 'failing');
});

test('whoever asks how it goes hears of a failure at once, of success when it comes', async () => {
  let answer: unknown = refusal(403, 'Forbidden');
  const { clock, reflector } = follow(() => answer);
  const first = await reflector.tried();
  assert.ok(first instanceof KubeError && first.status === 403);
  assert.equal(await reflector.tried(), first, 'while it fails, without a wait');
  answer = list('10', []);
  await clock.runFor(60_000);
  assert.equal(await reflector.tried(), undefined);
});

test('a resync tells every listener of every object again', async () => {
  const { clock, store } = follow(oneList, { resyncMs: 60_000 });
  await clock.settle();
  const told: boolean[] = [];
  store.subscribe((old, current) => told.push(old === current));
  await clock.runFor(120_000);
  assert.deepEqual(told, [true, true]);
});

test('after stop nothing is asked any more', async () => {
  const { clock, transport, reflector } = follow(oneList, { resyncMs: 1_000 });
  await clock.settle();
  reflector.stop();
  transport.watches[0]!.close(noAnswer());
  await clock.runFor(600_000);
  assert.equal(transport.watches[0]!.isCancelled, true);
  assert.equal(transport.watches.length, 1);
  assert.equal(clock.nextAt(), undefined);
});
