// What every router must do, whatever it edits (traffic.md §1.1). Each is run through the same rules over the objects it
// edits; a rule that one of them skips is named with the reason.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decision } from '../../test/builders/decision.ts';
import type { Ingress } from '../api/kubernetes-types.ts';
import type { Rollout, SetHeaderRoute, TrafficRouting } from '../api/types.generated.ts';
import { applyMergePatch } from '../lang/merge-patch.ts';
import type { Known, Observed, Write } from '../rollout/types.ts';
import { albRouter } from './alb/objects.ts';
import { nginxRouter } from './nginx/objects.ts';
import { routersOf } from './registry.ts';
import type { Router, RouterPlan, TrafficDecision } from './types.ts';

type Rule = 'header routes' | 'additional destinations' | 'maximum in the object';
type Ingresses = Readonly<Record<string, Known<Ingress>>>;

interface Subject {
  readonly router: Router;
  readonly routing: TrafficRouting;
  /** Two objects of the user, each with an annotation of somebody else. */
  readonly objects: readonly [Ingress, Ingress];
  /** Names of everything it reads. */
  readonly reads: readonly string[];
  /** What requests to the n-th object are sent by. */
  readonly splitOf: (ingresses: Ingresses, index: number) => Readonly<Record<string, number>>;
  readonly skips: Readonly<Partial<Record<Rule, string>>>;
}

const foreign = { 'field.cattle.io/x': 'y' };
const albKey = 'alb.ingress.kubernetes.io/actions.web-stable';

function ingress(name: string, port: { name: string } | { number: number }): Ingress {
  const backend = { service: { name: 'web-stable', port } };
  return {
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, resourceVersion: '1', annotations: foreign },
    spec: { rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  };
}

const subjects: readonly Subject[] = [
  {
    router: albRouter,
    routing: { alb: { ingresses: ['one', 'two'], servicePort: 80 }, managedRoutes: [{ name: 'beta' }] },
    objects: [ingress('one', { name: 'use-annotation' }), ingress('two', { name: 'use-annotation' })],
    reads: ['one', 'two'],
    splitOf(ingresses, index) {
      const text = annotationsOf(ingresses, ['one', 'two'][index]!)[albKey] ?? '{}';
      const groups = (
        JSON.parse(text) as { ForwardConfig?: { TargetGroups: { ServiceName: string; Weight: number }[] } }
      ).ForwardConfig?.TargetGroups;
      return Object.fromEntries((groups ?? []).map((group) => [group.ServiceName, group.Weight]));
    },
    skips: { 'maximum in the object': 'AWS counts in hundredths: the weights are converted' },
  },
  {
    router: nginxRouter,
    routing: { nginx: { stableIngresses: ['one', 'two'] } },
    objects: [ingress('one', { number: 80 }), ingress('two', { number: 80 })],
    reads: ['one', 'two', 'web-one-canary', 'web-two-canary'],
    splitOf(ingresses, index) {
      const annotations = annotationsOf(ingresses, ['web-one-canary', 'web-two-canary'][index]!);
      const weight = annotations['nginx.ingress.kubernetes.io/canary-weight'];
      if (weight === undefined) return {};
      const total = Number(annotations['nginx.ingress.kubernetes.io/canary-weight-total'] ?? 100);
      return { 'web-canary': Number(weight), 'web-stable': total - Number(weight) };
    },
    skips: {
      'header routes': 'ingress-nginx has one canary Ingress for each stable one; validation refuses header steps',
      'additional destinations': 'ingress-nginx splits between two Services; validation refuses their weights',
    },
  },
];

function annotationsOf(ingresses: Ingresses, name: string): Readonly<Record<string, string>> {
  const known = ingresses[name];
  return known?.is === 'present' ? (known.value.metadata.annotations ?? {}) : {};
}

const header: SetHeaderRoute = { name: 'beta', match: [{ headerName: 'x', headerValue: { exact: 'y' } }] };

interface Given {
  readonly ingresses?: Ingresses;
  readonly decision?: Partial<TrafficDecision>;
  readonly max?: number;
}

function planOf(subject: Subject, given: Given = {}): RouterPlan {
  const { max } = given;
  const rollout: Rollout = {
    metadata: { name: 'web', namespace: 'shop', uid: 'uid-web' },
    spec: {
      strategy: {
        canary: {
          canaryService: 'web-canary',
          stableService: 'web-stable',
          trafficRouting: { ...subject.routing, ...(max === undefined ? {} : { maxTrafficWeight: max }) },
        },
      },
    },
  };
  const decided = decision({ max: max ?? 100, ...given.decision });
  const ingresses = given.ingresses ?? worldOf(subject);
  const observed = deepFreeze({ ingresses, settings: {}, ledger: { outcomes: {} } }) as unknown as Observed;
  return subject.router.plan(deepFreeze({ observed, now: 0, rollout, status: {}, decision: decided }));
}

/** The user's objects are there, everything else is absent. */
function worldOf(subject: Subject): Ingresses {
  const absent = Object.fromEntries(subject.reads.map((name) => [name, { is: 'absent' } as const]));
  const present = subject.objects.map((object) => [object.metadata.name, { is: 'present', value: object }] as const);
  return { ...absent, ...Object.fromEntries(present) };
}

function applied(before: Ingresses, { writes }: RouterPlan): Ingresses {
  return writes.reduce(applyWrite, before);
}

function applyWrite(world: Ingresses, write: Write): Ingresses {
  if (write.kind === 'createIngress') return { ...world, [write.object.metadata.name!]: present(write.object) };
  assert.equal(write.kind, 'patchIngress');
  if (write.kind !== 'patchIngress') return world;
  const known = world[write.name];
  assert.equal(known?.is, 'present');
  if (known?.is !== 'present') return world;
  return { ...world, [write.name]: present(applyMergePatch(known.value, write.patch)) };
}

function present(value: Ingress): Known<Ingress> {
  return { is: 'present', value };
}

/** What is seen after the decision was carried out over `before`. */
function after(subject: Subject, given: Given, before = worldOf(subject)): Ingresses {
  return applied(before, planOf(subject, { ...given, ingresses: before }));
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}

test('every router that is built in is held by this suite', () => {
  const all = { istio: {}, nginx: {}, alb: { servicePort: 80 }, smi: {}, ambassador: {}, appMesh: {}, apisix: {} };
  const trafficRouting = { ...all, traefik: { weightedTraefikServiceName: 'x' }, plugins: {} } as TrafficRouting;
  const { routers } = routersOf({ metadata: {}, spec: { strategy: { canary: { trafficRouting } } } });
  assert.deepEqual(new Set(routers), new Set(subjects.map(({ router }) => router)));
});

for (const subject of subjects) {
  const { router, skips } = subject;
  const title = (name: string) => `${router.type}: ${name}`;
  const rule = (name: Rule, body: () => void) => {
    const skip = skips[name];
    test(title(name), skip === undefined ? {} : { skip }, body);
  };

  for (const desired of [0, 25, 100]) {
    test(title(`weight ${desired} reaches every object, and nothing is left to write`), () => {
      const world = after(subject, { decision: { desired, stable: 100 - desired } });
      for (const index of [0, 1]) {
        assert.deepEqual(subject.splitOf(world, index), { 'web-canary': desired, 'web-stable': 100 - desired });
      }
      const again = planOf(subject, { ingresses: world, decision: { desired, stable: 100 - desired } });
      assert.deepEqual([again.writes, again.needs, again.problems], [[], [], []]);
    });
  }

  test(title('weights follow each other, one write for each object'), () => {
    const world = after(subject, {});
    const next = planOf(subject, { ingresses: world, decision: { desired: 60, stable: 40 } });
    assert.equal(next.writes.length, 2);
    assert.equal(new Set(next.writes.map(({ key }) => key)).size, 2);
    assert.equal(subject.splitOf(applied(world, next), 1)['web-canary'], 60);
  });

  test(title('what somebody else changed in the weight is put right, what is theirs stays'), () => {
    const world = after(subject, {});
    const spoilt = Object.fromEntries(
      Object.entries(world).map(([name, known]) => [
        name,
        known.is === 'present' ? present(applyMergePatch(known.value, spoiling(known.value))) : known,
      ]),
    );
    const repaired = after(subject, {}, spoilt);
    assert.equal(subject.splitOf(repaired, 0)['web-canary'], 25);
    for (const known of Object.values(repaired)) {
      if (known.is === 'present') assert.equal(known.value.metadata.annotations?.['field.cattle.io/x'], 'z');
    }
  });

  test(title('a decision that is held writes no weight'), () => {
    const world = after(subject, {});
    const plan = planOf(subject, {
      ingresses: world,
      decision: { desired: 60, stable: 40, heldBy: 'stableUnavailable' },
    });
    assert.deepEqual([plan.writes, plan.problems], [[], []]);
  });

  test(title('what was not read is asked for, each once'), () => {
    let ingresses: Ingresses = {};
    const asked: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const { needs, writes } = planOf(subject, { ingresses });
      if (needs.length > 0) assert.deepEqual(writes, []);
      for (const need of needs) {
        assert.equal(need.kind, 'ingress');
        asked.push((need as { name: string }).name);
      }
      const world = worldOf(subject);
      ingresses = { ...ingresses, ...Object.fromEntries(asked.map((name) => [name, world[name]!])) };
    }
    assert.deepEqual(asked.toSorted(), subject.reads.toSorted());
  });

  test(title('an object that is missing or unreadable is a problem, and the others are still told'), () => {
    const failed: Known<Ingress> = { is: 'failed', problem: { class: 'denied', message: 'forbidden' }, since: 0 };
    for (const [known, text] of [
      [{ is: 'absent' }, /"one" not found/],
      [failed, /forbidden/],
    ] as const) {
      const before = { ...worldOf(subject), one: known };
      const plan = planOf(subject, { ingresses: before });
      assert.equal(plan.problems.length, 1);
      assert.match(plan.problems[0]!, text);
      assert.equal(subject.splitOf(applied(before, plan), 1)['web-canary'], 25);
    }
  });

  test(title('an object that does not serve the application is a problem that names it'), () => {
    const { spec, ...rest } = subject.objects[0];
    const other = { ...rest, spec: { ...spec, rules: [] } };
    const plan = planOf(subject, { ingresses: { ...worldOf(subject), one: present(other) } });
    assert.equal(plan.problems.length, 1);
    assert.match(plan.problems[0]!, /web-stable/);
  });

  test(title('a write that fails stops the wave and is told as TrafficRoutingError'), () => {
    const { writes } = planOf(subject);
    assert.ok(writes.length > 0);
    for (const write of writes) {
      assert.equal(write.onFailure, 'stop');
      assert.equal(write.failureEvent?.reason, 'TrafficRoutingError');
      assert.match(write.failureEvent?.message ?? '', /\{error\}/);
      assert.equal(write.events?.length, 1);
    }
  });

  test(title('with a maximum of 1000 no weight is negative and the share is the same'), () => {
    for (const desired of [0, 5, 500, 1000]) {
      const world = after(subject, { max: 1000, decision: { desired, stable: 1000 - desired } });
      const split = subject.splitOf(world, 0);
      const [canary = -1, stable = -1] = [split['web-canary'], split['web-stable']];
      assert.ok(canary >= 0 && stable >= 0, JSON.stringify(split));
      assert.ok(Math.abs(canary / (canary + stable) - desired / 1000) <= 0.005, JSON.stringify(split));
    }
  });

  rule('maximum in the object', () => {
    const world = after(subject, { max: 1000, decision: { desired: 25, stable: 975 } });
    assert.deepEqual(subject.splitOf(world, 0), { 'web-canary': 25, 'web-stable': 975 });
  });

  rule('additional destinations', () => {
    const additional = [{ serviceName: 'web-exp', weight: 10 }];
    const world = after(subject, { decision: { desired: 25, stable: 65, additional } });
    assert.deepEqual(subject.splitOf(world, 0), { 'web-canary': 25, 'web-exp': 10, 'web-stable': 65 });
  });

  rule('header routes', () => {
    const before = after(subject, {});
    const set = after(subject, { decision: { headerRoutes: [header] } }, before);
    assert.notDeepEqual(set, before);
    assert.deepEqual(planOf(subject, { ingresses: set, decision: { headerRoutes: [header] } }).writes, []);
    assert.deepEqual(planOf(subject, { ingresses: after(subject, {}, set) }).writes, []);
    assert.equal(subject.splitOf(set, 0)['web-canary'], 25);
  });
}

/** Another's annotation on every object, and a hand in the weights. */
function spoiling({ metadata }: Ingress): unknown {
  const weighted = Object.keys(metadata.annotations ?? {}).filter((key) => /actions\.|canary-weight$/.test(key));
  return {
    metadata: { annotations: { 'field.cattle.io/x': 'z', ...Object.fromEntries(weighted.map((key) => [key, null])) } },
  };
}
