// What the proxy counts: requests by service and code, and their latency, in Prometheus' text format.

import { Counter, Histogram, Registry } from 'prom-client';

export interface ProxyRecord {
  /** The Service that answered; empty where no route matched. */
  readonly service: string;
  /** HTTP status; 0 when the client went away before an answer. */
  readonly code: number;
  readonly seconds: number;
}

export interface ProxyMetrics {
  record(record: ProxyRecord): void;
  /** The text exposition format. */
  text(): Promise<string>;
}

export function makeProxyMetrics(): ProxyMetrics {
  const registry = new Registry();
  const requests = new Counter({
    name: 'slipway_proxy_requests_total',
    help: 'Requests through the proxy by the Service that was chosen and the status code that was sent.',
    labelNames: ['service', 'code'],
    registers: [registry],
  });
  const latency = new Histogram({
    name: 'slipway_proxy_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['service'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  return {
    record({ service, code, seconds }) {
      requests.inc({ service, code: String(code) });
      latency.observe({ service }, seconds);
    },
    text: () => registry.metrics(),
  };
}
