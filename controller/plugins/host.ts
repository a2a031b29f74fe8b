// Which plugins run: one process for each, started when it is used first, asked whether it lives before each use, started
// again when it does not, or when its entry in the ConfigMap changed (analysis.md §5.12, traffic.md §8.1). A start that
// fails fails those that wait for it and nobody else; the next use tries again.

import { createAgents } from '../analysis/providers/http-agents.ts';
import type { Logger } from '../kubernetes/log.ts';
import type { Clock } from '../lang/time.ts';
import { type InstallOptions, installExecutable, isThere } from './executable/install.ts';
import { PluginError } from './plugin-error.ts';
import type { PluginKind } from './process/handshake.ts';
import { type PluginProcess, startPlugin } from './process/plugin-process.ts';
import type { PluginRegistration } from './registration.ts';

export interface PluginHost {
  /**
   * The plugin, alive and initialised. Rejects with a PluginError that continues "unable to start plugin system: ".
   * `signal` ends only this wait.
   */
  use(kind: PluginKind, plugin: PluginRegistration, options: UseOptions): Promise<PluginProcess>;
  /** Ends them all; none is started any more. */
  close(): Promise<void>;
}

export interface UseOptions extends Pick<InstallOptions, 'readSecret'> {
  readonly signal: AbortSignal;
}

export interface PluginHostOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the controller: plugins inherit it, and downloads honour its proxies. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly folder: string;
}

interface Entry {
  /** What it was started from. */
  readonly registration: string;
  readonly process: Promise<PluginProcess>;
}

/** An executable of 100 MB over a slow line. */
const installMs = 300_000;

export function createPluginHost({ clock, log, environment, folder }: PluginHostOptions): PluginHost {
  const entries = new Map<string, Entry>();
  /** What is installed does not come again just because a process ended. */
  const installed = new Map<string, { readonly registration: string; readonly path: string }>();
  /** Also those that are out of use and have calls to finish. */
  const live = new Set<PluginProcess>();
  const closing = new AbortController();
  const agents = createAgents({ environment });

  async function install(key: string, plugin: PluginRegistration, options: UseOptions): Promise<string> {
    const registration = JSON.stringify(plugin);
    const known = installed.get(key);
    if (known?.registration === registration && (await isThere(known.path))) return known.path;
    const deadline = new AbortController();
    const timer = clock.schedule(installMs, () => deadline.abort());
    const signal = AbortSignal.any([deadline.signal, closing.signal]);
    try {
      const path = await installExecutable(plugin, { folder, clock, agents, readSecret: options.readSecret, signal });
      installed.set(key, { registration, path });
      if (plugin.sha256 === undefined) log.warn({ plugin: plugin.name }, 'A plugin without a sha256 is not verified');
      return path;
    } finally {
      timer.cancel();
    }
  }

  async function start(kind: PluginKind, plugin: PluginRegistration, options: UseOptions): Promise<PluginProcess> {
    const path = await install(keyOf(kind, plugin), plugin, options);
    const named = log.child({ plugin: plugin.name });
    const { signal } = closing;
    const started = await startPlugin({ path, args: plugin.args, kind, environment, clock, log: named, signal });
    live.add(started);
    void started.ended.then(() => live.delete(started));
    return started;
  }

  /** The entry to be used: what is there, or a new one, which others wait for, too. */
  function entryOf(kind: PluginKind, plugin: PluginRegistration, options: UseOptions): Entry {
    const key = keyOf(kind, plugin);
    const registration = JSON.stringify(plugin);
    const known = entries.get(key);
    if (known?.registration === registration) return known;
    known?.process.then((old) => old.endWhenIdle()).catch(() => {}); // one that never started needs no end
    const entry = { registration, process: start(kind, plugin, options) };
    entries.set(key, entry);
    entry.process.catch(() => drop(key, entry));
    return entry;
  }

  function drop(key: string, entry: Entry): void {
    if (entries.get(key) === entry) entries.delete(key);
  }

  async function alive(kind: PluginKind, plugin: PluginRegistration, options: UseOptions): Promise<PluginProcess> {
    const entry = entryOf(kind, plugin, options);
    const process = await entry.process;
    if (await process.isAlive()) return process;
    drop(keyOf(kind, plugin), entry);
    void process.end();
    return entryOf(kind, plugin, options).process;
  }

  return {
    async use(kind, plugin, options) {
      if (closing.signal.aborted) throw new PluginError('the controller ends');
      try {
        return await unlessAborted(alive(kind, plugin, options), options.signal);
      } catch (error) {
        if (!(error instanceof PluginError)) throw error;
        throw new PluginError(`unable to start plugin (${plugin.name}): ${error.message}`);
      }
    },
    async close() {
      closing.abort();
      await Promise.allSettled([...entries.values()].map(({ process }) => process));
      await Promise.all([...live].map((process) => process.end()));
      agents.destroy();
    },
  };
}

function keyOf({ cookie }: PluginKind, { name }: PluginRegistration): string {
  return `${cookie} ${name}`;
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(new PluginError('context canceled'));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
