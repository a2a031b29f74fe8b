// Prometheus beyond the contract suite (analysis.md §5.1, §8.7): what is asked, what answers mean, how it is let in.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAwsEnvironment } from '../../../../test/builders/aws-environment.ts';
import { type LoopbackService, type Received, startService } from '../../../../test/builders/loopback-service.ts';
import { hastyNow, makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import type { PrometheusMetric } from '../../../api/types.generated.ts';
import type { Answer } from '../contract.ts';
import { prometheus } from './client.ts';
import { prometheusRequest } from './request.ts';
import { prometheusAnswer } from './response.ts';

const success = (data: object, more: object = {}): string => JSON.stringify({ status: 'success', data, ...more });
const scalar = success({ resultType: 'scalar', result: [1, '1e-7'] });

let service: LoopbackService;
before(async () => {
  service = await startService();
});
after(() => service.close());

async function measure(
  metric: PrometheusMetric,
  environment: Readonly<Record<string, string>> = {},
): Promise<{ answer: Answer; redacted: readonly string[] }> {
  const tools = makeProviderTools({ environment });
  const run = { metadata: { name: 'r', namespace: 'demo' } };
  try {
    const call = { metric: { name: 'm', provider: { prometheus: metric } }, run: run as never, finishedCount: 0 };
    return { answer: await prometheus.run(call, tools), redacted: tools.redacted };
  } finally {
    tools.close();
  }
}

const at = { defaultAddress: undefined, now: hastyNow };

test('asks with the form of an instant query, or of a range', () => {
  const instant = prometheusRequest({ address: 'http://p/prom/', query: 'a + b' }, at);
  assert.equal(instant.url, 'http://p/prom/api/v1/query');
  assert.equal(instant.body, `query=a+%2B+b&time=${hastyNow / 1000}`);
  assert.equal(instant.timeoutMs, 30_000);
  const rangeQuery = { start: 'now() - duration("1h")', end: 'now()', step: '1m30.5s' };
  const range = prometheusRequest({ address: 'http://p', query: 'up', rangeQuery, timeout: 0 }, at);
  assert.equal(range.url, 'http://p/api/v1/query_range');
  assert.equal(range.body, `query=up&start=${hastyNow / 1000 - 3600}&end=${hastyNow / 1000}&step=90.5`);
  assert.equal(range.timeoutMs, 0);
});

const refusals: readonly [PrometheusMetric, RegExp][] = [
  [{ query: 'up' }, /^prometheus address is not configured$/],
  [{ address: 'p:9090' }, /^prometheus address is not is url format$/],
  [{ address: 'http://p', timeout: -1 }, /^prometheus timeout should not be negative$/],
  [
    { address: 'http://p', authentication: { basicAuth: { username: 'u' } } },
    /^missing mandatory parameter in metric for basic auth setup: password$/,
  ],
  [
    { address: 'http://p', authentication: { basicAuth: { password: 'u' } } },
    /^missing mandatory parameter in metric for basic auth setup: username$/,
  ],
  [{ address: 'http://p', rangeQuery: { end: 'now()', step: '1m' } }, /^failed to parse rangeQuery.start as time: /],
  [
    { address: 'http://p', rangeQuery: { start: 'now()', end: 'duration("1h")', step: '1m' } },
    /^failed to parse rangeQuery.end as time: expected time.Time, but got time.Duration$/,
  ],
  [
    { address: 'http://p', rangeQuery: { start: 'now()', end: 'now()' } },
    /^failed to parse rangeQuery.step as duration: time: invalid duration ""$/,
  ],
];
for (const [metric, want] of refusals) {
  test(`refuses ${JSON.stringify(metric)}`, () => {
    assert.throws(() => prometheusRequest(metric, at), { message: want });
  });
}

test('dates of a range are read with a layout', () => {
  const start = `date("2023-08-14 00:00:00", "2006-01-02 15:04:05", "UTC") - duration("1h")`;
  const { body = '' } = prometheusRequest({ address: 'http://p', rangeQuery: { start, end: 'now()', step: '1s' } }, at);
  assert.equal(new URLSearchParams(body).get('start'), String(Date.UTC(2023, 7, 13, 23) / 1000));
});

test('times of a range are conditions of the whole language that give a time', () => {
  const now = at.now / 1000;
  const rows: readonly [string, number][] = [
    ['now() - 2 * duration("30m")', now - 3600],
    ['now().Add(duration("-90s"))', now - 90],
    ['date("2023-08-14 02:00:00", "2006-01-02 15:04:05", "Europe/Berlin")', Date.UTC(2023, 7, 14) / 1000],
    ['now() > date("2020-01-01") ? now() - duration("1h") : now()', now - 3600],
    ['isNaN(1.0) ? now() : now() - (duration("1h") + duration("30m"))', now - 5400],
  ];
  for (const [start, want] of rows) {
    const rangeQuery = { start, end: 'now()', step: '1s' };
    const { body = '' } = prometheusRequest({ address: 'http://p', rangeQuery }, at);
    assert.equal(new URLSearchParams(body).get('start'), String(want), start);
  }
  const rangeQuery = { start: 'result', end: 'now()', step: '1s' };
  assert.throws(() => prometheusRequest({ address: 'http://p', rangeQuery }, at), { message: /unknown name result/ });
});

const answers: readonly [string, string, unknown, string][] = [
  ['a scalar is a number', scalar, 1e-7, '0.0000001'],
  ['an empty vector is an empty list (V-73)', success({ resultType: 'vector', result: [] }), [], '[]'],
  [
    'NaN and infinities stay what they are (V-74)',
    success({ resultType: 'vector', result: [{ value: [1, 'NaN'] }, { value: [1, '-Inf'] }, { value: [1, '+Inf'] }] }),
    [Number.NaN, -Infinity, Infinity],
    '[NaN,-Inf,+Inf]',
  ],
  [
    'a matrix is the samples of all series one after the other',
    success({
      resultType: 'matrix',
      result: [
        {
          values: [
            [1, '1'],
            [2, '2'],
          ],
        },
        { values: [[1, '3']] },
      ],
    }),
    [1, 2, 3],
    '[1,2,3]',
  ],
  [
    'native histograms are not considered',
    success({ resultType: 'vector', result: [{ histogram: [1, {}] }, { value: [1, '5'] }] }),
    [5],
    '[5]',
  ],
];
for (const [name, body, result, value] of answers) {
  test(name, () => {
    const answer = prometheusAnswer({ status: 200, headers: {}, body });
    assert.ok(answer.is === 'value');
    assert.deepEqual(answer.result instanceof Float64Array ? [...answer.result] : answer.result, result);
    assert.equal(answer.value, value);
  });
}

const failures: readonly [number, string, RegExp][] = [
  [200, success({ resultType: 'string', result: [1, 'x'] }), /^Prometheus metric type not supported$/],
  [400, '{"status":"error","errorType":"bad_data","error":"parse error"}', /^bad_data: parse error$/],
  [422, scalar, /^bad_response: inconsistent body for response code$/],
  [404, 'not here', /^client_error: client error: 404$/],
  [502, '<html>', /^server_error: server error: 502$/],
  [302, '', /^bad_response: bad response code 302$/],
];
for (const [status, body, want] of failures) {
  test(`${status} ${body.slice(0, 40)} is told as Prometheus' client tells it`, () => {
    assert.throws(() => prometheusAnswer({ status, headers: {}, body }), { message: want });
  });
}

test('an answer whose result is no list is not one without data', () => {
  for (const result of [undefined, 'x', {}]) {
    assert.throws(
      () => prometheusAnswer({ status: 200, headers: {}, body: success({ resultType: 'vector', result }) }),
      {
        message: 'bad_response: the result is no list of series',
      },
    );
  }
});

test('warnings are kept, each quoted', () => {
  const answer = prometheusAnswer({
    status: 200,
    headers: {},
    body: success({ resultType: 'vector', result: [] }, { warnings: ['a', 'b'] }),
  });
  assert.deepEqual(answer.metadata, { warnings: '"a", "b"' });
});

test('asks again as a GET where a POST is not allowed', async () => {
  service.answer = ({ method }) => (method === 'POST' ? { status: 405 } : { status: 200, body: scalar });
  await measure({ query: 'up' }, { ARGO_ROLLOUTS_PROMETHEUS_ADDRESS: service.address });
  const last = service.received.at(-1);
  assert.equal(last?.url, `/api/v1/query?query=up&time=${hastyNow / 1000}`);
  assert.equal(last?.body, '');
});

test('a timeout of 0 is over before anything is asked', async () => {
  await assert.rejects(measure({ address: service.address, query: 'up', timeout: 0 }), /context deadline exceeded/);
});

test('user and password go into a header', async () => {
  service.answer = () => ({ status: 200, body: scalar });
  const basicAuth = { username: 'me', password: 'pässword' };
  await measure({ address: service.address, query: 'up', authentication: { basicAuth } });
  const want = `Basic ${Buffer.from('me:pässword').toString('base64')}`;
  assert.equal(service.received.at(-1)?.headers.authorization, want);
});

test('a token is fetched for each measurement, with the secret in the form where the header is not taken', async () => {
  const oauth2 = { tokenUrl: `${service.address}/token`, clientId: 'me', clientSecret: 's3cret', scopes: ['a', 'b'] };
  service.answer = ({ url, body, headers }: Received) => {
    if (url !== '/token') return { status: headers.authorization === 'Bearer tok' ? 200 : 401, body: scalar };
    const isForm = new URLSearchParams(body).get('client_secret') === 's3cret';
    return isForm ? { status: 200, body: '{"access_token":"tok","token_type":"bearer"}' } : { status: 401 };
  };
  const metric = { address: service.address, query: 'up', authentication: { oauth2 } };
  const before = service.received.length;
  const { redacted } = await measure(metric);
  await measure(metric);
  const asked = service.received.slice(before);
  assert.deepEqual(
    asked.map(({ url }) => url),
    ['/token', '/token', '/api/v1/query', '/token', '/token', '/api/v1/query'],
  );
  assert.equal(asked[1]?.body, 'grant_type=client_credentials&scope=a+b&client_id=me&client_secret=s3cret');
  assert.deepEqual(redacted, ['tok']);
});

test('a token that is refused is an error that repeats no body', async () => {
  const oauth2 = { tokenUrl: `${service.address}/token`, clientId: 'me', clientSecret: 's3cret' };
  service.answer = () => ({ status: 401, body: '{"error":"invalid_client","error_description":"s3cret is wrong"}' });
  const metric = { address: service.address, authentication: { oauth2 } };
  await assert.rejects(measure(metric), { message: 'oauth2: cannot fetch token: 401 invalid_client' });
  const incomplete = { tokenUrl: oauth2.tokenUrl, clientId: 'me' };
  await assert.rejects(measure({ address: service.address, authentication: { oauth2: incomplete } }), {
    message: 'missing mandatory parameter in metric for OAuth2 setup',
  });
});

test("requests are signed for Amazon's addresses only", async () => {
  service.answer = () => ({ status: 200, body: scalar });
  setAwsEnvironment({ AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'aws-secret' });
  const authentication = { sigv4: { region: 'eu-west-1' } };
  await measure({ address: `${service.address}/aps-workspaces/ws-1`, query: 'up', authentication });
  const credential = /^AWS4-HMAC-SHA256 Credential=AKID\/20261121\/eu-west-1\/aps\/aws4_request, SignedHeaders=/;
  assert.match(String(service.received.at(-1)?.headers.authorization), credential);
  await measure({ address: service.address, query: 'up', authentication });
  assert.equal(service.received.at(-1)?.headers.authorization, undefined);
});

test('the query that was asked is told', () => {
  const provider = { prometheus: { query: 'up' } };
  assert.deepEqual(prometheus.metadata?.({ name: 'm', provider }), { ResolvedPrometheusQuery: 'up' });
});
