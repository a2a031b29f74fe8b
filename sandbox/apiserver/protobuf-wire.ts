// Which values does a protobuf message carry, by field number? Without knowing what the fields mean.

export type ProtobufFields = ReadonlyMap<number, readonly (bigint | Uint8Array)[]>;

export class ProtobufReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Values by field number, in order. Throws RangeError on what is no message. */
  fields(): ProtobufFields {
    const fields = new Map<number, (bigint | Uint8Array)[]>();
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      const number = tag >> 3;
      const value = this.#value(tag & 7);
      const values = fields.get(number);
      if (values === undefined) fields.set(number, [value]);
      else values.push(value);
    }
    return fields;
  }

  #value(wireType: number): bigint | Uint8Array {
    if (wireType === 0) return this.#varint();
    if (wireType === 1) return this.#take(8);
    if (wireType === 2) return this.#take(Number(this.#varint()));
    if (wireType === 5) return this.#take(4);
    throw new RangeError(`wire type ${wireType}`);
  }

  #take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw new RangeError('unexpected end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError('unexpected end');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new RangeError('varint too long');
  }
}

export function bytesOf(fields: ProtobufFields, number: number): Uint8Array {
  const value = fields.get(number)?.at(-1);
  return value instanceof Uint8Array ? value : new Uint8Array();
}

export function textOf(fields: ProtobufFields, number: number): string {
  return Buffer.from(bytesOf(fields, number)).toString('utf8');
}
