// What goes along with a redirect, by where it leads; the exchanges themselves are in http-client.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redirectOf } from './redirect.ts';

const to = (from: string, location: string, status = 307) => {
  const headers = { authorization: 'Bearer s3cret', accept: 'application/json' };
  const request = { method: 'POST', url: from, headers, body: 'q', hasSecretBody: true, timeoutMs: 1 };
  return redirectOf(request, new URL(from), { status, headers: { location }, body: '' });
};

test('the same host may ask for TLS, and gets what it got before', () => {
  const next = to('http://me:pass@prom.example/api', 'https://prom.example/api');
  assert.deepEqual(
    [next?.url, next?.headers?.authorization, next?.body],
    ['https://me:pass@prom.example/api', 'Bearer s3cret', 'q'],
  );
});

test('TLS is not given up, and another port or name is another host', () => {
  for (const [from, location] of [
    ['https://prom.example/', 'http://prom.example/'],
    ['http://prom.example/', 'https://prom.example:8443/'],
    ['http://prom.example:9090/', 'https://prom.example/'],
    ['http://prom.example/', 'https://prom.example.evil/'],
    ['http://prom.example/', '//evil.example/'],
  ] as const) {
    assert.throws(() => to(from, location), /another host, to which the secret in the body is not sent/);
    const read = to(from, location, 303);
    assert.deepEqual([read?.method, read?.headers, read?.body], ['GET', { accept: 'application/json' }, undefined]);
  }
});

test('an answer without an address is the answer', () => {
  assert.equal(
    redirectOf({ method: 'GET', url: 'http://a', timeoutMs: 1 }, new URL('http://a'), {
      status: 304,
      headers: {},
      body: '',
    }),
    undefined,
  );
});
