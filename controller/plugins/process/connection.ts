// The connection to a plugin that runs (hashicorp/go-plugin): yamux over its socket; the first three streams are control,
// stdout and stderr; what it serves is dispensed by a number, which opens one more stream with net/rpc on it.

import { connect, type Socket } from 'node:net';
import type { Logger } from '../../kubernetes/log.ts';
import { gobBool, gobString } from '../gob/types.ts';
import { PluginError } from '../plugin-error.ts';
import { type CallLimits, RpcClient } from '../wire/rpc-client.ts';
import { YamuxSession } from '../wire/yamux.ts';
import type { StreamListener } from '../wire/yamux-stream.ts';
import type { PluginAddress } from './handshake.ts';
import { Lines } from './lines.ts';
import { logLine } from './plugin-log.ts';

export interface Connection {
  readonly control: RpcClient;
  /** Another net/rpc connection, to what the plugin serves under that name. Rejects with an RpcError or PluginError. */
  dispense(name: string, limits: CallLimits): Promise<RpcClient>;
  readonly ended: Promise<void>;
  close(): void;
}

/** Rejects with a PluginError. */
export async function connectTo(address: PluginAddress, log: Logger): Promise<Connection> {
  const ended = Promise.withResolvers<void>();
  const session = new YamuxSession(await dial(address), (problem) => {
    if (problem !== undefined) log.warn({ problem }, 'The connection to a plugin broke');
    ended.resolve();
  });
  const control = new RpcClient((listener) => session.open(listener));
  session.open(logged(log));
  session.open(logged(log));
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

function dial(address: PluginAddress): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { network: _network, ...where } = address;
    const socket = connect(where);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      reject(new PluginError(`its socket cannot be connected to: ${code ?? message}`));
    });
  });
}

function logged(log: Logger): StreamListener {
  const lines = new Lines((line) => logLine(log, line));
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
