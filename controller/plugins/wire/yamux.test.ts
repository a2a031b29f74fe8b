// A yamux session against a peer that does as the test says: windows in both directions, pings, resets, and everything
// that a hostile peer may send.

import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { YamuxSession } from './yamux.ts';
import { encodeFrame, type Frame, FrameParser, flags } from './yamux-frames.ts';

let server: Server;
before(async () => {
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
after(() => server.close());

interface Peer {
  readonly socket: Socket;
  readonly frames: Frame[];
  /** Data of all streams. */
  readonly data: Buffer[];
}

let peer: Peer;
let session: YamuxSession;
let ended: (string | undefined)[];

beforeEach(async () => {
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  ended = [];
  session = new YamuxSession(socket, (problem) => ended.push(problem));
  const [frames, data]: [Frame[], Buffer[]] = [[], []];
  const parser = new FrameParser({
    onFrame: (frame) => frames.push(frame),
    onData: (_frame, bytes) => data.push(Buffer.from(bytes)),
  });
  peer = { socket: await accepted, frames, data };
  peer.socket.on('data', (bytes: Buffer) => parser.push(bytes));
  peer.socket.on('error', () => peer.socket.destroy());
});
afterEach(() => {
  session.close();
  peer.socket.destroy();
});

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 1) {
    assert.ok(waited < 2000, 'it never happened');
    await pause(2);
  }
}

function open(): { stream: ReturnType<YamuxSession['open']>; read: Buffer[]; ends: number[] } {
  const [read, ends]: [Buffer[], number[]] = [[], []];
  const stream = session.open({ onData: (bytes) => read.push(Buffer.from(bytes)), onEnd: () => ends.push(1) });
  return { stream, read, ends };
}

const send = (type: Frame['type'], frame: Partial<Frame>, data: Uint8Array = new Uint8Array()) =>
  peer.socket.write(Buffer.concat([encodeFrame({ flags: 0, id: 1, length: data.length, ...frame, type }), data]));
const received = () => Buffer.concat(peer.data).length;

test('streams are odd, and opened by a window frame with SYN', async () => {
  open();
  open();
  await until(() => peer.frames.length === 2);
  assert.deepEqual(
    peer.frames,
    [1, 3].map((id) => ({ type: 'window', flags: flags.syn, id, length: 0 })),
  );
});

test('no more is sent than the window of the peer allows, and the rest when it grows', async () => {
  const { stream } = open();
  stream.write(Buffer.alloc(300_000, 1));
  await until(() => received() === 256 * 1024);
  await pause(20);
  assert.equal(received(), 256 * 1024);
  send('window', { length: 1000 });
  await until(() => received() === 256 * 1024 + 1000);
  send('window', { length: 1_000_000 });
  await until(() => received() === 300_000);
});

test('the peer may go on sending: its window is given back as data is taken', async () => {
  const { read } = open();
  for (let n = 0; n < 40; n += 1) {
    const sent = n * 32 * 1024;
    await until(() => 256 * 1024 + granted() - sent >= 32 * 1024);
    send('data', {}, Buffer.alloc(32 * 1024, n));
  }
  await until(() => Buffer.concat(read).length === 40 * 32 * 1024);
  assert.equal(Buffer.concat(read).at(-1), 39);
  assert.deepEqual(ended, []);
});

const granted = () =>
  peer.frames
    .filter(({ type, flags: given }) => type === 'window' && given === 0)
    .reduce((sum, { length }) => sum + length, 0);

test('a ping is answered with its value', async () => {
  send('ping', { flags: flags.syn, id: 0, length: 77 });
  await until(() => peer.frames.length === 1);
  assert.deepEqual(peer.frames, [{ type: 'ping', flags: flags.ack, id: 0, length: 77 }]);
});

test('data arrives before the end that comes with it', async () => {
  const { read, ends } = open();
  send('data', { flags: flags.fin }, Buffer.from('last'));
  await until(() => ends.length > 0);
  assert.equal(String(Buffer.concat(read)), 'last');
});

test('a reset ends one stream, and no other', async () => {
  const one = open();
  const other = open();
  send('window', { flags: flags.rst, length: 0 });
  await until(() => one.ends.length === 1);
  send('data', { id: 3 }, Buffer.from('x'));
  await until(() => other.read.length === 1);
  assert.deepEqual([other.ends, ended], [[], []]);
});

test('a closed stream says so, and what still comes for it is skipped', async () => {
  const one = open();
  const other = open();
  one.stream.close();
  await until(() => peer.frames.some(({ id, flags: given }) => id === 1 && given === flags.fin));
  send('data', {}, Buffer.from('late'));
  send('data', { flags: flags.fin }, Buffer.from('later'));
  send('data', { flags: flags.fin }, Buffer.alloc(10_000));
  send('data', { id: 3 }, Buffer.from('x'));
  await until(() => other.read.length === 1);
  assert.deepEqual([one.read, ended], [[], []]);
});

test('a stream that the peer opens is refused', async () => {
  send('window', { flags: flags.syn, id: 2, length: 0 });
  await until(() => peer.frames.length === 1);
  assert.deepEqual(peer.frames, [{ type: 'window', flags: flags.rst, id: 2, length: 0 }]);
});

test('the end of the connection, or a go-away, ends every stream once', async () => {
  const { ends } = open();
  send('goAway', { id: 0, length: 0 });
  await until(() => ended.length > 0);
  peer.socket.destroy();
  await pause(10);
  assert.deepEqual([ended, ends], [[undefined], [1]]);
  const late = open();
  await until(() => late.ends.length === 1);
});

test('the session says goodbye', async () => {
  session.close();
  await until(() => peer.frames.length === 1);
  assert.deepEqual(peer.frames, [{ type: 'goAway', flags: 0, id: 0, length: 0 }]);
});

const hostile: readonly (readonly [name: string, act: () => unknown, text: RegExp])[] = [
  ['no yamux', () => peer.socket.write('HTTP/1.1 400 Bad Request\r\n'), /no yamux/],
  ['more than its window', () => send('data', { length: 256 * 1024 + 1 }), /more than its window allows/],
  ['a window without end', () => [1, 2].forEach(() => void send('window', { length: 0xffff_ffff })), /too large/],
  ['a refusal', () => send('goAway', { id: 0, length: 2 }), /refuses to go on/],
];

for (const [name, act, text] of hostile) {
  test(`a peer that sends ${name} ends the session`, async () => {
    const { ends } = open();
    act();
    await until(() => ended.length > 0);
    assert.match(ended[0] ?? '', text);
    assert.deepEqual(ends, [1]);
  });
}

test('a peer that takes nothing is given up before memory is full', async () => {
  const { stream, ends } = open();
  for (let n = 0; n < 40; n += 1) stream.write(Buffer.alloc(1024 * 1024));
  await until(() => ended.length > 0);
  assert.match(ended[0] ?? '', /does not read what it is sent/);
  assert.deepEqual(ends, [1]);
});

test('a peer that pings and reads nothing is given up, too', async () => {
  peer.socket.pause();
  const pings = Buffer.concat(
    Array.from({ length: 50_000 }, () => encodeFrame({ type: 'ping', flags: flags.syn, id: 0, length: 1 })),
  );
  peer.socket.on('error', () => peer.socket.destroy());
  const flood = () => !peer.socket.destroyed && ended.length === 0 && peer.socket.write(pings, flood);
  flood();
  await until(() => ended.length > 0);
  assert.match(ended[0] ?? '', /does not read what it is sent/);
});
