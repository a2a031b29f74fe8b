// A Prometheus without sockets for simulations: it scrapes the proxy in memory and answers in place of an HTTP client.

import type { Clock } from '../../controller/lang/time.ts';
import { makeProxyMetrics, type ProxyMetrics } from '../network/metrics.ts';
import { answerQuery } from './api.ts';
import { startScraper } from './scrape.ts';

const address = 'http://prometheus.sandbox';

interface Asked {
  readonly url: string;
  readonly body?: string;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface MemoryPrometheus {
  /** For the proxy that is scraped. */
  readonly proxy: { readonly metrics: ProxyMetrics };
  /** For the controller that asks. */
  readonly analysis: {
    readonly http: { send(request: Asked): Promise<Answered> };
    readonly environment: Readonly<Record<string, string>>;
  };
  stop(): void;
}

export function startMemoryPrometheus(clock: Clock): MemoryPrometheus {
  const metrics = makeProxyMetrics();
  const { store, stop } = startScraper({ clock, metrics: metrics.text, labels: { job: 'proxy' } });
  return {
    proxy: { metrics },
    analysis: {
      environment: { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: address },
      http: {
        async send({ url, body = '' }) {
          const { origin, pathname } = new URL(url);
          if (origin !== address) return { status: 502, headers: {}, body: `a simulation cannot reach ${origin}` };
          const answer = answerQuery(store, pathname, new URLSearchParams(body), clock.now());
          return { status: answer.status, headers: {}, body: JSON.stringify(answer.body) };
        },
      },
    },
    stop,
  };
}
