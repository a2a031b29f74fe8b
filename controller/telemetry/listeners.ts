// The two listeners of the process: metrics on the main thread, health on a thread of its own (operations.md §8). They
// run on standbys too.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Logger } from '../kubernetes/log.ts';
import type { Health } from './health.ts';

/** The text of one scrape, in the format that the Accept header asks for. */
export type Scrape = (accept: string) => Promise<{ readonly contentType: string; readonly body: string }>;

export interface Listeners {
  readonly addresses: { readonly metrics: number; readonly healthz: number };
  /** Scrapes that are under way are finished, for at most five seconds. */
  close(): Promise<void>;
}

/** A port cannot be had; the message is one clear line. */
export class ListenProblem extends Error {
  override readonly name = 'ListenProblem';
}

const anyAddress = '0.0.0.0';
const scrapeGraceMs = 5_000;

export async function startListeners(options: {
  readonly ports: { readonly metrics: number; readonly healthz: number };
  readonly health: Health;
  readonly scrape: Scrape;
  readonly log: Logger;
  readonly host?: string;
}): Promise<Listeners> {
  const { ports, health, scrape, log, host = anyAddress } = options;
  const worker = await startHealthWorker(health, ports.healthz, host);
  const server = metricsServer(scrape, log);
  try {
    await listen(server, ports.metrics, host);
  } catch (error) {
    await worker.thread.terminate();
    throw error;
  }
  return {
    addresses: { metrics: (server.address() as AddressInfo).port, healthz: worker.port },
    async close() {
      await closeGently(server);
      await worker.thread.terminate();
      health.stop();
    },
  };
}

function metricsServer(scrape: Scrape, log: Logger): Server {
  return createServer((request, response) => {
    if ((request.url ?? '').split('?')[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
      return;
    }
    scrape(request.headers.accept ?? '').then(
      ({ contentType, body }) => response.writeHead(200, { 'content-type': contentType }).end(body),
      (error: unknown) => {
        log.error({ err: error }, 'Scrape failed');
        response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' }).end('the scrape failed\n');
      },
    );
  });
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenProblem('metrics', port, error.code)));
    server.listen(port, host, resolve);
  });
}

function startHealthWorker(health: Health, port: number, host: string): Promise<{ thread: Worker; port: number }> {
  // Bundled, the worker is a file of its own beside this one.
  const file = import.meta.url.endsWith('.ts') ? './health-worker.ts' : './health-worker.js';
  const thread = new Worker(new URL(file, import.meta.url), { workerData: { memory: health.memory, port, host } });
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (message: { port?: number; failed?: string }) => {
      if (message.port === undefined) {
        void thread.terminate();
        reject(listenProblem('healthz', port, message.failed));
        return;
      }
      // The main thread decides when the process ends.
      thread.unref();
      resolve({ thread, port: message.port });
    });
  });
}

function listenProblem(what: 'metrics' | 'healthz', port: number, code: string | undefined): ListenProblem {
  const words: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is taken',
    EACCES: 'the port is not allowed to this user',
  };
  return new ListenProblem(`cannot listen on port ${port} (--${what}Port): ${words[code ?? ''] ?? code}`);
}

async function closeGently(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), scrapeGraceMs);
  await closed;
  clearTimeout(timer);
}
