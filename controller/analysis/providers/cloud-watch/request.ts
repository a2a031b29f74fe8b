// What CloudWatch is asked (analysis.md §5.8): GetMetricData in the JSON protocol, the first page only.

import type {
  CloudWatchMetric,
  CloudWatchMetricDataQuery,
  CloudWatchMetricStat,
} from '../../../api/types.generated.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { type HttpRequest, ProviderError } from '../wire/exchange.ts';

export function cloudWatchRequest(metric: CloudWatchMetric, endpoint: string, now: EpochMillis): HttpRequest {
  const interval = metric.interval || '5m';
  const span = parseGoDuration(interval);
  if (span === undefined) throw new ProviderError(`time: invalid duration ${JSON.stringify(interval)}`);
  return {
    method: 'POST',
    url: endpoint,
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
    },
    body: JSON.stringify({
      StartTime: Math.floor((now - span) / 1000),
      EndTime: Math.floor(now / 1000),
      MetricDataQueries: metric.metricDataQueries.map(queryOf),
    }),
    timeoutMs: 30_000,
  };
}

function queryOf({ id, expression, label, returnData, period, metricStat }: CloudWatchMetricDataQuery): object {
  // JSON leaves out what is undefined.
  return {
    Id: id,
    Expression: expression,
    Label: label,
    ReturnData: returnData,
    Period: integer(period),
    MetricStat: metricStat && statOf(metricStat),
  };
}

function statOf({ metric, period, stat, unit }: CloudWatchMetricStat): object {
  const dimensions = metric?.dimensions?.map(({ name, value }) => ({ Name: name, Value: value }));
  return {
    Metric: { Namespace: metric?.namespace, MetricName: metric?.metricName, Dimensions: dimensions },
    Period: integer(period),
    Stat: stat,
    Unit: unit,
  };
}

/** A text that is no integer is 0, as everywhere with int-or-string. */
function integer(value: number | string | undefined): number | undefined {
  if (typeof value !== 'string') return value;
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}
