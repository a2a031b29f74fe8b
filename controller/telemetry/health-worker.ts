// The thread that answers /healthz, /livez and /readyz (operations.md §8). It shares only numbers with the main thread.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { ailment, readHealth } from './health.ts';

const { memory, port, host } = workerData as { memory: SharedArrayBuffer; port: number; host: string };

const server = createServer((request, response) => {
  const state = readHealth(memory);
  const path = (request.url ?? '').split('?')[0];
  const answer = (status: number, contentType: string, body: string): void => {
    response.writeHead(status, { 'content-type': contentType, 'x-content-type-options': 'nosniff' });
    response.end(request.method === 'HEAD' ? '' : body);
  };
  if (path === '/healthz' || path === '/livez') {
    const problem = ailment(state, Date.now());
    answer(problem === undefined ? 200 : 500, 'text/plain; charset=utf-8', problem ?? 'ok');
  } else if (path === '/readyz') {
    // A standby is ready: else a rolling update with leader election would wait for ever.
    const { leader, cachesSynced } = state;
    answer(200, 'application/json', JSON.stringify({ leader, cachesSynced }));
  } else {
    answer(404, 'text/plain; charset=utf-8', '404 page not found\n');
  }
});
server.on('error', (error: NodeJS.ErrnoException) => parentPort?.postMessage({ failed: error.code ?? error.message }));
server.listen(port, host, () => parentPort?.postMessage({ port: (server.address() as AddressInfo).port }));
