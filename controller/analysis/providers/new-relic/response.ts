// What an answer of New Relic means (analysis.md §5.6): one row is a map, several are a list of maps.

import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { asExpressionValue, goJsonText, isRecord, listOf, member, parseJson } from '../wire/json.ts';

export function newRelicAnswer({ status, body }: HttpAnswer): Answer {
  if (status < 200 || status > 299) throw new ProviderError(`received non 2xx response code: ${status}`);
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(parsed.problem);
  const errors = listOf(member(parsed.value, 'errors')).map((error) =>
    String(member(error, 'message') ?? 'unknown error'),
  );
  if (errors.length > 0) throw new ProviderError(errors.join(', '));
  const rows = listOf(member(parsed.value, 'data', 'actor', 'account', 'nrql', 'results'));
  const [first] = rows;
  const isEmpty = rows.length === 1 && (!isRecord(first) || Object.keys(first).length === 0);
  if (rows.length === 0 || isEmpty) throw new ProviderError('no results returned from NRQL query');
  const result = rows.length === 1 ? first : rows;
  return { is: 'value', result: asExpressionValue(result), value: goJsonText(result) };
}
