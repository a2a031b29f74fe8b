// What CloudWatch is asked (analysis.md §5.8): the input of GetMetricData, of which the first page only is wanted.

import type { GetMetricDataInput, MetricDataQuery, MetricStat, StandardUnit } from '@aws-sdk/client-cloudwatch';
import type {
  CloudWatchMetric,
  CloudWatchMetricDataQuery,
  CloudWatchMetricStat,
} from '../../../api/types.generated.ts';
import { parseGoDuration } from '../../../lang/go-duration.ts';
import type { EpochMillis } from '../../../lang/time.ts';
import { ProviderError } from '../wire/exchange.ts';

/** From and to whole seconds. */
export function cloudWatchRequest(metric: CloudWatchMetric, now: EpochMillis): GetMetricDataInput {
  const interval = metric.interval || '5m';
  const span = parseGoDuration(interval);
  if (span === undefined) throw new ProviderError(`time: invalid duration ${JSON.stringify(interval)}`);
  return {
    StartTime: new Date(Math.floor((now - span) / 1000) * 1000),
    EndTime: new Date(Math.floor(now / 1000) * 1000),
    MetricDataQueries: metric.metricDataQueries.map(queryOf),
  };
}

/** The SDK leaves out what is undefined. */
function queryOf(query: CloudWatchMetricDataQuery): MetricDataQuery {
  const { id, expression, label, returnData, period, metricStat } = query;
  return {
    Id: id,
    Expression: expression,
    Label: label,
    ReturnData: returnData,
    Period: integer(period),
    MetricStat: metricStat && statOf(metricStat),
  };
}

function statOf({ metric, period, stat, unit }: CloudWatchMetricStat): MetricStat {
  const dimensions = metric?.dimensions?.map(({ name, value }) => ({ Name: name, Value: value }));
  return {
    Metric: { Namespace: metric?.namespace, MetricName: metric?.metricName, Dimensions: dimensions },
    Period: integer(period),
    Stat: stat,
    // What AWS does not know, AWS says.
    Unit: unit as StandardUnit | undefined,
  };
}

/** A text that is no integer is 0, as everywhere with int-or-string. */
function integer(value: number | string | undefined): number | undefined {
  if (typeof value !== 'string') return value;
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}
