// A metric plugin without Go: the server's side of go-plugin in Node, for tests of who calls it. It does as its arguments
// (how it starts) and its configuration in the metric (what it answers) say. `fakePlugin` makes an executable of it.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { goType } from '../../controller/plugins/go-types.ts';
import { GobDecoder } from '../../controller/plugins/gob/decoder.ts';
import { GobEncoder } from '../../controller/plugins/gob/encoder.ts';
import { type GobType, gobString, gobStruct, gobUint } from '../../controller/plugins/gob/types.ts';
import { encodeFrame, FrameParser, flags } from '../../controller/plugins/wire/yamux-frames.ts';

/** The path of an executable, below a folder that `remove` removes. */
export function fakePlugin(): { readonly folder: string; readonly path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'fake-plugin-'));
  const path = join(folder, 'fake');
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${import.meta.filename}' "$@"\n`);
  chmodSync(path, 0o755);
  return { folder, path, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

type Results = (method: string, argument: unknown) => readonly [GobType, unknown] | Error | 'none';

const measurement = goType('Measurement');
const texts: GobType = { kind: 'map', key: gobString, item: gobString };
const rpcError = gobStruct('RpcError', { ErrorString: gobString });
const empty = gobStruct('', {});
const responseType = gobStruct('Response', { ServiceMethod: gobString, Seq: gobUint, Error: gobString });
const uint: GobType = { kind: 'uint' };

/** One net/rpc connection. */
function serve(answer: Results, send: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  const decoder = new GobDecoder();
  const encoder = new GobEncoder();
  const values: unknown[] = [];
  return (bytes) => {
    values.push(...decoder.push(bytes));
    while (values.length >= 2) {
      const [header, argument] = values.splice(0, 2) as [Record<string, unknown>, unknown];
      const result = answer(String(header.ServiceMethod), argument);
      if (result === 'none') continue;
      const isError = result instanceof Error;
      const response = { ...header, Error: isError ? result.message : '' };
      send(encoder.encode(responseType, response));
      send(isError ? encoder.encode(empty, {}) : encoder.encode(...result));
    }
  };
}

function control(method: string): ReturnType<Results> {
  if (method === 'Control.Ping' && process.argv.includes('--no-ping')) return 'none';
  if (method === 'Control.Quit') setTimeout(() => process.exit(process.argv.includes('--no-quit') ? undefined : 0), 1);
  if (method === 'Control.Quit' && process.argv.includes('--no-quit')) return 'none';
  return method === 'Dispenser.Dispense' ? [uint, 7] : [empty, {}];
}

let runs = 0;

function plugin(method: string, argument: unknown): ReturnType<Results> {
  const { Metric, Measurement, Limit } = ((argument as { value?: unknown } | undefined)?.value ?? {}) as {
    Metric?: { Provider: { Plugin: Map<string, Uint8Array> } };
    Measurement?: { Metadata?: Map<string, string> };
    Limit?: number;
  };
  const [raw] = [...(Metric?.Provider.Plugin.values() ?? [])];
  const config = raw === undefined ? {} : JSON.parse(Buffer.from(raw).toString());
  switch (method) {
    case 'Plugin.InitPlugin':
      return [rpcError, { ErrorString: process.argv.includes('--no-licence') ? 'no licence' : '' }];
    case 'Plugin.Type':
      return [gobString, 'Fake'];
    case 'Plugin.GetMetadata':
      return [texts, { judge: config.note ?? '' }];
    case 'Plugin.GarbageCollect':
      return [rpcError, { ErrorString: `${Limit} are kept` }];
    case 'Plugin.Run':
      break;
    case 'Plugin.Resume':
      return measured({
        phase: 'Successful',
        value: 'done',
        metadata: Object.fromEntries(Measurement?.Metadata ?? []),
      });
    case 'Plugin.Terminate':
      return measured({ phase: config.do === 'fail' ? 'Error' : 'Successful', message: 'stopped' });
    default:
      return new Error(`rpc: can't find method ${method}`);
  }
  runs += 1;
  if (config.do === 'crash') process.exit(3);
  if (config.do === 'hang') return 'none';
  if (config.do === 'refuse') return new Error('I will not');
  if (config.do === 'fail') return measured({ phase: 'Error', message: 'no such judge' });
  if (config.do === 'last')
    return measured({ phase: 'Running', resumeAt: '2030-01-02T02:04:05Z', metadata: { job: '7' } });
  const value = config.size === undefined ? 'done' : 'x'.repeat(config.size);
  const metadata = { pid: String(process.pid), runs: String(runs), seen: Buffer.from(raw ?? []).toString() };
  return measured({ phase: 'Successful', value, metadata });
}

const measured = (told: object) => [measurement.gob, measurement.of(told)] as const;

/** The server's half of a session: streams in the order in which they come. */
function session(socket: Socket): void {
  const readers = new Map<number, (bytes: Uint8Array) => void>();
  const windows = new Map<number, { open: number; waiting: Uint8Array }>();
  const flush = (id: number): void => {
    const window = windows.get(id);
    if (window === undefined) return;
    while (window.waiting.length > 0 && window.open > 0) {
      const part = window.waiting.subarray(0, Math.min(window.open, 32 * 1024));
      window.waiting = window.waiting.subarray(part.length);
      window.open -= part.length;
      socket.write(encodeFrame({ type: 'data', flags: 0, id, length: part.length }));
      socket.write(part);
    }
  };
  const sendOn = (id: number) => (bytes: Uint8Array) => {
    const window = windows.get(id);
    if (window !== undefined) window.waiting = Buffer.concat([window.waiting, bytes]);
    flush(id);
  };
  let opened = 0;
  const readerOf = (id: number): ((bytes: Uint8Array) => void) => {
    opened += 1;
    if (opened === 1) return serve(control, sendOn(id));
    if (opened <= 3) {
      if (opened === 2) sendOn(id)(Buffer.from('said on stdout\n'));
      return () => {};
    }
    const serving = serve(plugin, sendOn(id));
    let echo = Buffer.alloc(0);
    return (bytes) => {
      const missing = 4 - echo.length;
      if (missing > 0) echo = Buffer.concat([echo, bytes.subarray(0, missing)]);
      if (missing > 0 && echo.length === 4) sendOn(id)(echo);
      if (bytes.length > missing) serving(bytes.subarray(missing));
    };
  };
  const parser = new FrameParser({
    onFrame({ type, flags: given, id, length }) {
      if (type === 'window' && (given & flags.syn) !== 0) {
        windows.set(id, { open: 256 * 1024, waiting: new Uint8Array() });
        readers.set(id, readerOf(id));
      } else if (type === 'window') {
        const window = windows.get(id);
        if (window !== undefined) window.open += length;
        flush(id);
      }
    },
    onData({ id }, bytes, left) {
      readers.get(id)?.(bytes);
      if (left === 0) socket.write(encodeFrame({ type: 'window', flags: 0, id, length: bytes.length }));
    },
  });
  socket.on('data', (bytes: Buffer) => parser.push(bytes));
  socket.on('error', () => process.exit(1));
}

function start(): void {
  const [how = ''] = process.argv.slice(2).filter((argument) => argument.startsWith('--say='));
  const { ARGO_ROLLOUTS_RPC_PLUGIN: cookie, PLUGIN_UNIX_SOCKET_DIR: folder = '' } = process.env;
  if (cookie !== 'metricprovider') process.exit(1);
  if (how === '--say=nothing') {
    setInterval(() => {}, 1000);
    return;
  }
  if (how !== '') {
    console.log(how.slice('--say='.length));
    setInterval(() => {}, 1000);
    return;
  }
  console.error('{"@level":"warn","@message":"said on stderr","@timestamp":"2026-11-21T03:15:04Z"}');
  const server = createServer(session);
  if (process.argv.includes('--tcp')) {
    server.listen(0, '127.0.0.1', () => {
      console.log(`1|1|tcp|127.0.0.1:${(server.address() as { port: number }).port}|netrpc|`);
    });
  } else {
    const path = join(folder, 'fake');
    server.listen(path, () => console.log(`1|1|unix|${path}|netrpc|`));
  }
}

if (import.meta.main) start();
