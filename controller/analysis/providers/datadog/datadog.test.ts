// Datadog in both versions of its API (analysis.md §5.5, V-79): what is asked, what an answer means, and what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatadogMetric } from '../../../api/types.generated.ts';
import { verdictOf } from '../../assess/verdict.ts';
import { datadogRequest } from './request.ts';
import { datadogAnswer } from './response.ts';

const credentials = { address: 'https://dd/', apiKey: 'a', appKey: 'b' };
const now = Date.UTC(2026, 10, 21);
const ask = (metric: DatadogMetric) => datadogRequest(metric, credentials, now);
const v2 = (metric: Partial<DatadogMetric>) =>
  JSON.parse(ask({ apiVersion: 'v2', ...metric }).body ?? '').data.attributes;
const answer = (status: number, body: unknown, version: 'v1' | 'v2' = 'v1') =>
  datadogAnswer({ status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) }, version);

const refused: readonly (readonly [DatadogMetric, RegExp])[] = [
  [{ apiVersion: 'v2' }, /^Must have either a query or queries\. Please review the Analysis Template\.$/],
  [{ apiVersion: 'v2', query: 'a', queries: { b: 'c' } }, /^Cannot have both a query and queries\./],
  [{ apiVersion: 'v2', query: 'a', formula: 'b' }, /^Formula are only valid when queries are set\./],
  [
    { apiVersion: 'v2', queries: { a: 'x', b: 'y' } },
    /^When multiple queries are provided you must include a formula\./,
  ],
  [{ queries: { a: 'x' } }, /^Query is empty\. API Version v1 only supports using the query parameter/],
  [{ query: 'a', aggregator: 'avg' }, /^Aggregator is not supported in v1\./],
  [{ query: 'a', interval: '1 hour' }, /^time: invalid duration "1 hour"/],
  [{ query: 'a', requestTimeout: '0s' }, /^requestTimeout must be greater than 0/],
];
for (const [metric, message] of refused) {
  test(`refuses ${JSON.stringify(metric)}`, () => assert.throws(() => ask(metric), { message }));
}

test('v1 looks back five minutes unless told, and as far as it is told', () => {
  const span = (metric: DatadogMetric) => {
    const { searchParams } = new URL(ask(metric).url);
    return Number(searchParams.get('to')) - Number(searchParams.get('from'));
  };
  assert.equal(span({ query: 'a' }), 300);
  assert.equal(span({ query: 'a', interval: '720h' }), 30 * 86_400);
});

test('v2 sends one query as `query`, several with their formula, each with the aggregator', () => {
  assert.deepEqual(v2({ query: 'avg:x{*}', interval: '1h' }), {
    from: now - 3_600_000,
    to: now,
    queries: [{ aggregator: 'last', data_source: 'metrics', name: 'query', query: 'avg:x{*}' }],
    formulas: [{ formula: 'query' }],
  });
  const { queries, formulas } = v2({ queries: { b: 'y', a: 'x' }, formula: 'a / b', aggregator: 'l2norm' });
  assert.deepEqual(
    queries.map(({ name, aggregator }: { name: string; aggregator: string }) => `${name} ${aggregator}`),
    ['a l2norm', 'b l2norm'],
  );
  assert.deepEqual(formulas, [{ formula: 'a / b' }]);
  assert.deepEqual(v2({ queries: { only: 'x' } }).formulas, [{ formula: 'only' }]);
});

test('a query longer than a URL may be goes in the body of v2, and v1 says so', () => {
  const query = `sum:x{${'host:a OR '.repeat(10_000)}host:b}`;
  assert.equal(v2({ query }).queries[0].query, query);
  assert.throws(
    () => answer(414, 'Request-URI Too Large'),
    /414 Request-URI Too Large \(the query is too long for a URL: apiVersion v2/,
  );
  assert.throws(() => answer(414, 'no', 'v2'), { message: 'received non 2xx response code: 414 no' });
});

test('V-79: no series, or no points, is nil: default() takes it, a comparison does not', () => {
  for (const body of [
    { status: 'ok', series: [] },
    { status: 'ok', series: [{ pointlist: [] }] },
  ]) {
    const given = answer(200, body);
    assert.ok(given.is === 'value' && given.result === null);
    assert.equal(verdictOf({ successCondition: 'default(result, 0) < 0.05' }, given.result, now).phase, 'Successful');
    assert.equal(
      verdictOf({ successCondition: 'result < 0.05' }, given.result, now).message,
      'could not evaluate successCondition "result < 0.05": metric result is nil or empty: no data returned from the metric provider',
    );
  }
  assert.deepEqual(answer(200, { status: 'ok' }), { is: 'value', result: null, value: 'null' });
  assert.deepEqual(answer(200, { data: { attributes: { columns: [] } } }, 'v2'), {
    is: 'value',
    result: null,
    value: '[]',
  });
});

test('a point has two values; one that is null is no number', () => {
  assert.throws(
    () => answer(200, { series: [{ pointlist: [[1]] }] }),
    /^ProviderError: Datapoint does not have 2 values$/,
  );
  const given = answer(200, { series: [{ pointlist: [[1, null]] }] });
  assert.deepEqual(given, { is: 'value', result: null, value: '[{"pointlist":[[1,null]]}]' });
});

test('of more than 100 groups the lowest and highest 50 are told, and all are judged', () => {
  const names = Array.from({ length: 130 }, (_, index) => [`pod-${index}`]);
  const columns = [
    { name: 'pod', type: 'group', values: names },
    { name: 'q', values: names.map((_, index) => (index * 37) % 130) },
  ];
  const given = answer(200, { data: { attributes: { columns } } }, 'v2');
  assert.ok(given.is === 'value' && given.result instanceof Float64Array);
  assert.equal(given.result.length, 130);
  assert.equal(given.metadata?.groups_truncated, 'true');
  const told = JSON.parse(given.metadata?.groups ?? '') as { value: number }[];
  assert.deepEqual(
    [told.length, told[0]?.value, told[49]?.value, told[50]?.value, told[99]?.value],
    [100, 0, 49, 80, 129],
  );
});

test('errors of the API and of the query are told as they came', () => {
  assert.throws(() => answer(403, '{"errors":["Forbidden"]}'), {
    message: 'received authentication error response code: 403 {"errors":["Forbidden"]}',
  });
  assert.throws(() => answer(429, 'slow down'), { message: 'received non 2xx response code: 429 slow down' });
  assert.throws(() => answer(200, { data: { errors: ['bad formula', 'x'] } }, 'v2'), {
    message: 'There were errors in your query: bad formula, x',
  });
  assert.throws(() => answer(200, '<html>'), { message: 'Could not parse JSON body: invalid character in JSON' });
});
