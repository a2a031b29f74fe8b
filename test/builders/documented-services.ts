// How the services that docs/analysis asks answer, well and badly, and what becomes of a run that asks them.

import type { Received } from './loopback-service.ts';

export interface DocumentedService {
  readonly provider: string;
  /** What the service answers to each command of the page in turn, and what becomes of the run. */
  readonly outcomes: readonly (readonly Outcome[])[];
  /** In the request that the example makes. */
  readonly asks: RegExp;
}

interface Outcome {
  readonly body: (request: Received) => string;
  readonly phase: string;
  readonly value: string | undefined;
}

const json = (value: unknown) => () => JSON.stringify(value);
const vector = (value: string) =>
  json({ status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] } });
const matrix = (...values: string[]) =>
  json({
    status: 'success',
    data: { resultType: 'matrix', result: [{ metric: {}, values: values.map((value, at) => [at, value]) }] },
  });
const outcome = (body: Outcome['body'], phase: string, value?: string): Outcome => ({ body, phase, value });
const kayenta = (score: number) => (request: Received) => {
  if (request.url.startsWith('/canaryConfig')) return '[{"name":"guestbook-canary","id":"c"}]';
  if (request.method === 'POST') return '{"canaryExecutionId":"e"}';
  return JSON.stringify({ complete: true, result: { judgeResult: { score: { score } } } });
};
const scalar = (value: number) =>
  json({ data: { attributes: { columns: [{ name: 'errors / hits', type: 'number', values: [value] }] } } });
const nrql = (errors: number) => json({ data: { actor: { account: { nrql: { results: [{ errors }] } } } } });
const points = (...values: number[]) =>
  json({ MetricDataResults: [{ Id: 'rate', Label: 'rate', StatusCode: 'Complete', Timestamps: [1], Values: values }] });
const flux = (value: number) => () =>
  [
    '#datatype,string,long,double',
    '#group,false,false,false',
    '#default,_result,,',
    ',result,table,_value',
    `,,0,${value}`,
    '',
  ].join('\r\n');
const apdex = (value: number) => json({ data: { service_apdex: { label: null, values: { values: [{ value }] } } } });
const wave = (value: number) => json({ timeseries: [{ label: 'x', data: [[Date.UTC(2026, 0, 1) / 1000, value]] }] });

/** By the page of docs/analysis whose examples ask the service. */
export const documentedServices: Readonly<Record<string, DocumentedService>> = {
  'prometheus.md': {
    provider: 'prometheus',
    outcomes: [
      [outcome(vector('0.99'), 'Successful', '[0.99]'), outcome(vector('0.5'), 'Failed', '[0.5]')],
      [outcome(matrix('0.2', 'NaN'), 'Successful', '[0.2,NaN]'), outcome(matrix('0.2', '0.7'), 'Failed', '[0.2,0.7]')],
    ],
    asks: /^POST \/api\/v1\/query query=.*guestbook-canary/,
  },
  'web.md': {
    provider: 'web',
    outcomes: [
      [
        outcome(json({ summary: { passed: 3, failed: 0 } }), 'Successful', '{"failed":0,"passed":3}'),
        outcome(json({ summary: { passed: 2, failed: 1 } }), 'Failed', '{"failed":1,"passed":2}'),
      ],
    ],
    asks: /^POST \/run \{"target":"guestbook-canary"\}$/,
  },
  'kayenta.md': {
    provider: 'kayenta',
    outcomes: [[outcome(kayenta(95.5), 'Successful', '95'), outcome(kayenta(20), 'Failed', '20')]],
    asks: /^POST \/canary\/c.*rollouts-pod-template-hash=85457c677d/,
  },
  'datadog.md': {
    provider: 'datadog',
    outcomes: [[outcome(scalar(0.001), 'Successful', '0.001'), outcome(scalar(0.5), 'Failed', '0.5')]],
    asks: /^POST \/api\/v2\/query\/scalar .*service:guestbook-canary/,
  },
  'new-relic.md': {
    provider: 'newRelic',
    outcomes: [[outcome(nrql(0.1), 'Successful', '{"errors":0.1}'), outcome(nrql(7), 'Failed', '{"errors":7}')]],
    asks: /^POST \/graphql .*appName = 'guestbook'/,
  },
  'wavefront.md': {
    provider: 'wavefront',
    outcomes: [[outcome(wave(1), 'Successful', '1.00'), outcome(wave(50), 'Failed', '50.00')]],
    asks: /^GET \/api\/v2\/chart\/api\?q=.*guestbook-canary/,
  },
  'cloudwatch.md': {
    provider: 'cloudWatch',
    outcomes: [[outcome(points(0.001, 0), 'Successful', '[[0.001 0]]'), outcome(points(0.3), 'Failed', '[[0.3]]')]],
    asks: /^POST \/ .*targetgroup\/guestbook-canary/,
  },
  'graphite.md': {
    provider: 'graphite',
    outcomes: [
      [
        outcome(json([{ target: 'x', datapoints: [[99, 1]] }]), 'Successful', '[99.000000]'),
        outcome(json([{ target: 'x', datapoints: [[50, 1]] }]), 'Failed', '[50.000000]'),
      ],
    ],
    asks: /^GET \/render\?format=json&from=-5min&target=summarize.*guestbook-canary/,
  },
  'influxdb.md': {
    provider: 'influxdb',
    outcomes: [[outcome(flux(0.001), 'Successful', '[0.001]'), outcome(flux(0.4), 'Failed', '[0.4]')]],
    asks: /^POST \/api\/v2\/query\?org=my-org .*guestbook/,
  },
  'skywalking.md': {
    provider: 'skywalking',
    outcomes: [
      [
        outcome(apdex(9950), 'Successful', '{"service_apdex":{"label":null,"values":{"values":[{"value":9950}]}}}'),
        outcome(apdex(5000), 'Failed', '{"service_apdex":{"label":null,"values":{"values":[{"value":5000}]}}}'),
      ],
    ],
    asks: /^POST \/graphql .*guestbook/,
  },
  'plugin.md': {
    provider: 'plugin',
    outcomes: [
      [
        outcome(json({ phase: 'Successful', value: '98' }), 'Successful', '98'),
        outcome(json({ phase: 'Failed', value: '12' }), 'Failed', '12'),
      ],
    ],
    asks: /^POST \/rpc \{"method":"Run".*guestbook-canary/,
  },
};
