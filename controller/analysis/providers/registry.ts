// Which providers there are (analysis.md §5): the one list. A provider is a folder that satisfies contract.ts.

import type { Metric } from '../../api/types.generated.ts';
import { cloudWatch } from './cloud-watch/client.ts';
import { type Provider, ProviderError } from './contract.ts';
import { datadog } from './datadog/client.ts';
import { graphite } from './graphite/client.ts';
import { influxdb } from './influxdb/client.ts';
import { job } from './job/client.ts';
import { kayenta } from './kayenta/client.ts';
import { newRelic } from './new-relic/client.ts';
import { plugin } from './plugin/client.ts';
import { prometheus } from './prometheus/client.ts';
import { skywalking } from './skywalking/client.ts';
import { wavefront } from './wavefront/client.ts';
import { web } from './web/client.ts';

/** In the order in which the first one present is taken. */
export const providers: readonly Provider[] = [
  prometheus,
  job,
  kayenta,
  web,
  datadog,
  wavefront,
  newRelic,
  cloudWatch,
  graphite,
  influxdb,
  skywalking,
  plugin,
];

export interface ProviderRegistry {
  /** Throws a ProviderError when the metric names none that is known. */
  providerOf(metric: Metric): Provider;
}

export function createProviderRegistry(known: readonly Provider[] = providers): ProviderRegistry {
  return {
    providerOf(metric) {
      const named: Readonly<Record<string, unknown>> = { ...metric.provider };
      const provider = known.find(({ name }) => named[name] !== undefined);
      if (!provider) throw new ProviderError(`no valid provider in metric '${metric.name}'`);
      return provider;
    },
  };
}
