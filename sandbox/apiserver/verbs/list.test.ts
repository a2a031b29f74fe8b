import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configMap, configMaps, startTestServer, type TestList } from '../test-server.ts';

async function withFive(options = {}) {
  const test = startTestServer(options);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await test.ok('POST', configMaps, configMap(name));
  return test;
}

const names = (list: TestList): unknown[] => list.items.map(({ metadata }) => metadata.name);

test('pages of one list show one moment, whatever is written meanwhile', async () => {
  const { ok } = await withFive();
  const first = await ok<TestList>('GET', `${configMaps}?limit=2`);
  assert.deepEqual(names(first), ['a', 'b']);
  assert.equal(first.metadata.remainingItemCount, 3);
  await ok('DELETE', `${configMaps}/c`);
  await ok('POST', configMaps, configMap('bb'));
  const rest = await ok<TestList>('GET', `${configMaps}?limit=9&continue=${first.metadata.continue}`);
  assert.deepEqual(names(rest), ['c', 'd', 'e']);
  assert.equal(rest.metadata.resourceVersion, first.metadata.resourceVersion);
  assert.equal(rest.metadata.continue, undefined);
});

test('a page of a moment that is forgotten is 410 Expired', async () => {
  const { ok, refusal } = await withFive({ historyLimit: 3 });
  const first = await ok<TestList>('GET', `${configMaps}?limit=2`);
  for (let index = 0; index < 10; index++) await ok('POST', configMaps, configMap(`z${index}`));
  const status = await refusal('GET', `${configMaps}?limit=2&continue=${first.metadata.continue}`);
  assert.deepEqual([status.code, status.reason], [410, 'Expired']);
  // With the token of the refusal the list goes on behind what was read, as it is now.
  await ok('DELETE', `${configMaps}/c`);
  const rest = await ok<TestList>('GET', `${configMaps}?limit=3&continue=${status.metadata.continue}`);
  assert.deepEqual(names(rest), ['d', 'e', 'z0']);
  const last = await ok<TestList>('GET', `${configMaps}?continue=${rest.metadata.continue}`);
  assert.equal(last.items.length, 9);
});

test('an exact version shows the past, a future one is 504 with Retry-After', async () => {
  const { ok, ask } = await withFive();
  const { metadata } = await ok<TestList>('GET', configMaps);
  await ok('DELETE', `${configMaps}/a`);
  const past = await ok<TestList>(
    'GET',
    `${configMaps}?resourceVersion=${metadata.resourceVersion}&resourceVersionMatch=Exact`,
  );
  assert.equal(past.items.length, 5);
  const future = await ask('GET', `${configMaps}?resourceVersion=999999&resourceVersionMatch=NotOlderThan`);
  assert.deepEqual([future.status, future.headers['retry-after']], [504, '1']);
});

test('a list over all namespaces goes by namespace, then name', async () => {
  const { ok } = await withFive();
  await ok('POST', '/api/v1/namespaces/argo-rollouts/configmaps', configMap('z'));
  const all = await ok<TestList>('GET', '/api/v1/configmaps?fieldSelector=metadata.name!=b,metadata.name!=c');
  assert.deepEqual(names(all), ['z', 'a', 'd', 'e']);
  const page = await ok<TestList>('GET', '/api/v1/configmaps?limit=1');
  const next = await ok<TestList>('GET', `/api/v1/configmaps?limit=1&continue=${page.metadata.continue}`);
  assert.deepEqual([...names(page), ...names(next)], ['z', 'a']);
});

test('items of built-in kinds carry no kind, the list does', async () => {
  const { ok } = await withFive();
  const list = await ok<TestList & { kind: string }>('GET', configMaps);
  assert.equal(list.kind, 'ConfigMapList');
  assert.equal(list.items[0]?.kind, undefined);
});
