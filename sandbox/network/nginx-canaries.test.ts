// Canary Ingresses of ingress-nginx, as the data plane obeys them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ingress } from '../../controller/api/kubernetes-types.ts';
import { VirtualClock } from '../clock.ts';
import { seededRandom } from '../random.ts';
import { Network } from './network.ts';
import { backendsFor, findRoute, makeRouteTable, type RouteTable } from './routes.ts';

const prefix = 'nginx.ingress.kubernetes.io';

function ingress(name: string, service: string, annotations: Record<string, string> = {}, paths = ['/']): Ingress {
  const backend = { service: { name: service, port: { number: 80 } } };
  return {
    metadata: { name, namespace: 'default', annotations },
    spec: {
      ingressClassName: 'nginx',
      rules: [
        { host: 'web.example.com', http: { paths: paths.map((path) => ({ path, pathType: 'Prefix', backend })) } },
      ],
    },
  };
}

function canary(annotations: Record<string, string>, paths?: string[]): Ingress {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`${prefix}/${key}`, value]);
  return ingress('web-canary', 'canary', { [`${prefix}/canary`]: 'true', ...Object.fromEntries(prefixed) }, paths);
}

const main = ingress('web', 'stable');

/** Who serves a request with these headers: `canary 20 stable 80`. */
function served(table: RouteTable, headers: Record<string, string> = {}, path = '/'): string {
  const request = { host: 'web.example.com', path, headers };
  const route = findRoute(table, request);
  if (!route) return 'nobody';
  return backendsFor(route, request)
    .map(({ service, weight }) => `${service} ${weight}`)
    .join(' ');
}

const rows: readonly {
  readonly name: string;
  readonly annotations: Record<string, string>;
  readonly headers?: Record<string, string>;
  readonly want: string;
}[] = [
  { name: 'weight in hundredths', annotations: { 'canary-weight': '20' }, want: 'canary 20 stable 80' },
  {
    name: 'weight of another total',
    annotations: { 'canary-weight': '5', 'canary-weight-total': '1000' },
    want: 'canary 5 stable 995',
  },
  {
    name: 'a weight beyond the total takes everything',
    annotations: { 'canary-weight': '500' },
    want: 'canary 100 stable 0',
  },
  { name: 'no weight takes nothing', annotations: {}, want: 'canary 0 stable 100' },
  {
    name: 'a header that says always, even at weight 0',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-weight': '0' },
    headers: { 'x-canary': 'always' },
    want: 'canary 1',
  },
  {
    name: 'a header that says never, even at weight 100',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-weight': '100' },
    headers: { 'x-canary': 'never' },
    want: 'stable 1',
  },
  {
    name: 'a header that says something else leaves it to the weight',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-weight': '30' },
    headers: { 'x-canary': 'maybe' },
    want: 'canary 30 stable 70',
  },
  {
    name: 'a header with the value',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'yes', 'canary-weight': '30' },
    headers: { 'x-canary': 'yes' },
    want: 'canary 1',
  },
  {
    name: 'with a value, always means nothing',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'yes', 'canary-weight': '30' },
    headers: { 'x-canary': 'always' },
    want: 'canary 30 stable 70',
  },
  {
    name: 'a header that matches the pattern',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-by-header-pattern': '^v[0-9]+$', 'canary-weight': '0' },
    headers: { 'x-canary': 'v12' },
    want: 'canary 1',
  },
  {
    name: 'the value beats the pattern',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-by-header-value': 'yes', 'canary-by-header-pattern': '.*' },
    headers: { 'x-canary': 'v12' },
    want: 'canary 0 stable 100',
  },
  {
    name: 'a cookie that says always',
    annotations: { 'canary-by-cookie': 'beta', 'canary-weight': '0' },
    headers: { cookie: 'a=b; beta=always' },
    want: 'canary 1',
  },
  {
    name: 'the header beats the cookie',
    annotations: { 'canary-by-header': 'X-Canary', 'canary-by-cookie': 'beta' },
    headers: { 'x-canary': 'never', cookie: 'beta=always' },
    want: 'stable 1',
  },
];

for (const { name, annotations, headers, want } of rows) {
  test(`NGINX canary: ${name}`, () => {
    const table = makeRouteTable({ services: [], ingresses: [main, canary(annotations)] });
    assert.equal(served(table, headers), want);
    assert.deepEqual(table.problems, []);
  });
}

test('a canary takes requests only of the host and path that it shares with another Ingress', () => {
  const both = ingress('web', 'stable', {}, ['/', '/api']);
  const table = makeRouteTable({ services: [], ingresses: [both, canary({ 'canary-weight': '40' }, ['/api'])] });
  assert.equal(served(table, {}, '/api/x'), 'canary 40 stable 60');
  assert.equal(served(table, {}, '/'), 'stable 1');
});

test('a canary alone takes no requests, and says so', () => {
  const table = makeRouteTable({ services: [], ingresses: [canary({ 'canary-weight': '100' })] });
  assert.equal(served(table), 'nobody');
  assert.match(table.problems[0] ?? '', /default\/web-canary: no Ingress serves web\.example\.com\//);
});

test('a pattern that is none matches nothing, and says so', () => {
  const annotations = { 'canary-by-header': 'x', 'canary-by-header-pattern': '(' };
  const table = makeRouteTable({ services: [], ingresses: [main, canary(annotations)] });
  assert.equal(served(table, { x: '(' }), 'canary 0 stable 100');
  assert.match(table.problems[0] ?? '', /not a regular expression/);
});

test('the longest path of an NGINX Ingress wins, in whatever order they stand', () => {
  const paths = ingress('web', 'stable', {}, ['/', '/api']);
  const [rule] = paths.spec.rules ?? [];
  const api = { path: '/api', pathType: 'Prefix', backend: { service: { name: 'api', port: { number: 80 } } } };
  const spec = {
    ...paths.spec,
    rules: [{ ...rule, http: { paths: [...(rule?.http?.paths.slice(0, 1) ?? []), api] } }],
  };
  const table = makeRouteTable({ services: [], ingresses: [{ ...paths, spec }] });
  assert.equal(served(table, {}, '/api'), 'api 1');
});

test('without an endpoint of the stable Service nobody is served, even at weight 100', () => {
  const network = new Network({ clock: new VirtualClock(), random: seededRandom(1) });
  const services = ['stable', 'canary'].map((name) => ({
    metadata: { name, namespace: 'default' },
    spec: { ports: [{ port: 80, targetPort: 8080 }] },
  }));
  const slice = (service: string) => ({
    metadata: { name: service, namespace: 'default', labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    ports: [{ port: 8080 }],
    endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready: true } }],
  });
  const ingresses = [main, canary({ 'canary-weight': '100' })];
  const request = { host: 'web.example.com', path: '/', headers: {} };
  network.update({ services, ingresses, endpointSlices: [slice('canary')] } as never);
  const without = network.decide(request);
  assert.equal(without.to, undefined);
  assert.equal(without.to === undefined && without.status, 503);
  network.update({ services, ingresses, endpointSlices: [slice('canary'), slice('stable')] } as never);
  const decision = network.decide(request);
  assert.equal(decision.to !== undefined && decision.service, 'canary');
});
