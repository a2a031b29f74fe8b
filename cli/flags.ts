// How flags are written and what wrong ones are answered with: the syntax and the texts of pflag, on which scripts
// match (spec/cli.md §§2.1, 2.4). Written by hand because yargs knows neither (`-nshop`, "unknown shorthand flag: 'o'
// in -o", values checked with the flag's name in the message) and takes half of the 60 ms that a start may last.

import { parseGoDuration } from '../controller/lang/go-duration.ts';
import { problemOfDuration } from './duration-argument.ts';
import { CliError } from './errors.ts';

export type FlagType = 'string' | 'bool' | 'int' | 'duration' | 'stringArray';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly usage: string;
  /** What stands where the flag is not given; else "", false, 0, `0s` or []. */
  readonly default?: string | boolean | number;
  /** Hidden from help; using it prints this on stderr first. */
  readonly deprecated?: string;
  /** The only values that are taken. */
  readonly oneOf?: readonly string[];
}

export interface ParsedArguments {
  readonly positionals: readonly string[];
  readonly flags: FlagValues;
  /** Lines for stderr about deprecated flags that were used. */
  readonly warnings: readonly string[];
}

/** The values of the flags of one command line. */
export class FlagValues {
  readonly #specs: ReadonlyMap<string, FlagSpec>;
  readonly #texts = new Map<string, string[]>();

  constructor(specs: readonly FlagSpec[]) {
    this.#specs = new Map(specs.map((spec) => [spec.name, spec]));
  }

  isGiven(name: string): boolean {
    return this.#texts.has(name);
  }

  /** The text as it was typed, or the default. */
  text(name: string): string {
    return this.#texts.get(name)?.at(-1) ?? `${this.#specs.get(name)?.default ?? ''}`;
  }

  boolean(name: string): boolean {
    return parseGoBoolean(this.text(name) || 'false') ?? false;
  }

  number(name: string): number {
    return Number(this.text(name) || '0');
  }

  list(name: string): readonly string[] {
    return this.#texts.get(name) ?? [];
  }

  durationMs(name: string): number {
    return parseGoDuration(this.text(name) || '0s') ?? 0;
  }

  add(spec: FlagSpec, text: string): void {
    const known = this.#texts.get(spec.name);
    if (known) known.push(text);
    else this.#texts.set(spec.name, [text]);
  }
}

/** Splits words into flags and positionals. Throws a CliError with pflag's text at the first wrong flag. */
export function parseArguments(words: readonly string[], specs: readonly FlagSpec[]): ParsedArguments {
  const flags = new FlagValues(specs);
  const positionals: string[] = [];
  const warnings: string[] = [];
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') {
      positionals.push(...rest);
      break;
    }
    if (word.startsWith('--')) takeLong(word, rest, specs, flags, warnings);
    else if (word.startsWith('-') && word.length > 1) takeShort(word.slice(1), rest, specs, flags, warnings);
    else positionals.push(word);
  }
  return { positionals, flags, warnings };
}

/**
 * The index of the first word that is no flag and no flag's value, -1 without one. Unknown flags are taken for flags
 * without a value.
 */
export function firstPositional(words: readonly string[], specs: readonly FlagSpec[]): number {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === '--') return -1;
    if (!word.startsWith('-') || word === '-') return i;
    if (takesNextWord(word, specs)) i++;
  }
  return -1;
}

/** Whether the value of this flag word stands in the next word. */
export function takesNextWord(word: string, specs: readonly FlagSpec[]): boolean {
  if (word.startsWith('--')) {
    if (word.includes('=')) return false;
    const spec = specs.find(({ name }) => name === word.slice(2));
    return spec !== undefined && spec.type !== 'bool';
  }
  const letters = word.slice(1);
  for (let i = 0; i < letters.length; i++) {
    const spec = specs.find(({ short }) => short === letters[i]);
    if (spec === undefined || letters[i + 1] === '=') return false;
    if (spec.type !== 'bool') return i === letters.length - 1;
  }
  return false;
}

function takeLong(
  word: string,
  rest: string[],
  specs: readonly FlagSpec[],
  flags: FlagValues,
  warnings: string[],
): void {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  if (name === '' || name.startsWith('-')) throw new CliError(`bad flag syntax: ${word}`);
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec === undefined) throw new CliError(`unknown flag: --${name}`);
  const value = equals >= 0 ? word.slice(equals + 1) : spec.type === 'bool' ? 'true' : rest.shift();
  if (value === undefined) throw new CliError(`flag needs an argument: --${name}`);
  setFlag(spec, value, flags);
  if (spec.deprecated) warnings.push(`Flag --${name} has been deprecated, ${spec.deprecated}`);
}

function takeShort(
  letters: string,
  rest: string[],
  specs: readonly FlagSpec[],
  flags: FlagValues,
  warnings: string[],
): void {
  for (let left = letters; left !== ''; ) {
    const letter = left[0]!;
    const spec = specs.find(({ short }) => short === letter);
    if (spec === undefined) throw new CliError(`unknown shorthand flag: '${letter}' in -${left}`);
    const after = left.slice(1);
    let value: string | undefined;
    if (after.startsWith('=')) value = after.slice(1);
    else if (spec.type === 'bool') value = 'true';
    else value = after === '' ? rest.shift() : after;
    if (value === undefined) throw new CliError(`flag needs an argument: '${letter}' in -${left}`);
    setFlag(spec, value, flags);
    if (spec.deprecated) warnings.push(`Flag shorthand -${letter} has been deprecated, ${spec.deprecated}`);
    left = spec.type === 'bool' && !after.startsWith('=') ? after : '';
  }
}

function setFlag(spec: FlagSpec, value: string, flags: FlagValues): void {
  const problem = problemOfValue(spec, value);
  if (problem !== undefined) {
    const written = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
    throw new CliError(`invalid argument ${JSON.stringify(value)} for "${written}" flag: ${problem}`);
  }
  flags.add(spec, value);
}

function problemOfValue(spec: FlagSpec, value: string): string | undefined {
  if (spec.oneOf && !spec.oneOf.includes(value)) return `must be one of ${spec.oneOf.join(', ')}`;
  switch (spec.type) {
    case 'bool':
      return parseGoBoolean(value) === undefined ? goParseProblem('ParseBool', value) : undefined;
    case 'int':
      return problemOfInteger(value);
    case 'duration':
      return problemOfDuration(value);
    default:
      return undefined;
  }
}

function problemOfInteger(value: string): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return goParseProblem('ParseInt', value);
  const number = BigInt(value.replace('+', ''));
  const isInRange = number >= -(2n ** 63n) && number < 2n ** 63n;
  return isInRange ? undefined : `strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`;
}

function goParseProblem(parser: string, value: string): string {
  return `strconv.${parser}: parsing ${JSON.stringify(value)}: invalid syntax`;
}

const goTrue = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const goFalse = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

function parseGoBoolean(text: string): boolean | undefined {
  if (goTrue.includes(text)) return true;
  return goFalse.includes(text) ? false : undefined;
}
