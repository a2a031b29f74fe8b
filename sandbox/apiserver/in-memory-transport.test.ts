import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KubeError, type Transport } from '../../controller/kubernetes/transport.ts';
import type { TransportRefusal } from './in-memory-transport.ts';
import { configMap, configMaps, startTestServer } from './test-server.ts';

type Refused = Pick<TransportRefusal, 'status' | 'reason' | 'message' | 'retryAfterMs'>;

test('it is a Transport of the controller, and its refusals have the fields of a KubeError', async () => {
  const { server } = startTestServer();
  const transport: Transport = server.transport('system:serviceaccount:a:b') as unknown as Transport;
  const refused: unknown = await transport
    .request({ verb: 'GET', path: `${configMaps}/none` })
    .catch((problem) => problem);
  const like = new KubeError({ status: 404, reason: 'NotFound', message: 'configmaps "none" not found' });
  const { status, reason, message } = refused as Refused;
  assert.deepEqual([status, reason, message], [like.status, like.reason, like.message]);
});

test('answers share the stored objects, frozen', async () => {
  const { server } = startTestServer();
  const transport = server.transport();
  const { body } = await transport.request({ verb: 'POST', path: configMaps, body: configMap('a') });
  const again = await transport.request({ verb: 'GET', path: `${configMaps}/a` });
  assert.equal(again.body, body);
  assert.ok(Object.isFrozen(body));
});

test('a watch tells that it is open, then its frames, then once that it is over', async () => {
  const { server, ok, clock } = startTestServer();
  const told: string[] = [];
  server.transport().watch(
    { verb: 'GET', path: configMaps, query: { timeoutSeconds: 1 } },
    {
      opened: () => told.push('opened'),
      frame: ({ type }) => told.push(type),
      closed: (problem) => told.push(`closed ${problem?.message ?? 'cleanly'}`),
    },
  );
  await clock.settle();
  await ok('POST', configMaps, configMap('a'));
  await clock.runFor(2000);
  assert.deepEqual(told, ['opened', 'ADDED', 'closed cleanly']);
});

test('a refused watch and a throwing consumer end through closed', async () => {
  const { server, ok, clock } = startTestServer();
  const told: (string | undefined)[] = [];
  const closed = (problem: Error | undefined): void => void told.push(problem?.message);
  server.transport().watch({ verb: 'GET', path: '/api/v1/nothing' }, { frame: () => undefined, closed });
  await ok('POST', configMaps, configMap('a'));
  server.transport().watch(
    { verb: 'GET', path: configMaps },
    {
      frame: () => {
        throw new Error('a bug of the consumer');
      },
      closed,
    },
  );
  await clock.settle();
  assert.deepEqual(told, ['the server could not find the requested resource', 'a bug of the consumer']);
});

test('after cancel and after close nothing is said any more', async () => {
  const { server, ok, clock } = startTestServer();
  const told: string[] = [];
  const sink = { frame: () => void told.push('frame'), closed: () => void told.push('closed') };
  const transport = server.transport();
  transport.watch({ verb: 'GET', path: configMaps }, sink).cancel();
  transport.watch({ verb: 'GET', path: configMaps }, sink);
  await clock.settle();
  transport.close();
  await ok('POST', configMaps, configMap('a'));
  await clock.settle();
  assert.deepEqual(told, []);
});

test('faults: a refusal with Retry-After, a lost answer, a delay, a dropped watch', async () => {
  const { server, ok, clock } = startTestServer();
  const transport = server.transport();
  const isPost = ({ method }: { method: string }): boolean => method === 'POST';
  const fail = async (name: string): Promise<Refused> => {
    const request = transport.request({ verb: 'POST', path: configMaps, body: configMap(name) });
    return (await request.catch((problem: unknown) => problem)) as Refused;
  };
  server.faults.add({
    match: isPost,
    fault: { kind: 'refuse', status: 429, reason: 'TooManyRequests', retryAfterSeconds: 2 },
    times: 1,
  });
  assert.deepEqual([(await fail('a')).status, server.faults.strike({ method: 'POST', path: '' })], [429, undefined]);
  server.faults.add({ match: isPost, fault: { kind: 'refuse', status: 503, retryAfterSeconds: 2 }, times: 1 });
  assert.equal((await fail('a')).retryAfterMs, 2000);
  server.faults.add({ match: isPost, fault: { kind: 'lose-answer' }, times: 1 });
  assert.equal((await fail('a')).status, 0);
  await ok('GET', `${configMaps}/a`); // it was done all the same
  server.faults.add({ match: isPost, fault: { kind: 'delay', ms: 3000 }, times: 1 });
  let isDone = false;
  void transport.request({ verb: 'POST', path: configMaps, body: configMap('b') }).then(() => {
    isDone = true;
  });
  await clock.runFor(2900);
  assert.equal(isDone, false);
  await clock.runFor(200);
  assert.equal(isDone, true);
  server.faults.add({
    match: ({ method }) => method === 'GET',
    fault: { kind: 'drop-watch', afterFrames: 1 },
    times: 1,
  });
  const told: string[] = [];
  transport.watch(
    { verb: 'GET', path: configMaps },
    { frame: () => void told.push('frame'), closed: () => void told.push('closed') },
  );
  await clock.settle();
  assert.deepEqual(told, ['frame', 'closed']);
});
