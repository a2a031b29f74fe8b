import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Ingress, Service } from '../../controller/api/kubernetes-types.ts';
import { chooseBackend, findRoute, makeRouteTable } from './routes.ts';

function action(weights: Record<string, number>): string {
  const TargetGroups = Object.entries(weights).map(([ServiceName, Weight]) => ({
    ServiceName,
    ServicePort: '80',
    Weight,
  }));
  return JSON.stringify({ Type: 'forward', ForwardConfig: { TargetGroups } });
}

function ingress(
  annotations: Record<string, string>,
  paths: { path?: string; pathType?: string; service: string; port?: number }[],
  host?: string,
): Ingress {
  return {
    metadata: { name: 'web', namespace: 'default', annotations },
    spec: {
      rules: [
        {
          ...(host === undefined ? {} : { host }),
          http: {
            paths: paths.map(({ path = '/*', pathType = 'ImplementationSpecific', service, port }) => ({
              path,
              pathType,
              backend: {
                service: { name: service, port: port === undefined ? { name: 'use-annotation' } : { number: port } },
              },
            })),
          },
        },
      ],
    },
  };
}

const service = (name: string): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ port: 8080 }] },
});
const head = (path: string, host = 'localhost:8080', headers: Record<string, string> = {}) => ({ host, path, headers });

test('an ALB action splits a path between its target groups', () => {
  const table = makeRouteTable({
    services: [],
    ingresses: [
      ingress({ 'alb.ingress.kubernetes.io/actions.root': action({ canary: 5, stable: 95 }) }, [{ service: 'root' }]),
    ],
  });
  assert.deepEqual(
    findRoute(table, head('/color'))?.backends.map(({ service, port, weight }) => [service, port, weight]),
    [
      ['canary', 80, 5],
      ['stable', 80, 95],
    ],
  );
});

test('an action that is missing or not JSON serves nobody, and says so', () => {
  const key = 'alb.ingress.kubernetes.io/actions.root';
  const table = makeRouteTable({ services: [], ingresses: [ingress({ [key]: '{' }, [{ service: 'root' }])] });
  assert.deepEqual(findRoute(table, head('/'))?.backends, []);
  assert.match(table.problems[0] ?? '', /default\/web.*is not JSON/);
});

test('fields of annotations may be written in capitals or not', () => {
  const annotations = {
    'alb.ingress.kubernetes.io/actions.root':
      '{"type":"forward","forwardConfig":{"targetGroups":[{"serviceName":"a","servicePort":"http","weight":1}]}}',
    'alb.ingress.kubernetes.io/conditions.root':
      '[{"Field":"http-header","HttpHeaderConfig":{"HttpHeaderName":"X-Team","Values":["a"]}}]',
  };
  const table = makeRouteTable({ services: [], ingresses: [ingress(annotations, [{ service: 'root' }])] });
  const route = findRoute(table, { ...head('/'), headers: { 'x-team': 'a' } });
  assert.deepEqual(route?.backends, [{ namespace: 'default', service: 'a', port: 'http', weight: 1 }]);
  assert.equal(findRoute(table, head('/')), undefined);
  assert.deepEqual(table.problems, []);
});

const odd: readonly (readonly [kind: 'actions' | 'conditions', text: string, problem: RegExp])[] = [
  ['actions', '5', /has no list forwardConfig\.targetGroups/],
  ['actions', 'null', /has no list forwardConfig\.targetGroups/],
  ['actions', '{"Type":"fixed-response"}', /has the type "fixed-response", which is not played here/],
  ['actions', '{"ForwardConfig":{"TargetGroups":"x"}}', /has no list/],
  ['actions', '{"ForwardConfig":{"TargetGroups":[null]}}', /has a target group without a serviceName/],
  [
    'actions',
    '{"ForwardConfig":{"TargetGroups":[{"ServiceName":"a","Weight":"5"}]}}',
    /has the weight "5", not a number/,
  ],
  ['conditions', '{', /is not JSON/],
  ['conditions', '{}', /is not a list/],
  ['conditions', '[null]', /has a condition on nothing that is not obeyed here/],
  ['conditions', '[{"field":"query-string"}]', /has a condition on "query-string" that is not obeyed here/],
  ['conditions', '[{"field":"http-header","httpHeaderConfig":{"httpHeaderName":5}}]', /that is not obeyed here/],
];

for (const [kind, text, problem] of odd) {
  test(`the ${kind} ${text} serve nobody, and say so`, () => {
    const annotations = {
      'alb.ingress.kubernetes.io/actions.root': action({ a: 1 }),
      [`alb.ingress.kubernetes.io/${kind}.root`]: text,
    };
    const table = makeRouteTable({ services: [], ingresses: [ingress(annotations, [{ service: 'root' }])] });
    assert.deepEqual(findRoute(table, head('/'))?.backends ?? [], []);
    assert.equal(table.problems.length, 1);
    assert.match(table.problems[0] ?? '', problem);
  });
}

test('a header route stands before the split and matches by its condition', () => {
  const table = makeRouteTable({
    services: [],
    ingresses: [
      ingress(
        {
          'alb.ingress.kubernetes.io/actions.hdr': action({ canary: 100 }),
          'alb.ingress.kubernetes.io/conditions.hdr': JSON.stringify([
            { field: 'http-header', httpHeaderConfig: { httpHeaderName: 'X-Canary', values: ['yes', 'y*'] } },
          ]),
          'alb.ingress.kubernetes.io/actions.root': action({ canary: 0, stable: 100 }),
        },
        [{ service: 'hdr' }, { service: 'root' }],
      ),
    ],
  });
  const to = (headers: Record<string, string>) => findRoute(table, head('/', 'h', headers))?.backends.length;
  assert.equal(to({ 'x-canary': 'yes' }), 1);
  assert.equal(to({ 'x-canary': 'yonder' }), 1);
  assert.equal(to({ 'x-canary': 'no' }), 2);
  assert.equal(to({}), 2);
});

for (const [path, pathType, request, found] of [
  ['/', 'Prefix', '/any/thing', true],
  ['/api', 'Prefix', '/api/v1', true],
  ['/api', 'Prefix', '/apiv1', false],
  ['/api', 'Exact', '/api', true],
  ['/api', 'Exact', '/api/', false],
  ['/img/*', 'ImplementationSpecific', '/img/a.png', true],
  ['/img/*', 'ImplementationSpecific', '/image', false],
] as const) {
  test(`path ${path} (${pathType}) ${found ? 'serves' : 'does not serve'} ${request}`, () => {
    const table = makeRouteTable({
      services: [],
      ingresses: [ingress({}, [{ path, pathType, service: 'web', port: 80 }])],
    });
    assert.equal(findRoute(table, head(request)) !== undefined, found);
  });
}

test('hosts and wildcard hosts are honoured', () => {
  const table = makeRouteTable({
    services: [],
    ingresses: [ingress({}, [{ service: 'web', port: 80 }], '*.example.com')],
  });
  assert.ok(findRoute(table, head('/', 'shop.example.com:8080')));
  assert.equal(findRoute(table, head('/', 'example.com')), undefined);
  assert.equal(findRoute(table, head('/', 'a.b.example.com')), undefined);
});

test('<service>.<namespace>.localhost reaches any Service, whatever the Ingresses say', () => {
  const table = makeRouteTable({
    services: [service('preview')],
    ingresses: [ingress({}, [{ service: 'web', port: 80 }])],
  });
  assert.deepEqual(findRoute(table, head('/x', 'preview.default.localhost:30080'))?.backends, [
    { namespace: 'default', service: 'preview', port: 8080, weight: 1 },
  ]);
});

test('chooseBackend follows the weights and never chooses weight 0', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(100), { minLength: 1, maxLength: 5 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (weights, chance) => {
        const backends = weights.map((weight, index) => ({ namespace: 'd', service: `s${index}`, port: 80, weight }));
        const chosen = chooseBackend(backends, chance);
        const total = weights.reduce((a, b) => a + b, 0);
        if (total === 0) return chosen === undefined;
        return chosen !== undefined && chosen.weight > 0;
      },
    ),
  );
  const split = [1, 3].map((weight, index) => ({ namespace: 'd', service: `s${index}`, port: 80, weight }));
  assert.equal(chooseBackend(split, 0.2499)?.service, 's0');
  assert.equal(chooseBackend(split, 0.25)?.service, 's1');
});
