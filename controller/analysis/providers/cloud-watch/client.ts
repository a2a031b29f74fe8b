// Asks CloudWatch by the client of the AWS SDK, as the controller itself (analysis.md §5.8). The SDK is imported by the
// first measurement.

import { awsClientSettings } from '../../../aws/client-settings.ts';
import { resolveAwsCredentials } from '../../../aws/credentials.ts';
import { operationProblem } from '../../../aws/problems.ts';
import { type Provider, ProviderError } from '../contract.ts';
import { cloudWatchRequest } from './request.ts';
import { cloudWatchAnswer } from './response.ts';

const requestMs = 30_000;

export const cloudWatch: Provider = {
  name: 'cloudWatch',

  async run({ metric: { provider } }, tools) {
    const metric = provider.cloudWatch;
    if (metric === undefined) throw new ProviderError('the metric has no cloudWatch provider');
    const request = cloudWatchRequest(metric, tools.clock.now());
    const { CloudWatchClient, GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch');
    const identity = await resolveAwsCredentials({}, tools);
    const client = new CloudWatchClient({ ...identity, ...awsClientSettings(tools, { timeoutMs: requestMs }) });
    const answer = await client.send(new GetMetricDataCommand(request)).catch((error: unknown) => {
      throw operationProblem('CloudWatch: GetMetricData', error);
    });
    return cloudWatchAnswer(answer);
  },
};
