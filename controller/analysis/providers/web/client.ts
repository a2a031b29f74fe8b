// Asks any HTTP service (analysis.md §5.2).

import { type Provider, ProviderError } from '../contract.ts';
import { redactCredentials } from '../credentials.ts';
import { oauth2Header } from '../oauth2.ts';
import { webRequest } from './request.ts';
import { webAnswer } from './response.ts';

export const web: Provider = {
  name: 'web',

  async run({ metric: { provider } }, tools) {
    const metric = provider.web;
    if (metric === undefined) throw new ProviderError('the metric has no web provider');
    const request = webRequest(metric);
    redactCredentials(request, tools);
    const oauth2 = metric.authentication?.oauth2;
    const headers = oauth2?.tokenUrl ? { authorization: await oauth2Header(oauth2, request, tools) } : {};
    const answer = await tools.send({ ...request, headers: { ...request.headers, ...headers } });
    return webAnswer(answer, metric.jsonPath);
  },
};
