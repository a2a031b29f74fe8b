// Has Kayenta judge, and looks every 15 s whether it has (analysis.md §5.4).

import { type Provider, ProviderError } from '../contract.ts';
import { configRequest, executionRequest, judgedScopes, judgeRequest } from './request.ts';
import { configId, judgement, judgementStarted } from './response.ts';

export const kayenta: Provider = {
  name: 'kayenta',
  handles: ['canaryExecutionId'],

  async run({ metric, run }, { send, clock }) {
    const { kayenta: settings } = metric.provider;
    if (settings === undefined) throw new ProviderError('the metric has no kayenta provider');
    const id = configId(await send(configRequest(settings)), settings.canaryConfigName);
    const times = { runStartedAt: run.status?.startedAt, now: clock.now() };
    const scopes = judgedScopes(metric, settings, times);
    return judgementStarted(await send(judgeRequest(settings, id, scopes)), clock.now());
  },

  async resume({ metric, measurement }, { send, clock }) {
    const { kayenta: settings } = metric.provider;
    const id = measurement.metadata?.canaryExecutionId;
    if (settings === undefined || !id) throw new ProviderError('Invalid canaryExecutionId');
    return judgement(await send(executionRequest(settings, id)), settings, clock.now());
  },

  // BUG of the reference: it leaves the measurement running, and the run with it.
  terminate: async () => ({ is: 'phase', phase: 'Inconclusive' }),
};
