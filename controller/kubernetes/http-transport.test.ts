// Against real servers on loopback: what an API server, a proxy or the network between may do to a request.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { after, test } from 'node:test';
import { plainAccess } from './cluster-access.ts';
import { createHttpTransport, type HttpTransportOptions, type RoundTripReport } from './http-transport.ts';
import { systemClock } from './system-clock.ts';
import { KubeError, type Transport, type WatchFrame } from './transport.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const opened: { server: Server; transport: Transport }[] = [];

after(() => {
  for (const { server, transport } of opened) {
    transport.close();
    server.closeAllConnections();
    server.close();
  }
});

interface Bench {
  readonly transport: Transport;
  readonly server: Server;
  readonly url: string;
  readonly seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  readonly sockets: Set<Socket>;
  readonly reports: RoundTripReport[];
}

async function bench(handler: Handler, options: Partial<HttpTransportOptions> = {}): Promise<Bench> {
  const seen: Bench['seen'] = [];
  const reports: RoundTripReport[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      handler(request, response, body);
    });
  });
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = createHttpTransport({
    access: plainAccess(url, 'secret-token'),
    clock: systemClock,
    random: { next: () => 0 },
    userAgent: 'test/v1',
    onRoundTrip: (report) => reports.push(report),
    ...options,
  });
  opened.push({ server, transport });
  return { transport, server, url, seen, sockets, reports };
}

function answer(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function status(code: number, reason: string, message: string, details?: object) {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message, ...(details && { details }) };
}

async function failure(work: Promise<unknown>): Promise<KubeError> {
  const error = await work.then(
    () => assert.fail('it should have failed'),
    (problem: unknown) => problem,
  );
  assert.ok(error instanceof KubeError, String(error));
  return error;
}

const get = { verb: 'GET', path: '/api/v1/pods' } as const;
const patch = {
  verb: 'PATCH',
  path: '/api/v1/namespaces/ns/services/a',
  body: { spec: {} },
  contentType: 'application/merge-patch+json',
} as const;
const post = { verb: 'POST', path: '/api/v1/namespaces/ns/events', body: { a: 1 } } as const;

test('sends method, query, body, content type, token and agent; reads JSON', async () => {
  const { transport, seen } = await bench((_request, response) => answer(response, 200, { ok: true }));
  const result = await transport.request({ ...patch, query: { fieldManager: 'x y', dryRun: undefined, limit: 5 } });
  assert.deepEqual(result.body, { ok: true });
  const [request] = seen;
  assert.equal(request?.method, 'PATCH');
  assert.equal(request?.url, '/api/v1/namespaces/ns/services/a?fieldManager=x+y&limit=5');
  assert.equal(request?.headers.authorization, 'Bearer secret-token');
  assert.equal(request?.headers['content-type'], 'application/merge-patch+json');
  assert.equal(request?.headers['user-agent'], 'test/v1');
  assert.equal(request?.body, '{"spec":{}}');
});

test('many requests go over one connection', async () => {
  const { transport, sockets } = await bench((_request, response) => answer(response, 200, {}));
  for (let count = 0; count < 20; count += 1) await transport.request(get);
  assert.equal(sockets.size, 1);
});

test('a refusal is a KubeError with what the Status says', async () => {
  const details = { name: 'a', kind: 'services', causes: [{ field: 'spec', message: 'no' }] };
  const { transport } = await bench((_request, response) =>
    answer(response, 422, status(422, 'Invalid', 'spec: no', details)),
  );
  const error = await failure(transport.request(patch));
  assert.deepEqual([error.status, error.reason, error.message], [422, 'Invalid', 'spec: no']);
  assert.deepEqual(error.details, details);
});

test('an answer that is no Status is told with what it says', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(405, { 'content-type': 'text/html' }).end('<b>not\n here</b>');
  });
  const error = await failure(transport.request(patch));
  assert.deepEqual([error.status, error.reason], [405, 'MethodNotAllowed']);
  assert.match(error.message, /^PATCH .* was answered 405: <b>not here<\/b>$/);
});

test('a 2xx answer that is no JSON is a failure, of unknown outcome for a write', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"half":');
  });
  const error = await failure(transport.request(patch));
  assert.deepEqual([error.status, error.maybeApplied], [0, true]);
});

test('429 with Retry-After is waited for and sent again, a creation too', async () => {
  let refusals = 2;
  const { transport, seen } = await bench((_request, response) => {
    refusals -= 1;
    if (refusals >= 0) answer(response, 429, status(429, 'TooManyRequests', 'slow'), { 'retry-after': '0' });
    else answer(response, 201, { created: true });
  });
  assert.equal((await transport.request(post)).status, 201);
  assert.equal(seen.length, 3);
});

test('Retry-After holds back further requests of that class, not others', async () => {
  const { transport } = await bench((request, response) => {
    if (request.method === 'PATCH')
      answer(response, 429, status(429, 'TooManyRequests', 'slow'), { 'retry-after': '60' });
    else answer(response, 200, {});
  });
  const first = await failure(transport.request({ ...patch, deadlineMs: 1_000 }));
  assert.deepEqual([first.status, first.retryAfterMs], [429, 60_000]);
  const second = await failure(
    transport.request({ ...patch, path: '/api/v1/namespaces/x/services/b', deadlineMs: 1_000 }),
  );
  assert.equal(second.status, 429);
  assert.ok((second.retryAfterMs ?? 0) > 50_000);
  assert.equal((await transport.request(get)).status, 200);
});

test('an eviction that a budget refuses is not sent again', async () => {
  const { transport, seen } = await bench((_request, response) =>
    answer(response, 429, status(429, 'TooManyRequests', 'budget'), { 'retry-after': '0' }),
  );
  const eviction = { verb: 'POST', path: '/api/v1/namespaces/ns/pods/a/eviction', body: {} } as const;
  assert.equal((await failure(transport.request(eviction))).status, 429);
  assert.equal(seen.length, 1);
});

test('503 with Retry-After is sent again for an idempotent write, not for a creation', async () => {
  const { transport, seen } = await bench((request, response) => {
    if (seen.length < 2 || request.method === 'POST') {
      answer(response, 503, status(503, 'ServiceUnavailable', 'later'), { 'retry-after': '0' });
    } else answer(response, 200, {});
  });
  assert.equal((await transport.request(patch)).status, 200);
  assert.equal((await failure(transport.request(post))).status, 503);
  assert.equal(seen.length, 3);
});

test('a GET that fails inside the server is tried four times, a write once', async () => {
  const { transport, seen } = await bench((_request, response) =>
    answer(response, 500, status(500, 'InternalError', 'x')),
  );
  assert.equal((await failure(transport.request(get))).status, 500);
  assert.equal(seen.length, 4);
  const error = await failure(transport.request(patch));
  assert.deepEqual([error.status, error.maybeApplied], [500, true]);
  assert.equal(seen.length, 5);
});

test('a reused connection that the server has closed is replaced without anybody noticing', async () => {
  let resets = 0;
  const { transport, seen } = await bench((request, response) => {
    if (seen.length === 2) {
      resets += 1;
      request.socket.resetAndDestroy();
    } else answer(response, 200, {});
  });
  await transport.request(get);
  assert.equal((await transport.request(patch)).status, 200);
  assert.equal(resets, 1);
  assert.equal(seen.length, 3);
});

test('a creation on a connection that breaks has an unknown outcome and is not repeated', async () => {
  const { transport, seen } = await bench((request, response) => {
    if (seen.length > 1) request.socket.resetAndDestroy();
    else answer(response, 200, {});
  });
  await transport.request(get);
  const error = await failure(transport.request(post));
  assert.deepEqual([error.status, error.maybeApplied], [0, true]);
  assert.equal(seen.length, 2);
});

test('a server that does not answer is given up at the deadline; a write may have been done', async () => {
  const { transport } = await bench(() => {});
  const error = await failure(transport.request({ ...patch, deadlineMs: 90 }));
  assert.deepEqual([error.status, error.reason, error.maybeApplied], [0, 'Timeout', true]);
  assert.match(error.message, /cannot be reached: no answer within 0\.1 s$/);
  const read = await failure(transport.request({ ...get, deadlineMs: 50 }));
  assert.equal(read.maybeApplied, false);
});

test('an answer that stops in the middle is given up too', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{');
  });
  const error = await failure(transport.request({ ...get, deadlineMs: 50 }));
  assert.equal(error.reason, 'Timeout');
});

test('nobody listening: one clear line, and it is certain that nothing was done', async () => {
  const { transport, server, url } = await bench(() => {});
  await new Promise((resolve) => {
    server.close(resolve);
  });
  const error = await failure(transport.request(patch));
  assert.deepEqual([error.status, error.maybeApplied], [0, false]);
  assert.equal(error.message, `the API server ${url} cannot be reached: connection refused`);
});

test('a request can be given up', async () => {
  const { transport } = await bench(() => {});
  const aborter = new AbortController();
  const work = failure(transport.request({ ...get, signal: aborter.signal }));
  setTimeout(() => aborter.abort(), 20);
  assert.equal((await work).reason, 'Aborted');
});

test('after a 401 the credentials are renewed once', async () => {
  let token = 'old';
  const { url, seen } = await bench((request, response) => {
    if (request.headers.authorization === 'Bearer new') answer(response, 200, {});
    else answer(response, 401, status(401, 'Unauthorized', 'Unauthorized'));
  });
  const transport = createHttpTransport({
    access: {
      ...plainAccess(url),
      context: 'the test',
      credentials: () => Promise.resolve({ headers: { authorization: `Bearer ${token}` }, tls: {} }),
      refresh() {
        token = token === 'old' ? 'new' : 'worse';
        return Promise.resolve(true);
      },
    },
    clock: systemClock,
    random: { next: () => 0 },
    userAgent: 'test/v1',
  });
  assert.equal((await transport.request(patch)).status, 200);
  token = 'revoked';
  const error = await failure(transport.request(get));
  assert.equal(error.status, 401);
  assert.match(error.message, /refused the credentials of the test \(Unauthorized\)/);
  assert.equal(seen.length, 4);
  transport.close();
});

test('the token bucket spaces requests out and reports the wait', async () => {
  const waits: number[] = [];
  const { transport } = await bench((_request, response) => answer(response, 200, {}), {
    qps: 50,
    burst: 2,
    onThrottle: (waitedMs) => waits.push(waitedMs),
  });
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 6 }, () => transport.request(get)));
  assert.ok(performance.now() - startedAt >= 75);
  assert.equal(waits.length, 4);
  const impatient = await failure(
    Promise.all(Array.from({ length: 6 }, () => transport.request({ ...get, deadlineMs: 5 }))),
  );
  assert.match(impatient.message, /had to wait too long for its turn/);
});

test('what was held up beyond its deadline is not sent any more: another may hold the lease by then', async () => {
  let heldUpMs = 0;
  const clock = { now: () => systemClock.now() + heldUpMs, schedule: systemClock.schedule };
  const { transport, seen } = await bench((_request, response) => answer(response, 200, {}), { clock });
  const write = transport.request({ verb: 'POST', path: '/api/v1/namespaces/ns/pods', body: {}, deadlineMs: 10_000 });
  heldUpMs = 20_000; // suspended before the request left
  assert.match((await failure(write)).message, /had to wait too long for its turn/);
  assert.deepEqual(seen, []);
});

test('every round trip is reported', async () => {
  const { transport, reports } = await bench((_request, response) => answer(response, 200, {}));
  await transport.request(get);
  assert.deepEqual(
    reports.map((report) => [report.request.path, report.isWatch, report.status]),
    [['/api/v1/pods', false, 200]],
  );
});

interface WatchLog {
  readonly frames: WatchFrame[];
  readonly closed: (KubeError | Error | undefined)[];
  openedCount: number;
}

async function watchUntilClosed(
  transport: Transport,
  onFrame: (frame: WatchFrame) => void = () => {},
): Promise<WatchLog> {
  const log: WatchLog = { frames: [], closed: [], openedCount: 0 };
  await new Promise<void>((resolve) => {
    transport.watch(get, {
      opened() {
        log.openedCount += 1;
      },
      frame(frame) {
        log.frames.push(frame);
        onFrame(frame);
      },
      closed(problem) {
        log.closed.push(problem);
        resolve();
      },
    });
  });
  return log;
}

function frame(name: string): string {
  return `${JSON.stringify({ type: 'ADDED', object: { metadata: { name } } })}\n`;
}

test('watch frames come whole and in order, however the bytes are cut', async () => {
  const text = ['a', 'ü→€\u2028', 'c'.repeat(70_000), 'd'].map(frame).join('');
  const { transport, seen } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const bytes = Buffer.from(text);
    let at = 0;
    const sendNext = (): void => {
      if (at >= bytes.length) {
        response.end();
        return;
      }
      const size = at < 300 ? 7 : 30_011;
      response.write(bytes.subarray(at, at + size));
      at += size;
      setImmediate(sendNext);
    };
    sendNext();
  });
  const { frames, closed, openedCount } = await watchUntilClosed(transport);
  assert.deepEqual(
    frames.map(({ object }) => (object as { metadata: { name: string } }).metadata.name),
    ['a', 'ü→€\u2028', 'c'.repeat(70_000), 'd'],
  );
  assert.deepEqual(closed, [undefined]);
  assert.equal(openedCount, 1);
  assert.equal(seen[0]?.url, '/api/v1/pods?watch=true');
});

test('a watch that is refused is closed with the reason', async () => {
  const { transport } = await bench((_request, response) =>
    answer(response, 410, status(410, 'Expired', 'too old'), { 'retry-after': '3' }),
  );
  const { closed, openedCount } = await watchUntilClosed(transport);
  const [error] = closed;
  assert.ok(error instanceof KubeError);
  assert.deepEqual([error.status, error.reason, error.retryAfterMs], [410, 'Expired', 3_000]);
  assert.equal(openedCount, 0);
});

test('garbage ends a watch with an error', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`${frame('a')}<html>\n${frame('b')}`);
  });
  const { frames, closed } = await watchUntilClosed(transport);
  assert.equal(frames.length, 1);
  assert.ok(closed[0] instanceof SyntaxError);
});

test('JSON that is no frame is garbage too', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"type":"SOMETHING"}\n');
  });
  const { closed } = await watchUntilClosed(transport);
  assert.match(closed[0]?.message ?? '', /no frame/);
});

test('an exception of the receiver ends the watch through closed, once', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(frame('a') + frame('b'));
  });
  const { frames, closed } = await watchUntilClosed(transport, () => {
    throw new Error('a bug');
  });
  assert.equal(frames.length, 1);
  assert.deepEqual(
    closed.map((problem) => problem?.message),
    ['a bug'],
  );
});

test('a connection that breaks within a frame is told as broken, not as a clean end', async () => {
  const { transport } = await bench((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`${frame('a')}{"type":"ADD`);
    setTimeout(() => request.socket.resetAndDestroy(), 20);
  });
  const { frames, closed } = await watchUntilClosed(transport);
  assert.equal(frames.length, 1);
  assert.ok(closed[0] instanceof KubeError && closed[0].status === 0);
});

test('a cancelled watch tells nothing more', async () => {
  const { transport } = await bench((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const timer = setInterval(() => response.write(frame('a')), 5);
    response.on('close', () => clearInterval(timer));
  });
  let isCancelled = false;
  let afterwards = 0;
  await new Promise<void>((resolve) => {
    const handle = transport.watch(get, {
      frame() {
        if (isCancelled) afterwards += 1;
        isCancelled = true;
        handle.cancel();
        setTimeout(resolve, 40);
      },
      closed() {
        afterwards += 1;
      },
    });
  });
  assert.equal(afterwards, 0);
});
