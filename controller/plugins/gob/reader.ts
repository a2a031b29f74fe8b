// Reads gob's numbers and texts out of one message. Nothing is believed: a length reaches no further than the bytes that
// are there, so no message makes more of itself than it brought along.

import { GobError } from './types.ts';

export class GobReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** A number when it is exact as one. */
  uint(): number | bigint {
    const first = this.#byte();
    if (first <= 127) return first;
    const count = 256 - first;
    if (count > 8) throw new GobError('a number has more than 64 bits');
    let value = 0n;
    for (const byte of this.take(count)) value = (value << 8n) | BigInt(byte);
    return narrow(value);
  }

  int(): number | bigint {
    const raw = BigInt(this.uint());
    return narrow((raw & 1n) === 1n ? ~(raw >> 1n) : raw >> 1n);
  }

  float(): number {
    const bits = Buffer.alloc(8);
    bits.writeBigUInt64BE(BigInt(this.uint()));
    return bits.readDoubleLE();
  }

  /** How many items follow. Each takes a byte at least. */
  count(): number {
    const value = this.uint();
    if (value > this.remaining) throw new GobError('a length is larger than what was sent');
    return Number(value);
  }

  /** A small signed number: type ids, lengths of arrays. */
  id(): number {
    const value = this.int();
    if (typeof value === 'bigint') throw new GobError('a type has an impossible number');
    return value;
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.take(this.count()));
  }

  string(): string {
    return Buffer.from(this.take(this.count())).toString('utf8');
  }

  /** A view, no copy. */
  take(count: number): Uint8Array {
    if (count > this.remaining) throw new GobError('the message ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #byte(): number {
    const [byte] = this.take(1);
    if (byte === undefined) throw new GobError('the message ends too early');
    return byte;
  }
}

function narrow(value: bigint): number | bigint {
  const isExact = value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
  return isExact ? Number(value) : value;
}
