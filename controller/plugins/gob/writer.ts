// How gob writes numbers and texts: small numbers in one byte, others as the negated count of their big-endian bytes and
// these; signed ones with the sign in the lowest bit; floats with their bytes reversed, so that round ones are short.

export class GobWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was written; the writer is not used afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  uint(value: number | bigint): void {
    if (value <= 127) return this.#byte(Number(value));
    const hex = value.toString(16);
    const digits = hex.padStart(hex.length + (hex.length % 2), '0');
    this.#byte(256 - digits.length / 2);
    this.raw(Buffer.from(digits, 'hex'));
  }

  int(value: number | bigint): void {
    const wide = BigInt(value);
    this.uint(wide < 0n ? (~wide << 1n) | 1n : wide << 1n);
  }

  float(value: number): void {
    const bits = Buffer.alloc(8);
    bits.writeDoubleLE(value);
    this.uint(bits.readBigUInt64BE());
  }

  bytes(value: Uint8Array): void {
    this.uint(value.length);
    this.raw(value);
  }

  string(value: string): void {
    this.bytes(Buffer.from(value, 'utf8'));
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length] = value;
    this.#length += 1;
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + count));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
