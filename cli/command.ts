// What a command is: its words, its flags, its texts, and the function that runs it. One file a command; commands.ts
// lists them.

import type { Cluster } from './cluster.ts';
import type { FlagSpec, FlagValues } from './flags.ts';
import type { CliIo } from './io.ts';

export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line for the list of commands. */
  readonly short: string;
  /** For --help; `short` without it. */
  readonly long?: string;
  /** Lines below `Examples:`, without indentation. */
  readonly examples?: readonly string[];
  /** What follows the command's name in the usage line, e.g. `ROLLOUT_NAME`. */
  readonly argumentWords?: string;
  readonly flags?: readonly FlagSpec[];
  readonly subcommands?: readonly Command[];
  /** Which names the shell completes for the first argument. */
  readonly completes?: 'rollouts' | 'experiments' | 'analysisruns';
  /** Words the shell completes for the first argument. */
  readonly completesWords?: readonly string[];
  /** Resolves with the exit code. Throws a UsageError for a wrong number of arguments. */
  readonly run?: (call: Call) => Promise<number>;
}

/** One invocation of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly flags: FlagValues;
  readonly io: CliIo;
  /** Connects with the first call. */
  readonly connect: () => Promise<Cluster>;
  /** Whether `--exit-codes=detailed` is given: commands choose among their own codes by it. */
  readonly detailedExitCodes: boolean;
}
