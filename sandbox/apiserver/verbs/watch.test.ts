import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, merge, startTestServer, type TestList, type TestObject } from '../test-server.ts';

test('a watch from a version replays what came after it, then goes on', async () => {
  const { ok, watch, clock } = startTestServer();
  const { metadata } = await ok<TestList>('GET', configMaps);
  await ok('POST', configMaps, configMap('a'));
  const watched = await watch(configMaps, { resourceVersion: metadata.resourceVersion });
  await ok('PATCH', `${configMaps}/a`, { data: { k: 'v' } }, merge);
  await ok('DELETE', `${configMaps}/a`);
  await clock.settle();
  assert.deepEqual(watched.told(), ['ADDED a', 'MODIFIED a', 'DELETED a']);
  const versions = watched.frames.map(({ object }) => Number((object as TestObject).metadata.resourceVersion));
  assert.deepEqual(versions, versions.toSorted());
});

test('an object that leaves the selector is DELETED as it was, one that enters is ADDED', async () => {
  const { ok, watch, clock } = startTestServer();
  await ok('POST', configMaps, configMap('a', {}, { labels: { w: '1' } }));
  const watched = await watch(configMaps, { labelSelector: 'w=1' });
  await ok('PATCH', `${configMaps}/a`, { metadata: { labels: { w: '2' } } }, merge);
  await ok('PATCH', `${configMaps}/a`, { data: { still: 'out' } }, merge);
  await ok('PATCH', `${configMaps}/a`, { metadata: { labels: { w: '1' } } }, merge);
  await clock.settle();
  assert.deepEqual(watched.told(), ['ADDED a', 'DELETED a', 'ADDED a']);
  assert.deepEqual((watched.frames[1]!.object as TestObject).metadata.labels, { w: '1' });
});

test('a streaming list ends its first part with a marked bookmark', async () => {
  const { ok, watch } = startTestServer();
  await ok('POST', configMaps, configMap('a'));
  const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
  const { frames, told } = await watch(configMaps, query);
  assert.deepEqual(told(), ['ADDED a', 'BOOKMARK']);
  const annotations = (frames[1]!.object as TestObject).metadata.annotations;
  assert.deepEqual(annotations, { 'k8s.io/initial-events-end': 'true' });
});

test('bookmarks come by the minute to those who asked, with the present version', async () => {
  const { ok, watch, clock } = startTestServer();
  const asked = await watch(configMaps, { allowWatchBookmarks: 'true' });
  const silent = await watch(configMaps);
  const other = await ok<TestObject>('POST', '/api/v1/namespaces/default/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
  });
  await clock.runFor(61_000);
  assert.deepEqual(asked.told(), ['BOOKMARK']);
  assert.equal((asked.frames[0]!.object as TestObject).metadata.resourceVersion, other.metadata.resourceVersion);
  assert.deepEqual(silent.told(), []);
});

test('timeoutSeconds ends a watch cleanly; cancelling says nothing', async () => {
  const { watch, clock } = startTestServer();
  const short = await watch(configMaps, { timeoutSeconds: '5' });
  const cancelled = await watch(configMaps, { timeoutSeconds: '5' });
  cancelled.cancel();
  await clock.runFor(4_900);
  assert.equal(short.isOver(), false);
  await clock.runFor(200);
  assert.equal(short.isOver(), true);
  assert.equal(cancelled.isOver(), false);
});

test('a version that is forgotten gets one ERROR frame with 410, then the end', async () => {
  const { watch } = startTestServer();
  const watched = await watch(configMaps, { resourceVersion: '1' });
  const status = watched.frames[0]!.object as { code: number; reason: string };
  assert.deepEqual([watched.frames[0]!.type, status.code, status.reason], ['ERROR', 410, 'Expired']);
  assert.ok(watched.isOver());
});

test('frames never come from within the write that makes them', async () => {
  const { server, clock } = startTestServer();
  const { stream } = await server.handle({ method: 'GET', path: configMaps, query: { watch: 'true' } });
  let isWriting = false;
  let cameWithin = false;
  stream!.start({
    frame: () => {
      cameWithin ||= isWriting;
    },
    end: () => undefined,
  });
  isWriting = true;
  const write = server.handle({ method: 'POST', path: configMaps, body: configMap('a') });
  isWriting = false;
  await write;
  await clock.settle();
  assert.equal(cameWithin, false);
});

test('closing the server ends all watches', async () => {
  const { server, watch, clock } = startTestServer();
  const watched = await watch(configMaps);
  server.close();
  await clock.settle();
  assert.ok(watched.isOver());
});

test('a watch from a version to come is silent until that is there', async () => {
  const { ok, watch, clock } = startTestServer();
  const { metadata } = await ok<TestList>('GET', configMaps);
  const watched = await watch(configMaps, { resourceVersion: String(Number(metadata.resourceVersion) + 2) });
  for (const name of ['a', 'b', 'c']) await ok('POST', configMaps, configMap(name));
  await clock.settle();
  assert.deepEqual(watched.told(), ['ADDED c']);
});

test('numbers that are none are refused', async () => {
  const { refusal } = startTestServer();
  const { code, message } = await refusal('GET', `${configMaps}?limit=x`);
  assert.deepEqual([code, message], [400, 'strconv.ParseInt: parsing "x": invalid syntax']);
});
