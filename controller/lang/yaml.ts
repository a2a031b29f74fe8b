// YAML as kubectl reads it (spec/kubernetes.md §3): Go's dialect of YAML 1.1, which differs from every schema of
// js-yaml, so only its parser is used and values are built here. Keys stay the strings they were written as, a
// duplicate key is an error, and each value knows its line, for messages that name file, line and field path.

import {
  EVENT_ID,
  type Event,
  getScalarValue,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml';
import { resolvePlainScalar } from './yaml-scalar.ts';

/** What is wrong with a document, and where: lines and columns count from 1. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

export class YamlError extends Error {
  readonly problem: YamlProblem;
  constructor(problem: YamlProblem) {
    super(`line ${problem.line}: ${problem.reason}`);
    this.name = 'YamlError';
    this.problem = problem;
  }
}

/** One document of a file. A document that cannot be read has a `problem`; the others of its file are unaffected. */
export interface YamlDocument {
  readonly value: unknown;
  readonly problem?: YamlProblem;
  /** Line of the document's first value in the file. */
  readonly line: number;
  /** Line of the value at a path such as `spec.strategy.canary.steps[0]`, or of the nearest ancestor that is written. */
  lineOf(path: string): number;
}

/** The one document of a text; undefined for an empty one. Throws YamlError. */
export function parseYaml(text: string): unknown {
  const documents = parseYamlDocuments(text);
  const problem = documents.find((document) => document.problem)?.problem;
  if (problem) throw new YamlError(problem);
  const second = documents[1];
  if (second) throw new YamlError({ line: second.line, column: 1, reason: 'expected a single document' });
  return documents[0]?.value;
}

/** Every document that is not empty, in order. Never throws for what the text contains. */
export function parseYamlDocuments(text: string): YamlDocument[] {
  return splitDocuments(text.replaceAll('\r\n', '\n').replace(/^\uFEFF/, ''))
    .map(parseDocument)
    .filter((document) => document !== undefined);
}

interface Chunk {
  readonly text: string;
  /** Lines of the file before this chunk. */
  readonly linesBefore: number;
}

/** Splits at lines of `---` before parsing, as kubectl does: a broken document does not hide the next one. */
function splitDocuments(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  let lines: string[] = [];
  let linesBefore = 0;
  const all = text.split('\n');
  for (const [index, line] of all.entries()) {
    if (!/^---\s*(#.*)?$/.test(line)) {
      lines.push(line);
      continue;
    }
    chunks.push({ text: lines.join('\n'), linesBefore });
    lines = [];
    linesBefore = index + 1;
  }
  chunks.push({ text: lines.join('\n'), linesBefore });
  return chunks;
}

function parseDocument(chunk: Chunk): YamlDocument | undefined {
  const builder = new Builder(chunk.text);
  try {
    const found = builder.build(parseEvents(chunk.text, {}));
    if (!found) return undefined;
    const line = chunk.linesBefore + lineAt(chunk.text, found.at);
    return {
      value: found.value,
      line,
      lineOf: (path) => chunk.linesBefore + lineAt(chunk.text, offsetOf(found, path)),
    };
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const at = error.mark?.position ?? 0;
    const line = chunk.linesBefore + lineAt(chunk.text, at);
    const problem = { line, column: at - chunk.text.lastIndexOf('\n', at - 1), reason: error.reason };
    return { value: undefined, problem, line, lineOf: () => line };
  }
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** A value with its place, and the places of what it contains. */
interface Built {
  readonly value: unknown;
  readonly at: number;
  readonly children?: ReadonlyMap<string, Built>;
}

function offsetOf(root: Built, path: string): number {
  let here = root;
  for (const [, key, index] of path.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)) {
    const child = here.children?.get((key ?? index ?? '').replace(/^["']|["']$/g, ''));
    if (!child) break;
    here = child;
  }
  return here.at;
}

/** Builds one document's value from the parser's events. */
class Builder {
  readonly #source: string;
  readonly #anchors = new Map<string, Built>();
  #events: readonly Event[] = [];
  #next = 0;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  build(events: readonly Event[]): Built | undefined {
    this.#events = events;
    this.#next = 0;
    let root: Built | undefined;
    for (let event = events[this.#next]; event; event = events[this.#next]) {
      if (event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) this.#next++;
      else if (root) this.#fail(startOf(event), 'expected a single document');
      else root = this.#node();
    }
    return root === undefined || isEmptyScalar(events, root) ? undefined : root;
  }

  #node(): Built {
    const event = this.#events[this.#next++];
    if (event === undefined || event.type === EVENT_ID.DOCUMENT || event.type === EVENT_ID.POP) {
      return this.#fail(this.#at, 'unexpected end of the document');
    }
    if (event.type === EVENT_ID.ALIAS) {
      const name = this.#source.slice(event.anchorStart, event.anchorEnd);
      const target = this.#anchors.get(name);
      if (!target) return this.#fail(event.anchorStart, `unknown anchor '${name}' referenced`);
      return { ...target, at: event.anchorStart };
    }
    this.#at = startOf(event);
    const built =
      event.type === EVENT_ID.SCALAR
        ? { value: this.#scalar(event), at: this.#at }
        : event.type === EVENT_ID.SEQUENCE
          ? this.#sequence(this.#at)
          : this.#mapping(this.#at);
    if (event.anchorStart >= 0) this.#anchors.set(this.#source.slice(event.anchorStart, event.anchorEnd), built);
    return built;
  }

  #sequence(at: number): Built {
    const children = new Map<string, Built>();
    const value: unknown[] = [];
    while (!this.#ends()) {
      const item = this.#node();
      children.set(String(value.length), item);
      value.push(item.value);
    }
    return { value, at, children };
  }

  #mapping(at: number): Built {
    const children = new Map<string, Built>();
    const merged: Built[] = [];
    while (!this.#ends()) {
      const keyEvent = this.#events[this.#next];
      const keyAt = keyEvent ? startOf(keyEvent) : at;
      const key = this.#key();
      const value = this.#node();
      if (key === undefined) merged.push(...this.#mergeSources(value, keyAt));
      else if (children.has(key)) this.#fail(keyAt, `key ${JSON.stringify(key)} already set in map`);
      else children.set(key, { ...value, at: keyAt });
    }
    // What is written wins over what is merged, and an earlier merge over a later one.
    for (const source of merged) {
      for (const [key, child] of source.children ?? []) if (!children.has(key)) children.set(key, child);
    }
    return { value: Object.fromEntries([...children].map(([key, child]) => [key, child.value])), at, children };
  }

  /** The key as it was written, whatever type it would have as a value; undefined for the merge key. */
  #key(): string | undefined {
    const event = this.#events[this.#next];
    if (event?.type !== EVENT_ID.SCALAR) {
      const key = this.#node();
      return typeof key.value === 'string' ? key.value : this.#fail(key.at, 'a key must be a string');
    }
    if (event.anchorStart >= 0) return String(this.#node().value);
    this.#next++;
    this.#at = startOf(event);
    const text = getScalarValue(this.#source, event);
    return text === '<<' && event.style === SCALAR_STYLE.PLAIN ? undefined : text;
  }

  #mergeSources(merge: Built, at: number): Built[] {
    const sources = Array.isArray(merge.value) ? [...(merge.children?.values() ?? [])] : [merge];
    for (const { value } of sources) {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) {
        this.#fail(at, 'map merge requires map or sequence of maps as the value');
      }
    }
    return sources;
  }

  #scalar(event: ScalarEvent): unknown {
    const text = getScalarValue(this.#source, event);
    const tag = event.tagStart >= 0 ? this.#source.slice(event.tagStart, event.tagEnd) : '';
    if (tag === '!!str' || tag === '!') return text;
    if (tag === '' || /^!!(int|float|bool|null)$/.test(tag)) {
      return event.style === SCALAR_STYLE.PLAIN || tag !== '' ? resolvePlainScalar(text) : text;
    }
    return tag === '!!binary' ? text : this.#fail(event.tagStart, `unknown tag ${tag}`);
  }

  #ends(): boolean {
    if (this.#events[this.#next]?.type !== EVENT_ID.POP) return false;
    this.#next++;
    return true;
  }

  #fail(at: number, reason: string): never {
    return YAMLException.throwAt(this.#source, Math.max(at, 0), reason);
  }
}

function startOf(event: Event): number {
  if (event.type === EVENT_ID.SCALAR) return event.tagStart >= 0 ? event.tagStart : event.valueStart;
  if (event.type === EVENT_ID.MAPPING || event.type === EVENT_ID.SEQUENCE) return event.start;
  return event.type === EVENT_ID.ALIAS ? event.anchorStart : 0;
}

/** A document of nothing but comments has one empty scalar; `null` or `~` written out is a document. */
function isEmptyScalar(events: readonly Event[], root: Built): boolean {
  if (root.value !== null) return false;
  return !events.some((event) => event.type === EVENT_ID.SCALAR && event.valueEnd > event.valueStart);
}
