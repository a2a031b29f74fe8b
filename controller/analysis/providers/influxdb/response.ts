// What an answer of InfluxDB means (analysis.md §5.10): the `_value` of every record of every table, typed by the
// annotations of the CSV.

import type { ExpressionValue } from '../../../lang/expression-value.ts';
import { floatText, parseGoFloat } from '../../../lang/go-float.ts';
import { type Answer, type HttpAnswer, ProviderError } from '../wire/exchange.ts';
import { member, parseJson } from '../wire/json.ts';

export function influxdbAnswer({ status, body }: HttpAnswer): Answer {
  if (status !== 200) throw new ProviderError(failureText(status, body));
  const values = valuesOf(parseCsv(body));
  if (values.length === 0) throw new ProviderError('no results returned from flux query');
  return { is: 'value', result: values, value: `[${values.map(goText).join(' ')}]` };
}

function valuesOf(rows: readonly (readonly string[])[]): ExpressionValue[] {
  const values: ExpressionValue[] = [];
  let [types, defaults, header]: (readonly string[])[] = [];
  for (const row of rows) {
    const [first = ''] = row;
    if (row.length <= 1 && first === '') header = undefined;
    else if (first.startsWith('#')) {
      header = undefined;
      if (first === '#datatype') types = row;
      if (first === '#default') defaults = row;
    } else if (header === undefined) header = row;
    else {
      const error = header.indexOf('error');
      if (error >= 0 && header.includes('reference')) throw new ProviderError(row[error] ?? 'the query failed');
      const at = header.indexOf('_value');
      if (at >= 0) values.push(typed(row[at] || defaults?.[at] || '', types?.[at] ?? 'string'));
    }
  }
  return values;
}

function typed(text: string, type: string): ExpressionValue {
  if (type === 'string') return text;
  if (text === '') return null;
  switch (type) {
    case 'double': {
      const value = parseGoFloat(text);
      if (value === undefined) throw new ProviderError('the answer has a double that is no number');
      return value;
    }
    case 'long':
    case 'unsignedLong':
      if (!/^-?\d+$/.test(text)) throw new ProviderError('the answer has a long that is no integer');
      return BigInt(text);
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}

function goText(value: ExpressionValue): string {
  if (value === null) return '<nil>';
  return typeof value === 'number' ? floatText(value) : String(value);
}

/** RFC 4180: quotes around cells, doubled within. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  while (cell.lastIndex < text.length) {
    const match = cell.exec(text);
    if (match === null) throw new ProviderError('the answer is not CSV');
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') {
      if (cell.lastIndex >= text.length) row.push('');
      else continue;
    }
    rows.push(row);
    row = [];
  }
  return rows;
}

function failureText(status: number, body: string): string {
  const parsed = parseJson(body);
  const content = 'value' in parsed ? parsed.value : undefined;
  const [code, message] = [member(content, 'code'), member(content, 'message')];
  if (typeof message === 'string') return `${typeof code === 'string' ? code : status}: ${message}`;
  return `received non 2xx response code: ${status}`;
}
