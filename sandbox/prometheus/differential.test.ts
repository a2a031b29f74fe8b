// The sandbox's Prometheus against a real one: the same samples, the same questions, the same answers. Where `prometheus`
// and `promtool` are not installed, the test says that it is skipped. Real time: the real server has no other.

import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { randomPromql } from '../../test/builders/random-promql.ts';
import { seededRandom } from '../random.ts';
import { answerQuery } from './api.ts';
import { createSeriesStore, type Labels, labelsKey } from './series.ts';

const start = Date.UTC(2026, 0, 1);
/** Off the grid of the samples: newer versions leave out a sample at the very start of a range, older ones do not. */
const at = start + 1_203_456;
const isInstalled = ['prometheus', 'promtool'].every((program) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
});

const store = createSeriesStore();
let folder = '';
let server: ChildProcess | undefined;
let address = '';

before(async () => {
  if (!isInstalled) return;
  folder = mkdtempSync(join(tmpdir(), 'slipway-prometheus-'));
  writeFileSync(join(folder, 'samples.txt'), recordSamples());
  const data = join(folder, 'data');
  execFileSync('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', '-q', join(folder, 'samples.txt'), data]);
  writeFileSync(join(folder, 'prometheus.yml'), '{}');
  address = `127.0.0.1:${await freePort()}`;
  const flags = {
    'config.file': join(folder, 'prometheus.yml'),
    'storage.tsdb.path': data,
    'web.listen-address': address,
  };
  const list = Object.entries({ ...flags, 'storage.tsdb.retention.time': '100y' }).map(
    ([name, value]) => `--${name}=${value}`,
  );
  server = spawn('prometheus', list, { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const ready = await fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the real Prometheus did not start');
});

after(async () => {
  if (server !== undefined) {
    const ended = new Promise((resolve) => server?.once('exit', resolve));
    server.kill();
    await ended;
  }
  if (folder !== '') rmSync(folder, { recursive: true });
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** 20 minutes of a proxy: counters with a restart, a series that begins late, one that ends, a histogram, a gauge. */
function recordSamples(): string {
  const random = seededRandom(7);
  const families: Record<string, string[]> = { requests: [], seconds: [], load: [], odd: [] };
  const totals = new Map<string, number>();
  const add = (family: string, labels: Record<string, string>, time: number, value: number): void => {
    store.append(labels, time, value);
    const { __name__: name, ...rest } = labels;
    const list = Object.entries(rest).map(([key, text]) => `${key}="${text}"`);
    const number = Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : String(value);
    families[family]?.push(`${name}{${list.join()}} ${number} ${time / 1000}`);
  };
  const count = (family: string, labels: Record<string, string>, time: number, by: number): void => {
    const key = labelsKey(labels);
    totals.set(key, (totals.get(key) ?? 0) + by);
    add(family, labels, time, totals.get(key) ?? 0);
  };
  const lines: { time: number; run: (time: number) => void }[] = [];
  for (let time = start; time < start + 1_200_000; time += 10_000) lines.push({ time, run: scrape });
  function scrape(time: number): void {
    const minute = (time - start) / 60_000;
    if (minute === 10) for (const key of totals.keys()) totals.set(key, 0);
    for (const service of ['stable', 'canary']) {
      for (const code of ['200', '404', '500', '503']) {
        if (service === 'canary' && minute < 5) continue;
        if (code === '503' && minute > 12) continue;
        const labels = { __name__: 'http_requests_total', service, code, job: 'proxy' };
        count('requests', labels, time, Math.floor(random.next() * (code === '200' ? 100 : 4)));
      }
      let below = 0;
      for (const le of ['0.01', '0.1', '1', '+Inf']) {
        below += Math.floor(random.next() * 10);
        count('seconds', { __name__: 'http_seconds_bucket', service, le, job: 'proxy' }, time, below);
      }
      count('seconds', { __name__: 'http_seconds_sum', service, job: 'proxy' }, time, random.next() * 3);
      count('seconds', { __name__: 'http_seconds_count', service, job: 'proxy' }, time, below);
      add('load', { __name__: 'load', service, job: 'node' }, time, random.next() * 10 - 3);
      add('load', { __name__: 'weight', service }, time, service === 'stable' ? 80 : 20);
    }
    const kinds = [Number.NaN, Infinity, 0, -1];
    for (const [kind, value] of kinds.entries()) add('odd', { __name__: 'odd', kind: `k${kind}` }, time, value);
  }
  for (const { time, run } of lines) run(time);
  return `${Object.values(families).map(grouped).join('\n')}\n# EOF\n`;
}

/** OpenMetrics wants the samples of a metric together. */
function grouped(lines: readonly string[]): string {
  const byName = Map.groupBy(lines, (line) => line.slice(0, line.indexOf('{')));
  return [...byName].map(([name, own]) => `# TYPE ${name} unknown\n${own.join('\n')}`).join('\n');
}

const selectors = ['http_requests_total', 'http_requests_total{code=~"5.."}', 'http_requests_total{service!="stable"}'];
const ranges = ['1m', '5m', '12m30s'];

const queries: readonly string[] = [
  ...['rate', 'irate', 'increase', 'delta', 'idelta', 'changes', 'resets'].flatMap((name) =>
    selectors.flatMap((selector) => ranges.map((range) => `${name}(${selector}[${range}])`)),
  ),
  ...['avg', 'min', 'max', 'sum', 'count', 'last', 'stddev', 'stdvar', 'present'].flatMap((name) =>
    ['load', 'odd'].map((metric) => `${name}_over_time(${metric}[3m])`),
  ),
  ...['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'].flatMap((name) =>
    ['', 'by (service) ', 'by (service, code) ', 'without (code) ', 'by (none) '].map(
      (how) => `${name} ${how}(http_requests_total)`,
    ),
  ),
  ...['min', 'max', 'sum', 'avg'].map((name) => `${name}(odd)`),
  ...['0', '0.5', '0.9', '1', '1.5', '-1', 'NaN'].flatMap((share) => [
    `quantile(${share}, load)`,
    `quantile_over_time(${share}, load[5m])`,
    `histogram_quantile(${share}, sum by (le, service) (rate(http_seconds_bucket[5m])))`,
  ]),
  'histogram_quantile(0.95, http_seconds_bucket)',
  'histogram_quantile(0.95, sum(rate(http_seconds_bucket{le!="+Inf"}[5m])) by (le))',
  ...['+', '-', '*', '/', '%', '^', '==', '!=', '>', '<', '>=', '<='].flatMap((operator) => [
    `load ${operator} 2`,
    `3 ${operator} load`,
    `load ${operator} on (service) weight`,
    `http_requests_total ${operator} on (service) group_left weight`,
  ]),
  ...['==', '!=', '>', '<', '>=', '<='].flatMap((operator) => [
    `load ${operator} bool 2`,
    `2 ${operator} bool 3`,
    `load ${operator} bool ignoring (job) weight`,
  ]),
  ...['and', 'or', 'unless'].flatMap((operator) => [
    `load ${operator} on (service) (weight > 50)`,
    `http_requests_total ${operator} http_requests_total{code="500"}`,
    `load ${operator} ignoring (job) weight`,
    `vector(1) ${operator} on () (weight > 50)`,
  ]),
  'sum(rate(http_requests_total{code!~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
  'sum by (service) (rate(http_requests_total{code!~"5.."}[5m])) / sum by (service) (rate(http_requests_total[5m]))',
  'sum(rate(http_requests_total{code="none"}[5m])) or vector(0)',
  'sum(rate(http_requests_total{service="none"}[5m])) / sum(rate(http_requests_total{service="none"}[5m]))',
  'rate(http_seconds_sum[5m]) / rate(http_seconds_count[5m])',
  'weight / on () group_left sum(weight)',
  'sum(weight) / ignoring (service) group_right weight',
  'load * on (service) group_left (job) weight',
  'clamp(load, 0, 3)',
  'clamp_min(load, 0)',
  'clamp_max(load, 0)',
  'abs(load)',
  'ceil(load)',
  'floor(load)',
  'round(load)',
  'round(load, 0.5)',
  'sqrt(weight)',
  'ln(weight)',
  'log2(weight)',
  'log10(weight)',
  'exp(load)',
  'sgn(load)',
  '-load',
  '+load',
  '-weight ^ 2',
  '2 ^ 3 ^ 2',
  '1 + 2 * 3 - 4 / 5 % 6',
  '(1 + 2) * 3',
  '-1 ^ 2',
  'vector(1)',
  'scalar(weight{service="stable"})',
  'scalar(weight)',
  'time()',
  'timestamp(load)',
  'sort(weight)',
  'absent(none)',
  'absent(none{a="b",c=~"d"})',
  'absent(load)',
  'topk(2, load)',
  'bottomk(1, load)',
  'topk(3, http_requests_total)',
  'topk by (service) (1, http_requests_total)',
  'count_values("w", weight)',
  'http_requests_total offset 5m',
  'rate(http_requests_total[2m] offset 7m)',
  'load offset 1h',
  'load offset -10s',
  '{__name__=~"http_seconds_(sum|count)"}',
  '{service="canary",__name__="load"}',
  '{job=""}',
  'load{job=~"n.*",service=~".+"}',
  '1',
  '"text"',
  '1e3',
  '0x1F',
  'Inf',
  '-Inf',
  'NaN',
  'load == load',
  'odd == odd',
  'odd > 0',
  'odd + odd',
  'http_requests_total{code="503"}',
  'count(http_requests_total{code="503"})',
  'load[1m]',
  'load{service="canary"}[30s] offset 1m',
  'avg(rate(http_requests_total[1m])) by (service) > 0.1',
  'max_over_time(load{service=`canary`}[90s])',
  'load - load offset 5m',
  'sum(rate(http_requests_total[1m])) / sum(rate(http_requests_total[1m] offset 5m))',
  '-load / weight{service="canary"} offset -1m',
  '2 * -load ^ load offset 1m',
  'count_values("v", odd)',
];

/** What both refuse; the words may differ. */
const refused: readonly string[] = [
  '',
  'sum(',
  'load[',
  'load +',
  'rate(load)',
  'sum(load[1m])',
  '{}',
  '{a=~".*"}',
  'load and 1',
  '1 > 2',
  'abs(1)',
  'load{a="b"',
  'nosuch(load)',
  'load[1x]',
  'load offset',
  'topk(load)',
  'scalar(1)',
  '"a" + 1',
  '-"a"',
  'load * weight on service',
  'http_requests_total + on (service) weight',
  'weight + on () weight',
];

interface ApiData {
  readonly resultType: string;
  readonly result: unknown;
}

async function real(path: string, parameters: URLSearchParams): Promise<{ status: string; data?: ApiData }> {
  const response = await fetch(`http://${address}${path}`, { method: 'POST', body: parameters });
  return (await response.json()) as { status: string; data?: ApiData };
}

function ours(path: string, parameters: URLSearchParams): { status: string; data?: ApiData } {
  return answerQuery(store, path, parameters, at).body as { status: string; data?: ApiData };
}

/** Series in the order of their labels, numbers to ten digits. */
function comparable(answer: { status: string; data?: ApiData }): unknown {
  const { resultType, result } = answer.data ?? { resultType: 'none', result: [] };
  const sample = ([time, text]: readonly [number, string]): readonly [number, string] => {
    const value = Number(text);
    return [time, Number.isFinite(value) ? String(Number(value.toPrecision(10))) : text];
  };
  if (resultType === 'scalar' || resultType === 'string') {
    const pair = result as [number, string];
    return { resultType, result: resultType === 'scalar' ? sample(pair) : pair };
  }
  const series = (result as { metric: Labels; value?: [number, string]; values?: [number, string][] }[]).map(
    ({ metric, value, values }) => ({
      key: labelsKey(metric),
      samples: (values ?? (value ? [value] : [])).map(sample),
    }),
  );
  return { status: answer.status, resultType, series: series.sort((a, b) => (a.key < b.key ? -1 : 1)) };
}

const skip = isInstalled ? false : 'prometheus and promtool are not installed';

test(`${queries.length} queries have the answers of a real Prometheus`, { skip }, async () => {
  assert.ok(queries.length >= 200);
  const differing: object[] = [];
  for (const query of queries) {
    const parameters = new URLSearchParams({ query, time: String(at / 1000) });
    const [want, got] = [
      comparable(await real('/api/v1/query', parameters)),
      comparable(ours('/api/v1/query', parameters)),
    ];
    if (JSON.stringify(want) !== JSON.stringify(got)) differing.push({ query, want, got });
  }
  assert.equal(differing.length, 0, JSON.stringify(differing.slice(0, 12), null, 1));
});

test('ranges have the answers of a real Prometheus', { skip }, async () => {
  for (const query of ['load', 'sum(rate(http_requests_total[1m])) by (code)', '1', 'weight > 50 or load']) {
    const times = { start: String(start / 1000 + 63.3), end: String(at / 1000), step: '47' };
    const parameters = new URLSearchParams({ query, ...times });
    const want = comparable(await real('/api/v1/query_range', parameters));
    assert.deepEqual(comparable(ours('/api/v1/query_range', parameters)), want, query);
  }
});

test('so do random queries, at one moment and over ranges', { skip }, async () => {
  const random = seededRandom(Number(process.env.PROMQL_SEED ?? 1));
  const differing: object[] = [];
  let answered = 0;
  for (let count = 0; count < Number(process.env.PROMQL_QUERIES ?? 400); count += 1) {
    const query = randomPromql(random);
    const isRange = random.next() < 0.25;
    const moment = (at - Math.floor(random.next() * 1_100_000)) / 1000;
    const times = isRange ? { start: start / 1000 + 63.3, end: moment, step: 47 } : { time: moment };
    if (isRange && moment < start / 1000 + 63.3) continue;
    const parameters = new URLSearchParams({
      query,
      ...Object.fromEntries(Object.entries(times).map(([k, v]) => [k, `${v}`])),
    });
    const path = isRange ? '/api/v1/query_range' : '/api/v1/query';
    const [theirs, own] = [await real(path, parameters), ours(path, parameters)];
    if (theirs.status === 'success') answered += 1;
    const [want, got] = [theirs, own].map((answer) => (answer.status === 'error' ? 'refused' : comparable(answer)));
    if (JSON.stringify(want) !== JSON.stringify(got)) differing.push({ query, times, want, got });
  }
  assert.ok(answered > 100);
  assert.equal(differing.length, 0, `${differing.length}: ${JSON.stringify(differing.slice(0, 12), null, 1)}`);
});

test('what a real Prometheus refuses is refused', { skip }, async () => {
  for (const query of refused) {
    const parameters = new URLSearchParams({ query, time: String(at / 1000) });
    assert.equal((await real('/api/v1/query', parameters)).status, 'error', `${query} is not refused`);
    assert.equal(ours('/api/v1/query', parameters).status, 'error', query);
  }
});
