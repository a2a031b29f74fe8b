// Real sockets on loopback: what a client of the proxy sees.

import assert from 'node:assert/strict';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import type { Ingress, Service } from '../../controller/api/kubernetes-types.ts';
import type { Clock } from '../../controller/lang/time.ts';
import type { EndpointSlice } from './endpoints.ts';
import { makeProxyMetrics } from './metrics.ts';
import { Network } from './network.ts';
import { startProxy } from './proxy.ts';

const clock: Clock = {
  now: () => performance.now(),
  schedule(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

async function pod(answer: (path: string) => { status: number; body: string } | 'reset'): Promise<number> {
  const server = createServer((request, response) => {
    const result = answer(request.url ?? '');
    if (result === 'reset') return void request.socket.destroy();
    response.writeHead(result.status, { 'x-host': String(request.headers.host) }).end(result.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

function get(
  port: number,
  path: string,
  host = 'shop.test',
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, headers: { host } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body, headers: response.headers }));
    });
    request.on('error', reject).end();
  });
}

const service = (name: string): Service => ({
  metadata: { name, namespace: 'default' },
  spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
});
const slice = (name: string, ips: readonly { ip: string; ready: boolean }[]): EndpointSlice => ({
  metadata: { name: `${name}-1`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
  endpoints: ips.map(({ ip, ready }) => ({ addresses: [ip], conditions: { ready }, targetRef: { name: `${name}-x` } })),
  ports: [{ name: 'http', port: 8080 }],
});
const ingress = (weights: Record<string, number>): Ingress => ({
  metadata: {
    name: 'web',
    namespace: 'default',
    annotations: {
      'alb.ingress.kubernetes.io/actions.root': JSON.stringify({
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: Object.entries(weights).map(([ServiceName, Weight]) => ({
            ServiceName,
            ServicePort: '80',
            Weight,
          })),
        },
      }),
    },
  },
  spec: {
    rules: [
      { http: { paths: [{ path: '/*', backend: { service: { name: 'root', port: { name: 'use-annotation' } } } }] } },
    ],
  },
});

async function setUp(slices: readonly EndpointSlice[], weights: Record<string, number>, book: Record<string, number>) {
  let draws = 0;
  const network = new Network({ clock, random: { next: () => (draws++ * 0.13) % 1 } });
  network.update({
    services: [service('stable'), service('canary')],
    ingresses: [ingress(weights)],
    endpointSlices: slices,
  });
  const metrics = makeProxyMetrics();
  const proxy = await startProxy({
    network,
    clock,
    metrics,
    addresses: (ip) => (book[ip] === undefined ? undefined : { host: '127.0.0.1', port: book[ip] }),
  });
  cleanups.push(() => proxy.close());
  return { network, proxy, metrics };
}

test('splits requests by the weights in force and forwards path, status and Host', async () => {
  const blue = await pod((path) => ({ status: 200, body: `blue ${path}` }));
  const yellow = await pod(() => ({ status: 201, body: 'yellow' }));
  const slices = [
    slice('stable', [{ ip: '10.0.0.1', ready: true }]),
    slice('canary', [{ ip: '10.0.0.2', ready: true }]),
  ];
  const { network, proxy, metrics } = await setUp(
    slices,
    { canary: 50, stable: 50 },
    { '10.0.0.1': blue, '10.0.0.2': yellow },
  );

  const answers = await Promise.all(Array.from({ length: 40 }, () => get(proxy.port, '/color?x=1')));
  const yellowCount = answers.filter(({ body }) => body === 'yellow').length;
  assert.ok(yellowCount > 5 && yellowCount < 35, `${yellowCount} of 40 went to the canary`);
  const first = answers.find(({ body }) => body === 'blue /color?x=1');
  assert.equal(first?.headers['x-host'], 'shop.test');
  assert.equal(first?.headers['x-slipway-service'], 'stable');
  assert.equal(first?.headers['x-slipway-pod'], 'stable-x');

  network.update({
    services: [service('stable'), service('canary')],
    ingresses: [ingress({ canary: 0, stable: 100 })],
    endpointSlices: slices,
  });
  const later = await Promise.all(Array.from({ length: 20 }, () => get(proxy.port, '/')));
  assert.deepEqual(new Set(later.map(({ status }) => status)), new Set([200]));
  assert.match(await metrics.text(), /slipway_proxy_requests_total\{service="stable",code="200"\} \d+/);
});

test('answers 503 without a ready endpoint, 502 for a pod that fails, 404 without a route', async () => {
  const broken = await pod(() => 'reset');
  const { network, proxy } = await setUp(
    [slice('stable', [{ ip: '10.0.0.1', ready: false }])],
    { stable: 100 },
    { '10.0.0.1': broken },
  );
  assert.deepEqual((await get(proxy.port, '/')).status, 503);
  network.update({
    services: [service('stable')],
    ingresses: [ingress({ stable: 100 })],
    endpointSlices: [slice('stable', [{ ip: '10.0.0.1', ready: true }])],
  });
  assert.equal((await get(proxy.port, '/')).status, 502);
  network.update({
    services: [service('stable')],
    ingresses: [ingress({ stable: 100 })],
    endpointSlices: [slice('stable', [{ ip: '10.9.9.9', ready: true }])],
  });
  assert.equal((await get(proxy.port, '/')).status, 502);
  network.update({ services: [], ingresses: [], endpointSlices: [] });
  const lost = await get(proxy.port, '/');
  assert.equal(lost.status, 404);
  assert.match(lost.body, /no Ingress or Service serves shop\.test/);
});

test('a port that is taken is a clear message', async () => {
  const { proxy, network } = await setUp([], {}, {});
  await assert.rejects(
    startProxy({ network, clock, addresses: () => undefined, port: proxy.port }),
    /port \d+ is taken/,
  );
});
