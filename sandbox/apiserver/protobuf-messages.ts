// Reads a protobuf message into plain JSON by a table of its fields; and the messages that most kinds have in common.

import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { JsonObject, JsonValue } from './kinds/types.ts';
import { type ProtobufFields, ProtobufReader } from './protobuf-wire.ts';

export type Field =
  | { readonly name: string; readonly as: 'string' | 'bool' | 'int' | 'bytes' | 'intOrString' | 'quantity' | 'time' }
  | { readonly name: string; readonly as: 'strings' | 'ints' }
  | { readonly name: string; readonly as: 'stringMap' | 'bytesMap' | 'quantityMap' }
  | { readonly name: string; readonly as: 'message' | 'messages'; readonly of: Message }
  /** Its fields are the parent's own in JSON. */
  | { readonly as: 'inline'; readonly of: Message };

export type Message = Readonly<Record<number, Field>>;

export const string = (name: string): Field => ({ name, as: 'string' });
export const strings = (name: string): Field => ({ name, as: 'strings' });
export const bool = (name: string): Field => ({ name, as: 'bool' });
export const int = (name: string): Field => ({ name, as: 'int' });
export const message = (name: string, of: Message): Field => ({ name, as: 'message', of });
export const messages = (name: string, of: Message): Field => ({ name, as: 'messages', of });

const ownerReference: Message = {
  1: string('kind'),
  3: string('name'),
  4: string('uid'),
  5: string('apiVersion'),
  6: bool('controller'),
  7: bool('blockOwnerDeletion'),
};

export const metadata: Field = message('metadata', {
  1: string('name'),
  2: string('generateName'),
  3: string('namespace'),
  5: string('uid'),
  6: string('resourceVersion'),
  11: { name: 'labels', as: 'stringMap' },
  12: { name: 'annotations', as: 'stringMap' },
  13: messages('ownerReferences', ownerReference),
  14: strings('finalizers'),
});

export const labelSelector: Message = {
  1: { name: 'matchLabels', as: 'stringMap' },
  2: messages('matchExpressions', { 1: string('key'), 2: string('operator'), 3: strings('values') }),
};

export function read(of: Message, bytes: Uint8Array): JsonObject {
  const fields = new ProtobufReader(bytes).fields();
  const result: JsonObject = {};
  for (const [number, field] of Object.entries(of)) {
    const values = fields.get(Number(number));
    if (values === undefined) continue;
    const value = readField(field, values);
    if (field.as === 'inline') Object.assign(result, value);
    // Go writes empty strings of what is not set.
    else if (value !== '') result[field.name] = value;
  }
  return result;
}

function readField(field: Field, values: readonly (bigint | Uint8Array)[]): JsonValue {
  const last = values.at(-1)!;
  switch (field.as) {
    case 'string':
      return text(last);
    case 'bytes':
      return base64(last);
    case 'bool':
      return last !== 0n;
    case 'int':
      return Number(last);
    case 'intOrString':
      return readIntOrString(bytes(last));
    case 'quantity':
      return readQuantity(last);
    case 'time':
      return readTime(bytes(last));
    case 'strings':
      return values.map(text);
    case 'ints':
      return values.map(Number);
    case 'stringMap':
      return readMap(values, text);
    case 'bytesMap':
      return readMap(values, base64);
    case 'quantityMap':
      return readMap(values, readQuantity);
    case 'inline':
    case 'message':
      return read(field.of, bytes(last));
    case 'messages':
      return values.map((value) => read(field.of, bytes(value)));
  }
}

/** Type 1 is a string. */
function readIntOrString(value: Uint8Array): JsonValue {
  const fields = new ProtobufReader(value).fields();
  const number = fields.get(2)?.at(-1);
  return fields.get(1)?.at(-1) === 1n ? text(fields.get(3)?.at(-1) ?? new Uint8Array()) : Number(number ?? 0n);
}

function readQuantity(value: bigint | Uint8Array): string {
  return text(new ProtobufReader(bytes(value)).fields().get(1)?.at(-1) ?? new Uint8Array());
}

/** Seconds and nanoseconds; an empty message is no time. */
function readTime(value: Uint8Array): JsonValue {
  const seconds = new ProtobufReader(value).fields().get(1)?.at(-1);
  return typeof seconds === 'bigint' ? formatRfc3339(Number(seconds) * 1000) : null;
}

function readMap(
  entries: readonly (bigint | Uint8Array)[],
  toJson: (value: bigint | Uint8Array) => string,
): JsonObject {
  const map: JsonObject = {};
  for (const entry of entries) {
    const fields: ProtobufFields = new ProtobufReader(bytes(entry)).fields();
    const key = text(fields.get(1)?.at(-1) ?? new Uint8Array());
    map[key] = toJson(fields.get(2)?.at(-1) ?? new Uint8Array());
  }
  return map;
}

function bytes(value: bigint | Uint8Array): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new RangeError('a number where bytes were expected');
}

function text(value: bigint | Uint8Array): string {
  return Buffer.from(bytes(value)).toString('utf8');
}

function base64(value: bigint | Uint8Array): string {
  return Buffer.from(bytes(value)).toString('base64');
}
