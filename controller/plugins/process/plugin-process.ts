// The life of a plugin between "its executable is there" and "it has ended": started, shaken hands with, initialised,
// asked, and ended, politely or not (hashicorp/go-plugin).

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../../kubernetes/log.ts';
import { type Clock, within } from '../../lang/time.ts';
import { type GobInterface, gobInterface } from '../gob/types.ts';
import { PluginError } from '../plugin-error.ts';
import { type CallLimits, type RpcClient, RpcError } from '../wire/rpc-client.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';
import { type Connection, connectTo, ping, quit } from './connection.ts';
import { handshakeEnvironment, type PluginKind, parseHandshake } from './handshake.ts';
import { pluginLog } from './plugin-log.ts';

export interface PluginProcess {
  /**
   * Calls `Plugin.<method>`; no argument: a nil interface. The result is as gob/decoder.ts gives it. Rejects with an
   * RpcError, after 30 s at the latest.
   */
  call(method: string, argument: GobInterface | undefined, signal?: AbortSignal): Promise<unknown>;
  /** Whether it answers now. */
  isAlive(): Promise<boolean>;
  /** Resolves when it is gone, for whatever reason. */
  readonly ended: Promise<void>;
  /** Asked to end, and killed when it does not. Resolves when it is gone. */
  end(): Promise<void>;
  /** The same, once the calls that wait have their answers. */
  endWhenIdle(): void;
}

export interface StartOptions extends Omit<ChildOptions, 'onLine'> {
  readonly kind: PluginKind;
  readonly clock: Clock;
  readonly log: Logger;
  /** Gives the start up. */
  readonly signal: AbortSignal;
}

const handshakeMs = 60_000;
const callMs = 30_000;
/** A healthy plugin answers at once; on a busy machine a little later. */
const pingMs = 10_000;
const quitMs = 2_000;
/** Of what a plugin calls its kind, in the log. */
const longestType = 100;

/** Rejects with a PluginError that says of "it" what is wrong. `environment` is that of the controller. */
export async function startPlugin(options: StartOptions): Promise<PluginProcess> {
  const { kind, clock, log, signal } = options;
  const socketFolder = await makeSocketFolder();
  const removeFolder = () => rm(socketFolder, { recursive: true, force: true });
  const onLine = pluginLog(log, clock);
  let child: Child;
  try {
    if (signal.aborted) throw new PluginError('it is not started any more: the controller ends');
    const environment = { ...options.environment, ...handshakeEnvironment(kind, socketFolder) };
    child = startChild({ ...options, environment, onLine });
  } catch (error) {
    await removeFolder();
    throw error;
  }
  const gone = child.ended
    .then((how) => log.info({ how }, 'A plugin ended'))
    .then(removeFolder)
    .catch((error: unknown) => log.warn({ error: String(error) }, 'The folder of its socket cannot be removed'));
  signal.addEventListener('abort', child.kill, { once: true });
  try {
    return await introduce({ child, gone, onLine }, options);
  } catch (error) {
    child.kill();
    await within(clock, quitMs, gone);
    throw error instanceof RpcError ? new PluginError(`it does not answer as a plugin: ${error.message}`) : error;
  } finally {
    signal.removeEventListener('abort', child.kill);
  }
}

async function makeSocketFolder(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), 'plugin-'));
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new PluginError(`its socket needs a folder, but ${tmpdir()} cannot be written (${code})`);
  }
}

/** What plugins answer where they have nothing to say: the text of an error, or nothing. */
export function errorStringOf(answer: unknown): string {
  const { ErrorString: text } = (answer ?? {}) as { readonly ErrorString?: unknown };
  return typeof text === 'string' ? text : '';
}

interface Started {
  readonly child: Child;
  /** It has ended, and nothing of it is left. */
  readonly gone: Promise<void>;
  readonly onLine: (line: string) => void;
}

async function introduce(started: Started, { kind, clock, log, signal }: StartOptions): Promise<PluginProcess> {
  const { child, onLine } = started;
  if (!(await within(clock, handshakeMs, child.firstLine))) {
    throw new PluginError(`it did not say within ${handshakeMs / 1000} s how to reach it`);
  }
  const connection = await connectTo(parseHandshake(await child.firstLine), { clock, onLine });
  try {
    const service = await connection.dispense(kind.serves, { clock, timeoutMs: callMs, signal });
    const plugin = new RunningPlugin({ ...started, connection, service, clock, log });
    const problem = errorStringOf(await plugin.call('InitPlugin', undefined, signal));
    if (problem !== '') throw new PluginError(`it could not initialise itself: ${problem}`);
    plugin.call('Type', undefined).then(
      (type) =>
        log.info({ type: typeof type === 'string' ? type.slice(0, longestType) : 'unknown' }, 'Started a plugin'),
      () => log.info({ type: 'unknown' }, 'Started a plugin'),
    );
    return plugin;
  } catch (error) {
    connection.close();
    throw error;
  }
}

interface Parts extends Started {
  readonly connection: Connection;
  readonly service: RpcClient;
  readonly clock: Clock;
  readonly log: Logger;
}

class RunningPlugin implements PluginProcess {
  readonly ended: Promise<void>;
  readonly #parts: Parts;
  #isEnding = false;

  constructor(parts: Parts) {
    const { child, gone, connection } = parts;
    this.ended = gone;
    this.#parts = parts;
    // Without a connection it is of no use; one that was asked to end has its time to do so.
    void connection.ended.then(() => {
      if (!this.#isEnding) child.kill();
    });
    void child.ended.then(() => connection.close());
  }

  async call(method: string, argument: GobInterface | undefined, signal?: AbortSignal): Promise<unknown> {
    try {
      return await this.#parts.service.call(`Plugin.${method}`, gobInterface, argument, this.#limits(callMs, signal));
    } catch (error) {
      // What it says may quote its argument, in which secrets are.
      if (error instanceof RpcError) this.#parts.log.warn({ method }, 'A plugin did not answer a call as it should');
      throw error;
    }
  }

  async isAlive(): Promise<boolean> {
    if (this.#isEnding) return false;
    return ping(this.#parts.connection.control, this.#limits(pingMs)).then(
      () => true,
      () => false,
    );
  }

  async end(): Promise<void> {
    const { child, connection, clock } = this.#parts;
    this.#isEnding = true;
    const isAsked = quit(connection.control, this.#limits(quitMs)).then(
      () => true,
      () => false, // it may be gone before it answers
    );
    await within(clock, quitMs, Promise.all([isAsked, child.ended]));
    child.kill();
    connection.close();
    await within(clock, quitMs, this.ended);
  }

  endWhenIdle(): void {
    void this.#parts.service.idle().then(() => this.end());
  }

  #limits(timeoutMs: number, signal?: AbortSignal): CallLimits {
    return { clock: this.#parts.clock, timeoutMs, ...(signal === undefined ? {} : { signal }) };
  }
}
