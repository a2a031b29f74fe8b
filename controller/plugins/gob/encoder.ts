// Values → gob. One encoder is one stream: a type is defined once, before the first message that needs it.
//
// Fields of structs that have their zero value are left out, items of lists and maps never are; a message whose value is
// no struct has a zero byte before it. All definitions go before the message that needs them, also those of what an
// interface holds: Go's encoder breaks the message in two for these, its decoder takes either.

import { builtinIds, firstFreeId, type GobField, type GobInterface, type GobType } from './types.ts';
import { GobWriter } from './writer.ts';

/** Fields of Go's wireType, of which a definition has exactly one. */
const wireFields = { slice: 2, struct: 3, map: 4, opaque: 5 } as const;

export class GobEncoder {
  readonly #ids = new Map<GobType, number>();
  #nextId: number = firstFreeId;
  #definitions: Uint8Array[] = [];

  /**
   * The bytes to be sent. Values: boolean, number or bigint, string, Uint8Array, array, record or Map (maps), record by
   * field name (structs), GobInterface or undefined (interfaces). Undefined and null are zero, or a nil pointer.
   */
  encode(type: GobType, value: unknown): Uint8Array {
    const body = new GobWriter();
    body.int(this.#idOf(type));
    this.#whole(body, type, value);
    const message = framed(body);
    const bytes = Buffer.concat([...this.#definitions, message]);
    this.#definitions = [];
    return bytes;
  }

  #idOf(type: GobType): number {
    if (type.kind in builtinIds) return builtinIds[type.kind as keyof typeof builtinIds];
    const known = this.#ids.get(type);
    if (known !== undefined) return known;
    const id = this.#nextId;
    this.#nextId += 1;
    this.#ids.set(type, id);
    const body = new GobWriter();
    body.int(-id);
    this.#define(body, type as Defined, id);
    this.#definitions.push(framed(body));
    return id;
  }

  /** A struct wireType with the one field of this kind, which begins with its CommonType{Name, Id}. */
  #define(body: GobWriter, type: Defined, id: number): void {
    body.uint(wireFields[type.kind]);
    body.uint(1);
    const name = 'name' in type ? type.name : '';
    if (name !== '') {
      body.uint(1);
      body.string(name);
    }
    body.uint(name === '' ? 2 : 1);
    body.int(id);
    body.uint(0);
    if (type.kind === 'struct') this.#defineFields(body, type.fields);
    else if (type.kind === 'slice') this.#defineParts(body, [type.item]);
    else if (type.kind === 'map') this.#defineParts(body, [type.key, type.item]);
    body.uint(0);
    body.uint(0);
  }

  #defineFields(body: GobWriter, fields: readonly GobField[]): void {
    if (fields.length === 0) return;
    body.uint(1);
    body.uint(fields.length);
    for (const { name, type } of fields) {
      body.uint(1);
      body.string(name);
      body.uint(1);
      body.int(this.#idOf(type));
      body.uint(0);
    }
  }

  #defineParts(body: GobWriter, parts: readonly GobType[]): void {
    for (const part of parts) {
      body.uint(1);
      body.int(this.#idOf(part));
    }
  }

  /** A value that stands alone: of a message, or in an interface. */
  #whole(out: GobWriter, type: GobType, value: unknown): void {
    if (type.kind !== 'struct') out.uint(0);
    this.#value(out, type, value);
  }

  #value(out: GobWriter, type: GobType, value: unknown): void {
    switch (type.kind) {
      case 'bool':
        return out.uint(value === true ? 1 : 0);
      case 'int':
        return out.int((value ?? 0) as number);
      case 'uint':
        return out.uint((value ?? 0) as number);
      case 'float':
        return out.float((value ?? 0) as number);
      case 'string':
        return out.string((value ?? '') as string);
      case 'bytes':
        return out.bytes((value ?? new Uint8Array()) as Uint8Array);
      case 'opaque':
        if (value === undefined || value === null) throw new Error(`${type.name} has no zero value that could be sent`);
        return out.bytes(value as Uint8Array);
      case 'slice':
        return this.#items(out, type.item, (value ?? []) as readonly unknown[]);
      case 'map':
        return this.#entries(out, type, entriesOf(value));
      case 'struct':
        return this.#struct(out, type.fields, (value ?? {}) as Readonly<Record<string, unknown>>);
      default:
        return this.#interface(out, value as GobInterface | undefined);
    }
  }

  #items(out: GobWriter, type: GobType, items: readonly unknown[]): void {
    out.uint(items.length);
    for (const item of items) this.#value(out, type, item);
  }

  #entries(out: GobWriter, type: GobType & { kind: 'map' }, entries: readonly (readonly [unknown, unknown])[]): void {
    out.uint(entries.length);
    for (const [key, item] of entries) {
      this.#value(out, type.key, key);
      this.#value(out, type.item, item);
    }
  }

  #struct(out: GobWriter, fields: readonly GobField[], value: Readonly<Record<string, unknown>>): void {
    let last = -1;
    for (const [index, { name, type }] of fields.entries()) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined;
      if (isZero(type, given)) continue;
      out.uint(index - last);
      last = index;
      this.#value(out, type, given);
    }
    out.uint(0);
  }

  /** Name, type, length, value; no name: nil. */
  #interface(out: GobWriter, value: GobInterface | undefined): void {
    out.string(value?.name ?? '');
    if (value === undefined) return;
    out.int(this.#idOf(value.type));
    const body = new GobWriter();
    this.#whole(body, value.type, value.value);
    out.bytes(body.finish());
  }
}

type Defined = Exclude<GobType, { readonly kind: keyof typeof builtinIds }>;

function framed(body: GobWriter): Uint8Array {
  const message = new GobWriter();
  message.bytes(body.finish());
  return message.finish();
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  return value instanceof Map ? [...value] : Object.entries(value ?? {});
}

/** Structs are sent even when nothing in them is. */
function isZero({ kind }: GobType, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value) === 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return kind === 'map' && entriesOf(value).length === 0;
}
