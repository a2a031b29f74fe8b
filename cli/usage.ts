// The usage and help texts of a command, laid out as cobra lays them out: scripts and people's eyes match on it
// (spec/cli.md §2.4).

import type { Command } from './command.ts';
import { type FlagSpec, FlagValues } from './flags.ts';
import { globalFlags, helpFlag } from './global-flags.ts';

export const programName = 'kubectl-argo-rollouts';

/** `path`: the commands from the root to this one, the root included. */
export function usageText(path: readonly Command[]): string {
  const command = path.at(-1)!;
  const words = commandPath(path);
  const sections = [
    `Usage:\n${usageLines(command, words)}`,
    command.aliases ? `Aliases:\n  ${[command.name, ...command.aliases].join(', ')}\n` : '',
    command.examples ? `Examples:\n${command.examples.map((line) => (line ? `  ${line}\n` : '\n')).join('')}` : '',
    command.subcommands ? `Available Commands:\n${commandLines(command.subcommands)}` : '',
    `Flags:\n${flagLines(ownFlags(path))}`,
    path.length > 1 ? `Global Flags:\n${flagLines(globalFlags)}` : '',
  ].filter((section) => section !== '');
  const last = command.subcommands ? `\nUse "${words} [command] --help" for more information about a command.\n` : '';
  return sections.join('\n') + last;
}

export function helpText(path: readonly Command[]): string {
  const command = path.at(-1)!;
  return `${(command.long ?? command.short).trim()}\n\n${usageText(path)}`;
}

export function commandPath(path: readonly Command[]): string {
  return path.map(({ name }) => name).join(' ');
}

/** All flags a command understands. */
export function flagsOf(path: readonly Command[]): FlagSpec[] {
  return path.length > 1 ? [...ownFlags(path), ...globalFlags] : ownFlags(path);
}

function ownFlags(path: readonly Command[]): FlagSpec[] {
  const command = path.at(-1)!;
  const own = [...(command.flags ?? []), helpFlag(command.name)];
  return path.length > 1 ? own : [...globalFlags, ...own];
}

function usageLines(command: Command, words: string): string {
  const line = `  ${[words, command.argumentWords, '[flags]'].filter(Boolean).join(' ')}\n`;
  return command.subcommands ? `${line}  ${words} [command]\n` : line;
}

function commandLines(commands: readonly Command[]): string {
  const width = Math.max(11, ...commands.map(({ name }) => name.length));
  return commands.map(({ name, short }) => `  ${name.padEnd(width)} ${short}\n`).join('');
}

function flagLines(specs: readonly FlagSpec[]): string {
  const shown = specs.filter((spec) => !spec.deprecated).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const heads = shown.map((spec) => {
    const names = spec.short ? `  -${spec.short}, --${spec.name}` : `      --${spec.name}`;
    return spec.type === 'bool' ? names : `${names} ${spec.type}`;
  });
  const width = Math.max(...heads.map((head) => head.length));
  return shown.map((spec, i) => `${heads[i]!.padEnd(width)}   ${spec.usage}${defaultText(spec)}\n`).join('');
}

function defaultText(spec: FlagSpec): string {
  const text = new FlagValues([spec]).text(spec.name);
  if (text === '' || text === 'false' || (spec.type !== 'string' && text === '0')) return '';
  return spec.type === 'string' ? ` (default ${JSON.stringify(text)})` : ` (default ${text})`;
}
