// What analyses cost: 200 background runs that ask a web service on loopback every five seconds, 5,000 finished runs at
// rest, and the expressions of conditions. The controller is the published one in a process of its own, over TLS.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import { evaluateCondition } from '../../controller/lang/expression.ts';
import { atMost, below, median, percentile, repeat, tell, tellFigure } from './figures.ts';
import { type CountedRequest, openMeasuredCluster } from './measured-cluster.ts';
import { rest } from './waiting.ts';

const runCount = 200;
const intervalSeconds = 5;
const measuredSeconds = 60;
const finishedCount = 5000;
const restSeconds = 20;

export async function benchAnalysis(): Promise<void> {
  await benchExpressions();
  const measured = await openMeasuredCluster({ startDelayMs: 0 });
  const stub = await startStub();
  try {
    await measured.startController();
    await rest(2);
    const empty = measured.usage();
    await createInBatches(runCount, (index) => create(measured.transport, busyRun(index, stub.address)));
    await rest(10);
    measured.takeRequests();
    stub.take();
    const before = measured.usage();
    await rest(measuredSeconds);
    const arrivals = stub.take();
    const requests = measured.takeRequests();
    const after = measured.usage();
    tellBusy(arrivals, requests);
    const cpu = ((after.cpuSeconds - before.cpuSeconds) / measuredSeconds) * 100;
    tellFigure({ what: 'CPU of the controller', value: `${cpu.toFixed(1)} % of a core` });
    tellFigure({
      what: 'memory of the controller',
      value: `${after.residentMiB.toFixed(0)} MiB, ${empty.residentMiB.toFixed(0)} MiB before the runs`,
    });
    await measured.stopController();

    await deleteRuns(measured.transport);
    await createInBatches(finishedCount, (index) => create(measured.transport, finishedRun(index)));
    await measured.startController();
    await rest(10);
    measured.takeRequests();
    const resting = measured.usage();
    await rest(restSeconds);
    const rested = measured.usage();
    const requestCount = measured.takeRequests().length;
    tellFigure({
      what: `requests and CPU of ${finishedCount} finished runs in ${restSeconds} s of rest`,
      value: `${requestCount}, ${(rested.cpuSeconds - resting.cpuSeconds).toFixed(2)} s`,
      aim: atMost(0, requestCount),
    });
    tellFigure({
      what: `memory with ${finishedCount} finished runs`,
      value: `${rested.residentMiB.toFixed(0)} MiB, peak ${rested.peakMiB.toFixed(0)} MiB`,
    });
  } finally {
    await measured.stop();
    stub.close();
  }
}

async function benchExpressions(): Promise<void> {
  const batch = 20_000;
  for (const [source, result] of [
    ['result[0] >= 0.95', Float64Array.of(0.97)],
    ['len(result) == 0 || isNaN(result[0]) || result[0] >= 0.95', Float64Array.of(0.97)],
    [
      'all(result.items, {.errors / .requests < 0.01})',
      { items: Array.from({ length: 10 }, () => ({ errors: 1, requests: 1000 })) },
    ],
  ] as const) {
    const values = await repeat(7, () => {
      const startedAt = performance.now();
      for (let index = 0; index < batch; index++) evaluateCondition(source, result, 0);
      return batch / (performance.now() - startedAt);
    });
    tell(`${source}`, values, 'thousand evaluations a second');
  }
}

interface Arrival {
  readonly path: string;
  readonly at: number;
}

async function startStub() {
  const arrivals: Arrival[] = [];
  const server = createServer((request, response) => {
    arrivals.push({ path: request.url ?? '', at: Date.now() });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"errors":0}');
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => arrivals.splice(0),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function tellBusy(arrivals: readonly Arrival[], requests: readonly CountedRequest[]): void {
  const late = [...Map.groupBy(arrivals, ({ path }) => path).values()].flatMap(latenessOf);
  tellFigure({
    what: `lateness of ${arrivals.length} measurements of ${runCount} runs every ${intervalSeconds} s`,
    value: `p50 ${median(late).toFixed(0)} ms, p95 ${percentile(late, 95).toFixed(0)} ms, at most ${Math.max(...late).toFixed(0)} ms`,
    aim: below(1000, 'ms at p95', percentile(late, 95)),
  });
  const writes = requests.filter(({ method, resource }) => method !== 'GET' && resource === 'analysisruns');
  const others = requests.length - writes.length;
  const perMeasurement = writes.length / arrivals.length;
  tellFigure({
    what: 'status writes per measurement',
    value: `${perMeasurement.toFixed(3)}, and ${others} other requests`,
    aim: { text: 'one', isMet: perMeasurement < 1.01 && others === 0 },
  });
}

/** A measurement is due its interval after the end of the one before, which is kept in whole seconds. */
function latenessOf(arrivals: readonly Arrival[]): number[] {
  return arrivals.slice(1).map(({ at }, index) => {
    const before = arrivals[index]?.at ?? at;
    return at - (Math.floor(before / 1000) + intervalSeconds) * 1000;
  });
}

const base = { apiVersion: 'argoproj.io/v1alpha1', kind: 'AnalysisRun' };

function busyRun(index: number, address: string): object {
  const provider = { web: { url: `${address}/run-${index}`, jsonPath: '{$.errors}' } };
  const metric = { name: 'errors', interval: `${intervalSeconds}s`, successCondition: 'result < 1', provider };
  return { ...base, metadata: { name: `busy-${index}`, namespace: 'default' }, spec: { metrics: [metric] } };
}

/** As a background run of an hour leaves it: ten measurements, a query. */
function finishedRun(index: number): object {
  const at = '2026-01-01T00:00:00Z';
  const query =
    'sum(rate(http_requests_total{service="guestbook-canary",code!~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';
  const measurements = Array.from({ length: 10 }, () => ({
    phase: 'Successful',
    startedAt: at,
    finishedAt: at,
    value: '[0.9971]',
  }));
  const result = {
    name: 'success',
    phase: 'Successful',
    count: 60,
    successful: 60,
    consecutiveSuccess: 60,
    measurements,
  };
  return {
    ...base,
    metadata: { name: `finished-${index}`, namespace: 'default' },
    spec: {
      metrics: [
        { name: 'success', interval: '1m', successCondition: 'result[0] > 0.9', provider: { prometheus: { query } } },
      ],
    },
    status: {
      phase: 'Successful',
      startedAt: at,
      completedAt: at,
      runSummary: { count: 1, successful: 1 },
      dryRunSummary: {},
      metricResults: [{ ...result, metadata: { ResolvedPrometheusQuery: query } }],
    },
  };
}

const runsPath = '/apis/argoproj.io/v1alpha1/namespaces/default/analysisruns';

async function create(transport: Transport, body: object): Promise<void> {
  await transport.request({ verb: 'POST', path: runsPath, body });
}

async function deleteRuns(transport: Transport): Promise<void> {
  await transport.request({ verb: 'DELETE', path: runsPath });
}

/** Spread over an interval, as runs of different rollouts are. */
async function createInBatches(count: number, make: (index: number) => Promise<void>): Promise<void> {
  const batch = count / 20;
  for (let index = 0; index < count; index++) {
    await make(index);
    if (index % batch === batch - 1) await rest(intervalSeconds / 20);
  }
}
