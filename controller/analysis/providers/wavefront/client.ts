// Asks Wavefront with the token that a Secret has for its address (analysis.md §5.7).

import { type Provider, ProviderError } from '../contract.ts';
import { wavefrontRequest } from './request.ts';
import { wavefrontAnswer } from './response.ts';

export const wavefront: Provider = {
  name: 'wavefront',

  async run({ metric: { provider } }, tools) {
    const metric = provider.wavefront;
    if (metric === undefined) throw new ProviderError('the metric has no wavefront provider');
    const secret = await tools.readSecret(tools.controllerNamespace, 'wavefront-api-tokens');
    const token = secret?.[metric.address ?? ''];
    if (!token) throw new ProviderError('API token not found');
    tools.redact(token);
    const now = tools.clock.now();
    return wavefrontAnswer(await tools.send(wavefrontRequest(metric, token, now)), now);
  },
};
