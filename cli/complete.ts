// The hidden command __complete: what may stand in place of the last word (spec/cli.md §3.2). Its protocol is cobra's:
// a candidate a line, a tab before its description, at last `:<directive>`.

import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { listAll } from '../controller/kubernetes/list.ts';
import { collectionPath, type Resource } from '../controller/kubernetes/resource.ts';
import { openCluster } from './cluster.ts';
import type { Command } from './command.ts';
import { type FlagSpec, type FlagValues, parseArguments, takesNextWord } from './flags.ts';
import type { CliIo } from './io.ts';
import { analysisRuns, analysisTemplates, clusterAnalysisTemplates, experiments, rollouts } from './resources.ts';
import { flagsOf } from './usage.ts';

const directive = { default: 0, error: 1, noFiles: 4 } as const;

const fileFlags = [
  'kubeconfig',
  'certificate-authority',
  'client-certificate',
  'client-key',
  'cache-dir',
  'filename',
  'from-file',
];
const resources = { rollouts, experiments, analysisruns: analysisRuns };

/** `words`: those before the one to complete, without the words of `path`; `typed`: that one, perhaps empty. */
export async function complete(
  path: readonly Command[],
  words: readonly string[],
  typed: string,
  io: CliIo,
): Promise<number> {
  const { candidates, code } = await candidatesFor(path, words, typed, io);
  const fitting = candidates.filter((candidate) => candidate.startsWith(typed));
  io.stdout.write(`${[...fitting, `:${code}`].join('\n')}\n`);
  return 0;
}

interface Answer {
  readonly candidates: readonly string[];
  readonly code: number;
}

async function candidatesFor(
  path: readonly Command[],
  words: readonly string[],
  typed: string,
  io: CliIo,
): Promise<Answer> {
  const specs = flagsOf(path);
  const command = path.at(-1)!;
  const last = words.at(-1);
  if (last !== undefined && takesNextWord(last, specs) && !words.slice(0, -1).includes('--')) {
    return valuesOfFlag(last, words.slice(0, -1), specs, io);
  }
  if (typed.startsWith('-')) return { candidates: flagCandidates(specs), code: directive.noFiles };
  if (command.subcommands) {
    const candidates = command.subcommands.map(({ name, short }) => `${name}\t${short}`);
    return { candidates, code: directive.noFiles };
  }
  return firstArgument(command, words, specs, io);
}

/** `words`: those before the flag. */
async function valuesOfFlag(
  word: string,
  words: readonly string[],
  specs: readonly FlagSpec[],
  io: CliIo,
): Promise<Answer> {
  const spec = specs.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
  if (spec?.oneOf) return { candidates: spec.oneOf, code: directive.noFiles };
  if (spec?.name === 'from') {
    return unlessFailed(async () => {
      const { flags } = parseArguments(words, specs);
      return namesOf(flags.boolean('global') ? clusterAnalysisTemplates : analysisTemplates, flags, io);
    });
  }
  return { candidates: [], code: fileFlags.includes(spec?.name ?? '') ? directive.default : directive.noFiles };
}

function flagCandidates(specs: readonly FlagSpec[]): string[] {
  return specs.filter(({ deprecated }) => !deprecated).map(({ name, usage }) => `--${name}\t${usage}`);
}

async function firstArgument(
  command: Command,
  words: readonly string[],
  specs: readonly FlagSpec[],
  io: CliIo,
): Promise<Answer> {
  return unlessFailed(async () => {
    const { positionals, flags } = parseArguments(words, specs);
    if (positionals.length > 0) return [];
    if (command.completesWords) return command.completesWords;
    return command.completes ? namesOf(resources[command.completes], flags, io) : [];
  });
}

async function namesOf(resource: Resource, flags: FlagValues, io: CliIo): Promise<readonly string[]> {
  const { transport, namespace } = await openCluster(io, flags);
  const found = await listAll<KubernetesObject>(transport, collectionPath(resource, namespace));
  return found.map(({ metadata }) => metadata.name ?? '');
}

async function unlessFailed(find: () => Promise<readonly string[]>): Promise<Answer> {
  try {
    return { candidates: await find(), code: directive.noFiles };
  } catch {
    // The shell is told by the directive; a message would stand in the middle of the line that is being typed.
    return { candidates: [], code: directive.error };
  }
}
