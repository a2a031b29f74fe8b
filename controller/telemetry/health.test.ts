// Real listeners on loopback: what a kubelet and a Prometheus see.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../kubernetes/log.ts';
import { ailment, readHealth, startHealth } from './health.ts';
import { startListeners } from './listeners.ts';

const host = '127.0.0.1';

async function ask(port: number, path: string) {
  const response = await fetch(`http://${host}:${port}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

async function listenersWith(scrape = () => Promise.resolve({ contentType: 'text/plain', body: 'a 1\n' })) {
  const health = startHealth();
  const listeners = await startListeners({
    ports: { metrics: 0, healthz: 0 },
    health,
    scrape,
    log: silentLogger,
    host,
  });
  return { health, listeners };
}

test('answers health, liveness, readiness and metrics, and nothing else', async () => {
  const { health, listeners } = await listenersWith();
  const { metrics, healthz } = listeners.addresses;
  const ok = { status: 200, type: 'text/plain; charset=utf-8', body: 'ok' };
  assert.deepEqual(await ask(healthz, '/healthz'), ok);
  assert.deepEqual(await ask(healthz, '/livez'), ok);
  const standby = await ask(healthz, '/readyz');
  assert.deepEqual([standby.status, standby.body], [200, '{"leader":false,"cachesSynced":false}']);
  health.leading(true, true);
  health.cachesSynced(true);
  assert.equal((await ask(healthz, '/readyz')).body, '{"leader":true,"cachesSynced":true}');
  assert.equal((await ask(healthz, '/')).status, 404);
  assert.deepEqual(await ask(metrics, '/metrics'), { status: 200, type: 'text/plain', body: 'a 1\n' });
  assert.equal((await ask(metrics, '/debug')).status, 404);
  await listeners.close();
  await assert.rejects(ask(metrics, '/metrics'));
});

test('a port that is taken is one clear line, for either listener', async () => {
  const { health, listeners } = await listenersWith();
  const scrape = () => Promise.resolve({ contentType: '', body: '' });
  const start = (ports: { metrics: number; healthz: number }) =>
    startListeners({ ports, health, scrape, log: silentLogger, host });
  const { metrics, healthz } = listeners.addresses;
  await assert.rejects(start({ metrics, healthz: 0 }), {
    message: `cannot listen on port ${metrics} (--metricsPort): the port is taken`,
  });
  await assert.rejects(start({ metrics: 0, healthz }), {
    message: `cannot listen on port ${healthz} (--healthzPort): the port is taken`,
  });
  await listeners.close();
});

test('a scrape that is under way is finished when the listeners close', async () => {
  const gate = Promise.withResolvers<void>();
  const { listeners } = await listenersWith(async () => {
    await gate.promise;
    return { contentType: 'text/plain', body: 'late' };
  });
  const scrape = ask(listeners.addresses.metrics, '/metrics');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = listeners.close();
  gate.resolve();
  assert.equal((await scrape).body, 'late');
  await closed;
});

test('a stalled event loop and a leader without an API are ailments, a quiet standby is not', () => {
  const state = { beatAt: 1_000_000, apiSucceededAt: 1_000_000, leader: true, elected: true, cachesSynced: true };
  assert.equal(ailment(state, 1_030_000), undefined);
  assert.equal(ailment(state, 1_030_001), 'event loop stalled');
  assert.equal(ailment({ ...state, beatAt: 1_300_001 }, 1_300_001), 'no successful API call for 5 minutes');
  assert.equal(ailment({ ...state, beatAt: 1_300_001, leader: false }, 1_300_001), undefined);
  assert.equal(ailment({ ...state, beatAt: 1_300_001, elected: false }, 1_300_001), undefined);
});

test('the numbers are shared between threads', () => {
  const health = startHealth();
  assert.ok(Date.now() - readHealth(health.memory).beatAt < 1_000);
  assert.equal(readHealth(health.memory).leader, false);
  health.leading(true, true);
  assert.equal(readHealth(health.memory).leader, true);
  health.stop();
});
