// How Prometheus is asked: with a token or a signature where the metric wants one, and again as a GET where the server
// knows no POST (analysis.md §5.1).

import type { PrometheusMetric } from '../../../api/types.generated.ts';
import { resolveAwsCredentials } from '../../../aws/credentials.ts';
import { signSigv4 } from '../../../aws/sigv4.ts';
import { type HttpAnswer, type HttpRequest, type Provider, ProviderError, type ProviderTools } from '../contract.ts';
import { redactCredentials } from '../credentials.ts';
import { oauth2Header } from '../oauth2.ts';
import { asGet, prometheusRequest, usesSigv4 } from './request.ts';
import { prometheusAnswer } from './response.ts';

export const prometheus: Provider = {
  name: 'prometheus',

  metadata({ provider: { prometheus: metric } }) {
    return metric?.query ? { ResolvedPrometheusQuery: metric.query } : {};
  },

  async run({ metric: { provider } }, tools) {
    const metric = provider.prometheus;
    if (metric === undefined) throw new ProviderError('the metric has no prometheus provider');
    const defaultAddress = tools.environment.ARGO_ROLLOUTS_PROMETHEUS_ADDRESS;
    const request = prometheusRequest(metric, { defaultAddress, now: tools.clock.now() });
    redactCredentials(request, tools);
    const deadline = tools.clock.now() + request.timeoutMs;
    const send = await authenticate(metric, request, tools);
    const within = (next: HttpRequest): Promise<HttpAnswer> =>
      send({ ...next, timeoutMs: Math.max(0, deadline - tools.clock.now()) });
    const answer = await within(request);
    const knowsPost = answer.status !== 405 && answer.status !== 501;
    return prometheusAnswer(knowsPost ? answer : await within(asGet(request)));
  },
};

async function authenticate(
  metric: PrometheusMetric,
  request: HttpRequest,
  tools: ProviderTools,
): Promise<(request: HttpRequest) => Promise<HttpAnswer>> {
  const { sigv4, oauth2 } = metric.authentication ?? {};
  if (oauth2?.tokenUrl) {
    const authorization = await oauth2Header(oauth2, request, tools);
    return (next) => tools.send({ ...next, headers: { ...next.headers, authorization } });
  }
  if (sigv4 !== undefined && usesSigv4(metric, request.url)) {
    const { credentials, region } = await resolveAwsCredentials(sigv4, tools);
    const scope = { service: 'aps', region, credentials };
    return async (next) => tools.send(await signSigv4(next, { ...scope, now: tools.clock.now() }));
  }
  return (next) => tools.send(next);
}
