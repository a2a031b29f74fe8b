import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from './kinds/types.ts';
import { MemoryStorage, type StorageEvent } from './storage.ts';

function object(name: string, namespace = 'a', value = 0): ApiObject {
  return { metadata: { name, namespace }, value };
}

function names(objects: readonly ApiObject[] | undefined): unknown[] | undefined {
  return objects?.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
}

test('one counter numbers the writes to all resources', () => {
  const storage = new MemoryStorage({ firstRevision: 10 });
  assert.equal(storage.put('x', 'a/1', object('1')).metadata.resourceVersion, '11');
  assert.equal(storage.put('y', 'a/1', object('1')).metadata.resourceVersion, '12');
  assert.equal(storage.delete('x', 'a/1')?.metadata.resourceVersion, '13');
  assert.equal(storage.revision, 13);
});

test('lists are in the order of keys, whatever the order of writes', () => {
  const storage = new MemoryStorage();
  for (const [namespace, name] of [
    ['b', '1'],
    ['a', '2'],
    ['a-b', '1'],
    ['a', '1'],
  ]) {
    storage.put('x', `${namespace}/${name}`, object(name!, namespace));
  }
  assert.deepEqual(names(storage.list('x')), ['a-b/1', 'a/1', 'a/2', 'b/1']);
  assert.deepEqual(names(storage.list('x', 'a')), ['a/1', 'a/2']);
});

test('a list as it was at an earlier revision undoes what came after', () => {
  const storage = new MemoryStorage();
  storage.put('x', 'a/1', object('1', 'a', 1));
  storage.put('x', 'a/2', object('2'));
  const then = storage.revision;
  storage.put('x', 'a/1', object('1', 'a', 2));
  storage.delete('x', 'a/2');
  storage.put('x', 'a/3', object('3'));
  const before = storage.listAt('x', then, 'a');
  assert.deepEqual(names(before), ['a/1', 'a/2']);
  assert.equal(before?.[0]?.value, 1);
});

test('what the log has forgotten is not answered', () => {
  const storage = new MemoryStorage({ historyLimit: 2, firstRevision: 0 });
  for (let index = 0; index < 10; index++) storage.put('x', 'a/1', object('1', 'a', index));
  assert.equal(storage.since('x', 1), undefined);
  assert.equal(storage.listAt('x', 1), undefined);
  assert.ok(storage.compactedRevision > 1);
  assert.equal(storage.since('x', storage.revision - 1)?.length, 1);
});

test('objects handed out never change', () => {
  const storage = new MemoryStorage();
  const stored = storage.put('x', 'a/1', object('1'));
  assert.throws(() => {
    stored.value = 2;
  }, TypeError);
  assert.throws(() => {
    stored.metadata.name = 'other';
  }, TypeError);
});

test('subscribers are told of their resource only, with what was before', () => {
  const storage = new MemoryStorage();
  const events: StorageEvent[] = [];
  const stop = storage.subscribe('x', (event) => events.push(event));
  storage.put('x', 'a/1', object('1', 'a', 1));
  storage.put('y', 'a/1', object('1'));
  storage.put('x', 'a/1', object('1', 'a', 2));
  stop();
  storage.delete('x', 'a/1');
  assert.deepEqual(
    events.map(({ type }) => type),
    ['ADDED', 'MODIFIED'],
  );
  assert.equal(events[1]?.previous?.value, 1);
});

test('a snapshot put into another storage gives the same world', () => {
  const storage = new MemoryStorage();
  storage.put('x', 'a/1', object('1'));
  storage.put('y', 'b/1', object('1', 'b'));
  const copy = new MemoryStorage();
  copy.restore(JSON.parse(JSON.stringify(storage.snapshot())));
  assert.deepEqual(copy.snapshot(), storage.snapshot());
  assert.equal(copy.put('x', 'a/2', object('2')).metadata.resourceVersion, String(storage.revision + 1));
});
