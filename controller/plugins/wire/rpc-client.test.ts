// net/rpc against a stream that a test writes: order, errors, time, and answers that are none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hastyClock, patientClock } from '../../../test/builders/provider-tools.ts';
import { GobDecoder } from '../gob/decoder.ts';
import { GobEncoder } from '../gob/encoder.ts';
import { type GobType, gobInterface, gobString, gobStruct, gobUint } from '../gob/types.ts';
import { RpcClient } from './rpc-client.ts';
import type { StreamListener } from './yamux-stream.ts';

const responseType = gobStruct('Response', { ServiceMethod: gobString, Seq: gobUint, Error: gobString });
const limits = { clock: patientClock, timeoutMs: 30_000 };

function connection() {
  let listener: StreamListener | undefined;
  let isClosed = false;
  const requests = new GobDecoder();
  const received: unknown[] = [];
  const answers = new GobEncoder();
  const client = new RpcClient((given) => {
    listener = given;
    return {
      write: (bytes) => received.push(...requests.push(bytes)),
      close: () => {
        isClosed = true;
      },
    };
  });
  return {
    client,
    received,
    isClosed: () => isClosed,
    raw: (bytes: Uint8Array) => listener?.onData(bytes),
    end: () => listener?.onEnd(),
    answer(seq: number, type: GobType, value: unknown, error = ''): void {
      const header = answers.encode(responseType, { ServiceMethod: 'Plugin.X', Seq: seq, Error: error });
      listener?.onData(Buffer.concat([header, answers.encode(type, value)]));
    },
  };
}

test('a request is its header and its argument', async () => {
  const { client, received, answer } = connection();
  const calls = [1, 2].map(() => client.call('Plugin.Type', gobInterface, undefined, limits));
  assert.deepEqual(JSON.parse(JSON.stringify(received)), [
    { ServiceMethod: 'Plugin.Type' },
    null,
    { ServiceMethod: 'Plugin.Type', Seq: 1 },
    null,
  ]);
  answer(1, gobString, 'second');
  answer(0, gobString, 'first');
  assert.deepEqual(await Promise.all(calls), ['first', 'second']);
});

test('an error of the other end is one', async () => {
  const { client, answer } = connection();
  const call = client.call('Plugin.Run', gobString, 'x', limits);
  answer(0, gobStruct('', {}), {}, 'rpc: can’t find service Plugin');
  await assert.rejects(call, { name: 'RpcError', message: 'rpc: can’t find service Plugin' });
});

test('an answer that comes too late is nobody’s', async () => {
  const { client, answer } = connection();
  const late = client.call('Plugin.Run', gobString, 'x', { clock: hastyClock, timeoutMs: 1000 });
  await assert.rejects(late, { name: 'RpcError', message: 'no answer within 1 s' });
  await client.idle();
  answer(0, gobString, 'late');
  const next = client.call('Plugin.Run', gobString, 'x', limits);
  answer(1, gobString, 'in time');
  assert.equal(await next, 'in time');
});

test('an abort ends the wait, also one that was there before', async () => {
  const { client, received } = connection();
  const abort = new AbortController();
  const call = client.call('Plugin.Run', gobString, 'x', { ...limits, signal: abort.signal });
  abort.abort();
  await assert.rejects(call, { message: 'context canceled' });
  const sent = received.length;
  await assert.rejects(client.call('Plugin.Run', gobString, 'x', { ...limits, signal: abort.signal }));
  assert.equal(received.length, sent, 'nothing was sent');
});

test('the end of the stream fails what waits, and what is called later', async () => {
  const { client, end } = connection();
  const call = client.call('Plugin.Run', gobString, 'x', limits);
  end();
  await assert.rejects(call, { message: 'unexpected EOF' });
  await assert.rejects(client.call('Plugin.Run', gobString, 'x', limits), { message: 'connection is shut down' });
});

const noise: readonly (readonly [name: string, bytes: () => Uint8Array])[] = [
  ['no gob', () => Buffer.alloc(100, 'H')],
  ['a value that is no header', () => new GobEncoder().encode(gobString, 'hello')],
  ['an error that is no text', structuredError],
];
for (const [name, bytes] of noise) {
  test(`${name} ends the connection`, async () => {
    const { client, raw, isClosed } = connection();
    const call = client.call('Plugin.Run', gobString, 'x', limits);
    raw(bytes());
    await assert.rejects(call, { name: 'RpcError', message: /^the answer cannot be read: / });
    assert.ok(isClosed());
  });
}

/** Nothing makes a text of an object without a prototype, as which a struct is read. */
function structuredError(): Uint8Array {
  const encoder = new GobEncoder();
  const type = gobStruct('Response', { Error: gobStruct('Problem', { Text: gobString }) });
  const header = encoder.encode(type, { Error: { Text: 'no' } });
  return Buffer.concat([header, encoder.encode(gobString, '')]);
}
