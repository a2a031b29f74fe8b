// Laws of lists, pages and watches while objects change, over random histories (fast-check prints the seed).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configMap, configMaps, merge, startTestServer, type TestList, type TestObject } from './test-server.ts';

type Write = { readonly do: 'put' | 'delete'; readonly name: string; readonly value: number };

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const write: fc.Arbitrary<Write> = fc.record({
  do: fc.constantFrom('put', 'put', 'delete'),
  name: fc.constantFrom(...names),
  value: fc.integer({ min: 0, max: 9 }),
});
const runs = { numRuns: 40 };

type Started = ReturnType<typeof startTestServer>;

async function apply({ ask }: Started, { do: what, name, value }: Write): Promise<void> {
  const data = { n: String(value) };
  if (what === 'delete') await ask('DELETE', `${configMaps}/${name}`);
  else if ((await ask('PATCH', `${configMaps}/${name}`, { data }, merge)).status === 404) {
    await ask('POST', configMaps, configMap(name, data));
  }
}

test('pages of a list show one moment, whatever is written between them', async () => {
  const history = fc.array(write, { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(
      history,
      fc.array(history, { maxLength: 6 }),
      fc.integer({ min: 1, max: 3 }),
      async (first, between, limit) => {
        const started = startTestServer();
        for (const one of first) await apply(started, one);
        const whole = await started.ok<TestList>('GET', configMaps);
        const items: TestObject[] = [];
        let token = '';
        let left = whole.items.length;
        for (let page = 0; page === 0 || token !== ''; page++) {
          const query = token === '' ? '' : `&continue=${token}`;
          const list = await started.ok<TestList>('GET', `${configMaps}?limit=${limit}${query}`);
          assert.equal(list.metadata.resourceVersion, whole.metadata.resourceVersion);
          items.push(...list.items);
          left -= list.items.length;
          assert.equal(list.metadata.remainingItemCount ?? 0, left);
          token = list.metadata.continue ?? '';
          for (const one of between[page] ?? []) await apply(started, one);
        }
        assert.deepEqual(items, whole.items);
        const exact = `resourceVersion=${whole.metadata.resourceVersion}&resourceVersionMatch=Exact`;
        assert.deepEqual((await started.ok<TestList>('GET', `${configMaps}?${exact}`)).items, whole.items);
      },
    ),
    runs,
  );
});

test('a list and the watch from its version give what a later list gives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 20 }), fc.nat(20), async (history, listAfter) => {
      const started = startTestServer();
      const known = new Map<string, TestObject>();
      for (const one of history.slice(0, listAfter)) await apply(started, one);
      const list = await started.ok<TestList>('GET', configMaps);
      for (const item of list.items) known.set(item.metadata.name ?? '', item);
      const late = history.slice(listAfter);
      const half = Math.floor(late.length / 2);
      for (const one of late.slice(0, half)) await apply(started, one);
      const watched = await started.watch(configMaps, { resourceVersion: list.metadata.resourceVersion });
      for (const one of late.slice(half)) await apply(started, one);
      await started.clock.settle();
      let version = Number(list.metadata.resourceVersion);
      for (const { type, object } of watched.frames) {
        const { kind: _kind, apiVersion: _apiVersion, ...item } = object as TestObject;
        const name = item.metadata.name ?? '';
        assert.equal(type === 'ADDED', !known.has(name), `${type} ${name}`);
        assert.ok(Number(item.metadata.resourceVersion) > version, 'versions grow');
        version = Number(item.metadata.resourceVersion);
        if (type === 'DELETED') known.delete(name);
        else known.set(name, item);
      }
      const last = await started.ok<TestList>('GET', configMaps);
      assert.deepEqual(
        [...known.values()].sort((a, b) => (a.metadata.name! < b.metadata.name! ? -1 : 1)),
        last.items,
      );
    }),
    runs,
  );
});

test('history is bounded: what is older is 410 for pages and for watches, and a new list works', async () => {
  const started = startTestServer({ historyLimit: 5 });
  for (const name of ['a', 'b', 'c']) await started.ok('POST', configMaps, configMap(name));
  const page = await started.ok<TestList>('GET', `${configMaps}?limit=1`);
  for (let value = 0; value < 30; value++) await apply(started, { do: 'put', name: 'a', value });
  const refusal = await started.refusal('GET', `${configMaps}?limit=1&continue=${page.metadata.continue}`);
  assert.deepEqual([refusal.code, refusal.reason], [410, 'Expired']);
  assert.match(refusal.message ?? '', /^The provided continue parameter is too old/);
  const watched = await started.watch(configMaps, { resourceVersion: page.metadata.resourceVersion });
  assert.deepEqual([watched.frames[0]?.type, (watched.frames[0]!.object as { code: number }).code], ['ERROR', 410]);
  assert.ok(watched.isOver());
  const fresh = await started.ok<TestList>('GET', configMaps);
  const again = await started.watch(configMaps, { resourceVersion: fresh.metadata.resourceVersion });
  await apply(started, { do: 'put', name: 'b', value: 9 });
  await apply(started, { do: 'put', name: 'b', value: 8 });
  await started.clock.settle();
  assert.equal(again.frames.at(-1)?.type, 'MODIFIED');
});

test('a streaming list is a list: its first events, then a marked bookmark, then what happens', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(write, { maxLength: 10 }), async (history) => {
      const started = startTestServer();
      for (const one of history) await apply(started, one);
      const list = await started.ok<TestList>('GET', configMaps);
      const query = { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' };
      const { frames } = await started.watch(configMaps, query);
      const mark = frames.at(-1)!;
      assert.equal(mark.type, 'BOOKMARK');
      assert.equal((mark.object as TestObject).metadata.resourceVersion, list.metadata.resourceVersion);
      const first = frames.slice(0, -1);
      assert.deepEqual(
        first.map(({ object }) => (object as TestObject).metadata),
        list.items.map(({ metadata }) => metadata),
      );
    }),
    runs,
  );
});
