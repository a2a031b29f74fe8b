// Runs one command line: the entry of the process (main.ts) and of everything that calls the CLI in process.

import type { CliIo } from './io.ts';

/** Runs `argv` (without node and program) and resolves with the exit code. Never rejects, never ends the process. */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  io.stderr.write(`Error: unknown command "${argv[0] ?? ''}" for "kubectl-argo-rollouts"\n`);
  return 1;
}
