// What an answer of CloudWatch means (analysis.md §5.8): the results as records with the names of Go's fields.

import type { GetMetricDataOutput, MetricDataResult } from '@aws-sdk/client-cloudwatch';
import { ExpressionRecord, type ExpressionValue } from '../../../lang/expression-value.ts';
import { floatText } from '../../../lang/go-float.ts';
import { formatRfc3339 } from '../../../lang/rfc3339.ts';
import { type Answer, ProviderError } from '../wire/exchange.ts';
import { goJsonText, listOf, member } from '../wire/json.ts';

/** The SDK does not look whether an answer is what it should be. */
export function cloudWatchAnswer(answer: GetMetricDataOutput): Answer {
  if (!Array.isArray(answer.MetricDataResults)) throw new ProviderError('the answer of CloudWatch has no results');
  const results = answer.MetricDataResults;
  const messages = listOf(answer.Messages);
  const texts = results.map((result) => `[${valuesOf(result).map(floatText).join(' ')}]`);
  return {
    is: 'value',
    result: results.map(recordOf),
    value: `[${texts.join(' ')}]`,
    ...(messages.length === 0 ? {} : { metadata: { messages: goJsonText(messages) } }),
  };
}

function recordOf(result: MetricDataResult): ExpressionRecord {
  return new ExpressionRecord({
    Id: text(result?.Id),
    Label: text(result?.Label),
    Values: Float64Array.from(valuesOf(result)),
    Timestamps: listOf(result?.Timestamps).map((at) => (at instanceof Date ? formatRfc3339(at.getTime()) : String(at))),
    StatusCode: text(result?.StatusCode),
    Messages: listOf(result?.Messages).map(
      (message) => new ExpressionRecord({ Code: text(member(message, 'Code')), Value: text(member(message, 'Value')) }),
    ),
  });
}

function valuesOf(result: MetricDataResult): number[] {
  return listOf(result?.Values).map((value) => {
    if (typeof value !== 'number') throw new ProviderError('a value of CloudWatch is no number');
    return value;
  });
}

function text(value: unknown): ExpressionValue {
  return typeof value === 'string' ? value : null;
}
