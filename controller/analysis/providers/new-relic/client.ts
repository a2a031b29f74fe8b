// Asks New Relic with the credentials of a Secret (analysis.md §5.6).

import { version } from '../../../telemetry/version.ts';
import { type Provider, ProviderError } from '../contract.ts';
import { newRelicRequest } from './request.ts';
import { newRelicAnswer } from './response.ts';

const userAgent = `argo-rollouts/${version} (slipway)`;

export const newRelic: Provider = {
  name: 'newRelic',

  metadata({ provider }) {
    return provider.newRelic?.query ? { ResolvedNewRelicQuery: provider.newRelic.query } : {};
  },

  async run({ metric: { provider } }, tools) {
    const metric = provider.newRelic;
    if (metric === undefined) throw new ProviderError('the metric has no newRelic provider');
    const profile = metric.profile || 'newrelic';
    const secret = await tools.readSecret(tools.controllerNamespace, profile);
    if (secret === undefined) throw new ProviderError(`secrets "${profile}" not found`);
    if (secret['personal-api-key']) tools.redact(secret['personal-api-key']);
    return newRelicAnswer(await tools.send(newRelicRequest(metric, secret, userAgent)));
  },
};
