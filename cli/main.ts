// The process of the CLI: real streams, real clock, the kubeconfig, signals. What costs time is imported when a command
// asks for a cluster.

import { systemClock, systemRandom } from '../controller/kubernetes/system-clock.ts';
import type { CliIo, Connection, ConnectionFlags } from './io.ts';
import { run } from './run.ts';

const { stdin, stdout, stderr } = process;

// Whoever reads our output may stop to: `slipway list rollouts | head -1`.
for (const stream of [stdout, stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

// The first signal ends the command in its ordinary way, the second ends the process.
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(1);
    interruption.abort();
  });
}

const opened: Connection[] = [];
const io: CliIo = {
  connect,
  readTextFile: async (path) =>
    path === '-' ? readStandardInput() : (await import('node:fs/promises')).readFile(path, 'utf8'),
  clock: systemClock,
  random: systemRandom,
  stdout,
  stderr,
  env: process.env,
  signal: interruption.signal,
  ...(stdout.isTTY
    ? {
        terminal: {
          get columns() {
            return stdout.columns || 80;
          },
          get rows() {
            return stdout.rows || 24;
          },
        },
      }
    : {}),
  ...(stdin.isTTY && stdout.isTTY ? { listenToKeys } : {}),
};

process.exitCode = await run(process.argv.slice(2), io);
for (const { transport } of opened) transport.close();

async function connect(flags: ConnectionFlags): Promise<Connection> {
  const [{ loadClusterAccess }, { createHttpTransport }, { buildInfo }] = await Promise.all([
    import('../controller/kubernetes/kubeconfig.ts'),
    import('../controller/kubernetes/http-transport.ts'),
    import('./build-info.ts'),
  ]);
  const access = await loadClusterAccess(flags, process.env);
  const transport = createHttpTransport({
    access,
    clock: systemClock,
    random: systemRandom,
    userAgent: `slipway/${buildInfo().version}`,
    ...(flags.requestTimeoutMs > 0 ? { requestTimeoutMs: flags.requestTimeoutMs } : {}),
  });
  const connection = { transport, namespace: access.namespace ?? 'default' };
  opened.push(connection);
  return connection;
}

async function readStandardInput(): Promise<string> {
  // Who waits for somebody to type can be interrupted.
  interruption.signal.addEventListener('abort', () => stdin.destroy());
  let text = '';
  for await (const part of stdin.setEncoding('utf8')) text += part;
  return text;
}

/** In raw mode the keyboard sends Ctrl-C as a key instead of a signal. */
function listenToKeys(onKey: (key: string) => void): () => void {
  const listen = (bytes: Buffer): void => onKey(bytes.toString('utf8'));
  stdin.setRawMode(true);
  stdin.on('data', listen);
  stdin.resume();
  return () => {
    stdin.off('data', listen);
    stdin.setRawMode(false);
    stdin.pause();
  };
}
