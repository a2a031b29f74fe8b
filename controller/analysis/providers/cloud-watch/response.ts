// What an answer of CloudWatch means (analysis.md §5.8): the results as records with the names of Go's fields.

import { ExpressionRecord, type ExpressionValue } from '../../../lang/expression-value.ts';
import { floatText } from '../../../lang/go-float.ts';
import { formatRfc3339 } from '../../../lang/rfc3339.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { goJsonText, listOf, member, parseJson } from '../wire/json.ts';

export function cloudWatchAnswer({ status, body }: HttpAnswer): Answer {
  const parsed = parseJson(body);
  if (status !== 200) throw new ProviderError(failureText(status, 'value' in parsed ? parsed.value : undefined));
  if ('problem' in parsed) throw new ProviderError(`the answer of CloudWatch is not JSON: ${parsed.problem}`);
  if (!Array.isArray(member(parsed.value, 'MetricDataResults'))) {
    throw new ProviderError('the answer of CloudWatch has no results');
  }
  const results = listOf(member(parsed.value, 'MetricDataResults'));
  const messages = listOf(member(parsed.value, 'Messages'));
  const texts = results.map((result) => `[${valuesOf(result).map(floatText).join(' ')}]`);
  return {
    is: 'value',
    result: results.map(recordOf),
    value: `[${texts.join(' ')}]`,
    ...(messages.length === 0 ? {} : { metadata: { messages: goJsonText(messages) } }),
  };
}

function recordOf(result: unknown): ExpressionRecord {
  const timestamps = listOf(member(result, 'Timestamps')).map((at) =>
    typeof at === 'number' ? formatRfc3339(at * 1000) : String(at),
  );
  return new ExpressionRecord({
    Id: text(member(result, 'Id')),
    Label: text(member(result, 'Label')),
    Values: Float64Array.from(valuesOf(result)),
    Timestamps: timestamps,
    StatusCode: text(member(result, 'StatusCode')),
    Messages: listOf(member(result, 'Messages')).map(
      (message) => new ExpressionRecord({ Code: text(member(message, 'Code')), Value: text(member(message, 'Value')) }),
    ),
  });
}

function valuesOf(result: unknown): number[] {
  return listOf(member(result, 'Values')).map((value) => {
    if (typeof value !== 'number') throw new ProviderError('a value of CloudWatch is no number');
    return value;
  });
}

function text(value: unknown): ExpressionValue {
  return typeof value === 'string' ? value : null;
}

function failureText(status: number, content: unknown): string {
  const type = member(content, '__type');
  const message = member(content, 'message') ?? member(content, 'Message');
  const name = typeof type === 'string' ? type.replace(/^.*#/, '') : 'UnknownError';
  const told = typeof message === 'string' ? `: ${message}` : '';
  return `operation error CloudWatch: GetMetricData, StatusCode: ${status}, ${name}${told}`;
}
