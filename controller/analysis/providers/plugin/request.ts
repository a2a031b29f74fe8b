// How a metric plugin is found and called (analysis.md §5.12). Only Slipway's JSON calls over HTTP are spoken; binaries
// that speak Go's gob are refused with a word about it.

import type { AnalysisRun, Metric } from '../../../api/types.generated.ts';
import { parseYaml } from '../../../lang/yaml.ts';
import { type HttpRequest, type Measurement, ProviderError } from '../wire/exchange.ts';
import { listOf, member } from '../wire/json.ts';

export type PluginMethod = 'Run' | 'Resume' | 'Terminate' | 'GarbageCollect';

/** The address of a plugin, from the ConfigMap's list. */
export function pluginAddress(name: string, list: string | undefined): string {
  const entry = listOf(list === undefined ? undefined : parseYaml(list)).find((item) => member(item, 'name') === name);
  const cannotStart = 'failed to create plugin: unable to get metric plugin: unable to start plugin system';
  if (entry === undefined) {
    throw new ProviderError(
      `${cannotStart}: unable to find plugin (${name}): plugin ${name} not configured in configmap`,
    );
  }
  const location = member(entry, 'location');
  const address = typeof location === 'string' ? location.replace(/^(https?)\+rpc:/, '$1:') : '';
  const isJson = address !== location || member(entry, 'jsonrpc') === true;
  if (isJson && /^https?:/.test(address)) return address;
  throw new ProviderError(
    `${cannotStart}: plugin ${name} is a binary; Slipway calls plugins at http+rpc:// and https+rpc:// locations`,
  );
}

export function pluginRequest(
  address: string,
  method: PluginMethod,
  params: {
    readonly analysisRun: AnalysisRun;
    readonly metric: Metric;
    readonly measurement?: Measurement;
    readonly limit?: number;
  },
): HttpRequest {
  return {
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method, params }),
    timeoutMs: 30_000,
  };
}
