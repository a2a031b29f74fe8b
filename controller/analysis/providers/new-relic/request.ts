// What New Relic is asked (analysis.md §5.6): NRQL through NerdGraph.

import type { NewRelicMetric } from '../../../api/types.generated.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

const defaultTimeoutSeconds = 5;
const graphQl =
  'query Query($accountId: Int!, $query: Nrql!, $timeout: Seconds!)' +
  '{actor{account(id:$accountId){nrql(query:$query,timeout:$timeout){results}}}}';

const addresses: Readonly<Record<string, string>> = {
  us: 'https://api.newrelic.com/graphql',
  eu: 'https://api.eu.newrelic.com/graphql',
  staging: 'https://staging-api.newrelic.com/graphql',
};

export function newRelicRequest(
  { query, timeout = defaultTimeoutSeconds }: NewRelicMetric,
  secret: Readonly<Record<string, string>>,
  userAgent: string,
): HttpRequest {
  const key = secret['personal-api-key'];
  const account = secret['account-id'];
  if (!key || !account) throw new ProviderError('account ID or personal API key not found');
  if (!/^[+-]?\d+$/.test(account)) throw new ProviderError('could not parse account ID: invalid syntax');
  if (timeout < 0) throw new ProviderError('timeout value needs to be a positive value');
  const region = (secret.region || 'us').toLowerCase();
  const url = secret['base-url-nerdgraph'] || addresses[region];
  if (url === undefined) throw new ProviderError(`unknown region of New Relic: ${region}`);
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', 'api-key': key, 'user-agent': userAgent },
    body: JSON.stringify({ query: graphQl, variables: { accountId: Number(account), query, timeout } }),
    // The service ends the query by itself after `timeout`; what is beyond is for the way.
    timeoutMs: (timeout + 10) * 1000,
  };
}
