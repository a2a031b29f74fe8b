// What Datadog is asked (analysis.md §5.5): v1 a series of one query, v2 one value of one or several.

import type { DatadogMetric } from '../../../api/types.generated.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

export interface DatadogCredentials {
  readonly address: string;
  readonly apiKey: string;
  readonly appKey: string;
}

const review = 'Please review the Analysis Template.';

export function datadogRequest(metric: DatadogMetric, credentials: DatadogCredentials, now: EpochMillis): HttpRequest {
  checkDatadog(metric);
  const span = duration(metric.interval || '5m');
  const timeoutMs = duration(metric.requestTimeout || '10s');
  if (timeoutMs <= 0) throw new ProviderError('requestTimeout must be greater than 0');
  const address = credentials.address.replace(/\/+$/, '');
  const headers = {
    'content-type': 'application/json',
    'dd-api-key': credentials.apiKey,
    'dd-application-key': credentials.appKey,
  };
  if (metric.apiVersion !== 'v2') {
    const [from, to] = [now - span, now].map((at) => String(Math.floor(at / 1000))) as [string, string];
    const parameters = new URLSearchParams({ from, query: metric.query ?? '', to });
    return { method: 'GET', url: `${address}/api/v1/query?${parameters}`, headers, timeoutMs };
  }
  const queries = metric.query ? { query: metric.query } : (metric.queries ?? {});
  const names = Object.keys(queries).sort();
  const attributes = {
    from: Math.floor(now - span),
    to: Math.floor(now),
    queries: names.map((name) => ({
      aggregator: metric.aggregator || 'last',
      data_source: 'metrics',
      name,
      query: queries[name as keyof typeof queries],
    })),
    formulas: [{ formula: metric.formula || names[0] }],
  };
  const body = JSON.stringify({ data: { type: 'scalar_request', attributes } });
  return { method: 'POST', url: `${address}/api/v2/query/scalar`, headers, body, timeoutMs };
}

function checkDatadog({ apiVersion, query, queries, formula, aggregator }: DatadogMetric): void {
  const queryCount = Object.keys(queries ?? {}).length;
  if (apiVersion !== 'v2') {
    if (!query) {
      throw new ProviderError(
        'Query is empty. API Version v1 only supports using the query parameter in your Analysis Template.',
      );
    }
    if (aggregator) throw new ProviderError(`Aggregator is not supported in v1. ${review}`);
  }
  if (!query && queryCount === 0) throw new ProviderError(`Must have either a query or queries. ${review}`);
  if (query && queryCount > 0) throw new ProviderError(`Cannot have both a query and queries. ${review}`);
  if (query && formula) throw new ProviderError(`Formula are only valid when queries are set. ${review}`);
  if (queryCount > 1 && !formula) {
    throw new ProviderError(`When multiple queries are provided you must include a formula. ${review}`);
  }
}

function duration(text: string): number {
  const span = parseGoDuration(text);
  if (span === undefined) throw new ProviderError(`time: invalid duration ${JSON.stringify(text)}`);
  return span;
}
