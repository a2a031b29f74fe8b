// Asks SkyWalking (analysis.md §5.11).

import { type Provider, ProviderError } from '../contract.ts';
import { skywalkingRequest } from './request.ts';
import { skywalkingAnswer } from './response.ts';

export const skywalking: Provider = {
  name: 'skywalking',

  async run({ metric: { provider } }, tools) {
    if (provider.skywalking === undefined) throw new ProviderError('the metric has no skywalking provider');
    const timeZone = tools.environment.SLIPWAY_SKYWALKING_TIME_ZONE;
    const request = skywalkingRequest(provider.skywalking, { now: tools.clock.now(), timeZone });
    return skywalkingAnswer(await tools.send(request));
  },
};
