// How objects are read from a file, or from standard input as `-` (EXT), for `create` (spec/cli.md §3.3): JSON or YAML by its
// first character, the first document of it (QUIRK, which is told), and no field that the contract does not know.

import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { unknownFieldOf } from '../controller/api/unknown-field.ts';
import { parseYamlDocuments, YamlError } from '../controller/lang/yaml.ts';
import { CliError } from './errors.ts';
import type { CliIo } from './io.ts';

export interface ObjectFileOptions {
  /** Every document of a YAML file instead of the first. */
  readonly all?: boolean;
  /** The kind whose fields count, whatever the file says. */
  readonly kind?: string;
}

export async function readObjects(
  io: CliIo,
  path: string,
  options: ObjectFileOptions = {},
): Promise<KubernetesObject[]> {
  const text = await readFile(io, path);
  const source = path === '-' ? 'standard input' : path;
  const isJson = text.trimStart().startsWith('{');
  const documents = isJson ? [() => parseJson(text)] : yamlDocuments(text);
  if (documents.length > 1 && !options.all) {
    const otherwise = options.kind === undefined ? ' (--all-documents creates all)' : '';
    io.stderr.write(`note: ${source} holds ${documents.length} documents, the first is read${otherwise}\n`);
  }
  const values = (options.all ? documents : documents.slice(0, 1)).map((read) => read());
  if (values.length === 0 || !values.every(isObject)) throw new CliError(`${source} holds no Kubernetes object`);
  return values.map((value) => {
    const object = value as KubernetesObject;
    // Go makes JSON of YAML first, with sorted keys: that is the order in which fields are looked at.
    const unknown = unknownFieldOf(options.kind ?? object.kind ?? '', isJson ? object : sorted(object));
    if (unknown !== undefined && (options.kind !== undefined || isOurs(object))) throw unknownField(unknown, isJson);
    return object;
  });
}

function isOurs({ apiVersion }: KubernetesObject): boolean {
  return apiVersion?.startsWith('argoproj.io/') ?? false;
}

function unknownField(name: string, isJson: boolean): CliError {
  const problem = `json: unknown field ${JSON.stringify(name)}`;
  return new CliError(isJson ? problem : `error unmarshaling JSON: while decoding JSON: ${problem}`);
}

/** The texts of Go's `os`. */
const systemProblems: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `open ${path}: no such file or directory`,
  EACCES: (path) => `open ${path}: permission denied`,
  EISDIR: (path) => `read ${path}: is a directory`,
};

async function readFile(io: CliIo, path: string): Promise<string> {
  if (!io.readTextFile) throw new CliError(`open ${path}: there are no files here`);
  try {
    return await io.readTextFile(path);
  } catch (error) {
    const known = systemProblems[(error as NodeJS.ErrnoException).code ?? ''];
    throw known ? new CliError(known(path)) : error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CliError(`json: ${(error as Error).message}`);
  }
}

/** What is wrong with a document is told when it is read: nobody minds a later one that is not. */
function yamlDocuments(text: string): (() => unknown)[] {
  return parseYamlDocuments(text).map(({ value, problem }) => () => {
    if (problem) throw new CliError(`error converting YAML to JSON: yaml: ${new YamlError(problem).message}`);
    return value;
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, child]) => [key, sorted(child)])) as T;
}
