// What becomes of a Service that carries a hash selector (rollout.md §2.5, "Service cleaner"; vectors 77, 78; BUG-2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import type { Service } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import { silentLogger } from '../kubernetes/log.ts';
import type { Store } from '../kubernetes/store.ts';
import type { Writer } from '../kubernetes/writer.ts';
import { applyMergePatch } from '../lang/merge-patch.ts';
import { judgeService } from './service-cleaner.ts';
import { createServiceCleaner } from './service-cleaner-loop.ts';

const managedBy = 'argo-rollouts.argoproj.io/managed-by-rollouts';

function service(hash: string | undefined, manager: string | undefined): Service {
  return {
    metadata: {
      name: 'web',
      ...(manager === undefined ? {} : { annotations: { [managedBy]: manager, other: 'stays' } }),
    },
    spec: { selector: { app: 'web', ...(hash === undefined ? {} : { 'rollouts-pod-template-hash': hash }) } },
  };
}

test('a Service without a hash selector is left alone', () => {
  assert.deepEqual(judgeService(service(undefined, 'web'), { referencing: [], managerRefers: false }), {
    kind: 'leave',
  });
});

test('the Rollout that manages it, or that names it, is woken', () => {
  const managed = judgeService(service('abc', 'web'), { referencing: [], managerRefers: true });
  assert.deepEqual(managed, { kind: 'wake', rollouts: ['web'] });
  const named = judgeService(service('abc', undefined), { referencing: ['web', 'api'], managerRefers: false });
  assert.deepEqual(named, { kind: 'wake', rollouts: ['web', 'api'] });
});

test('a Service that its Rollout no longer names loses the selector key and the annotation, and nothing else', () => {
  const given = service('abc', 'web');
  const verdict = judgeService(given, { referencing: [], managerRefers: false });
  assert.equal(verdict.kind, 'clean');
  const cleaned = applyMergePatch(given, verdict.kind === 'clean' ? verdict.patch : {});
  assert.deepEqual(cleaned, {
    metadata: { name: 'web', annotations: { other: 'stays' } },
    spec: { selector: { app: 'web' } },
  });
});

test('TV-55 BUG-2: the selector key goes also where the annotation is missing', () => {
  const given = service('abc', undefined);
  const verdict = judgeService(given, { referencing: [], managerRefers: false });
  assert.deepEqual(verdict, { kind: 'clean', patch: { spec: { selector: { 'rollouts-pod-template-hash': null } } } });
});

test('the Service of an Experiment keeps the hash of its own pods', () => {
  const given = service('abc', undefined);
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', name: 'try', uid: '1', controller: true };
  const owned = { ...given, metadata: { ...given.metadata, ownerReferences: [owner] } };
  assert.deepEqual(judgeService(owned, { referencing: [], managerRefers: false }), { kind: 'leave' });
});

test('a Rollout that could not be read is asked for again, and then its Service is cleaned', async () => {
  const clock = new VirtualClock();
  const sent: unknown[] = [];
  let unreadable = 2;
  const writer: Pick<Writer, 'patch'> = {
    async patch(_target, patch) {
      sent.push(patch);
      return { ok: true, changed: true };
    },
  };
  const cleaner = createServiceCleaner({
    clock,
    log: silentLogger,
    writer: writer as Writer,
    services: { get: () => service('abc', 'web') } as unknown as Store<Service>,
    rollouts: { byIndex: () => [] } as unknown as Store<Rollout>,
    readRollout: async () => (unreadable-- > 0 ? 'unknown' : undefined),
    listRollouts: async () => [],
    wake: () => undefined,
    workerCount: 1,
  });
  cleaner.start();
  cleaner.add('shop/web');
  await clock.runFor(5000);
  await cleaner.stop();
  assert.equal(sent.length, 1);
});

test('a Service that may not be written is tried every 30 s', async () => {
  const clock = new VirtualClock();
  let tried = 0;
  const cleaner = createServiceCleaner({
    clock,
    log: silentLogger,
    writer: {
      async patch() {
        tried += 1;
        return { ok: false, problem: { class: 'denied', message: 'forbidden' } };
      },
    } as unknown as Writer,
    services: { get: () => service('abc', 'web') } as unknown as Store<Service>,
    rollouts: { byIndex: () => [] } as unknown as Store<Rollout>,
    readRollout: async () => undefined,
    listRollouts: async () => [],
    wake: () => undefined,
    workerCount: 1,
  });
  cleaner.start();
  cleaner.add('shop/web');
  await clock.runFor(299_000);
  await cleaner.stop();
  assert.equal(tried, 10);
});

test("a Service without the annotation is another controller's where a Rollout of another instance id names it", async () => {
  const clock = new VirtualClock();
  const sent: unknown[] = [];
  const live: (readonly Rollout[] | 'unknown')[] = [];
  const cleaner = createServiceCleaner({
    clock,
    log: silentLogger,
    writer: {
      async patch(_target: unknown, patch: unknown) {
        sent.push(patch);
        return { ok: true, changed: true };
      },
    } as unknown as Writer,
    services: { get: () => service('abc', undefined) } as unknown as Store<Service>,
    rollouts: { byIndex: () => [] } as unknown as Store<Rollout>,
    readRollout: async () => undefined,
    listRollouts: async () => live.shift() ?? [],
    wake: () => undefined,
    workerCount: 1,
  });
  const strategy = { canary: { canaryService: 'web' } };
  const labels = { 'argo-rollouts.argoproj.io/controller-instance-id': 'other' };
  live.push('unknown', [{ metadata: { name: 'theirs', labels }, spec: { strategy } } as Rollout]);
  cleaner.start();
  cleaner.add('shop/web');
  await clock.runFor(5000);
  assert.deepEqual([sent, live], [[], []]);
  cleaner.add('shop/web');
  await clock.runFor(5000);
  await cleaner.stop();
  assert.equal(sent.length, 1, 'nobody names it any more');
});
