// Signatures against the published examples of AWS.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signSigv4 } from './sigv4.ts';

const scope = {
  service: 'service',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  now: Date.UTC(2015, 7, 30, 12, 36),
};

/** Names and signatures as in the test suite of AWS for signature version 4. */
const examples = [
  ['get-vanilla', 'GET', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  ['post-vanilla', 'POST', '/', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  [
    'get-vanilla-query-order-key-case',
    'GET',
    '/?Param2=value2&Param1=value1',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
] as const;

for (const [name, method, path, signature] of examples) {
  test(`signs as the example of AWS: ${name}`, async () => {
    const signed = await signSigv4({ method, url: `https://example.amazonaws.com${path}`, timeoutMs: 1 }, scope);
    assert.equal(
      signed.headers?.authorization,
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
        `Signature=${signature}`,
    );
  });
}

test('a name that begins another sorts before it, whatever follows', async () => {
  const sign = async (query: string) =>
    (await signSigv4({ method: 'GET', url: `https://example.amazonaws.com/?${query}`, timeoutMs: 1 }, scope)).headers;
  assert.equal((await sign('a-b=1&a=2'))?.authorization, (await sign('a=2&a-b=1'))?.authorization);
});

test('what the request had is kept, but for an authorization of another kind', async () => {
  const request = {
    method: 'POST',
    url: 'https://e.com/p',
    headers: { Authorization: 'x', 'X-Scope': 'me' },
    body: 'q',
  };
  const { headers = {}, ...rest } = await signSigv4({ ...request, timeoutMs: 1 }, scope);
  assert.deepEqual(rest, { method: 'POST', url: 'https://e.com/p', body: 'q', timeoutMs: 1 });
  assert.deepEqual(Object.keys(headers).sort(), ['X-Scope', 'authorization', 'x-amz-date']);
  assert.match(String(headers.authorization), /SignedHeaders=host;x-amz-date;x-scope, /);
});
