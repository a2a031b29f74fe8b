// What an answer of Graphite means (analysis.md §5.9): the points of the first target, nulls dropped.

import { fixedDecimal, parseGoFloat } from '../../../lang/go-float.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { listOf, member, parseJson } from '../wire/json.ts';

export function graphiteAnswer({ status, body }: HttpAnswer): Answer {
  if (status >= 400) throw new ProviderError(`error response: ${body}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(parsed.problem);
  const points = listOf(member(listOf(parsed.value)[0], 'datapoints'));
  if (points.length === 0) throw new ProviderError('no values found');
  const values = points.flatMap((point) => {
    const [value] = listOf(point);
    if (value === null || value === undefined) return [];
    const number = typeof value === 'string' ? parseGoFloat(value) : value;
    if (typeof number !== 'number') throw new ProviderError('a datapoint has no number');
    return [number];
  });
  const text = values.map((value) => fixedDecimal(value, 6)).join();
  return { is: 'value', result: Float64Array.from(values), value: `[${text}]` };
}
