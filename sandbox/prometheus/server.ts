// The sandbox's Prometheus on loopback: answers queries about what it scrapes. At `/metrics` another Prometheus finds
// the same.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readRequestTarget } from '../network/request-target.ts';
import { answerQuery } from './api.ts';
import { type ScrapeOptions, startScraper } from './scrape.ts';
import type { SeriesStore } from './series.ts';

export interface SandboxPrometheusOptions extends ScrapeOptions {
  readonly port?: number;
}

export interface SandboxPrometheus {
  /** `http://127.0.0.1:port` */
  readonly address: string;
  readonly store: SeriesStore;
  stop(): Promise<void>;
}

const longestForm = 1024 * 1024;
const welcome = `The Prometheus of a Slipway sandbox.

/api/v1/query?query=sum(rate(slipway_proxy_requests_total[1m]))
/api/v1/query_range?query=...&start=...&end=...&step=...
/metrics: what it scrapes, for a Prometheus of your own
`;

export async function startSandboxPrometheus(options: SandboxPrometheusOptions): Promise<SandboxPrometheus> {
  const { clock } = options;
  const { store, stop } = startScraper(options);

  const server = createServer((request, response) => {
    const target = readRequestTarget(request.url ?? '/', request.headers.host);
    if (target === undefined) return void sendText(response, 'no path is asked for\n', 400);
    const url = new URL(`http://loopback${target.pathAndQuery}`);
    let form = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      form += chunk;
      if (form.length > longestForm) request.destroy();
    });
    request.on('end', () => {
      answer(url, form, response).catch((problem: Error) => sendText(response, `${problem.message}\n`, 500));
    });
  });

  async function answer(url: URL, form: string, response: ServerResponse): Promise<void> {
    if (url.pathname === '/metrics') return sendText(response, await options.metrics());
    if (url.pathname === '/') return sendText(response, welcome);
    const parameters = new URLSearchParams([...url.searchParams, ...new URLSearchParams(form)]);
    const { status, body } = answerQuery(store, url.pathname, parameters, clock.now());
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    store,
    stop() {
      stop();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function sendText(response: ServerResponse, text: string, status = 200): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(text);
}
