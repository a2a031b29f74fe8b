// What InfluxDB is asked (analysis.md §5.10): Flux, answered as annotated CSV.

import type { InfluxdbMetric } from '../../../api/types.generated.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

export function influxdbRequest(
  { query = '' }: InfluxdbMetric,
  { address, authToken, org }: Readonly<Record<string, string>>,
): HttpRequest {
  if (!address || !authToken || !org) throw new ProviderError('authToken, org, or address not found');
  return {
    method: 'POST',
    url: `${address.replace(/\/+$/, '')}/api/v2/query?org=${encodeURIComponent(org)}`,
    headers: { authorization: `Token ${authToken}`, 'content-type': 'application/json', accept: 'application/csv' },
    body: JSON.stringify({
      dialect: { annotations: ['datatype', 'group', 'default'], delimiter: ',', header: true },
      query,
      type: 'flux',
    }),
    timeoutMs: 30_000,
  };
}
