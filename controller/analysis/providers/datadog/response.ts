// What an answer of Datadog means (analysis.md §5.5): a number, a list of numbers by group, or nil without data.

import type { DatadogMetric } from '../../../api/types.generated.ts';
import { shortestDecimal } from '../../../lang/go-float.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { goJsonText, isRecord, listOf, member, parseJson } from '../wire/json.ts';

const mostGroups = 100;

export function datadogAnswer({ status, body }: HttpAnswer, version: DatadogMetric['apiVersion']): Answer {
  if (status === 401 || status === 403) {
    throw new ProviderError(`received authentication error response code: ${status} ${body}`);
  }
  if (status !== 200) {
    // v1 takes its query in the URL, and URLs have a longest length.
    const isTooLong = (status === 414 || status === 431) && version !== 'v2';
    const hint = isTooLong ? ' (the query is too long for a URL: apiVersion v2 sends it in the body)' : '';
    throw new ProviderError(`received non 2xx response code: ${status} ${body}${hint}`);
  }
  const parsed = parseJson(body);
  if ('problem' in parsed) throw new ProviderError(`Could not parse JSON body: ${parsed.problem}`);
  // Else what is no answer would pass for one without data.
  if (!isRecord(parsed.value)) throw new ProviderError('Could not parse JSON body: it is no object');
  return version === 'v2' ? scalarAnswer(parsed.value) : seriesAnswer(parsed.value);
}

function seriesAnswer(content: unknown): Answer {
  const error = member(content, 'error');
  if (member(content, 'status') === 'error' && typeof error === 'string') {
    throw new ProviderError(`There were errors in your query: ${error}`);
  }
  const series = member(content, 'series');
  if (series !== undefined && series !== null && !Array.isArray(series)) {
    throw new ProviderError('Could not parse JSON body: series is no list');
  }
  const points = listOf(member(listOf(series)[0], 'pointlist'));
  const last = points.at(-1);
  if (last === undefined) return { is: 'value', result: null, value: goJsonText(series ?? null) };
  const pair = listOf(last);
  if (pair.length !== 2) throw new ProviderError('Datapoint does not have 2 values');
  const [, value] = pair;
  if (typeof value !== 'number') return { is: 'value', result: null, value: goJsonText(series) };
  return { is: 'value', result: value, value: shortestDecimal(value) };
}

function scalarAnswer(content: unknown): Answer {
  const errors = member(content, 'data', 'errors') ?? member(content, 'errors');
  const told = typeof errors === 'string' ? errors : listOf(errors).join(', ');
  if (told !== '') throw new ProviderError(`There were errors in your query: ${told}`);
  const columns = listOf(member(content, 'data', 'attributes', 'columns'));
  const isNumbers = (column: unknown): boolean => ['number', '', undefined].includes(member(column, 'type') as string);
  const values = listOf(member(columns.find(isNumbers), 'values'));
  const tags = columns.filter((column) => member(column, 'type') === 'group').map((c) => listOf(member(c, 'values')));
  const rows = values.flatMap((value, at) => {
    if (typeof value !== 'number') return [];
    return [{ name: tags.map((column) => listOf(column[at]).join() || String(column[at] ?? '')).join(), value }];
  });
  const [first] = rows;
  if (first === undefined) return { is: 'value', result: null, value: '[]' };
  if (tags.length === 0) return { is: 'value', result: first.value, value: shortestDecimal(first.value) };
  const numbers = rows.map(({ value }) => value);
  return {
    is: 'value',
    result: Float64Array.from(numbers),
    value: `[${numbers.map(shortestDecimal).join()}]`,
    metadata: groupMetadata(rows),
  };
}

/** Of many groups only the lowest and the highest are told. */
function groupMetadata(rows: readonly { readonly name: string; readonly value: number }[]): Record<string, string> {
  if (rows.length <= mostGroups) return { groups: JSON.stringify(rows) };
  const sorted = [...rows].sort((a, b) => a.value - b.value);
  const told = [...sorted.slice(0, mostGroups / 2), ...sorted.slice(-mostGroups / 2)];
  return { groups: JSON.stringify(told), groups_truncated: 'true' };
}
