// Asks Graphite (analysis.md §5.9).

import { type Provider, ProviderError } from '../contract.ts';
import { graphiteRequest } from './request.ts';
import { graphiteAnswer } from './response.ts';

export const graphite: Provider = {
  name: 'graphite',

  async run({ metric: { provider } }, tools) {
    if (provider.graphite === undefined) throw new ProviderError('the metric has no graphite provider');
    return graphiteAnswer(await tools.send(graphiteRequest(provider.graphite)));
  },
};
