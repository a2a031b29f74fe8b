// What the shared client promises beyond single answers: turns per host, other hosts untouched, redirects as Go does them.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { type LoopbackService, startService as startLoopback } from '../../../test/builders/loopback-service.ts';
import { hastyClock, patientClock } from '../../../test/builders/provider-tools.ts';
import { type HttpClientOptions, createHttpClient as makeClient } from './http-client.ts';

const never = new AbortController().signal;
/** Half a minute of the hasty clock: for answers that do come, however busy the machine is. */
const patientMs = 3_000_000;

/** Whatever a test opened is closed, also when it fails. */
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});
async function startService(...given: Parameters<typeof startLoopback>): Promise<LoopbackService> {
  const service = await startLoopback(...given);
  opened.push(service);
  return service;
}
function createHttpClient(options: HttpClientOptions): ReturnType<typeof makeClient> {
  const client = makeClient(options);
  opened.push(client);
  return client;
}

test('a hanging host takes its own turns only, and those that wait for one keep their deadline', async () => {
  const [hanging, healthy] = [await startService(), await startService()];
  hanging.answer = () => 'hang';
  healthy.answer = () => ({ status: 200, body: 'fine' });
  const client = createHttpClient({ clock: hastyClock, mostExchangesPerHost: 2 });
  const stuck = Promise.allSettled(
    Array.from({ length: 5 }, () => client.send({ method: 'GET', url: hanging.address, timeoutMs: 10_000 }, never)),
  );
  const answer = await client.send({ method: 'GET', url: healthy.address, timeoutMs: patientMs }, never);
  assert.equal(answer.body, 'fine');
  assert.ok(hanging.received.length <= 2);
  const reasons = (await stuck).map((ended) => String(ended.status === 'rejected' && ended.reason));
  assert.ok(
    reasons.every((text) => text.includes('context deadline exceeded (10 s)')),
    reasons.join(),
  );
  hanging.answer = () => ({ status: 200, body: 'again' });
  const later = await client.send({ method: 'GET', url: hanging.address, timeoutMs: patientMs }, never);
  assert.equal(later.body, 'again');
});

test('one that gave up while it waited leaves its turn to others', async () => {
  const service = await startService();
  service.answer = ({ url }) => (url === '/slow' ? 'hang' : { status: 200, body: url });
  const client = createHttpClient({ clock: patientClock, mostExchangesPerHost: 1 });
  const [slow, waiting] = [new AbortController(), new AbortController()];
  const send = (path: string, signal: AbortSignal) =>
    client.send({ method: 'GET', url: service.address + path, timeoutMs: 60_000 }, signal);
  const first = assert.rejects(send('/slow', slow.signal), /context canceled/);
  const second = assert.rejects(send('/given-up', waiting.signal), /context canceled/);
  const third = send('/third', never);
  waiting.abort();
  await second;
  slow.abort();
  await first;
  assert.equal((await third).body, '/third');
  assert.deepEqual(
    service.received.map(({ url }) => url).filter((url) => url === '/given-up'),
    [],
  );
});

test('303 and 302 become a GET without a body, 307 repeats the request', async () => {
  const service = await startService();
  const client = createHttpClient({ clock: patientClock });
  for (const [status, want] of [
    [302, 'GET '],
    [303, 'GET '],
    [307, 'POST body'],
    [308, 'POST body'],
  ] as const) {
    service.answer = ({ url }) => (url === '/' ? { status, headers: { location: '/next' } } : { status: 200 });
    await client.send({ method: 'POST', url: service.address, body: 'body', timeoutMs: 10_000 }, never);
    const last = service.received.at(-1);
    assert.equal(`${last?.method} ${last?.body}`, want);
  }
});

test('what holds a secret goes to no other host, by whatever redirect, and on to its own', async () => {
  const [service, elsewhere] = [await startService(), await startService({ hostname: 'localhost' })];
  const client = createHttpClient({ clock: patientClock });
  const headers = { authorization: 'Bearer s3cret', cookie: 's3cret', 'x-key': 's3cret', 'content-type': 'text/plain' };
  const send = (more: object = {}) =>
    client.send(
      { method: 'POST', url: service.address, headers, body: 'with s3cret', timeoutMs: 10_000, ...more },
      never,
    );
  for (const status of [301, 302, 303, 307, 308]) {
    elsewhere.answer = () => ({ status: 200 });
    service.answer = () => ({ status, headers: { location: `${elsewhere.address}/there` } });
    const keepsBody = status >= 307;
    if (keepsBody) await assert.rejects(send({ hasSecretBody: true }), /another host, to which the secret in the body/);
    else await send({ hasSecretBody: true });
    assert.equal(elsewhere.received.length, keepsBody ? 0 : 1);
    assert.ok(!JSON.stringify(elsewhere.received).includes('s3cret'));
    elsewhere.received.length = 0;
    service.answer = ({ url }) => (url === '/' ? { status, headers: { location: '/next' } } : { status: 200 });
    await send({ hasSecretBody: true });
    assert.equal(service.received.at(-1)?.headers['x-key'], 's3cret');
  }
  service.answer = () => ({ status: 307, headers: { location: elsewhere.address } });
  await send();
  assert.equal(elsewhere.received.at(-1)?.body, 'with s3cret', 'a body that nobody marked goes along, as in Go');
});

test('a proxy of the environment is asked, but not for the machine itself', async () => {
  const [proxy, service] = [await startService(), await startService()];
  proxy.answer = () => ({ status: 200, body: 'by proxy' });
  service.answer = () => ({ status: 200, body: 'directly' });
  const environment = { HTTP_PROXY: proxy.address };
  const client = createHttpClient({ clock: patientClock, environment });
  const get = (url: string) => client.send({ method: 'GET', url, timeoutMs: 10_000 }, never);
  assert.equal((await get('http://prom.example:9090/api')).body, 'by proxy');
  assert.equal(proxy.received[0]?.url, 'http://prom.example:9090/api');
  assert.equal((await get(service.address)).body, 'directly');
  assert.equal(proxy.received.length, 1);
});

test('errors tell neither user nor query of an address', async () => {
  const client = createHttpClient({ clock: patientClock });
  const request = { method: 'GET', url: 'http://me:pass@127.0.0.1:1/path?key=secret', timeoutMs: 10_000 };
  await assert.rejects(client.send(request, never), { message: 'Get "http://127.0.0.1:1/path": connection refused' });
  const bad = { ...request, headers: { authorization: 'line\r\nbreak-secret' } };
  await assert.rejects(client.send(bad, never), /the request cannot be sent \(ERR_INVALID_CHAR\)/);
  await assert.rejects(client.send({ ...request, url: 'ftp://x' }, never), /unsupported protocol scheme "ftp"/);
});
