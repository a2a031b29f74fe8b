// The contract suite: every provider that asks over HTTP faces the same service on loopback, which answers in the
// documented shape of the real one and then in every wrong way.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { makeServingCertificate } from '../../../sandbox/apiserver/certificate.ts';
import { setAwsEnvironment } from '../../../test/builders/aws-environment.ts';
import { type LoopbackService, type Received, startService } from '../../../test/builders/loopback-service.ts';
import {
  hastyClock,
  hastyNow,
  makeProviderTools,
  patientClock,
  type TestTools,
} from '../../../test/builders/provider-tools.ts';
import { scriptedTransport } from '../../../test/builders/scripted-transport.ts';
import type { MetricProvider } from '../../api/types.generated.ts';
import { ExpressionRecord, type ExpressionValue } from '../../lang/expression-value.ts';
import type { Clock } from '../../lang/time.ts';
import { measure as measureMetric } from '../measure.ts';
import type { Answer } from './contract.ts';
import { createProviderRegistry, providers } from './registry.ts';

const secret = 'top-s3cret-value';

interface Row {
  readonly name: string;
  provider(address: string): object;
  environment?(address: string): Record<string, string>;
  /** In the environment of the process. */
  aws?(address: string): Record<string, string>;
  secrets?(address: string): Record<string, Record<string, string>>;
  /** The body of a good answer, as the service documents it; by path where several are asked. */
  readonly good: string | ((request: Received) => string);
  readonly want: Partial<Answer>;
  /** Of the last request: method and path. */
  readonly asks: string;
  /** The header that carries a credential. */
  readonly credential?: string;
  /** What the cluster answers, where it is asked for anything but Secrets. */
  cluster?(address: string): unknown;
  /** Its address is always https. */
  readonly onlyTls?: boolean;
  /** Why garbage is not an error. */
  readonly takesText?: string;
}

const seconds = Math.floor(hastyNow / 1000);

const rows: readonly Row[] = [
  {
    name: 'prometheus',
    provider: (address) => ({
      prometheus: { address: `${address}/prom`, query: 'up', headers: [{ key: 'X-Scope-OrgID', value: secret }] },
    }),
    good: JSON.stringify({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [
          { metric: { a: 'b' }, value: [1, '0.97'] },
          { metric: {}, value: [1, 'NaN'] },
        ],
      },
    }),
    want: { is: 'value', result: Float64Array.of(0.97, Number.NaN), value: '[0.97,NaN]' },
    asks: 'POST /prom/api/v1/query',
    credential: 'x-scope-orgid',
  },
  {
    name: 'web',
    provider: (address) => ({
      web: { url: `${address}/check`, headers: [{ key: 'Authorization', value: secret }], jsonPath: '{$.data.ok}' },
    }),
    good: '{"data":{"ok":"true"}}',
    want: { is: 'value', result: 'true', value: '"true"' },
    asks: 'GET /check',
    credential: 'authorization',
    takesText: 'a body that is not JSON is the result (spec 5.2)',
  },
  {
    name: 'kayenta',
    provider: (address) => ({
      kayenta: {
        address,
        application: 'guest book',
        canaryConfigName: 'mine',
        metricsAccountName: 'm',
        configurationAccountName: 'c',
        storageAccountName: 's',
        threshold: { pass: 95, marginal: 75 },
        scopes: [
          {
            name: 'default',
            controlScope: {
              scope: 'a',
              region: 'r',
              step: 60,
              start: '2026-01-01T00:00:00Z',
              end: '2026-01-01T01:00:00Z',
            },
            experimentScope: {
              scope: 'b',
              region: 'r',
              step: 60,
              start: '2026-01-01T00:00:00Z',
              end: '2026-01-01T01:00:00Z',
            },
          },
        ],
      },
    }),
    good: ({ method }) => (method === 'GET' ? '[{"name":"mine","id":"c-1"}]' : '{"canaryExecutionId":"e-1"}'),
    want: {
      is: 'phase',
      phase: 'Running',
      metadata: { canaryExecutionId: 'e-1' },
      resumeAt: hastyNow + 15_000,
    },
    asks: 'POST /canary/c-1?application=guest+book&metricsAccountName=m&configurationAccountName=c&storageAccountName=s',
  },
  {
    name: 'datadog',
    provider: () => ({ datadog: { query: 'avg:x{*}', interval: '10m' } }),
    secrets: (address) => ({ 'argo-rollouts/datadog': { address, 'api-key': secret, 'app-key': `${secret}2` } }),
    good: '{"status":"ok","series":[{"pointlist":[[1617000000000,0.5],[1617000060000,0.25]]}]}',
    want: { is: 'value', result: 0.25, value: '0.25' },
    asks: `GET /api/v1/query?from=${seconds - 600}&query=avg%3Ax%7B*%7D&to=${seconds}`,
    credential: 'dd-api-key',
  },
  {
    name: 'datadog',
    provider: () => ({
      datadog: {
        apiVersion: 'v2',
        queries: { a: 'sum:e{*}', b: 'sum:n{*}' },
        formula: 'a/b',
        secretRef: { name: 'dd', namespaced: true },
      },
    }),
    secrets: (address) => ({ 'demo/dd': { address, 'api-key': secret, 'app-key': `${secret}2` } }),
    good: JSON.stringify({
      data: {
        type: 'scalar_response',
        attributes: {
          columns: [
            { name: 'pod', type: 'group', values: [['a'], ['b'], ['c']] },
            { name: 'a/b', type: 'number', values: [0.1, null, 0.3] },
          ],
        },
      },
    }),
    want: {
      is: 'value',
      result: Float64Array.of(0.1, 0.3),
      value: '[0.1,0.3]',
      metadata: { groups: '[{"name":"a","value":0.1},{"name":"c","value":0.3}]' },
    },
    asks: 'POST /api/v2/query/scalar',
    credential: 'dd-application-key',
  },
  {
    name: 'wavefront',
    provider: (address) => ({ wavefront: { address: new URL(address).host, query: 'ts(x)' } }),
    secrets: (address) => ({ 'argo-rollouts/wavefront-api-tokens': { [new URL(address).host]: secret } }),
    good: JSON.stringify({
      timeseries: [
        {
          label: 'x',
          data: [
            [seconds - 90, 0.1],
            [seconds - 30, 0.5],
          ],
        },
      ],
      warnings: 'slow',
    }),
    want: {
      is: 'value',
      result: 0.5,
      value: '0.50',
      metadata: { timestamps: String(seconds - 30), drift: '30', warnings: 'slow' },
    },
    asks: `GET /api/v2/chart/api?q=ts%28x%29&s=${seconds}000&e=${seconds}000&g=s&p=1&i=true`,
    credential: 'authorization',
    onlyTls: true,
  },
  {
    name: 'newRelic',
    provider: () => ({ newRelic: { query: 'FROM Transaction SELECT average(duration)' } }),
    secrets: (address) => ({
      'argo-rollouts/newrelic': {
        'personal-api-key': secret,
        'account-id': '1',
        'base-url-nerdgraph': `${address}/graphql`,
      },
    }),
    good: '{"data":{"actor":{"account":{"nrql":{"results":[{"b":1,"average.duration":0.2}]}}}}}',
    want: { is: 'value', result: { b: 1, 'average.duration': 0.2 }, value: '{"average.duration":0.2,"b":1}' },
    asks: 'POST /graphql',
    credential: 'api-key',
  },
  {
    name: 'cloudWatch',
    provider: () => ({
      cloudWatch: {
        interval: '30m',
        metricDataQueries: [
          { id: 'rate', expression: 'errors / requests' },
          {
            id: 'errors',
            returnData: false,
            metricStat: { metric: { namespace: 'app', metricName: 'e' }, period: '300', stat: 'Sum' },
          },
        ],
      },
    }),
    aws: (address) => ({
      AWS_ENDPOINT_URL_CLOUDWATCH: `${address}/`,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: `${secret}2`,
      AWS_SESSION_TOKEN: secret,
    }),
    good: JSON.stringify({
      MetricDataResults: [
        { Id: 'rate', Label: 'rate', StatusCode: 'Complete', Timestamps: [1_617_000_000], Values: [0.1, 0.2] },
        { Id: 'none', Label: 'none', StatusCode: 'Complete', Timestamps: [], Values: [] },
      ],
      Messages: [],
    }),
    want: {
      is: 'value',
      result: [cloudWatchRecord('rate', ['2021-03-29T06:40:00Z'], [0.1, 0.2]), cloudWatchRecord('none', [], [])],
      value: '[[0.1 0.2] []]',
    },
    asks: 'POST /',
    credential: 'x-amz-security-token',
  },
  {
    name: 'graphite',
    provider: (address) => ({
      graphite: { address: `${address}/g`, query: "target=summarize(x, '5min')\n&from=-10min" },
    }),
    good: '[{"target":"x","datapoints":[[0.5,1],[null,2],["1.25",3]]}]',
    want: { is: 'value', result: Float64Array.of(0.5, 1.25), value: '[0.500000,1.250000]' },
    asks: 'GET /g/render?format=json&from=-10min&target=summarize%28x%2C%275min%27%29',
  },
  {
    name: 'influxdb',
    provider: () => ({ influxdb: { query: 'from(bucket: "b")' } }),
    secrets: (address) => ({ 'argo-rollouts/influxdb': { address, authToken: secret, org: 'my org' } }),
    good: [
      '#datatype,string,long,dateTime:RFC3339,double,string',
      '#group,false,false,false,false,true',
      '#default,_result,,,,',
      ',result,table,_time,_value,host',
      ',,0,2026-01-01T00:00:00Z,2.5,"a,""b"""',
      '',
      '#datatype,string,long,long',
      '#group,false,false,false',
      '#default,_result,,',
      ',result,table,_value',
      ',,1,7',
      '',
    ].join('\r\n'),
    want: { is: 'value', result: [2.5, 7n], value: '[2.5 7]' },
    asks: 'POST /api/v2/query?org=my%20org',
    credential: 'authorization',
  },
  {
    name: 'skywalking',
    provider: (address) => ({ skywalking: { address, query: 'query x($duration: Duration!) {}', interval: '3m' } }),
    environment: () => ({ SLIPWAY_SKYWALKING_TIME_ZONE: 'UTC' }),
    good: '{"data":{"z":{"values":[1]},"a":2}}',
    want: { is: 'value', result: { z: { values: [1] }, a: 2 }, value: '{"a":2,"z":{"values":[1]}}' },
    asks: 'POST /graphql',
  },
  {
    name: 'plugin',
    provider: () => ({ plugin: { 'acme/load': { threshold: 5 } } }),
    cluster: (address) => ({
      data: { metricProviderPlugins: `- name: acme/load\n  location: ${address.replace(':', '+rpc:')}/rpc` },
    }),
    good: '{"phase":"Successful","value":"3","metadata":{"of":"5","by":{"a":1}},"startedAt":"2026-01-01T00:00:00Z"}',
    want: { is: 'phase', phase: 'Successful', value: '3', metadata: { of: '5', by: '{"a":1}' } },
    asks: 'POST /rpc',
  },
];

function cloudWatchRecord(id: string, at: readonly string[], values: readonly number[]): ExpressionValue {
  const told = { Timestamps: at, StatusCode: 'Complete', Messages: [] };
  return new ExpressionRecord({ Id: id, Label: id, Values: Float64Array.from(values), ...told });
}

const none = { ca: '', certificate: '', key: '' };
let [authority, elsewhereAuthority, oldAuthority] = [none, none, none];
before(async () => {
  authority = await makeServingCertificate();
  elsewhereAuthority = await makeServingCertificate({ names: [{ type: 'dns', value: 'elsewhere.example' }] });
  oldAuthority = await makeServingCertificate({ notAfter: new Date(Date.now() - 60_000) });
});

/** Only Jobs ask no service. */
test('the suite covers every provider that asks a service', () => {
  const covered = new Set([...rows.map(({ name }) => name), 'job']);
  assert.deepEqual(
    providers.map(({ name }) => name).filter((name) => !covered.has(name)),
    [],
  );
});

for (const row of rows) {
  const { asks } = row;
  describe(`${row.name} (${asks.slice(0, 40)})`, () => {
    let service: LoopbackService;
    let elsewhere: LoopbackService;
    const opened: TestTools[] = [];
    const goodBody = (request: Received): string => (typeof row.good === 'string' ? row.good : row.good(request));

    before(async () => {
      const tls = row.onlyTls ? { tls: { cert: authority.certificate, key: authority.key } } : {};
      service = await startService(tls);
      elsewhere = await startService({ ...tls, hostname: 'localhost' });
    });
    after(async () => {
      for (const tools of opened) tools.close();
      await Promise.all([service.close(), elsewhere.close()]);
    });

    interface Circumstances {
      readonly signal?: AbortSignal;
      readonly address?: string;
      readonly trusted?: readonly string[];
      readonly clock?: Clock;
    }

    function measure(given: Circumstances = {}): { tools: TestTools; answer: Promise<Answer> } {
      const { signal, address = service.address, trusted = [authority.ca], clock = patientClock } = given;
      setAwsEnvironment(row.aws?.(address) ?? {});
      const tools = makeProviderTools({
        environment: row.environment?.(address) ?? {},
        secrets: row.secrets?.(address) ?? {},
        ...(signal === undefined ? {} : { signal }),
        request: async () => ({ status: 200, headers: {}, body: row.cluster?.(address) }),
        http: { clock, ...(trusted.length === 0 ? {} : { authorities: trusted }) },
      });
      opened.push(tools);
      const metric = { name: 'm', provider: row.provider(address) as MetricProvider };
      const run = { apiVersion: '', kind: '', metadata: { name: 'r', namespace: 'demo', uid: 'u' } };
      const call = { metric, run: run as never, finishedCount: 0 };
      return { tools, answer: createProviderRegistry().providerOf(metric).run(call, tools) };
    }

    /** Fails, and what it says is one line without secrets, but for those that the provider had redacted. */
    async function fails(want: RegExp, given = measure()): Promise<void> {
      const error: unknown = await given.answer.then(
        (answer) => assert.fail(`it answered ${JSON.stringify(answer)}`),
        (reason) => reason,
      );
      assert.ok(error instanceof Error);
      const told = given.tools.redacted.reduce((text, hidden) => text.replaceAll(hidden, '*'), error.message);
      assert.match(told, want);
      assert.ok(!told.includes(secret), told);
      assert.ok(!/[\r\n]/.test(told) && told.length < 2000, told);
    }

    /** As it would be stored: the metric's credential comes from a Secret, by an argument. */
    async function measureForStatus(): Promise<string> {
      setAwsEnvironment(row.aws?.(service.address) ?? {});
      const tools = makeProviderTools({
        environment: row.environment?.(service.address) ?? {},
        secrets: row.secrets?.(service.address) ?? {},
        request: async () => ({ status: 200, headers: {}, body: row.cluster?.(service.address) }),
        http: { authorities: [authority.ca], clock: patientClock },
      });
      opened.push(tools);
      const asked = JSON.stringify(row.provider(service.address)).replaceAll(secret, '{{args.key}}');
      const metric = { name: 'm', provider: JSON.parse(asked) as MetricProvider, successCondition: 'result == 1' };
      const args = [{ name: 'key', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
      const run = { metadata: { name: 'r', namespace: 'demo', uid: 'u' }, spec: { metrics: [metric], args } };
      const data = { k: Buffer.from(secret).toString('base64') };
      const answer = await measureMetric(
        { run, metric: 'm', index: 0, kind: 'run' },
        {
          registry: createProviderRegistry(),
          transport: scriptedTransport(() => ({ data })),
          clock: tools.clock,
          toolsFor: (signal, secrets) => ({
            ...tools,
            signal,
            send: (request) => tools.http.send(secrets.guard(request), signal),
            redact: (hidden) => secrets.hide(hidden),
          }),
        },
        new AbortController().signal,
      );
      return JSON.stringify(answer);
    }

    test('nothing secret is stored, whatever the service answers', async () => {
      const echo = ({ url, headers, body }: Received): string => `${url} ${JSON.stringify(headers)} ${body} ${secret}`;
      const answers: readonly LoopbackService['answer'][] = [
        (request) => ({ status: 200, body: goodBody(request) }),
        ...[200, 401, 500].map((status) => (request: Received) => ({ status, body: echo(request) })),
        ...[200, 400].map((status) => (request: Received) => ({
          status,
          body: JSON.stringify({ error: echo(request), errors: [{ message: echo(request) }], message: echo(request) }),
        })),
        () => ({ status: 302, headers: { location: `http://127.0.0.1:1/?key=${secret}` } }),
        () => 'break',
      ];
      for (const answer of answers) {
        service.answer = answer;
        const stored = await measureForStatus();
        assert.match(stored, /^{"is":"measured"/);
        assert.ok(!stored.includes(secret), stored);
      }
    });

    test('asks as documented and understands the answer', async () => {
      service.answer = (request) => ({ status: 200, body: goodBody(request) });
      assert.deepEqual(await measure().answer, row.want);
      const last = service.received.at(-1);
      assert.equal(`${last?.method} ${last?.url}`, asks);
      if (row.credential) assert.match(String(last?.headers[row.credential]), new RegExp(secret));
    });

    test('an answer of a million brackets is an error, and a readable one', async () => {
      service.answer = () => ({ status: 200, body: `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}` });
      const stored = JSON.parse(await measureForStatus()) as { phase: string; message: string };
      assert.equal(stored.phase, 'Error');
      assert.doesNotMatch(stored.message, /stack|undefined|\[object/);
    });

    test('every status that is no answer is an error, also when the service repeats what it was sent', async () => {
      for (const status of [401, 403, 404, 429, 500, 503]) {
        service.answer = ({ headers }) => ({
          status,
          headers: { 'retry-after': '1' },
          body: `it went wrong: ${row.credential ? headers[row.credential] : ''}`,
        });
        await fails(new RegExp(`${status}|it went wrong`));
      }
    });

    test('follows a redirect, and takes no credential along to another host', async () => {
      elsewhere.answer = (request) => ({ status: 200, body: goodBody(request) });
      service.answer = ({ url }) => ({ status: 307, headers: { location: elsewhere.address + url } });
      await measure().answer;
      const last = elsewhere.received.at(-1);
      assert.equal(`${last?.method} ${last?.url}`, asks);
      assert.ok(!JSON.stringify(last).includes(secret));
    });

    test('ends a circle of redirects', async () => {
      service.answer = ({ url }) => ({ status: 307, headers: { location: url } });
      await fails(/stopped after 10 redirects/);
    });

    test('garbage', async () => {
      for (const body of ['', '<html>Sign in</html>', '{"half":', '\u0000\u0001']) {
        service.answer = () => ({ status: 200, body });
        if (row.takesText) assert.deepEqual(await measure().answer, { is: 'value', result: body, value: body });
        else await fails(/./);
      }
      for (const body of ['[]', '{}', 'null', '42', '"text"', '[null]', '{"data":{"result":[[[]]]}}']) {
        service.answer = () => ({ status: 200, body });
        const given = measure();
        const kind = await given.answer.then(
          ({ is }) => is,
          (error: unknown) => (error instanceof TypeError ? 'a bug' : 'an error'),
        );
        assert.notEqual(kind, 'a bug', body);
      }
      for (const body of ['[]', '42', '"text"', '[null]', 'true']) {
        service.answer = () => ({ status: 200, body });
        if (!row.takesText) await fails(/./);
      }
      for (const behaviour of ['noise', 'break'] as const) {
        service.answer = () => behaviour;
        await fails(/./);
      }
    });

    test('10 MB of body are refused', async () => {
      const body = `"${'x'.repeat(10_000_000)}"`;
      service.answer = () => ({ status: 200, body });
      await fails(/the answer is larger than 8 MiB/);
    });

    test('an answer drop by drop, or none, is over at the deadline', async () => {
      for (const behaviour of ['drip', 'hang'] as const) {
        service.answer = () => behaviour;
        await fails(/context deadline exceeded/, measure({ clock: hastyClock }));
      }
    });

    test('an abort ends the measurement at once', async () => {
      const abort = new AbortController();
      service.answer = () => {
        setTimeout(() => abort.abort(), 5);
        return 'hang';
      };
      await fails(/context canceled/, measure({ signal: abort.signal }));
    });

    test('a certificate of an unknown authority, for another name, or out of date, and nobody listening', async () => {
      const { ca } = authority;
      for (const [certificate, trusted, want] of [
        [authority, [], /x509: certificate signed by unknown authority/],
        [elsewhereAuthority, [elsewhereAuthority.ca], /x509: certificate is valid for other names than this host/],
        [oldAuthority, [oldAuthority.ca], /x509: certificate has expired or is not yet valid/],
      ] as const) {
        const untrusted = await startService({ tls: { cert: certificate.certificate, key: certificate.key } });
        untrusted.answer = (request) => ({ status: 200, body: goodBody(request) });
        await fails(want, measure({ address: untrusted.address, trusted }));
        assert.deepEqual(untrusted.received, [], 'nothing was sent');
        await untrusted.close();
        await fails(/connection refused/, measure({ address: untrusted.address, trusted: [ca] }));
      }
    });
  });
}
