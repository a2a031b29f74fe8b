// Has Kayenta judge, and looks every 15 s whether it has (analysis.md §5.4).

import { type Provider, ProviderError } from '../contract.ts';
import { configRequest, executionRequest, judgedScopes, judgeRequest } from './request.ts';
import { configId, judgement, judgementStarted } from './response.ts';

export const kayenta: Provider = {
  name: 'kayenta',

  async run({ metric, run }, { http, signal, clock }) {
    const { kayenta: settings } = metric.provider;
    if (settings === undefined) throw new ProviderError('the metric has no kayenta provider');
    const id = configId(await http.send(configRequest(settings), signal), settings.canaryConfigName);
    const times = { runStartedAt: run.status?.startedAt, now: clock.now() };
    const scopes = judgedScopes(metric, settings, times);
    return judgementStarted(await http.send(judgeRequest(settings, id, scopes), signal), clock.now());
  },

  async resume({ metric, measurement }, { http, signal, clock }) {
    const { kayenta: settings } = metric.provider;
    const id = measurement.metadata?.canaryExecutionId;
    if (settings === undefined || !id) throw new ProviderError('Invalid canaryExecutionId');
    return judgement(await http.send(executionRequest(settings, id), signal), settings, clock.now());
  },

  // BUG of the reference: it leaves the measurement running, and the run with it.
  terminate: async () => ({ is: 'phase', phase: 'Inconclusive' }),
};
