// A command of the user's own as the process of a pod: named by an annotation, run on this machine, and therefore only
// where it was allowed (`npm start -- --allow-local-commands`) and never under the virtual clock. It finds its port in
// PORT and is ended with SIGTERM, and with SIGKILL when its grace period is over.

import { type ChildProcess, spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { Container, Pod } from '../../controller/api/kubernetes-types.ts';

/** Whoever still runs when this process ends, however it ends, ends with it. */
const living = new Set<ChildProcess>();

function killAll(): void {
  for (const child of living) signal(child, 'SIGKILL');
}

export const commandAnnotation = 'slipway.dev/command';

export function commandOf(pod: Pod): string | undefined {
  const command = pod.metadata.annotations?.[commandAnnotation]?.trim();
  return command === '' ? undefined : command;
}

export interface LocalProcess {
  readonly port: number;
  /** Resolves when it has ended. */
  stop(graceMs: number): Promise<void>;
}

export async function startLocalCommand(
  pod: Pod,
  command: string,
  on: { log(line: string): void; ended(code: number): void },
): Promise<LocalProcess> {
  const port = await freePort();
  const container = pod.spec.containers[0];
  const child = spawn(command, {
    shell: true,
    // A group of its own: what the shell started ends with it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...variablesOf(container), PORT: String(port), POD_NAME: pod.metadata.name ?? '' },
  });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', on.log);
  if (living.size === 0) process.once('exit', killAll);
  living.add(child);
  let stopping = false;
  let closed = false;
  // Not `exit`: what the shell started may outlive it, and holds the pipes for as long as it lives.
  const gone = new Promise<void>((resolve) => {
    child.on('close', () => {
      closed = true;
      living.delete(child);
      if (living.size === 0) process.off('exit', killAll);
      resolve();
    });
  });
  child.on('error', (problem) => on.log(problem.message));
  child.on('exit', (code, signal) => {
    if (!stopping) on.ended(code ?? (signal === 'SIGKILL' ? 137 : 143));
  });
  return {
    port,
    async stop(graceMs) {
      stopping = true;
      if (closed) return;
      signal(child, 'SIGTERM');
      const force = setTimeout(() => signal(child, 'SIGKILL'), graceMs);
      await gone;
      clearTimeout(force);
    },
  };
}

function signal(child: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch (problem) {
    if ((problem as NodeJS.ErrnoException).code !== 'ESRCH') throw problem; // it has just ended by itself
  }
}

function variablesOf(container: Container | undefined): Record<string, string> {
  const variables = (container?.env ?? []) as readonly { readonly name: string; readonly value?: string }[];
  return Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
