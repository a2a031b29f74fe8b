// The connection to a plugin that runs (hashicorp/go-plugin): yamux over its socket; the first three streams are control,
// stdout and stderr; what it serves is dispensed by a number, which opens one more stream with net/rpc on it.

import { connect, type Socket } from 'node:net';
import type { Clock } from '../../lang/time.ts';
import { gobBool, gobString } from '../gob/types.ts';
import { PluginError } from '../plugin-error.ts';
import { type CallLimits, RpcClient } from '../wire/rpc-client.ts';
import { YamuxSession } from '../wire/yamux.ts';
import type { StreamListener } from '../wire/yamux-stream.ts';
import type { PluginAddress } from './handshake.ts';
import { Lines } from './lines.ts';

export interface Connection {
  readonly control: RpcClient;
  /** Another net/rpc connection, to what the plugin serves under that name. Rejects with an RpcError or PluginError. */
  dispense(name: string, limits: CallLimits): Promise<RpcClient>;
  readonly ended: Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  readonly clock: Clock;
  /** Told each line of stdout and stderr. */
  readonly onLine: (line: string) => void;
}

const dialMs = 10_000;

/** Rejects with a PluginError. */
export async function connectTo(address: PluginAddress, { clock, onLine }: ConnectOptions): Promise<Connection> {
  const ended = Promise.withResolvers<void>();
  const session = new YamuxSession(await dial(address, clock), (problem) => {
    if (problem !== undefined) onLine(`its connection broke: ${problem}`);
    ended.resolve();
  });
  const control = new RpcClient((listener) => session.open(listener));
  session.open(linesOf(onLine));
  session.open(linesOf(onLine));
  return {
    control,
    ended: ended.promise,
    async dispense(name, limits) {
      const id = await control.call('Dispenser.Dispense', gobString, name, limits);
      if (!isUint32(id)) throw new PluginError(`it gives no number for ${name}`);
      return openBrokered(session, id);
    },
    close: () => session.close(),
  };
}

export const ping = (control: RpcClient, limits: CallLimits): Promise<unknown> =>
  control.call('Control.Ping', gobBool, true, limits);

export const quit = (control: RpcClient, limits: CallLimits): Promise<unknown> =>
  control.call('Control.Quit', gobBool, true, limits);

function dial(address: PluginAddress, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { network: _network, ...where } = address;
    const socket = connect(where);
    const fail = ({ code, message }: NodeJS.ErrnoException): void => {
      timer.cancel();
      reject(new PluginError(`its socket cannot be connected to: ${code ?? message}`));
    };
    const timer = clock.schedule(dialMs, () => void socket.destroy(new Error(`not within ${dialMs / 1000} s`)));
    socket.once('error', fail);
    socket.once('connect', () => {
      timer.cancel();
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

function linesOf(onLine: (line: string) => void): StreamListener {
  const lines = new Lines(onLine);
  return { onData: (bytes) => lines.push(bytes), onEnd: () => lines.end() };
}

/** The number goes there, and comes back before anything else does, each as 4 bytes, little-endian. */
function openBrokered(session: YamuxSession, id: number): RpcClient {
  const number = Buffer.alloc(4);
  number.writeUInt32LE(id);
  return new RpcClient((listener) => {
    let echo = Buffer.alloc(0);
    const stream = session.open({
      onData(bytes) {
        const missing = number.length - echo.length;
        if (missing > 0) echo = Buffer.concat([echo, bytes.subarray(0, missing)]);
        if (echo.length === number.length && !echo.equals(number)) stream.close();
        else if (bytes.length > missing) listener.onData(bytes.subarray(missing));
      },
      onEnd: () => listener.onEnd(),
    });
    stream.write(number);
    return stream;
  });
}

function isUint32(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
}
