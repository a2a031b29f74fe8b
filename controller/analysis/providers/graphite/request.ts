// What Graphite is asked (analysis.md §5.9): the query is a raw query string; white space in it is dropped, its
// parameters are encoded again and sorted.

import type { GraphiteMetric } from '../../../api/types.generated.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

export function graphiteRequest({ address = '', query = '' }: GraphiteMetric): HttpRequest {
  if (address === '' || !URL.canParse(address)) {
    throw new ProviderError(`Graphite address ${address} is not a valid URL`);
  }
  const url = new URL(address);
  const parameters = new URLSearchParams(query.replaceAll(/\s+/g, ''));
  parameters.set('format', 'json');
  parameters.sort();
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/render`;
  url.search = parameters.toString();
  return { method: 'GET', url: url.href, timeoutMs: 10_000 };
}
