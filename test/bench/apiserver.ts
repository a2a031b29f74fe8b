// What the embedded API server can do: requests over TLS on loopback and in memory, lists of a thousand pods, patches,
// events to twenty watchers, memory and start.

import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { plainAccess } from '../../controller/kubernetes/cluster-access.ts';
import { createHttpTransport } from '../../controller/kubernetes/http-transport.ts';
import { systemClock, systemRandom } from '../../controller/kubernetes/system-clock.ts';
import { patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import { startApiServerFront } from '../../sandbox/apiserver/http.ts';
import { createApiServer } from '../../sandbox/apiserver/server.ts';
import type { ApiServer } from '../../sandbox/apiserver/types.ts';
import { median, percentile, repeat, tell, tellFigure } from './figures.ts';

const pods = '/api/v1/namespaces/default/pods';
const podCount = 1000;
const watcherCount = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

export async function benchApiServer(): Promise<void> {
  const starts = await repeat(5, () => {
    const startedAt = performance.now();
    createApiServer({ clock: systemClock, random: systemRandom }).close();
    return performance.now() - startedAt;
  });
  tell('start of an empty server', starts, 'ms');

  const server = createApiServer({ clock: systemClock, random: systemRandom });
  const before = usedMegabytes();
  for (let index = 0; index < podCount; index++) await createPod(server, index);
  const usedMiB = usedMegabytes() - before;
  tellFigure({ what: `memory of ${podCount} pods`, value: `${usedMiB.toFixed(1)} MiB` });

  const front = await startApiServerFront(server);
  const transport = createHttpTransport({
    access: plainAccess(front.url, front.token, front.ca === undefined ? {} : { ca: front.ca }),
    clock: systemClock,
    random: systemRandom,
    userAgent: 'bench/1',
  });
  const inMemory = server.transport() as unknown as Transport;
  const bare = await bareRequest();
  for (const [where, via] of [
    ['in memory', inMemory],
    ['over TLS', transport],
  ] as const) {
    await measure(`get ${where}`, 500, () => via.request({ verb: 'GET', path: `${pods}/pod-7` }), bare);
    await measure(`patch ${where}`, 500, (index) => patch(via, index), bare);
    await measure(`list of ${podCount} ${where}`, 20, () => via.request({ verb: 'GET', path: pods }), bare);
  }
  await measureWatches(server);
  transport.close();
  await front.close();
  server.close();
}

function createPod(server: ApiServer, index: number): Promise<unknown> {
  const labels = { app: `app-${index % 10}` };
  const container = { name: 'main', image: 'argoproj/rollouts-demo:blue', ports: [{ containerPort: 8080 }] };
  const body = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${index}`, labels },
    spec: { containers: [container] },
  };
  return server.handle({ method: 'POST', path: pods, body });
}

function patch(via: Transport, index: number): Promise<unknown> {
  return via.request({
    verb: 'PATCH',
    path: `${pods}/pod-${index % podCount}`,
    contentType: patchContentType.merge,
    body: { metadata: { annotations: { round: String(systemRandom.next()) } } },
  });
}

/** One after the other. */
async function measure(what: string, count: number, send: (index: number) => Promise<unknown>, bare: number) {
  for (let index = 0; index < 20; index++) await send(index);
  const times: number[] = [];
  const startedAt = performance.now();
  for (let index = 0; index < count; index++) {
    const sentAt = performance.now();
    await send(index);
    times.push(performance.now() - sentAt);
  }
  const perSecond = (count * 1000) / (performance.now() - startedAt);
  const [p50, p99] = [median(times), percentile(times, 99)];
  tellFigure({
    what,
    value: `${perSecond.toFixed(0)} requests/s, p50 ${p50.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms`,
    beside: `p50 is ${(p50 / bare).toFixed(2)} × a bare HTTP request`,
  });
}

async function measureWatches(server: ApiServer): Promise<void> {
  let heard = 0;
  const cancels: (() => void)[] = [];
  for (let index = 0; index < watcherCount; index++) {
    const { stream } = await server.handle({
      method: 'GET',
      path: pods,
      query: { watch: true, resourceVersion: String(server.storage.revision) },
    });
    const sink = { frame: () => void heard++, end: () => undefined };
    if (stream !== undefined) cancels.push(stream.start(sink).cancel);
  }
  const via = server.transport() as unknown as Transport;
  const values = await repeat(5, async () => {
    heard = 0;
    const startedAt = performance.now();
    for (let index = 0; index < 200; index++) await patch(via, index);
    await new Promise((resolve) => setImmediate(resolve));
    return (heard * 1000) / (performance.now() - startedAt);
  });
  for (const cancel of cancels) cancel();
  tell(`events to ${watcherCount} watchers`, values, 'events/s');
}

function usedMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** The median of a GET of a server that does nothing. */
async function bareRequest(): Promise<number> {
  const server = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const times = await repeat(200, async () => {
    const sentAt = performance.now();
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    return performance.now() - sentAt;
  });
  server.close();
  return median(times);
}
