// Calls a metric plugin that the controller's ConfigMap names (analysis.md §5.12).

import { KubeError } from '../../../kubernetes/transport.ts';
import { type HttpAnswer, type Provider, type ProviderCall, ProviderError, type ProviderTools } from '../contract.ts';
import type { Measurement } from '../wire/exchange.ts';
import { member } from '../wire/json.ts';
import { type PluginMethod, pluginAddress, pluginRequest } from './request.ts';
import { pluginAnswer } from './response.ts';

export const plugin: Provider = {
  name: 'plugin',

  run: async (call, tools) => pluginAnswer(await send('Run', call, tools), 'run'),
  resume: async (call, tools) => pluginAnswer(await send('Resume', call, tools), 'resume'),
  terminate: async (call, tools) => pluginAnswer(await send('Terminate', call, tools), 'terminate'),
  async garbageCollect(call, tools) {
    const { status } = await send('GarbageCollect', call, tools);
    if (status !== 200) throw new ProviderError(`failed to garbage collect via plugin: HTTP ${status}`);
  },
};

async function send(
  method: PluginMethod,
  call: ProviderCall & { readonly measurement?: Measurement; readonly limit?: number },
  tools: ProviderTools,
): Promise<HttpAnswer> {
  const [name] = Object.keys(call.metric.provider.plugin ?? {});
  if (name === undefined) throw new ProviderError('the metric names no plugin');
  const address = pluginAddress(name, await configuredPlugins(tools));
  const { metric, run: analysisRun, measurement, limit } = call;
  const params = {
    analysisRun,
    metric,
    ...(measurement === undefined ? {} : { measurement }),
    ...(limit === undefined ? {} : { limit }),
  };
  return tools.send(pluginRequest(address, method, params));
}

async function configuredPlugins(tools: ProviderTools): Promise<string | undefined> {
  try {
    const { body } = await tools.transport.request({
      verb: 'GET',
      path: `/api/v1/namespaces/${encodeURIComponent(tools.controllerNamespace)}/configmaps/argo-rollouts-config`,
      deadlineMs: 30_000,
      signal: tools.signal,
    });
    const list = member(body, 'data', 'metricProviderPlugins');
    return typeof list === 'string' ? list : undefined;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}
