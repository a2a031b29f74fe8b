// Calls a metric plugin that the controller's ConfigMap names: an executable, or a service (analysis.md §5.12).

import { PluginError } from '../../../plugins/plugin-error.ts';
import type { PluginProcess } from '../../../plugins/process/plugin-process.ts';
import { findPlugin, type PluginRegistration } from '../../../plugins/registration.ts';
import { type Answer, type Provider, type ProviderCall, ProviderError, type ProviderTools } from '../contract.ts';
import type { Measurement } from '../wire/exchange.ts';
import { collectByGo, measureByGo, metadataByGo, metricPlugins } from './go-plugin.ts';
import { type PluginMethod, type PluginParams, pluginRequest } from './request.ts';
import { failedVia, httpAnswer } from './response.ts';

export const plugin: Provider = {
  name: 'plugin',

  run: (call, tools) => measure('Run', call, tools),
  resume: (call, tools) => measure('Resume', call, tools),
  terminate: (call, tools) => measure('Terminate', call, tools),
  async garbageCollect(call, tools) {
    const found = await findCalled(call, tools);
    if ('process' in found) return collectByGo(found.process, paramsOf(call), tools.signal);
    const { status } = await tools.send(pluginRequest(found.address, 'GarbageCollect', paramsOf(call)));
    if (status !== 200) throw failedVia('garbage collect', `HTTP ${status}`);
  },
};

type PluginCall = ProviderCall & { readonly measurement?: Measurement; readonly limit?: number };

const verbs = { Run: 'run', Resume: 'resume', Terminate: 'terminate' } as const;

async function measure(method: keyof typeof verbs, call: PluginCall, tools: ProviderTools): Promise<Answer> {
  const params = paramsOf(call);
  const found = await findCalled(call, tools);
  if ('address' in found) {
    const answer = await tools.send(pluginRequest(found.address, method satisfies PluginMethod, params));
    return httpAnswer(answer, verbs[method]);
  }
  const answer = await measureByGo(found.process, method, verbs[method], params, tools.signal);
  if (method !== 'Run' || hasResult(call)) return answer;
  return { ...answer, resultMetadata: await metadataByGo(found.process, params, tools.signal) };
}

/** Rejects with a ProviderError in the words of the reference. */
async function findCalled(
  { metric }: ProviderCall,
  tools: ProviderTools,
): Promise<{ readonly address: string } | { readonly process: PluginProcess }> {
  const [name] = Object.keys(metric.provider.plugin ?? {});
  if (name === undefined) throw new ProviderError('the metric names no plugin');
  try {
    const found = await findPlugin('metricProviderPlugins', name, tools);
    if (found.protocol === 'jsonrpc') return { address: found.location };
    return { process: await startedPlugin(found, tools) };
  } catch (error) {
    if (!(error instanceof PluginError)) throw error;
    const beginning = 'failed to create plugin: unable to get metric plugin: unable to start plugin system';
    throw new ProviderError(`${beginning}: ${error.message}`);
  }
}

function startedPlugin(found: PluginRegistration, tools: ProviderTools): Promise<PluginProcess> {
  if (found.protocol === 'http') {
    throw new PluginError(
      `plugin ${found.name}: metric plugins over HTTP have an http+rpc:// or https+rpc:// location`,
    );
  }
  const { signal, controllerNamespace } = tools;
  const readSecret = (secret: string) => tools.readSecret(controllerNamespace, secret);
  return tools.plugins.use(metricPlugins, found, { signal, readSecret });
}

function paramsOf({ run: analysisRun, metric, measurement, limit }: PluginCall): PluginParams {
  return {
    analysisRun,
    metric,
    ...(measurement === undefined ? {} : { measurement }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** Metadata of the result is asked for once, when there is none yet. */
function hasResult({ run, metric }: ProviderCall): boolean {
  return run.status?.metricResults?.some(({ name }) => name === metric.name) === true;
}
