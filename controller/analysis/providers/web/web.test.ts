// Web metrics beyond the contract suite: the vectors of analysis.md §5.2 and §8.7.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startService } from '../../../../test/builders/loopback-service.ts';
import { makeProviderTools } from '../../../../test/builders/provider-tools.ts';
import type { WebMetric } from '../../../api/types.generated.ts';
import { web } from './client.ts';
import { webRequest } from './request.ts';
import { webAnswer } from './response.ts';

const list = '{"a":[{"n":"x","v":1},{"n":"y","v":2}]}';

const vectors: readonly [body: string, jsonPath: string | undefined, value: string, result: unknown][] = [
  ['{"a":{"b":5}}', '{$.a.b}', '5', 5],
  ['{"a":{"b":5}}', '{.a.b}', '5', 5],
  ['{"a":{"b":5}}', '$.a.b', '"$.a.b"', '$.a.b'],
  ['{"z":1,"a":{"d":"<&>","b":5}}', undefined, '{"a":{"b":5,"d":"\\u003c\\u0026\\u003e"},"z":1}', undefined],
  ['{"a":[1,2,3]}', '{.a[*]}', '1', 1],
  ['{"a":[1,2,3]}', '{.a}', '[1,2,3]', [1, 2, 3]],
  ['{"a":[1,2,3]}', '{.a[-1:]}', '3', 3],
  ['{"a":[1,2,3]}', '{.a[1:3]}', '2', 2],
  [list, '{.a[?(@.n=="y")].v}', '2', 2],
  [list, '{.a[?(@.v>1.0)].n}', '"y"', 'y'],
  [list, '{..v}', '1', 1],
  [list, '{range .a[*]}{.v}{end}', '1', 1],
  ['{"a.b":1}', '{.a\\.b}', '1', 1],
  ['{"a":null}', '{.a}', 'null', null],
  ['null', '{$}', 'null', null],
  ['', '{$.ok}', '', ''],
  ['OK\n', '{$.ok}', 'OK\n', 'OK\n'],
];
for (const [body, jsonPath, value, result] of vectors) {
  test(`${jsonPath} of ${JSON.stringify(body)} is ${JSON.stringify(value)}`, () => {
    const answer = webAnswer({ status: 200, headers: {}, body }, jsonPath);
    assert.ok(answer.is === 'value');
    assert.equal(answer.value, value);
    if (result !== undefined) assert.deepEqual(answer.result, result);
  });
}

const errors: readonly [body: string, jsonPath: string, message: string][] = [
  ['{"a":{"b":5}}', '{.a.c}', 'Could not find JSONPath in body: c is not found'],
  ['{"a":[1,2,3]}', '{.a[5]}', 'Could not find JSONPath in body: array index out of bounds: index 5, length 3'],
  [list, '{.a[?(@.n=="z")].v}', 'result of web metric produced no value'],
  [list, '{.a[?(@.v>1)].n}', 'Could not find JSONPath in body: incompatible types for comparison'],
  ['{"a":1}', '{.a', 'unclosed action'],
];
for (const [body, jsonPath, message] of errors) {
  test(`${jsonPath} of ${body} is an error`, () => {
    assert.throws(() => webAnswer({ status: 200, headers: {}, body }, jsonPath), { message });
  });
}

test('only 2xx is an answer (V-77)', () => {
  const message = 'received non 2xx response code: 404';
  assert.throws(() => webAnswer({ status: 404, headers: {}, body: '{}' }, '{$}'), { message });
});

test('a JSON body sets the content type', () => {
  const headers = [{ key: 'Content-Type', value: 'text/plain' }];
  const request = webRequest({ url: 'http://w', method: 'PUT', headers, jsonBody: { a: 1 }, timeoutSeconds: -1 });
  assert.deepEqual(request.headers, { 'content-type': 'application/json' });
  assert.equal(request.body, '{"a":1}');
  assert.equal(request.timeoutMs, 10_000);
});

const refusals: readonly [WebMetric, string][] = [
  [
    { url: 'u', method: 'POST', body: 'a', jsonBody: {} },
    'use either Body or JSONBody; both cannot exists for WebMetric payload',
  ],
  [{ url: 'u', body: 'a' }, 'Body/JSONBody can only be used with POST or PUT WebMetric Method types'],
  [{ url: 'u', jsonBody: {} }, 'Body/JSONBody can only be used with POST or PUT WebMetric Method types'],
];
for (const [metric, message] of refusals) {
  test(`refuses ${JSON.stringify(metric)}`, () => {
    assert.throws(() => webRequest(metric), { message });
  });
}

async function measured(metric: Partial<WebMetric>) {
  const service = await startService();
  service.answer = ({ url }) => ({ status: 200, body: url === '/token' ? '{"access_token":"t0ken"}' : '{"ok":true}' });
  const tools = makeProviderTools();
  const oauth2 = metric.authentication?.oauth2 && {
    ...metric.authentication.oauth2,
    tokenUrl: `${service.address}/token`,
  };
  const authentication = { ...metric.authentication, ...(oauth2 ? { oauth2 } : {}) };
  const asked = { url: `${service.address}/check`, ...metric, authentication };
  const run = { metadata: { name: 'r', namespace: 'demo' } } as never;
  try {
    await web.run({ metric: { name: 'm', provider: { web: asked } }, run, finishedCount: 0 }, tools);
  } finally {
    tools.close();
    await service.close();
  }
  return { received: service.received, redacted: tools.redacted };
}

test('with OAuth2 a token is fetched first, and hidden', async () => {
  const { received, redacted } = await measured({
    authentication: { oauth2: { clientId: 'me', clientSecret: 's3cret' } },
  });
  assert.deepEqual(
    received.map(({ url }) => url),
    ['/token', '/check'],
  );
  assert.equal(received[1]?.headers.authorization, 'Bearer t0ken');
  assert.ok(redacted.includes('t0ken'));
});

test('SLIPWAY: user and password are sent, and hidden in the form in which they are', async () => {
  const { received, redacted } = await measured({
    authentication: { basicAuth: { username: 'me', password: 'pässword' } },
  });
  const form = Buffer.from('me:pässword').toString('base64');
  assert.equal(received[0]?.headers.authorization, `Basic ${form}`);
  assert.deepEqual(redacted, [form]);
});
