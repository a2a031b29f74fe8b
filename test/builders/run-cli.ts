// One command line in process, on a fake cluster and a virtual clock.

import assert from 'node:assert/strict';
import type { CliIo, Terminal } from '../../cli/io.ts';
import { run } from '../../cli/run.ts';
import type { Transport } from '../../controller/kubernetes/transport.ts';
import { VirtualClock } from '../../sandbox/clock.ts';

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliSetting {
  readonly transport: Transport;
  readonly now?: number;
  readonly namespace?: string;
  readonly terminal?: Terminal;
  readonly env?: Readonly<Record<string, string>>;
  /** Path → text. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A command that goes on: the test moves the clock and the cluster, and ends it. */
export interface RunningCli {
  readonly clock: VirtualClock;
  readonly output: { stdout: string; stderr: string };
  /** What was written to stdout, one entry a write. */
  readonly writes: readonly string[];
  readonly result: Promise<CliResult>;
  interrupt(): void;
  press(key: string): void;
}

export const startOfTests = Date.parse('2026-11-21T02:50:25Z');

/** Runs a command to its end, letting virtual time pass as it wants. */
export async function runCli(argv: readonly string[], setting: CliSetting): Promise<CliResult> {
  const { clock, result } = startCli(argv, setting);
  let done = false;
  void result.then(() => {
    done = true;
  });
  for (let i = 0; i < 100 && !done; i++) {
    await clock.settle();
    const next = clock.nextAt();
    // Lazy imports take real turns of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    if (!done && next !== undefined) await clock.runFor(next - clock.now());
  }
  assert.ok(done, `"${argv.join(' ')}" does not end`);
  return result;
}

export function startCli(argv: readonly string[], setting: CliSetting): RunningCli {
  const clock = new VirtualClock({ startAt: setting.now ?? startOfTests });
  const output = { stdout: '', stderr: '' };
  const writes: string[] = [];
  const abort = new AbortController();
  let onKey: (key: string) => void = () => undefined;
  const io: CliIo = {
    transport: setting.transport,
    namespace: setting.namespace ?? 'shop',
    clock,
    random: { next: () => 0.5 },
    stdout: {
      write: (text) => {
        writes.push(text);
        output.stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        output.stderr += text;
      },
    },
    env: setting.env ?? {},
    readTextFile: async (path) => {
      const text = setting.files?.[path];
      if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' });
      return text;
    },
    ...(setting.terminal ? { terminal: setting.terminal } : {}),
    listenToKeys: (listener) => {
      onKey = listener;
      return () => {
        onKey = () => undefined;
      };
    },
    signal: abort.signal,
  };
  return {
    clock,
    output,
    writes,
    result: run(argv, io).then((code) => ({ code, ...output })),
    interrupt: () => abort.abort(),
    press: (key) => onKey(key),
  };
}
