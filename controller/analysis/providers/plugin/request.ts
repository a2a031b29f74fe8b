// How a metric plugin that answers over HTTP is called (analysis.md §5.12): one address, the method in the body.

import type { AnalysisRun, Metric } from '../../../api/types.generated.ts';
import type { HttpRequest, Measurement } from '../wire/exchange.ts';

export type PluginMethod = 'Run' | 'Resume' | 'Terminate' | 'GarbageCollect';

/** What every call brings along. */
export interface PluginParams {
  readonly analysisRun: AnalysisRun;
  readonly metric: Metric;
  readonly measurement?: Measurement;
  readonly limit?: number;
}

export function pluginRequest(address: string, method: PluginMethod, params: PluginParams): HttpRequest {
  return {
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ method, params }),
    timeoutMs: 30_000,
  };
}
