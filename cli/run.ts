// Runs one command line: the entry of the process (main.ts) and of everything that calls the CLI in process. Finds the
// command, reads its flags, runs it, and turns what goes wrong into lines and exit codes (spec/cli.md §§2.2-2.4).

import { openCluster } from './cluster.ts';
import type { Call, Command } from './command.ts';
import { plannedCommands, rootCommand } from './commands.ts';
import { CliError, detailedCodeOfError, messageOfError, UsageError } from './errors.ts';
import { firstPositional, parseArguments } from './flags.ts';
import { checkGlobalFlags } from './global-flags.ts';
import type { CliIo } from './io.ts';
import { suggestionsText } from './suggestions.ts';
import { commandPath, flagsOf, helpText, programName, usageText } from './usage.ts';

/** What a shell reports of a program that Ctrl-C ended. */
const interruptedCode = 130;

/** Runs `argv` (without node and program) and resolves with the exit code. Never rejects, never ends the process. */
export async function run(argv: readonly string[], io: CliIo): Promise<number> {
  if (argv[0] === '__complete') return completeLast(argv.slice(1), io);
  const { path, words } = findCommand(argv);
  let detailedExitCodes = false;
  try {
    if (path.length === 1) refuseUnknownCommand(words);
    const { positionals, flags, warnings } = parseArguments(words, flagsOf(path));
    detailedExitCodes = flags.text('exit-codes') === 'detailed';
    for (const warning of warnings) io.stderr.write(`${warning}\n`);
    if (flags.boolean('help')) {
      io.stdout.write(helpText(path));
      return 0;
    }
    checkGlobalFlags(flags);
    const command = path.at(-1)!;
    if (!command.run) throw new UsageError();
    let connected: ReturnType<Call['connect']> | undefined;
    return await command.run({
      args: positionals,
      flags,
      io,
      connect: () => {
        connected ??= openCluster(io, flags);
        return connected;
      },
      detailedExitCodes,
    });
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr.write(usageText(path));
      return 1;
    }
    if (io.signal?.aborted && !(error instanceof CliError)) return interruptedCode;
    io.stderr.write(`Error: ${messageOfError(error)}\n${error instanceof CliError ? error.hint : ''}`);
    return detailedExitCodes ? detailedCodeOfError(error) : 1;
  }
}

/** Follows the words down the tree of commands; the words that are left belong to the command that was found. */
function findCommand(argv: readonly string[]): { readonly path: readonly Command[]; readonly words: string[] } {
  const path: Command[] = [rootCommand];
  let words = [...argv];
  if (words[0] === 'help') words = [...words.slice(1), '--help'];
  for (;;) {
    const subcommands = path.at(-1)!.subcommands ?? [];
    const at = firstPositional(words, flagsOf(path));
    const word = words[at];
    const next = subcommands.find(({ name, aliases }) => word === name || aliases?.includes(word ?? ''));
    if (next === undefined) return { path, words };
    path.push(next);
    words = words.toSpliced(at, 1);
  }
}

async function completeLast(argv: readonly string[], io: CliIo): Promise<number> {
  const { path, words } = findCommand(argv.slice(0, -1));
  const { complete } = await import('./complete.ts');
  return complete(path, words, argv.at(-1) ?? '', io);
}

/**
 * An unknown word after the root is named, whatever flags stand around it (`lint -f FILE`); after a group it is only
 * answered with the group's usage. What belongs to Slipway and is not there yet is not called unknown.
 */
function refuseUnknownCommand(words: readonly string[]): void {
  const word = words[firstPositional(words, flagsOf([rootCommand]))];
  if (word === undefined) return;
  const usage = `Run '${programName} --help' for usage.\n`;
  if (plannedCommands.includes(word)) {
    throw new CliError(`${JSON.stringify(word)} is not there yet in this version of Slipway`, { hint: usage });
  }
  const hint = `${suggestionsText(word, rootCommand.subcommands ?? [])}${usage}`;
  throw new CliError(`unknown command ${JSON.stringify(word)} for "${commandPath([rootCommand])}"`, { hint });
}
