// What Wavefront is asked (analysis.md §5.7): one point of each series, now.

import type { WavefrontMetric } from '../../../api/types.generated.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import type { HttpRequest } from '../wire/exchange.ts';

export function wavefrontRequest(
  { address = '', query = '' }: WavefrontMetric,
  token: string,
  now: EpochMillis,
): HttpRequest {
  const at = String(Math.floor(now / 1000) * 1000);
  const parameters = new URLSearchParams({ q: query, s: at, e: at, g: 's', p: '1', i: 'true' });
  return {
    method: 'GET',
    url: `https://${address}/api/v2/chart/api?${parameters}`,
    headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    timeoutMs: 30_000,
  };
}
