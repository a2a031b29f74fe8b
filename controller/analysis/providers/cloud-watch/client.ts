// Asks CloudWatch, signed with the controller's own AWS credentials (analysis.md §5.8). Why not with the AWS SDK:
// controller/aws/sigv4.ts.

import { resolveAwsCredentials } from '../../../aws/credentials.ts';
import { awsEndpoint } from '../../../aws/endpoint.ts';
import { signSigv4 } from '../../../aws/sigv4.ts';
import { type Provider, ProviderError } from '../contract.ts';
import { cloudWatchRequest } from './request.ts';
import { cloudWatchAnswer } from './response.ts';

export const cloudWatch: Provider = {
  name: 'cloudWatch',

  async run({ metric: { provider } }, tools) {
    const metric = provider.cloudWatch;
    if (metric === undefined) throw new ProviderError('the metric has no cloudWatch provider');
    const { credentials, region } = await resolveAwsCredentials({}, tools);
    const endpoint = awsEndpoint('monitoring', 'CLOUDWATCH', region, tools.environment);
    const now = tools.clock.now();
    const request = cloudWatchRequest(metric, endpoint, now);
    const signed = signSigv4(request, { service: 'monitoring', region, credentials, now });
    return cloudWatchAnswer(await tools.send(signed));
  },
};
