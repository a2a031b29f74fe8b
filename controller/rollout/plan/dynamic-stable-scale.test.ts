// dynamicStableScale as whole journeys: pods get ready one by one, and at every rest each side has the pods that its weight
// needs (rollout.md §4.4, §4.5.1; traffic.md §1.5-1.6, TV-23, TV-26, TV-28, TV-30, TV-81, TV-96).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { a, b, c, pausedAtOne, routed, routedWorld, weights } from '../../../test/builders/midway.ts';
import {
  ingress,
  type ReplicaSetOptions,
  replicaSet,
  rollout,
  service,
  start,
  updatingStatus,
} from '../../../test/builders/objects.ts';
import { settle, shortWrite } from '../../../test/builders/rows.ts';
import { emptyLedger, observe, type World, withPods, world } from '../../../test/builders/world.ts';
import type { Ingress } from '../../api/kubernetes-types.ts';
import type { CanaryStrategy, RolloutStatus } from '../../api/types.generated.ts';
import { plan } from '../plan.ts';
import type { Observed } from '../types.ts';
import { wantedCounts } from './canary-scale.ts';
import { beginPass } from './pass.ts';

const dynamic: CanaryStrategy = {
  ...routed,
  dynamicStableScale: true,
  steps: [{ setWeight: 20 }, { setWeight: 50 }, { setWeight: 80 }, { pause: {} }],
};

/** `weight canary/stable` with available pods. */
function told({ rollout: { status }, replicaSets }: World): string {
  const available = (hash: string) =>
    replicaSets.find(({ metadata }) => metadata.name === `demo-${hash}`)?.status?.availableReplicas ?? 0;
  return `${status?.canary?.weights?.canary.weight} ${available(b)}/${available(a)}`;
}

function countsOf(at: World, hash: string): { spec: number; available: number } {
  const found = at.replicaSets.find(({ metadata }) => metadata.name === `demo-${hash}`);
  return { spec: found?.spec.replicas ?? 0, available: found?.status?.availableReplicas ?? 0 };
}

/** One more pod of each ReplicaSet gets ready; those that are too many go at once. */
function onePodMore(at: World): World {
  const available = at.replicaSets.map(({ metadata, spec, status }) => {
    const ready = Math.min(spec.replicas ?? 0, (status?.availableReplicas ?? 0) + 1);
    return [metadata.name ?? '', ready] as const;
  });
  return withPods(at, Object.fromEntries(available));
}

/** Plans to rest, lets one more pod get ready, until nothing moves; says what stood at each rest, without repetitions. */
function journey(given: World): { readonly seen: readonly string[]; readonly end: World } {
  const seen: string[] = [];
  let at = given;
  for (let round = 0; round < 60; round += 1) {
    const rest = settle(at, start + round * 1000, 12).world;
    checkServed(rest);
    if (seen.at(-1) !== told(rest)) seen.push(told(rest));
    const next = onePodMore(rest);
    if (JSON.stringify(next.replicaSets) === JSON.stringify(rest.replicaSets)) return { seen, end: rest };
    at = next;
  }
  return assert.fail(`the journey does not end: ${seen.join(', ')}`);
}

/** Who has weight has a pod to serve it; stable is never sized below its share. */
function checkServed(at: World): void {
  const recorded = at.rollout.status?.canary?.weights;
  const replicas = at.rollout.spec.replicas ?? 1;
  if (!recorded) return;
  for (const { weight, podTemplateHash = '' } of [recorded.canary, recorded.stable]) {
    const { spec, available } = countsOf(at, podTemplateHash);
    if (weight === 0) continue;
    assert.ok(available > 0, `${weight} goes to ${podTemplateHash}, which has no pod (${told(at)})`);
    assert.ok(spec >= Math.ceil((weight * replicas) / 100), `${weight} needs more than ${spec} pods (${told(at)})`);
  }
}

function aborted(weight: number, canary: CanaryStrategy, pods: readonly [canary: number, stable: number]): World {
  return routedWorld(
    {
      canary,
      step: 3,
      stable: { replicas: pods[1] },
      current: { replicas: pods[0] },
      status: { ...pausedAtOne, abort: true, ...weights(weight) },
    },
    { canary: b, stable: a },
  );
}

test('an update moves weight, canary and stable together, step by step', () => {
  const given = routedWorld(
    { canary: dynamic, stable: { replicas: 10 }, current: { replicas: 0 }, status: weights(0) },
    { canary: a, stable: a },
  );
  const { seen, end } = journey(given);
  assert.deepEqual(seen, [
    '0 0/10',
    '0 1/10',
    '20 2/10',
    '20 3/8',
    '20 4/8',
    '50 5/8',
    '50 6/5',
    '50 7/5',
    '80 8/5',
    '80 8/2',
  ]);
  assert.equal(end.rollout.status?.message, 'CanaryPauseStep');
});

test('§1.6 an abort gives weight back as stable grows, and never sizes stable up and down', () => {
  const { seen, end } = journey(aborted(80, dynamic, [8, 2]));
  const steps = seen.map((text) => text.split(' ')[0]).filter((weight, index, all) => weight !== all[index - 1]);
  assert.deepEqual(steps, ['80', '50', '20', '10', '0'], 'one stable pod still lacks at 10');
  assert.deepEqual(countsOf(end, a), { spec: 10, available: 10 });
  assert.deepEqual(countsOf(end, b), { spec: 0, available: 0 });
  const stable = seen.map((text) => Number(text.split('/')[1]));
  assert.deepEqual(
    stable,
    stable.toSorted((x, y) => x - y),
    'stable only grows',
  );
});

test('TV-26 BUG-13: minPodsPerReplicaSet does not hold the weight of an abort', () => {
  const steps = [{ setWeight: 5 }, { setWeight: 50 }, { setWeight: 100 }];
  const { end } = journey(aborted(50, { ...dynamic, steps, minPodsPerReplicaSet: 3 }, [5, 5]));
  assert.equal(end.rollout.status?.canary?.weights?.canary.weight, 0);
  assert.deepEqual(countsOf(end, a), { spec: 10, available: 10 });
});

test('an abort while a pod of the canary is about to go counts that pod no more', () => {
  const given = aborted(50, { ...dynamic, steps: [{ setWeight: 50 }, { setWeight: 75 }] }, [2, 2]);
  const replicaSets = given.replicaSets.map((found) =>
    found.metadata.name === `demo-${b}`
      ? { ...found, status: { ...found.status, availableReplicas: 3, replicas: 3 } }
      : found,
  );
  const four = { ...given, rollout: { ...given.rollout, spec: { ...given.rollout.spec, replicas: 4 } }, replicaSets };
  const sized = settle(four, start).world;
  assert.equal(countsOf(sized, a).spec, 4);
});

test('TV-28 a way back to the stable template in the middle balances until stable has all its pods', () => {
  const given = routedWorld(
    {
      canary: dynamic,
      step: 3,
      stable: { replicas: 4 },
      current: { replicas: 6 },
      status: { ...pausedAtOne, ...weights(60) },
    },
    { canary: b, stable: a },
  );
  const [container] = given.rollout.spec.template?.spec.containers ?? [];
  const template = { ...given.rollout.spec.template!, spec: { containers: [{ ...container!, image: 'demo:a' }] } };
  const generation = (given.rollout.metadata.generation ?? 1) + 1;
  const back: World = {
    ...given,
    rollout: {
      ...given.rollout,
      metadata: { ...given.rollout.metadata, generation },
      spec: { ...given.rollout.spec, template },
    },
  };
  const { end, seen } = journey(back);
  assert.equal(end.rollout.status?.currentPodHash, a);
  assert.equal(end.rollout.status?.canary?.weights?.canary.weight, 0, seen.join(', '));
  assert.deepEqual(countsOf(end, a), { spec: 10, available: 10 });
  const shares = seen.map((text) => Number(text.split(' ')[0]));
  assert.deepEqual(
    shares,
    shares.toSorted((x, y) => y - x),
    `the abandoned canary only loses: ${seen.join(', ')}`,
  );
});

test('TV-18 a full promotion moves weight as pods come, to the end', () => {
  const given = routedWorld(
    {
      canary: dynamic,
      stable: { replicas: 8 },
      current: { replicas: 2 },
      status: { ...weights(20), promoteFull: true },
    },
    { canary: b, stable: a },
  );
  const { end, seen } = journey(given);
  assert.equal(end.rollout.status?.stableRS, b, seen.join(', '));
  assert.deepEqual(countsOf(end, b), { spec: 10, available: 10 });
  assert.equal(countsOf(end, a).spec, 0);
});

/** A third revision comes while the second has 30 % of the traffic and stable is short of a pod. */
function interruptedAt30(displaced: Pick<ReplicaSetOptions, 'available' | 'ready'>): World {
  return world({
    rollout: rollout({
      image: 'demo:c',
      canary: dynamic,
      annotations: { 'rollout.argoproj.io/revision': '3' },
      status: updatingStatus({
        stable: 'demo:a',
        current: 'demo:c',
        canary: dynamic,
        more: { ...weights(30, b, a), replicas: 9, HPAReplicas: 9, availableReplicas: 9, readyReplicas: 9 },
      }),
    }),
    replicaSets: [
      replicaSet({ image: 'demo:a', revision: 1, replicas: 7, available: 6 }),
      replicaSet({ image: 'demo:b', revision: 2, replicas: 3, ...displaced }),
      replicaSet({ image: 'demo:c', revision: 3, replicas: 0 }),
    ],
    services: [service('stable', { hash: a }), service('canary', { hash: b })],
    ingresses: [ingress()],
  });
}

test('TV-30 with a third revision and a short stable, the displaced canary keeps its weight and its pods', () => {
  const { world: rest } = settle(interruptedAt30({}), start);
  assert.equal(rest.rollout.status?.canary?.weights?.canary.weight, 30);
  assert.equal(rest.rollout.status?.canary?.weights?.canary.podTemplateHash, b);
  assert.equal(countsOf(rest, b).spec, 3);
  assert.equal(countsOf(rest, a).spec, 8, 'stable grows to what the first step leaves it');
  const { end } = journey(rest);
  assert.deepEqual(end.rollout.status?.canary?.weights?.canary, {
    weight: 80,
    serviceName: 'canary',
    podTemplateHash: c,
  });
  assert.equal(countsOf(end, a).spec, 2);
});

test('law 10: a displaced canary with weight keeps the pods that are ready, although not yet for minReadySeconds', () => {
  for (const [available, ready, kept] of [
    [0, 3, 3],
    [1, 2, 2],
    [2, 2, 2],
  ] as const) {
    const { world: rest } = settle(interruptedAt30({ available, ready }), start);
    assert.equal(countsOf(rest, b).spec, kept, `${ready} ready, ${available} available`);
  }
});

const nginx: CanaryStrategy = { ...dynamic, trafficRouting: { nginx: { stableIngress: 'demo' } } };

function nginxIngress(): Ingress {
  const backend = { service: { name: 'stable', port: { number: 80 } } };
  return {
    metadata: { name: 'demo', uid: 'ingress' },
    spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  };
}

for (const [name, canary, least, ingresses] of [
  ['NGINX', nginx, 1, [nginxIngress()]],
  ['ALB', dynamic, 0, [ingress()]],
] as const) {
  test(`TV-96 at 100 % behind ${name} stable keeps ${least} pods until promotion`, () => {
    const steps = [{ setWeight: 100 }, { pause: {} }];
    const given = routedWorld(
      {
        canary: { ...canary, steps },
        stable: { replicas: 10 },
        current: { replicas: 10 },
        status: weights(0),
        more: { ingresses },
      },
      { canary: b, stable: a },
    );
    const { end } = journey(given);
    assert.equal(end.rollout.status?.canary?.weights?.canary.weight, 100);
    assert.equal(countsOf(end, a).spec, least);

    const status: RolloutStatus = { ...end.rollout.status, pauseConditions: [] };
    const promoted = journey({ ...end, rollout: { ...end.rollout, status } }).end;
    assert.equal(promoted.rollout.status?.stableRS, b);
    assert.equal(countsOf(promoted, a).spec, 0);
  });
}

test('TV-81 BUG 3926: while a weight is unverified, stable keeps what the last verified one needs', () => {
  const unverified = (served?: { canary: number; stable: number }): World => {
    const given = routedWorld(
      { canary: dynamic, step: 2, stable: { replicas: 5 }, current: { replicas: 8 }, status: weights(80) },
      { canary: b, stable: a },
    );
    const { canary } = given.rollout.status ?? {};
    const status = { ...given.rollout.status, canary: { weights: { ...canary!.weights!, verified: false } } };
    const ledger = served ? { ...emptyLedger, servedWeights: served } : emptyLedger;
    return { ...given, rollout: { ...given.rollout, status }, ledger };
  };
  const scaled = (given: World) => {
    const { writes } = plan(observe(given), start);
    return writes.map(shortWrite).filter((text) => text.startsWith('scale'));
  };
  assert.deepEqual(scaled(unverified({ canary: 50, stable: 50 })), []);
  assert.deepEqual(scaled(unverified({ canary: 20, stable: 80 })), [`scale demo-${a} 8`]);
  assert.deepEqual(scaled(unverified()), [`scale demo-${a} 10`], 'nobody knows after a restart');
});

test('BUG 3926: an aborted canary keeps the pods that an unverified load balancer may still send to', () => {
  const given = aborted(0, dynamic, [8, 10]);
  const canaryCount = (verified: boolean, served?: { canary: number; stable: number }) => {
    const ledger = served ? { ...emptyLedger, servedWeights: served } : emptyLedger;
    const observed = observe({ ...given, ledger });
    const pass = beginPass(observed, start, given.rollout);
    pass.replicaSets = given.replicaSets;
    pass.newName = `demo-${b}`;
    pass.stableName = `demo-${a}`;
    return wantedCounts(pass, { ...weights(0).canary!.weights!, verified }).canary;
  };
  assert.equal(canaryCount(true), 5, 'the walk down of an abort');
  assert.equal(canaryCount(false, { canary: 20, stable: 100 }), 5);
  assert.equal(canaryCount(false, { canary: 70, stable: 100 }), 7);
  assert.equal(canaryCount(false), 8, 'nobody knows after a restart');
});

test('law 10: a router that comes in mid-update takes no stable pod before weights are recorded', () => {
  const sizes = (status: RolloutStatus) => {
    const given = routedWorld(
      {
        canary: { ...dynamic, steps: [] },
        stable: { replicas: 1 },
        current: { replicas: 3, available: 0 },
        status,
      },
      { canary: b, stable: a },
    );
    const pass = beginPass(observe(given), start, given.rollout);
    pass.replicaSets = given.replicaSets;
    pass.newName = `demo-${b}`;
    pass.stableName = `demo-${a}`;
    return wantedCounts(pass, undefined).stable;
  };
  assert.equal(sizes({}), 1, 'nobody knows yet that requests have left it');
  assert.equal(sizes(weights(100)), 0, 'all requests are known to go to the canary');
});

/** b is promoted, a has no pods any more, and the stable Service still selects it. */
function justPromoted(available: number, managedBy: string | null = 'demo'): World {
  const canary = { ...dynamic, replicaProgressThreshold: { type: 'Percent' as const, value: 50 } };
  const status = { ...weights(100), stableRS: b, currentPodHash: b };
  const given = { canary, step: 4, stable: { replicas: 0 }, current: { replicas: 10, available }, status };
  const services = [service('stable', { hash: a, managedBy }), service('canary', { hash: b })];
  return routedWorld({ ...given, more: { services } }, { canary: b, stable: a });
}

test('law 10: the weight goes back to the stable Service only once that selects a version with pods', () => {
  const unread = observe(justPromoted(10));
  const failed = { is: 'failed', problem: { class: 'unreachable', message: 'no answer' }, since: start } as const;
  const unready = observe(justPromoted(9, null)); // not ours yet: it waits for all pods
  const waiting: readonly (readonly [name: string, observed: Observed])[] = [
    ['unread', { ...unread, services: { ...unread.services, stable: failed } }],
    ['unready', unready],
  ];
  for (const [name, observed] of waiting) {
    const { status, writes, reasons } = plan(observed, start);
    assert.equal(status.canary?.weights?.canary.weight, 100, name);
    assert.ok(!writes.some(({ kind }) => kind === 'patchIngress'), name);
    assert.ok(
      reasons.some(({ code }) => code === 'trafficWaitsForStable'),
      name,
    );
  }
  for (const answered of [justPromoted(9), justPromoted(10, null)]) {
    const { rollout: end } = settle(answered, start, 12).world;
    assert.equal(end.status?.canary?.weights?.canary.weight, 0);
  }
});
