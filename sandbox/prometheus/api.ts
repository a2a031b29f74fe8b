// `/api/v1/query` and `/api/v1/query_range` in the shapes that Prometheus answers with.

import { shortestDecimal } from '../../controller/lang/go-float.ts';
import { parseRfc3339 } from '../../controller/lang/rfc3339.ts';
import { PromqlError } from './ast.ts';
import { evaluate } from './evaluate.ts';
import { parseDuration, parsePromql } from './parse.ts';
import { labelsKey, type SeriesStore } from './series.ts';
import type { Sample, Value } from './values.ts';

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

const mostPoints = 11_000;

/** `parameters` come from the query string and a form alike. */
export function answerQuery(store: SeriesStore, path: string, parameters: URLSearchParams, now: number): ApiAnswer {
  try {
    if (path === '/api/v1/query') return success(instantResult(store, parameters, now));
    if (path === '/api/v1/query_range') return success(rangeResult(store, parameters));
    return { status: 404, body: { status: 'error', errorType: 'not_found', error: 'not found' } };
  } catch (error) {
    if (!(error instanceof PromqlError)) throw error;
    const status = error.type === 'bad_data' ? 400 : 422;
    return { status, body: { status: 'error', errorType: error.type, error: error.message } };
  }
}

function success(data: object): ApiAnswer {
  return { status: 200, body: { status: 'success', data } };
}

function instantResult(store: SeriesStore, parameters: URLSearchParams, now: number): object {
  const at = parameters.has('time') ? timeOf(parameters, 'time') : now;
  const value = evaluate(parsePromql(parameters.get('query') ?? ''), { store, at });
  switch (value.type) {
    case 'scalar':
      return { resultType: 'scalar', result: point(at, value.value) };
    case 'string':
      return { resultType: 'string', result: [at / 1000, value.value] };
    case 'vector':
      return {
        resultType: 'vector',
        result: value.samples.map((sample) => ({ metric: sample.labels, value: point(at, sample.value) })),
      };
    case 'matrix':
      return {
        resultType: 'matrix',
        result: value.windows.map(({ labels, times, values }) => ({
          metric: labels,
          values: times.map((time, index) => point(time, values[index] ?? Number.NaN)),
        })),
      };
  }
}

function rangeResult(store: SeriesStore, parameters: URLSearchParams): object {
  const expression = parsePromql(parameters.get('query') ?? '');
  const [start, end] = [timeOf(parameters, 'start'), timeOf(parameters, 'end')];
  const stepMs = parseDuration(parameters.get('step') ?? '');
  if (end < start) throw invalid('end', 'end timestamp must not be before start time');
  if (stepMs <= 0)
    throw invalid('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer');
  if ((end - start) / stepMs > mostPoints) {
    throw new PromqlError(
      'bad_data',
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const series = new Map<string, { metric: object; values: [number, string][] }>();
  for (let at = start; at <= end; at += stepMs) {
    for (const { labels, value } of samplesOf(evaluate(expression, { store, at }))) {
      const key = labelsKey(labels);
      const found = series.get(key) ?? { metric: labels, values: [] };
      found.values.push(point(at, value));
      series.set(key, found);
    }
  }
  const sorted = [...series].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, found]) => found);
  return { resultType: 'matrix', result: sorted };
}

function samplesOf(value: Value): readonly Sample[] {
  if (value.type === 'vector') return value.samples;
  if (value.type === 'scalar') return [{ labels: {}, value: value.value }];
  throw new PromqlError('bad_data', 'invalid expression type for range query, must be Scalar or instant Vector');
}

function timeOf(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) ?? '';
  const at = /^-?\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : parseRfc3339(text);
  if (at === undefined) throw invalid(name, `cannot parse "${text}" to a valid timestamp`);
  return at;
}

function invalid(name: string, why: string): PromqlError {
  return new PromqlError('bad_data', `invalid parameter "${name}": ${why}`);
}

function point(at: number, value: number): [number, string] {
  return [at / 1000, shortestDecimal(value)];
}
