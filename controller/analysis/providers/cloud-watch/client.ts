// Asks CloudWatch, signed with the controller's own AWS credentials (analysis.md §5.8). Why not with the AWS SDK:
// aws/sigv4.ts.

import { resolveAwsCredentials } from '../aws/credentials.ts';
import { signSigv4 } from '../aws/sigv4.ts';
import { type Provider, ProviderError } from '../contract.ts';
import { cloudWatchRequest } from './request.ts';
import { cloudWatchAnswer } from './response.ts';

export const cloudWatch: Provider = {
  name: 'cloudWatch',

  async run({ metric: { provider } }, tools) {
    const metric = provider.cloudWatch;
    if (metric === undefined) throw new ProviderError('the metric has no cloudWatch provider');
    const { credentials, region } = await resolveAwsCredentials({}, tools);
    const { AWS_ENDPOINT_URL_CLOUDWATCH, AWS_ENDPOINT_URL } = tools.environment;
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const endpoint = AWS_ENDPOINT_URL_CLOUDWATCH ?? AWS_ENDPOINT_URL ?? `https://monitoring.${region}.${domain}/`;
    const now = tools.clock.now();
    const request = cloudWatchRequest(metric, endpoint, now);
    const signed = signSigv4(request, { service: 'monitoring', region, credentials, now });
    return cloudWatchAnswer(await tools.http.send(signed, tools.signal));
  },
};
