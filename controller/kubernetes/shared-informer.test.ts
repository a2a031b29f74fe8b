// A shared informer runs for as long as somebody follows it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Informer } from './informer.ts';
import { shareInformer } from './shared-informer.ts';

function informer(log: string[]): Informer<object> {
  const reflector = {
    start: () => log.push('start'),
    stop: () => log.push('stop'),
    hasSynced: true,
    synced: async () => {},
    tried: async () => undefined,
    state: 'watching' as const,
  };
  return { resource: {} as never, store: {} as never, reflector };
}

test('runs from the first start to the last stop', () => {
  const log: string[] = [];
  const follow = shareInformer(informer(log));
  const [one, other] = [follow(), follow()];
  assert.equal(one.store, other.store);
  one.reflector.start();
  other.reflector.start();
  one.reflector.stop();
  assert.deepEqual(log, ['start']);
  other.reflector.stop();
  assert.deepEqual(log, ['start', 'stop']);
});

test('a follower that stops twice, or never started, takes it from nobody', () => {
  const log: string[] = [];
  const follow = shareInformer(informer(log));
  const [one, other, idle] = [follow(), follow(), follow()];
  one.reflector.start();
  other.reflector.start();
  one.reflector.stop();
  one.reflector.stop();
  idle.reflector.stop();
  assert.deepEqual(log, ['start']);
});
