// What clients and pods may send that no library would: written byte by byte on real sockets. Whatever comes, the proxy
// answers in kind and serves the next request.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, test } from 'node:test';
import type { Service } from '../../controller/api/kubernetes-types.ts';
import { realClock } from '../clock.ts';
import { makeProxyMetrics } from './metrics.ts';
import { Network } from './network.ts';
import { type ReverseProxy, startProxy } from './proxy.ts';

const cleanups: (() => unknown)[] = [];
after(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

/** A pod that is handed the bare connection. */
async function bytePod(talk: (socket: Socket, received: () => string) => unknown): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    let received = '';
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => (received += chunk.toString('latin1')));
    socket.once('data', () => talk(socket, () => received));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const metrics = makeProxyMetrics();

/** A proxy before one Service with one pod. */
async function proxyTo(podPort: number, upstreamTimeoutMs = 30_000): Promise<ReverseProxy> {
  const clock = realClock();
  const network = new Network({ clock, random: { next: () => 0 } });
  const service: Service = { metadata: { name: 'web', namespace: 'default' }, spec: { ports: [{ port: 80 }] } };
  network.update({
    services: [service],
    ingresses: [],
    endpointSlices: [
      {
        metadata: { name: 'web-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
        endpoints: [{ addresses: ['10.0.0.1'] }],
        ports: [{ name: '', port: 80 }],
      },
    ],
  });
  const addresses = () => ({ host: '127.0.0.1', port: podPort });
  const proxy = await startProxy({ network, clock, addresses, metrics, upstreamTimeoutMs });
  cleanups.push(() => proxy.close());
  return proxy;
}

const host = 'Host: web.default.localhost';
const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** What comes back until the connection ends, or `enough` is in it. */
async function exchange(port: number, request: string, enough?: RegExp): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.write(request, 'latin1');
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (enough?.test(received)) resolve();
    });
    socket.on('close', () => resolve());
    socket.on('error', () => resolve());
  });
  socket.destroy();
  return received;
}

const closing = `${host}\r\nConnection: close`;

const requests: readonly (readonly [name: string, request: string, answer: RegExp])[] = [
  ['two slashes', `GET // HTTP/1.1\r\n${closing}\r\n\r\n`, /^HTTP\/1.1 200 /],
  ['a path like a URL', `GET //[/@:99999?#% HTTP/1.1\r\n${closing}\r\n\r\n`, /^HTTP\/1.1 200 /],
  ['bytes beyond ASCII', `GET /\xff\xfe HTTP/1.1\r\n${closing}\r\n\r\n`, /^HTTP\/1.1 (200|400) /],
  [
    'an absolute target',
    'GET http://web.default.localhost/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    /^HTTP\/1.1 200 /,
  ],
  ['a broken absolute target', `GET http://[ HTTP/1.1\r\n${closing}\r\n\r\n`, /^HTTP\/1.1 400 /],
  ['no path', `OPTIONS * HTTP/1.1\r\n${closing}\r\n\r\n`, /^HTTP\/1.1 400 .*no path is asked for/s],
  ['a tunnel to anywhere', `CONNECT evil.test:443 HTTP/1.1\r\n${closing}\r\n\r\n`, /^$/],
  ['HTTP/1.0', `GET / HTTP/1.0\r\n${host}\r\n\r\n`, /^HTTP\/1.1 200 /],
  ['HTTP/1.0 without a host', 'GET / HTTP/1.0\r\n\r\n', /^HTTP\/1.1 404 /],
  ['HTTP/1.1 without a host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', /^HTTP\/1.1 400 /],
  ['no HTTP at all', '\x16\x03\x01\x00\x05hello\r\n\r\n', /^HTTP\/1.1 400 /],
  ['too many headers', `GET / HTTP/1.1\r\n${closing}\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1.1 431 /],
  [
    'two lengths',
    `POST / HTTP/1.1\r\n${closing}\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx`,
    /^HTTP\/1.1 400 /,
  ],
  [
    'a length and chunks',
    `POST / HTTP/1.1\r\n${closing}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    /^HTTP\/1.1 400 /,
  ],
  [
    'a body after a promise',
    `POST / HTTP/1.1\r\n${closing}\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi`,
    /200 OK/,
  ],
  [
    'an unknown protocol',
    `GET / HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: gopher\r\n\r\n`,
    /^HTTP\/1.1 200 /,
  ],
  [
    'an upgrade nowhere',
    'GET / HTTP/1.1\r\nHost: no\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    /^HTTP\/1.1 404 /,
  ],
];

test('answers odd requests in kind and goes on', async () => {
  const proxy = await proxyTo(await bytePod((socket) => socket.end(ok)));
  for (const [name, request, answer] of requests) {
    assert.match(await exchange(proxy.port, request), answer, name);
    assert.match(await exchange(proxy.port, `GET / HTTP/1.1\r\n${closing}\r\n\r\n`), /200 OK/, `after ${name}`);
  }
});

const answers: readonly (readonly [name: string, answer: string, seen: RegExp])[] = [
  ['a status below 100', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 502 /],
  ['a status above 599', 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 502 /],
  [
    'another protocol, unasked',
    'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    /^HTTP\/1.1 502 /,
  ],
  ['a hint before the answer', `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${ok}`, /^HTTP\/1.1 200 /],
  ['no HTTP', 'hello\r\n\r\n', /^HTTP\/1.1 502 /],
  ['nothing', '', /^HTTP\/1.1 502 /],
  ['too many headers', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`, /^HTTP\/1.1 502 /],
  ['less than it said', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok', /^HTTP\/1.1 200 .*ok$/s],
  ['a broken chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /^(HTTP\/1.1 200 |$)/],
  ['bytes beyond ASCII', 'HTTP/1.1 200 \xff\r\nx-y: \xe9\r\nContent-Length: 0\r\n\r\n', /^HTTP\/1.1 200 /],
];

test('survives what pods answer', async () => {
  for (const [name, answer, seen] of answers) {
    const proxy = await proxyTo(await bytePod((socket) => socket.end(answer, 'latin1')));
    assert.match(await exchange(proxy.port, `GET / HTTP/1.1\r\n${closing}\r\n\r\n`), seen, name);
  }
});

test('gives up a pod that stays silent, and serves a client that goes away', async () => {
  const proxy = await proxyTo(await bytePod(() => undefined), 100);
  const gone = connect(proxy.port, '127.0.0.1');
  gone.write(`POST / HTTP/1.1\r\n${host}\r\nContent-Length: 1000\r\n\r\nhalf`);
  await once(gone, 'connect');
  gone.destroy();
  assert.match(await exchange(proxy.port, `GET / HTTP/1.1\r\n${closing}\r\n\r\n`), /^HTTP\/1.1 504 /);
});

test('serves several requests on one connection, and a body that comes in bits', async () => {
  const proxy = await proxyTo(
    await bytePod(async (socket, received) => {
      while (!received().includes('the end')) await once(socket, 'data');
      socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${received().length}\r\n\r\n${received()}`);
    }),
  );
  const socket = connect(proxy.port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  for (let round = 1; round <= 2; round++) {
    socket.write(`POST /${round} HTTP/1.1\r\n${host}\r\nX-Secret: s\r\nConnection: keep-alive, X-Secret\r\n`);
    socket.write('Content-Length: 13\r\n\r\n');
    for (const bit of ['start', ' ', 'the end']) {
      socket.write(bit);
      await new Promise((resolve) => setImmediate(resolve));
    }
    while (!received.includes(`POST /${round} HTTP/1.1`) || !received.endsWith('the end')) await once(socket, 'data');
  }
  socket.destroy();
  assert.match(received, /x-forwarded-for: 127\.0\.0\.1/);
  assert.doesNotMatch(received, /x-secret/i, 'a header that Connection names stays here');
});

test('lets both sides of a WebSocket talk until one hangs up', async () => {
  const pods: Socket[] = [];
  const proxy = await proxyTo(
    await bytePod((socket, received) => {
      assert.match(received(), /Connection: Upgrade\r\n/i);
      assert.match(received(), /Sec-WebSocket-Key: abc\r\n/i);
      pods.push(socket);
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello');
      socket.on('data', (chunk) => socket.write(`echo ${chunk}`));
    }),
  );
  const ask = `GET /ws HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: abc\r\n\r\n`;
  const client = connect(proxy.port, '127.0.0.1');
  let received = '';
  client.on('data', (chunk) => (received += chunk.toString()));
  client.write(ask);
  while (!received.endsWith('hello')) await once(client, 'data');
  assert.match(received, /^HTTP\/1.1 101 .*x-slipway-service: web/s);
  client.write('one');
  while (!received.endsWith('echo one')) await once(client, 'data');
  pods[0]?.destroy();
  await once(client, 'close');
  assert.match(await metrics.text(), /slipway_proxy_requests_total\{service="web",code="101"\} 1/);

  const another = connect(proxy.port, '127.0.0.1');
  another.resume().write(ask);
  await once(another, 'data');
  await Promise.all([once(another, 'close'), proxy.close()]);
});

test('ends at once, also while a pod has not agreed to another protocol yet', async () => {
  const asked = Promise.withResolvers<void>();
  const proxy = await proxyTo(await bytePod(() => asked.resolve()));
  const client = connect(proxy.port, '127.0.0.1');
  client.write(`GET / HTTP/1.1\r\n${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`);
  await asked.promise;
  const startedAt = performance.now();
  await Promise.all([once(client.resume(), 'close'), proxy.close()]);
  assert.ok(performance.now() - startedAt < 5000);
});
