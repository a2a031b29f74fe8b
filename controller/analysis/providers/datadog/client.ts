// Asks Datadog, with credentials from a Secret or from the controller's environment (analysis.md §5.5).

import type { AnalysisRun, DatadogMetric } from '../../../api/types.generated.ts';
import { type Provider, ProviderError, type ProviderTools } from '../contract.ts';
import { type DatadogCredentials, datadogRequest } from './request.ts';
import { datadogAnswer } from './response.ts';

const defaultAddress = 'https://api.datadoghq.com';

export const datadog: Provider = {
  name: 'datadog',

  async run({ metric: { provider }, run }, tools) {
    const metric = provider.datadog;
    if (metric === undefined) throw new ProviderError('the metric has no datadog provider');
    const credentials = await findCredentials(metric, run, tools);
    tools.redact(credentials.apiKey);
    tools.redact(credentials.appKey);
    const request = datadogRequest(metric, credentials, tools.clock.now());
    return datadogAnswer(await tools.send(request), metric.apiVersion);
  },
};

async function findCredentials(
  { secretRef }: DatadogMetric,
  run: AnalysisRun,
  tools: ProviderTools,
): Promise<DatadogCredentials> {
  const { DD_API_KEY, DD_APP_KEY, DD_ADDRESS } = tools.environment;
  if (secretRef?.namespaced && !secretRef.name) {
    throw new ProviderError('secret name is required for namespaced credentials');
  }
  if (!secretRef?.name && DD_API_KEY && DD_APP_KEY && DD_ADDRESS) {
    return { address: DD_ADDRESS, apiKey: DD_API_KEY, appKey: DD_APP_KEY };
  }
  const namespace = secretRef?.name && secretRef.namespaced ? run.metadata.namespace : tools.controllerNamespace;
  const secret = await tools.readSecret(namespace ?? '', secretRef?.name || 'datadog');
  const [apiKey, appKey] = [secret?.['api-key'], secret?.['app-key']];
  if (!apiKey || !appKey) throw new ProviderError('failed to find the credentials for datadog metrics provider');
  return { address: secret?.address || defaultAddress, apiKey, appKey };
}
