// Gob → values, guided by nothing but the definitions that the stream sends: fields that nobody knows are there like all
// others, and who reads the result takes what it needs. What comes is not trusted: messages, values, types and depth have
// limits, and everything beyond them, or without sense, is a GobError, after which the stream is of no use.

import { GobReader } from './reader.ts';
import { GobError } from './types.ts';
import { initialTypes, type WireType, wireTypeId, wireTypeOf } from './wire-types.ts';

/** Answers of plugins are measurements; what a status may hold is a hundredth of it. */
const mostMessageBytes = 8 * 1024 * 1024;
/** Of one message, so that a million one-byte items do not become a gigabyte of objects. */
const mostValues = 500_000;
const mostTypes = 10_000;
const mostDepth = 100;
/** A count of bytes, and its own length before it. */
const longestPrefix = 9;

/** What a struct is decoded to: what was left out, as it was zero, is not there. */
export type GobRecord = Readonly<Record<string, unknown>>;

export class GobDecoder {
  readonly #types = new Map<number, WireType>(initialTypes);
  #chunks: Uint8Array[] = [];
  #buffered = 0;
  /** Bytes without which there is nothing to be read. */
  #wanted = 1;
  /** Values that the message may still have. */
  #budget = 0;

  /**
   * Takes the next bytes of the stream and gives the values that they complete: booleans, numbers (bigints beyond
   * exactness), strings, Uint8Array, arrays, Map, GobRecord, `{name, value}` or undefined for interfaces.
   */
  push(chunk: Uint8Array): unknown[] {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    const values: unknown[] = [];
    if (this.#buffered < this.#wanted) return values;
    let rest: Uint8Array = Buffer.concat(this.#chunks);
    for (;;) {
      const { prefix, end } = frameOf(rest);
      this.#wanted = end;
      if (rest.length < end) break;
      this.#read(new GobReader(rest.subarray(prefix, end)), values);
      rest = rest.subarray(end);
    }
    this.#chunks = [rest];
    this.#buffered = rest.length;
    return values;
  }

  /** A message defines a type or brings a value. */
  #read(from: GobReader, values: unknown[]): void {
    this.#budget = mostValues;
    const id = from.id();
    if (id < 0) this.#define(-id, from);
    else values.push(this.#whole(id, from, 0));
    if (from.remaining > 0) throw new GobError('a message has more than its value');
  }

  #define(id: number, from: GobReader): void {
    if (this.#types.has(id)) throw new GobError('a type is defined twice');
    if (this.#types.size >= mostTypes) throw new GobError('the stream has too many types');
    this.#types.set(id, wireTypeOf(this.#value(wireTypeId, from, 0)));
  }

  #whole(id: number, from: GobReader, depth: number): unknown {
    if (this.#typeOf(id).kind !== 'struct' && from.uint() !== 0) throw new GobError('a value that is no struct is one');
    return this.#value(id, from, depth);
  }

  #value(id: number, from: GobReader, depth: number): unknown {
    const type = this.#typeOf(id);
    this.#budget -= 1;
    if (this.#budget < 0) throw new GobError(`a message has more than ${mostValues} values`);
    if (depth > mostDepth) throw new GobError('a value is nested too deeply');
    switch (type.kind) {
      case 'bool':
        return from.uint() !== 0;
      case 'int':
        return from.int();
      case 'uint':
        return from.uint();
      case 'float':
        return from.float();
      case 'complex':
        return [from.float(), from.float()];
      case 'string':
        return from.string();
      case 'bytes':
      case 'opaque':
        return from.bytes();
      case 'slice':
        return this.#items(type.item, from, depth);
      case 'map':
        return this.#entries(type, from, depth);
      case 'struct':
        return this.#struct(type.fields, from, depth);
      default:
        return this.#interface(from, depth);
    }
  }

  #items(item: number, from: GobReader, depth: number): unknown[] {
    const items: unknown[] = [];
    for (let left = from.count(); left > 0; left -= 1) items.push(this.#value(item, from, depth + 1));
    return items;
  }

  #entries({ key, item }: WireType & { kind: 'map' }, from: GobReader, depth: number): Map<unknown, unknown> {
    const entries = new Map<unknown, unknown>();
    for (let left = from.count(); left > 0; left -= 1) {
      const name = this.#value(key, from, depth + 1);
      entries.set(name, this.#value(item, from, depth + 1));
    }
    return entries;
  }

  #struct(fields: (WireType & { kind: 'struct' })['fields'], from: GobReader, depth: number): GobRecord {
    const record: Record<string, unknown> = Object.create(null);
    let index = -1;
    for (let delta = from.uint(); delta !== 0; delta = from.uint()) {
      index += Number(delta);
      const field = fields[index];
      if (field === undefined) throw new GobError('a struct has a field that its type has not');
      record[field.name] = this.#value(field.type, from, depth + 1);
    }
    return record;
  }

  /** Its type must be known. Go's encoder breaks the message in two to define it, which no answer of a plugin needs. */
  #interface(from: GobReader, depth: number): unknown {
    const name = from.string();
    if (name === '') return undefined;
    const id = from.id();
    if (id < 0) throw new GobError('an interface brings its type along');
    const value = new GobReader(from.take(from.count()));
    const held = this.#whole(id, value, depth + 1);
    if (value.remaining > 0) throw new GobError('an interface holds more than its value');
    return { name, value: held };
  }

  #typeOf(id: number): WireType {
    const type = this.#types.get(id);
    if (type === undefined) throw new GobError('a value has a type that was not defined');
    return type;
  }
}

/** Where the first message begins, and where it ends; as far as can be seen, when its length is not complete. */
function frameOf(bytes: Uint8Array): { readonly prefix: number; readonly end: number } {
  const [first = 0] = bytes;
  const prefix = first <= 127 ? 1 : 257 - first;
  if (prefix > longestPrefix) throw new GobError('a message has an impossible length');
  if (bytes.length < prefix) return { prefix, end: prefix };
  const length = new GobReader(bytes).uint();
  if (length > mostMessageBytes) throw new GobError(`a message is longer than ${mostMessageBytes / 1024 / 1024} MiB`);
  return { prefix, end: prefix + Number(length) };
}
