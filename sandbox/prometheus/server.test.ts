// The sandbox's Prometheus as its users meet it: it scrapes by the clock and answers over HTTP; what it does not know it
// refuses by name.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { VirtualClock } from '../clock.ts';
import { answerQuery } from './api.ts';
import { parseExposition } from './exposition.ts';
import { createSeriesStore } from './series.ts';
import { startSandboxPrometheus } from './server.ts';

test('scrapes every five seconds and answers with rates', async () => {
  const clock = new VirtualClock();
  let total = 0;
  const metrics = async (): Promise<string> => {
    total += 50;
    return `# TYPE requests_total counter\nrequests_total{code="200"} ${total}\n`;
  };
  const prometheus = await startSandboxPrometheus({ clock, metrics, labels: { job: 'proxy' } });
  await clock.runFor(60_000);
  const body = new URLSearchParams({ query: 'sum by (job) (rate(requests_total[30s]))' });
  const response = await fetch(`${prometheus.address}/api/v1/query`, { method: 'POST', body });
  const { data } = (await response.json()) as { data: { result: { metric: object; value: [number, string] }[] } };
  assert.deepEqual(data.result, [{ metric: { job: 'proxy' }, value: [clock.now() / 1000, '10'] }]);
  const scraped = await fetch(`${prometheus.address}/metrics`);
  assert.match(scraped.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await scraped.text(), /^# TYPE requests_total counter\nrequests_total\{code="200"\} \d+\n$/);
  assert.match(await (await fetch(prometheus.address)).text(), /api\/v1\/query/);
  await prometheus.stop();
});

test('reads the text format with escapes, infinities and comments', () => {
  const text = '# HELP a b\na{x="1,\\"2\\"",y="c\\\\d"} +Inf 123\nb 1e3\n\nno sample\n';
  assert.deepEqual(parseExposition(text, { job: 'j' }), [
    { labels: { job: 'j', __name__: 'a', x: '1,"2"', y: 'c\\d' }, value: Infinity },
    { labels: { job: 'j', __name__: 'b' }, value: 1000 },
  ]);
});

test('what it does not know it refuses by name, and nothing is a silent default', () => {
  const ask = (path: string, parameters: Record<string, string>) =>
    answerQuery(createSeriesStore(), path, new URLSearchParams(parameters), 0).body as { error?: string };
  for (const [query, want] of [
    ['avg_over_time(a[5m:1m])', /SubqueryExpr/],
    ['a @ 5', /StepInvariantExpr/],
    ['label_replace(a, "b", "c", "d", "e")', /label_replace/],
    ['{"quoted"}', /quoted names/],
    ['sum(', /parse error/],
  ] as const) {
    assert.match(ask('/api/v1/query', { query }).error ?? '', want);
  }
  const range = { query: '1', start: '0', end: '100000', step: '1' };
  assert.match(ask('/api/v1/query_range', range).error ?? '', /exceeded maximum resolution/);
  assert.match(ask('/api/v1/query_range', { ...range, step: '0' }).error ?? '', /zero or negative/);
  assert.match(ask('/api/v1/query_range', { ...range, end: '-1' }).error ?? '', /must not be before/);
  assert.match(ask('/api/v1/query', { query: '1', time: 'noon' }).error ?? '', /cannot parse "noon"/);
  assert.match(ask('/api/v1/labels', {}).error ?? '', /not found/);
});

test('no request ends it, however odd', async () => {
  const metrics = async (): Promise<string> => {
    throw new Error('nothing to scrape');
  };
  const prometheus = await startSandboxPrometheus({ clock: new VirtualClock(), metrics });
  const { port } = new URL(prometheus.address);
  const ask = async (target: string): Promise<string> => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    return answer.split('\r\n', 1)[0] ?? '';
  };
  for (const [target, status] of [
    ['//', 404],
    ['//[', 404],
    ['*', 400],
    ['http://[', 400],
    ['/api/v1/query?query=%', 400],
    ['/metrics', 500],
    ['/', 200],
  ] as const) {
    assert.match(await ask(target), new RegExp(`^HTTP/1.1 ${status} `), target);
  }
  await prometheus.stop();
});
