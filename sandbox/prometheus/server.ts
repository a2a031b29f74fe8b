// The sandbox's Prometheus on loopback: scrapes what it is given every few seconds of its clock and answers queries. At
// `/metrics` another Prometheus finds what this one scrapes.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../controller/lang/time.ts';
import { answerQuery } from './api.ts';
import { parseExposition } from './exposition.ts';
import { createSeriesStore, type Labels, type SeriesStore } from './series.ts';

export interface SandboxPrometheusOptions {
  readonly clock: Clock;
  /** The text of `/metrics`; asked at every scrape. */
  readonly metrics: () => Promise<string>;
  /** Labels of the target, e.g. `job`. */
  readonly labels?: Labels;
  /** Default 5 s: a canary step is short here. */
  readonly scrapeEveryMs?: number;
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
  const { clock, labels = {}, scrapeEveryMs = 5000 } = options;
  const store = createSeriesStore();
  let stopped = false;
  const scrape = async (): Promise<void> => {
    const at = clock.now();
    for (const sample of parseExposition(await options.metrics(), labels))
      store.append(sample.labels, at, sample.value);
    store.append({ ...labels, __name__: 'up' }, at, 1);
    if (!stopped) timer = clock.schedule(scrapeEveryMs, scrape);
  };
  let timer = clock.schedule(0, scrape);

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback');
    let form = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      form += chunk;
      if (form.length > longestForm) request.destroy();
    });
    request.on('end', async () => {
      if (url.pathname === '/metrics') return void sendText(response, await options.metrics());
      if (url.pathname === '/') return void sendText(response, welcome);
      const parameters = new URLSearchParams([...url.searchParams, ...new URLSearchParams(form)]);
      const { status, body } = answerQuery(store, url.pathname, parameters, clock.now());
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    store,
    stop() {
      stopped = true;
      timer.cancel();
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function sendText(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(text);
}
