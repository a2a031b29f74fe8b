// What an answer of Prometheus means (analysis.md §5.1): a scalar is a float, a vector or matrix a list of floats in the
// order of the answer; what has no samples is an empty list.

import { parseGoFloat, shortestDecimal } from '../../../lang/go-float.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { listOf, member, parseJson } from '../wire/json.ts';

export function prometheusAnswer({ status, body }: HttpAnswer): Answer {
  const isRefusal = status === 400 || status === 422;
  const isSuccess = status >= 200 && status < 300;
  if (!isSuccess && !isRefusal) throw new ProviderError(httpFailure(status));
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(`bad_response: ${parsed.problem}`);
  const answer = parsed.value;
  if (member(answer, 'status') === 'error') {
    throw new ProviderError(`${member(answer, 'errorType') ?? ''}: ${member(answer, 'error') ?? ''}`);
  }
  if (isRefusal) throw new ProviderError('bad_response: inconsistent body for response code');
  const warnings = listOf(member(answer, 'warnings')).filter((warning) => typeof warning === 'string');
  const metadata = warnings.length === 0 ? {} : { metadata: { warnings: warnings.map((w) => `"${w}"`).join(', ') } };
  return { is: 'value', ...resultOf(member(answer, 'data')), ...metadata };
}

function resultOf(data: unknown): { result: number | Float64Array; value: string } {
  const result = member(data, 'result');
  switch (member(data, 'resultType')) {
    case 'scalar': {
      const value = sampleValue(result);
      return { result: value, value: shortestDecimal(value) };
    }
    case 'vector':
      return list(seriesIn(result).flatMap((series) => samplesOf(member(series, 'value'), 'one')));
    case 'matrix':
      return list(seriesIn(result).flatMap((series) => samplesOf(member(series, 'values'), 'many')));
    default:
      throw new ProviderError('Prometheus metric type not supported');
  }
}

/** What is no list is not an empty one; null is, as Go reads it. */
function seriesIn(result: unknown): readonly unknown[] {
  if (Array.isArray(result) || result === null) return listOf(result);
  throw new ProviderError('bad_response: the result is no list of series');
}

function list(values: readonly number[]): { result: Float64Array; value: string } {
  return { result: Float64Array.from(values), value: `[${values.map(shortestDecimal).join()}]` };
}

/** Native histograms have no such member and are not considered. */
function samplesOf(samples: unknown, count: 'one' | 'many'): number[] {
  if (samples === undefined) return [];
  return count === 'one' ? [sampleValue(samples)] : listOf(samples).map(sampleValue);
}

/** `[1612171432.1, "0.97"]` */
function sampleValue(sample: unknown): number {
  const text = listOf(sample)[1];
  const value = typeof text === 'string' ? parseGoFloat(text) : undefined;
  if (value === undefined) throw new ProviderError('bad_response: a sample has no number');
  return value;
}

function httpFailure(status: number): string {
  if (status >= 400 && status < 500) return `client_error: client error: ${status}`;
  if (status >= 500 && status < 600) return `server_error: server error: ${status}`;
  return `bad_response: bad response code ${status}`;
}
