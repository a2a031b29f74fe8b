// What is edited of an Ingress, to the byte (traffic.md §2, §9.2, TV-57, TV-60 to TV-68 without TV-63).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decision } from '../../../test/builders/decision.ts';
import type { Ingress } from '../../api/kubernetes-types.ts';
import type {
  AlbTrafficRouting,
  CanaryStrategy,
  Rollout,
  RolloutStatus,
  SetHeaderRoute,
} from '../../api/types.generated.ts';
import { applyMergePatch } from '../../lang/merge-patch.ts';
import type { Known, Observed, Write } from '../../rollout/types.ts';
import type { RouterPlan, TrafficDecision } from '../types.ts';
import { albRouter } from './objects.ts';

const books = 'rollouts.argoproj.io/managed-alb-annotations';
const prefix = 'alb.ingress.kubernetes.io';

function target(service: string, weight: number, port = 80): string {
  return `{"ServiceName":"${service}","ServicePort":"${port}","Weight":${weight}}`;
}

function action(...targets: readonly string[]): string {
  return `{"Type":"forward","ForwardConfig":{"TargetGroups":[${targets.join(',')}]}}`;
}

interface Given {
  readonly ingresses?: Readonly<Record<string, Known<Ingress>>>;
  readonly alb?: Partial<AlbTrafficRouting>;
  readonly canary?: Partial<CanaryStrategy>;
  readonly managedRoutes?: readonly string[];
  readonly status?: RolloutStatus;
  readonly decision?: Partial<TrafficDecision>;
  readonly sharers?: Observed['sharers'];
}

function planOf(given: Given): RouterPlan {
  const rollout: Rollout = {
    metadata: { name: 'web', creationTimestamp: '2026-01-02T00:00:00Z' },
    spec: {
      strategy: {
        canary: {
          canaryService: 'web-canary',
          stableService: 'web-stable',
          trafficRouting: {
            alb: { ingress: 'web', rootService: 'web-root', servicePort: 80, ...given.alb },
            ...(given.managedRoutes ? { managedRoutes: given.managedRoutes.map((name) => ({ name })) } : {}),
          },
          ...given.canary,
        },
      },
    },
  };
  const observed = {
    ingresses: given.ingresses ?? { web: present(ingress('web')) },
    sharers: given.sharers,
    settings: {},
    ledger: { outcomes: {} },
  } as unknown as Observed;
  return albRouter.plan({ observed, now: 0, rollout, status: given.status ?? {}, decision: decision(given.decision) });
}

function present(value: Ingress): Known<Ingress> {
  return { is: 'present', value };
}

type Path = NonNullable<NonNullable<NonNullable<Ingress['spec']['rules']>[number]['http']>['paths']>[number];

function path(service: string, port = 'use-annotation', text = '/*'): Path {
  return {
    path: text,
    pathType: 'ImplementationSpecific',
    backend: { service: { name: service, port: { name: port } } },
  };
}

function ingress(name: string, annotations?: Readonly<Record<string, string>>, paths = [path('web-root')]): Ingress {
  return {
    metadata: { name, resourceVersion: '7', ...(annotations ? { annotations } : {}) },
    spec: { rules: [{ http: { paths } }] },
  };
}

/** The Ingress after all writes to it. */
function after(plan: RouterPlan, start: Ingress): Ingress {
  return plan.writes
    .filter((write) => write.kind === 'patchIngress' && write.name === start.metadata.name)
    .reduce(
      (current, write) => applyMergePatch(current, (write as Extract<Write, { kind: 'patchIngress' }>).patch),
      start,
    );
}

function annotationsAfter(given: Given, start = ingress('web')): Readonly<Record<string, string>> | undefined {
  const plan = planOf({ ...given, ingresses: { web: present(start) } });
  assert.deepEqual(plan.problems, []);
  return after(plan, start).metadata.annotations;
}

test('TV-60 the action annotation is right to the byte', () => {
  assert.deepEqual(annotationsAfter({ alb: { servicePort: 443 }, decision: { desired: 10, stable: 90 } }), {
    [`${prefix}/actions.web-root`]: action(target('web-canary', 10, 443), target('web-stable', 90, 443)),
    [books]: `{"web":["${prefix}/actions.web-root"]}`,
  });
});

test('both sides are always named, weight 0 included, and destinations of an experiment stand between', () => {
  const key = `${prefix}/actions.web-root`;
  const none = annotationsAfter({ decision: { desired: 0, stable: 100 } });
  assert.equal(none?.[key], action(target('web-canary', 0), target('web-stable', 100)));
  const all = annotationsAfter({ decision: { desired: 100, stable: 0 } });
  assert.equal(all?.[key], action(target('web-canary', 100), target('web-stable', 0)));
  const additional = [{ serviceName: 'web-exp', weight: 10 }];
  const split = annotationsAfter({ decision: { desired: 20, stable: 70, additional } });
  assert.equal(split?.[key], action(target('web-canary', 20), target('web-exp', 10), target('web-stable', 70)));
});

test('without a root service the action belongs to the stable Service', () => {
  const start = ingress('web', {}, [path('web-stable')]);
  const given = { alb: { rootService: '' } };
  assert.ok(`${prefix}/actions.web-stable` in (annotationsAfter(given, start) ?? {}));
});

test('TV-61 stickiness follows the target groups, and a wrong duration is refused', () => {
  const key = `${prefix}/actions.web-root`;
  const sticky = annotationsAfter({
    alb: { stickinessConfig: { enabled: true, durationSeconds: 3600 } },
    decision: { desired: 40, stable: 60 },
  });
  assert.ok(
    sticky?.[key]?.endsWith('],"TargetGroupStickinessConfig":{"Enabled":true,"DurationSeconds":3600}}}'),
    sticky?.[key],
  );
  const off = annotationsAfter({ alb: { stickinessConfig: { enabled: false, durationSeconds: 0 } } });
  assert.doesNotMatch(off?.[key] ?? '', /Stickiness/);
  const wrong = planOf({ alb: { stickinessConfig: { enabled: true, durationSeconds: 604_801 } } });
  assert.deepEqual(wrong.writes, []);
  assert.match(wrong.problems[0] ?? '', /must be between 1 and 604800 seconds/);
});

test('TV-62 an Ingress that does not name the service is a problem, and nothing is written', () => {
  const plan = planOf({ ingresses: { web: present(ingress('web', {}, [path('other')])) } });
  assert.deepEqual(plan.problems, ['ingress does not have service `web-root` in rules']);
  assert.deepEqual(plan.writes, []);
});

test('rules without http and backends that are no service are passed over', () => {
  const start = ingress('web');
  const odd: Ingress = {
    ...start,
    spec: { rules: [{ host: 'a' }, ...(start.spec.rules ?? []), { http: { paths: [{ backend: {} }] } }] },
  };
  assert.deepEqual(planOf({ ingresses: { web: present(odd) } }).problems, []);
});

test('an Ingress that has not been read is a need, one that is not there a problem', () => {
  assert.deepEqual(planOf({ ingresses: {} }).needs, [{ kind: 'ingress', name: 'web' }]);
  assert.deepEqual(planOf({ ingresses: { web: { is: 'absent' } } }).problems, [
    'ingress.networking.k8s.io "web" not found',
  ]);
});

test('nothing is written when everything is right already', () => {
  const start = ingress('web');
  const done = after(planOf({ ingresses: { web: present(start) } }), start);
  assert.deepEqual(planOf({ ingresses: { web: present(done) } }).writes, []);
});

test('a weight that is held leaves the action as it is', () => {
  assert.deepEqual(planOf({ decision: { heldBy: 'stableUnavailable' } }).writes, []);
});

test('TV-64 what other Rollouts noted on a shared Ingress stays, and the patch says which version it edits', () => {
  const start = ingress('web', { [books]: '{"api":["x"]}' });
  const plan = planOf({ ingresses: { web: present(start) } });
  const result = after(plan, start).metadata.annotations?.[books];
  assert.equal(result, `{"api":["x"],"web":["${prefix}/actions.web-root"]}`);
  const [write] = plan.writes as readonly Extract<Write, { kind: 'patchIngress' }>[];
  assert.deepEqual(
    (write?.patch as { metadata?: { resourceVersion?: string } } | undefined)?.metadata?.resourceVersion,
    '7',
  );
});

test('a bookkeeping annotation that cannot be read is a problem', () => {
  const plan = planOf({ ingresses: { web: present(ingress('web', { [books]: '[]' })) } });
  assert.match(plan.problems[0] ?? '', /is not a JSON object of lists/);
});

test('TV-65 removing managed routes from an Ingress without annotations writes nothing', () => {
  const plan = planOf({ managedRoutes: ['beta'], decision: { heldBy: 'noStable' } });
  assert.deepEqual(plan.writes, []);
});

const yes: SetHeaderRoute = {
  name: 'canary-header',
  match: [{ headerName: 'X-Canary', headerValue: { exact: 'yes' } }],
};

test('a header route adds action, condition, bookkeeping and a path in front; removing it takes all of them away', () => {
  const start = ingress('web');
  const given = { managedRoutes: ['canary-header'] };
  const set = after(planOf({ ...given, decision: { headerRoutes: [yes] } }), start);
  assert.deepEqual(set.metadata.annotations, {
    [`${prefix}/actions.canary-header`]: action(target('web-canary', 100)),
    [`${prefix}/conditions.canary-header`]:
      '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-Canary","values":["yes"]}}]',
    [`${prefix}/actions.web-root`]: action(target('web-canary', 25), target('web-stable', 75)),
    [books]: `{"web":["${prefix}/actions.canary-header","${prefix}/conditions.canary-header","${prefix}/actions.web-root"]}`,
  });
  assert.deepEqual(set.spec.rules?.[0]?.http?.paths, [path('canary-header'), path('web-root')]);

  const removed = after(planOf({ ...given, ingresses: { web: present(set) } }), set);
  assert.deepEqual(Object.keys(removed.metadata.annotations ?? {}).toSorted(), [`${prefix}/actions.web-root`, books]);
  assert.deepEqual(removed.spec.rules?.[0]?.http?.paths, [path('web-root')]);
});

test('TV-66 values of one header name are alternatives of one condition', () => {
  const match = [
    { headerName: 'X-A', headerValue: { exact: '1' } },
    { headerName: 'X-B', headerValue: { exact: '2' } },
    { headerName: 'X-A', headerValue: { exact: '3' } },
  ];
  const annotations = annotationsAfter({
    managedRoutes: ['beta'],
    decision: { headerRoutes: [{ name: 'beta', match }] },
  });
  assert.equal(
    annotations?.[`${prefix}/conditions.beta`],
    '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-A","values":["1","3"]}},{"field":"http-header","httpHeaderConfig":{"httpHeaderName":"X-B","values":["2"]}}]',
  );
});

test('TV-67 managed routes stand in the order of managedRoutes, before everything else', () => {
  const routes = ['a', 'b'].map((name) => ({ ...yes, name }));
  const start = ingress('web');
  const result = after(planOf({ managedRoutes: ['b', 'a'], decision: { headerRoutes: routes } }), start);
  assert.deepEqual(result.spec.rules?.[0]?.http?.paths, [path('b'), path('a'), path('web-root')]);
});

test('routes of another Rollout of the same host may stand before ours: neither puts its own first again without end', () => {
  const given = { managedRoutes: ['canary-header'], decision: { headerRoutes: [yes] } };
  const start = ingress('web', { [books]: `{"api":["${prefix}/conditions.api-beta"]}` });
  const set = after(planOf({ ...given, ingresses: { web: present(start) } }), start);
  const own = set.spec.rules?.[0]?.http?.paths ?? [];
  const withTheirs = (...paths: readonly Path[]): Ingress => ({ ...set, spec: { rules: [{ http: { paths } }] } });
  const between = withTheirs(path('api-beta'), ...own, path('api-root'));
  assert.deepEqual(planOf({ ...given, ingresses: { web: present(between) } }).writes, []);
  const behind = withTheirs(path('web-root'), path('api-beta'), path('canary-header'));
  const result = after(planOf({ ...given, ingresses: { web: present(behind) } }), behind);
  assert.deepEqual(result.spec.rules?.[0]?.http?.paths, [path('api-beta'), path('canary-header'), path('web-root')]);
});

test("a path of the user's to a Service that has the name of a managed route stays, and stands for no managed path", () => {
  const direct = path('canary-header', 'http', '/preview');
  const start = ingress('web', {}, [direct, path('web-root')]);
  const given = { managedRoutes: ['canary-header'], ingresses: { web: present(start) } };
  const set = after(planOf({ ...given, decision: { headerRoutes: [yes] } }), start);
  assert.deepEqual(set.spec.rules?.[0]?.http?.paths, [path('canary-header'), direct, path('web-root')]);
  const removed = after(planOf({ ...given, ingresses: { web: present(set) } }), set);
  assert.deepEqual(removed.spec.rules?.[0]?.http?.paths, [direct, path('web-root')]);
});

test('TV-68 a rule that does not serve the application is not touched, and a path of its own is taken over', () => {
  const start = ingress('web', {}, [path('web-root', 'use-annotation', '/shop')]);
  const redirect = { host: 'old', http: { paths: [path('redirect')] } };
  const two: Ingress = { ...start, spec: { rules: [...(start.spec.rules ?? []), redirect] } };
  const given = {
    managedRoutes: ['canary-header'],
    decision: { headerRoutes: [yes] },
    ingresses: { web: present(two) },
  };
  const rules = after(planOf(given), two).spec.rules;
  assert.deepEqual(rules?.[0]?.http?.paths[0], path('canary-header', 'use-annotation', '/shop'));
  assert.deepEqual(rules?.[1], redirect);
});

test('TV-57 ping and pong change their roles with the status, not their names', () => {
  const pingPong = { pingService: 'web-ping', pongService: 'web-pong' };
  const key = `${prefix}/actions.web-root`;
  const at = (stablePingPong: string, desired: number) =>
    annotationsAfter({
      canary: { pingPong },
      status: { canary: { stablePingPong } },
      decision: { desired, stable: 100 - desired },
    })?.[key];
  assert.equal(at('ping', 25), action(target('web-pong', 25), target('web-ping', 75)));
  assert.equal(at('pong', 0), action(target('web-ping', 0), target('web-pong', 100)));
  assert.equal(at('', 0), action(target('web-ping', 0), target('web-pong', 100)));
});

test('a path to another port than use-annotation is told as a reason, and as an event once while it lasts', () => {
  const plan = planOf({ ingresses: { web: present(ingress('web', {}, [path('web-root', 'http')])) } });
  assert.deepEqual(
    plan.reasons.map((reason) => reason.code),
    ['ingressMisconfigured'],
  );
  assert.deepEqual(
    plan.events?.map(({ type, reason, lasts }) => [type, reason, lasts]),
    [['Warning', 'ALBIngressMisconfigured', 'ingressMisconfigured/web']],
  );
});

const rootKey = `${prefix}/actions.web-root`;
const routeKey = `${prefix}/actions.canary-header`;
const older = { name: 'api', createdAt: '2026-01-01T00:00:00Z', ingresses: ['web'], keys: [rootKey, routeKey] };
const younger = { ...older, createdAt: '2026-01-03T00:00:00Z' };

function noted(notes: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, Known<Ingress>>> {
  return { web: present(ingress('web', { [books]: JSON.stringify(notes), [routeKey]: 'of somebody' })) };
}

test('a header route of the same name that another Rollout has noted is neither removed nor taken', () => {
  const ingresses = noted({ api: [routeKey], web: [rootKey] });
  const shared = { managedRoutes: ['canary-header'], ingresses, sharers: [younger] };
  const [write, ...more] = planOf(shared).writes as readonly Extract<Write, { kind: 'patchIngress' }>[];
  assert.deepEqual(more, []);
  assert.ok(!JSON.stringify(write?.patch).includes(routeKey));
  const wanted = planOf({ ...shared, decision: { headerRoutes: [yes] } });
  assert.deepEqual(wanted.writes, []);
  assert.deepEqual(wanted.problems, [
    'managed route `canary-header` of ingress `web` is in use by Rollout `api`: give it another name',
  ]);
});

test('weights of a Service that another Rollout sets are left alone, until it lets go of them', () => {
  const problem = ['the weights of service `web-root` in ingress `web` are set by Rollout `api`'];
  const ingresses = noted({ api: [rootKey] });
  const problemsFor = (given: Given) => planOf({ ingresses, ...given }).problems;
  assert.deepEqual(problemsFor({ sharers: [younger] }), problem, 'whoever was first, not whoever is older');
  assert.deepEqual(planOf({ ingresses, sharers: [younger] }).writes, []);
  assert.deepEqual(problemsFor({ sharers: [] }), [], 'it is gone');
  assert.deepEqual(problemsFor({ sharers: [{ ...younger, keys: [routeKey] }] }), [], 'it has another Service now');
  assert.deepEqual(problemsFor({ sharers: [{ ...younger, ingresses: ['else'] }] }), [], 'it has another Ingress now');
});

test('of two that have both noted the same weights, the older one sets them', () => {
  const ingresses = noted({ api: [rootKey], web: [rootKey] });
  assert.equal(planOf({ ingresses, sharers: [older] }).problems.length, 1);
  assert.equal(planOf({ ingresses, sharers: [younger] }).problems.length, 0);
});

test('a managed route with the name of the Service that the rules name would take its paths away', () => {
  const plan = planOf({ managedRoutes: ['web-root'] });
  assert.deepEqual(plan.writes, []);
  assert.match(plan.problems[0] ?? '', /^managed route `web-root` has the name of the Service/);
});
