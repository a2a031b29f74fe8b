// When does a canary Ingress go (traffic.md §3.3)? The Ingresses of load balancers are held in controller.test.ts and in
// traffic/alb/clean-up.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../sandbox/clock.ts';
import type { Ingress } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import { silentLogger } from '../kubernetes/log.ts';
import type { Problem } from '../kubernetes/problem.ts';
import type { Store } from '../kubernetes/store.ts';
import type { WriteResult, Writer } from '../kubernetes/writer.ts';
import { noMetrics } from '../telemetry/metrics.ts';
import { createIngressCleaner } from './ingress-cleaner.ts';

const weightKey = 'nginx.ingress.kubernetes.io/canary-weight';
const denied: Problem = { class: 'denied', message: 'forbidden' };

function rollout(canary: object, uid = 'r'): Rollout {
  return { metadata: { name: 'web', namespace: 'shop', uid }, spec: { strategy: { canary } } };
}

const nginx = { trafficRouting: { nginx: { stableIngress: 'ing' } } };

function canaryIngress(weight = '20', annotations?: Record<string, string>): Ingress {
  const owner = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: 'r', controller: true };
  return {
    metadata: {
      name: 'web-ing-canary',
      namespace: 'shop',
      uid: 'i',
      annotations: annotations ?? { 'nginx.ingress.kubernetes.io/canary': 'true', [weightKey]: weight },
      ownerReferences: [owner],
    },
    spec: {},
  };
}

interface Given {
  readonly ingress?: Ingress;
  readonly cached?: Rollout | undefined;
  readonly live?: Rollout | undefined | 'unknown';
  /** So often the Rollout cannot be read at first. */
  readonly unreadable?: number;
  readonly refusal?: Problem;
}

/** What the cleaner sends. */
async function sentFor(given: Given): Promise<string[]> {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const answer = (problem?: Problem): Promise<WriteResult<never>> =>
    Promise.resolve(problem ? { ok: false, problem } : { ok: true, changed: true });
  const writer: Partial<Writer> = {
    delete: ({ name }, { uid }) => {
      sent.push(`delete ${name} ${uid}`);
      return answer(given.refusal);
    },
    patch: ({ name }, patch) => {
      sent.push(`patch ${name} ${JSON.stringify(patch)}`);
      return answer();
    },
  };
  const cached = 'cached' in given ? given.cached : rollout({});
  let unreadable = given.unreadable ?? 0;
  const cleaner = createIngressCleaner({
    clock,
    log: silentLogger,
    writer: writer as Writer,
    ingresses: { get: () => given.ingress ?? canaryIngress() } as unknown as Store<Ingress>,
    rollouts: { get: () => cached } as unknown as Store<Rollout>,
    listRollouts: async () => [],
    readRollout: async () => {
      if (unreadable-- > 0) return 'unknown';
      return 'live' in given ? given.live : cached;
    },
    classes: ['alb'],
    workerCount: 1,
    observer: noMetrics,
  });
  cleaner.start();
  cleaner.add('shop/web-ing-canary');
  await clock.runFor(given.unreadable === undefined ? 10 : 5000);
  await cleaner.stop();
  return sent;
}

const rows: readonly { readonly name: string; readonly given: Given; readonly want: readonly string[] }[] = [
  {
    name: 'is deleted when its Rollout does not name it any more',
    given: {},
    want: ['delete web-ing-canary i'],
  },
  { name: 'stays while its Rollout names it', given: { cached: rollout(nginx) }, want: [] },
  { name: 'stays while only the cache says otherwise', given: { live: rollout(nginx) }, want: [] },
  { name: 'stays while nobody can tell', given: { live: 'unknown' }, want: [] },
  { name: 'is left to garbage collection when its Rollout is gone', given: { cached: undefined }, want: [] },
  {
    name: 'of a Rollout of the same name that was there before is left alone',
    given: { cached: rollout({}, 's') },
    want: [],
  },
  { name: 'without the annotation is none of ours', given: { ingress: canaryIngress('20', {}) }, want: [] },
  {
    name: 'that may not be deleted is left at weight 0',
    given: { refusal: denied },
    want: ['delete web-ing-canary i', `patch web-ing-canary {"metadata":{"annotations":{"${weightKey}":"0"}}}`],
  },
  {
    name: 'that may not be deleted and takes nothing is left as it is',
    given: { refusal: denied, ingress: canaryIngress('0') },
    want: ['delete web-ing-canary i'],
  },
];

for (const { name, given, want } of rows) {
  test(`a canary Ingress ${name}`, async () => assert.deepEqual(await sentFor(given), want));
}

test('a Rollout that could not be read is asked for again', async () => {
  const sent = await sentFor({ unreadable: 2 });
  assert.deepEqual(sent, ['delete web-ing-canary i']);
});
