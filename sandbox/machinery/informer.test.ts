import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { VirtualClock } from '../clock.ts';
import { type ApiRequest, createKubeClient, type WatchEvents } from './client.ts';
import { Informer } from './informer.ts';
import { resources } from './resources.ts';

interface Item extends KubernetesObject {
  readonly color?: string;
}

function item(name: string, version: number, rest: { readonly uid?: string; readonly color?: string } = {}): Item {
  const { uid = `uid-${name}`, ...content } = rest;
  return { metadata: { name, namespace: 'x', uid, resourceVersion: String(version) }, ...content };
}

/** A server of one kind whose every word the test says itself. */
function makeInformer(listed: () => { readonly version: number; readonly items: readonly Item[] }) {
  const clock = new VirtualClock({ startAt: 0 });
  const watches: { request: ApiRequest; sink: WatchEvents; cancelled: boolean }[] = [];
  const changes: string[] = [];
  const problems: string[] = [];
  let listCount = 0;
  const requester = {
    async request() {
      listCount++;
      const { version, items } = listed();
      return { status: 200, body: { metadata: { resourceVersion: String(version) }, items } };
    },
    watch(request: ApiRequest, sink: WatchEvents) {
      const watch = { request, sink, cancelled: false };
      watches.push(watch);
      return {
        cancel() {
          watch.cancelled = true;
        },
      };
    },
  };
  const client = createKubeClient(requester, 'test');
  const report = ({ message }: Error): void => void problems.push(message);
  const informer = new Informer<Item>({ client, clock, resource: resources.pods, report });
  informer.index('color', ({ color }) => (color === undefined ? [] : [color]));
  informer.onChange((now, before) => changes.push(`${before?.metadata.name ?? '-'} → ${now?.metadata.name ?? '-'}`));
  const last = () => watches.at(-1)!;
  const say = (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: Item): void => last().sink.frame({ type, object });
  return { clock, informer, watches, changes, problems, say, last, lists: () => listCount };
}

test('lists, then watches from there, and tells of every change once', async () => {
  const { informer, changes, say, last } = makeInformer(() => ({ version: 5, items: [item('a', 3)] }));
  await informer.start();
  assert.equal(last().request.query?.resourceVersion, '5');
  say('ADDED', item('b', 6));
  say('MODIFIED', item('a', 7));
  say('MODIFIED', item('a', 7));
  say('DELETED', item('b', 8));
  assert.deepEqual(changes, ['- → a', '- → b', 'a → a', 'b → -']);
  assert.deepEqual([informer.size, informer.get('x/a')?.metadata.resourceVersion], [1, '7']);
});

test('indexes follow the objects', async () => {
  const { informer, say } = makeInformer(() => ({ version: 5, items: [item('a', 3, { color: 'red' })] }));
  await informer.start();
  say('ADDED', item('b', 6, { color: 'red' }));
  assert.deepEqual(
    informer.find('color', 'red').map(({ metadata }) => metadata.name),
    ['a', 'b'],
  );
  say('MODIFIED', item('a', 7, { color: 'blue' }));
  say('DELETED', item('b', 8, { color: 'red' }));
  assert.deepEqual(informer.find('color', 'red'), []);
  assert.deepEqual(
    informer.find('color', 'blue').map(({ metadata }) => metadata.name),
    ['a'],
  );
});

test('own writes count at once, and what the watch said before them no longer does', async () => {
  const { informer, changes, say } = makeInformer(() => ({ version: 5, items: [item('a', 3)] }));
  await informer.start();
  informer.wrote(item('a', 9, { color: 'green' }));
  say('MODIFIED', item('a', 8, { color: 'old' }));
  assert.equal(informer.get('x/a')?.color, 'green');
  say('MODIFIED', item('a', 9, { color: 'green' }));
  informer.wrote(item('a', 7));
  assert.deepEqual(changes, ['- → a', 'a → a']);
});

test('an answer that comes after the object went does not bring it back', async () => {
  const { informer, say } = makeInformer(() => ({ version: 5, items: [item('a', 3)] }));
  await informer.start();
  say('DELETED', item('a', 8));
  informer.wrote(item('a', 7));
  assert.equal(informer.get('x/a'), undefined);
});

test('what one deleted oneself is gone at once, whatever the watch still says of before', async () => {
  const { informer, changes, say } = makeInformer(() => ({ version: 5, items: [item('a', 3)] }));
  await informer.start();
  informer.removed(item('a', 3));
  say('DELETED', item('a', 6));
  say('ADDED', item('a', 7, { uid: 'second' }));
  assert.deepEqual(changes, ['- → a', 'a → -', '- → a']);
});

test('an object of the same name that came in between is told as one gone and one new', async () => {
  const { informer, changes, say } = makeInformer(() => ({ version: 5, items: [item('a', 3)] }));
  await informer.start();
  say('MODIFIED', item('a', 9, { uid: 'second' }));
  assert.deepEqual(changes, ['- → a', 'a → -', '- → a']);
});

test('a clean end goes on at once from where it was', async () => {
  const { clock, informer, last, watches, lists, say } = makeInformer(() => ({ version: 5, items: [] }));
  await informer.start();
  say('ADDED', item('a', 11));
  last().sink.closed(undefined);
  await clock.runFor(0);
  assert.deepEqual([watches.length, lists(), last().request.query?.resourceVersion], [2, 1, '11']);
});

test('a broken watch backs off and goes on', async () => {
  const { clock, informer, last, watches, lists } = makeInformer(() => ({ version: 5, items: [] }));
  await informer.start();
  last().sink.closed(new Error('reset'));
  await clock.runFor(700);
  assert.equal(watches.length, 1);
  await clock.runFor(100);
  assert.deepEqual([watches.length, lists()], [2, 1]);
});

test('a resource version that is too old leads to a new list, whose gaps are told as changes', async () => {
  let answer = { version: 5, items: [item('a', 3), item('b', 4)] };
  const { clock, informer, changes, last, lists } = makeInformer(() => answer);
  await informer.start();
  answer = { version: 90, items: [item('b', 80), item('c', 81)] };
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  last().sink.frame({ type: 'ERROR', object: status });
  assert.equal(last().cancelled, true);
  await clock.runFor(1000);
  assert.deepEqual(changes, ['- → a', '- → b', 'b → b', '- → c', 'a → -']);
  assert.deepEqual([lists(), last().request.query?.resourceVersion], [2, '90']);
});

test('stopped it listens and asks no more', async () => {
  const { clock, informer, changes, last, watches, say } = makeInformer(() => ({ version: 5, items: [] }));
  await informer.start();
  informer.stop();
  say('ADDED', item('a', 6));
  last().sink.closed(new Error('reset'));
  await clock.runFor(60_000);
  assert.deepEqual([changes, watches.length], [[], 1]);
});

test('a server that says 410 after a long outage is there: the list is read within a second', async () => {
  const { clock, informer, last, lists } = makeInformer(() => ({ version: 5, items: [] }));
  await informer.start();
  for (let attempt = 0; attempt < 6; attempt++) {
    last().sink.closed(new Error('connection refused'));
    await clock.runFor(30_000);
  }
  const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old', metadata: {} };
  last().sink.frame({ type: 'ERROR', object: expired });
  await clock.runFor(1000);
  assert.equal(lists(), 2);
});
