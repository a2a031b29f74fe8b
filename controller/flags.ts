// Command lines as pflag reads them: `--name value`, `--name=value`, `-n value`; a boolean is `--name` or
// `--name=false`, never `--name false`; what is unknown is refused (operations.md §1).

import { parseGoDuration } from './lang/go-duration.ts';

export type FlagKind = 'boolean' | 'string' | 'int' | 'float' | 'duration' | 'stringArray' | 'stringList';

export interface Flag {
  readonly name: string;
  readonly shorthand?: string;
  readonly kind: FlagKind;
  /** As text; lists: joined by commas. */
  readonly default: string;
  readonly help: string;
  /** Another flag that this one is an old name of; its use is warned of. */
  readonly aliasOf?: string;
  /** Told to who uses it. */
  readonly deprecated?: string;
  /** Known to kubectl, not to Slipway: refused with this reason. */
  readonly unsupported?: string;
}

/** What is wrong with a command line, in one line. */
export class FlagProblem extends Error {
  override readonly name: string = 'FlagProblem';
}

/** The flag is known and its value can be read, but means nothing here. */
export class FlagValueProblem extends FlagProblem {
  override readonly name = 'FlagValueProblem';
}

export type FlagValue = string | number | boolean | readonly string[];

export interface ParsedFlags {
  readonly values: ReadonlyMap<string, FlagValue>;
  readonly given: ReadonlySet<string>;
  readonly warnings: readonly string[];
}

export function parseFlags(argv: readonly string[], flags: readonly Flag[]): ParsedFlags {
  const values = new Map<string, FlagValue>();
  const given = new Set<string>();
  const warnings: string[] = [];
  for (const flag of flags) if (flag.aliasOf === undefined) values.set(flag.name, defaultOf(flag));

  const words = [...argv];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const { flag, attached, spelled } = findFlag(word, flags);
    if (flag.unsupported !== undefined) throw new FlagProblem(`--${flag.name} is not supported: ${flag.unsupported}`);
    const text = attached ?? (flag.kind === 'boolean' ? 'true' : words.shift());
    if (text === undefined) throw new FlagProblem(`flag needs an argument: ${spelled}`);
    if (flag.deprecated !== undefined) warnings.push(`Flag --${flag.name} has been deprecated, ${flag.deprecated}`);
    const name = flag.aliasOf ?? flag.name;
    const before = given.has(name) ? values.get(name) : undefined;
    values.set(name, parseValue(flag, text, before));
    given.add(name);
  }
  return { values, given, warnings };
}

interface Found {
  readonly flag: Flag;
  readonly attached: string | undefined;
  readonly spelled: string;
}

function findFlag(word: string, flags: readonly Flag[]): Found {
  if (word.startsWith('--') && word.length > 2) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    const flag = flags.find((candidate) => candidate.name === name);
    if (flag === undefined) throw new FlagProblem(`unknown flag: --${name}`);
    return { flag, attached: equals < 0 ? undefined : word.slice(equals + 1), spelled: `--${name}` };
  }
  if (word.startsWith('-') && word.length > 1 && word !== '--') {
    const letter = word.slice(1, 2);
    const flag = flags.find((candidate) => candidate.shorthand === letter);
    if (flag === undefined) throw new FlagProblem(`unknown shorthand flag: '${letter}' in ${word}`);
    const rest = word.slice(2);
    const attached = rest === '' ? undefined : rest.replace(/^=/, '');
    return { flag, attached, spelled: `-${letter}` };
  }
  throw new FlagProblem(`unknown argument "${word}": only flags are expected`);
}

function defaultOf(flag: Flag): FlagValue {
  if (flag.kind === 'stringArray' || flag.kind === 'stringList') {
    return flag.default === '' ? [] : flag.default.split(',');
  }
  return parseValue(flag, flag.default, undefined);
}

/** `before`: the value that an earlier use of the same flag gave. */
function parseValue(flag: Flag, text: string, before: FlagValue | undefined): FlagValue {
  const invalid = (why: string): FlagProblem =>
    new FlagProblem(`invalid argument "${text}" for "--${flag.name}" flag: ${why}`);
  switch (flag.kind) {
    case 'string':
      return text;
    case 'boolean':
      if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true;
      if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
      throw invalid('true or false is expected');
    case 'int':
      if (!/^[+-]?[0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) throw invalid('an integer is expected');
      return Number(text);
    case 'float':
      if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$/.test(text)) throw invalid('a number is expected');
      return Number(text);
    case 'duration': {
      const milliseconds = parseGoDuration(text);
      if (milliseconds === undefined) throw invalid('a duration such as 1m30s is expected');
      return milliseconds;
    }
    // QUIRK: no splitting at commas; the first use replaces the default.
    case 'stringArray':
      return [...((before as readonly string[] | undefined) ?? []), text];
    case 'stringList':
      return [...((before as readonly string[] | undefined) ?? []), ...text.split(',')];
  }
}

const placeholders: Readonly<Record<FlagKind, string>> = {
  boolean: '',
  string: 'string',
  int: 'int',
  float: 'float',
  duration: 'duration',
  stringArray: 'stringArray',
  stringList: 'strings',
};

/** One aligned line per flag, as pflag prints them. */
export function flagUsages(flags: readonly Flag[]): string {
  const rows = flags
    .filter((flag) => flag.aliasOf === undefined && flag.unsupported === undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const short = flag.shorthand === undefined ? '    ' : `-${flag.shorthand}, `;
      const placeholder = placeholders[flag.kind];
      const left = `  ${short}--${flag.name}${placeholder === '' ? '' : ` ${placeholder}`}`;
      return [left, flag.help + defaultText(flag)] as const;
    });
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  return rows.map(([left, right]) => `${left.padEnd(width)}${right}\n`).join('');
}

function defaultText({ kind, default: text }: Flag): string {
  if (text === '' || text === 'false' || (kind === 'int' && text === '0')) return '';
  if (kind === 'string') return ` (default "${text}")`;
  return kind === 'stringArray' || kind === 'stringList' ? ` (default [${text}])` : ` (default ${text})`;
}
