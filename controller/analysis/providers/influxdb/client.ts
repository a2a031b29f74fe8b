// Asks InfluxDB with the credentials of a Secret (analysis.md §5.10).

import { type Provider, ProviderError } from '../contract.ts';
import { influxdbRequest } from './request.ts';
import { influxdbAnswer } from './response.ts';

export const influxdb: Provider = {
  name: 'influxdb',

  async run({ metric: { provider } }, tools) {
    const metric = provider.influxdb;
    if (metric === undefined) throw new ProviderError('the metric has no influxdb provider');
    const profile = metric.profile || 'influxdb';
    const secret = await tools.readSecret(tools.controllerNamespace, profile);
    if (secret === undefined) throw new ProviderError(`secrets "${profile}" not found`);
    if (secret.authToken) tools.redact(secret.authToken);
    return influxdbAnswer(await tools.send(influxdbRequest(metric, secret)));
  },
};
