// Gob by properties: what is written is read again, whole or in pieces; what is not gob is refused, quickly and cheaply.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fullOuter, ourStreams, outer, streamOf } from '../../../test/builders/gob-values.ts';
import { GobDecoder } from './decoder.ts';
import { GobEncoder } from './encoder.ts';
import { decodeGoTime, encodeGoTime } from './time.ts';
import { GobError, type GobType, gobString } from './types.ts';
import { GobWriter } from './writer.ts';

interface Sample {
  readonly type: GobType;
  readonly value: unknown;
}

const whole = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(narrow);
const scalars: fc.Arbitrary<Sample> = fc.oneof(
  fc.boolean().map((value) => ({ type: { kind: 'bool' }, value }) as const),
  whole.map((value) => ({ type: { kind: 'int' }, value }) as const),
  fc
    .bigInt({ min: 0n, max: 2n ** 64n - 1n })
    .map((value) => ({ type: { kind: 'uint' }, value: narrow(value) }) as const),
  fc.double({ noNaN: true }).map((value) => ({ type: { kind: 'float' }, value: value + 0 }) as const),
  fc.string({ unit: 'grapheme' }).map((value) => ({ type: gobString, value })),
  fc
    .uint8Array({ maxLength: 300 })
    .map((value) => ({ type: { kind: 'bytes' }, value: Uint8Array.from(value) }) as const),
);
const { sample } = fc.letrec<{ sample: Sample }>((tie) => ({
  sample: fc.oneof(
    { maxDepth: 4 },
    { arbitrary: scalars, weight: 3 },
    {
      arbitrary: fc.tuple(tie('sample'), fc.nat(3)).map(([{ type, value }, count]) => listed(type, value, count)),
      weight: 1,
    },
    { arbitrary: fc.array(fc.tuple(fc.string(), tie('sample')), { maxLength: 4 }).map(structOf), weight: 1 },
    { arbitrary: fc.tuple(fc.string(), tie('sample')).map(([key, item]) => mapped(key, item)), weight: 1 },
  ),
}));

test('what is written is read again, however it is cut to pieces', () => {
  fc.assert(
    fc.property(fc.array(sample, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (samples, size) => {
      const encoder = new GobEncoder();
      const stream = Buffer.concat(samples.map(({ type, value }) => encoder.encode(type, value)));
      const decoder = new GobDecoder();
      const read: unknown[] = [];
      for (let at = 0; at < stream.length; at += size) read.push(...decoder.push(stream.subarray(at, at + size)));
      assert.deepEqual(
        read.map((value, index) => filled(samples[index]?.type ?? gobString, value)),
        samples.map(({ value }) => value),
      );
    }),
    { numRuns: 300 },
  );
});

test('every time is read as it was written', () => {
  fc.assert(
    fc.property(fc.date({ noInvalidDate: true, min: new Date('0000-01-01'), max: new Date('9999-12-31') }), (date) => {
      fc.pre(date.getTime() !== Date.parse('0001-01-01T00:00:00Z'));
      assert.equal(decodeGoTime(encodeGoTime(date.getTime())), date.getTime());
    }),
  );
});

test('a time that the API cannot write is refused', () => {
  for (const at of [Date.parse('+010000-01-01T00:00:00Z'), Date.parse('-000001-12-31T00:00:00Z'), 8.64e15]) {
    assert.throws(() => decodeGoTime(encodeGoTime(at)), { name: 'GobError', message: /out of range/ });
  }
  assert.equal(decodeGoTime(encodeGoTime(Date.parse('0001-01-01T00:00:00Z'))), undefined, 'Go’s zero');
});

test('garbage is refused, or means something, but never breaks', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => refusedOrRead(bytes)),
    { numRuns: 1000 },
  );
});

test('so is a good stream with some bytes changed, lost or doubled', () => {
  const good = ourStreams.map(streamOf);
  const change = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'double'));
  fc.assert(
    fc.property(fc.constantFrom(...good), fc.array(change, { minLength: 1, maxLength: 5 }), (stream, changes) => {
      let bytes = Buffer.from(stream);
      for (const [place, value, how] of changes) {
        const at = place % Math.max(1, bytes.length);
        if (how === 'set') bytes[at] = value;
        else if (how === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        else bytes = Buffer.concat([bytes.subarray(0, at + 1), bytes.subarray(at)]);
      }
      refusedOrRead(bytes);
    }),
    { numRuns: 1000 },
  );
});

const hostile: readonly (readonly [name: string, stream: () => Uint8Array, text: RegExp])[] = [
  ['a message of a terabyte', () => Uint8Array.of(0xfa, 1, 0, 0, 0, 0, 0), /longer than 8 MiB/],
  ['a length of more than 64 bits', () => Uint8Array.of(0x80), /impossible length/],
  ['a list that says it has a billion items', () => Buffer.concat([boolList(), bools(1_000_000_000, 3)]), /larger/],
  ['a type that nobody defined', () => message((out) => out.int(99)), /not defined/],
  ['a definition of nothing', () => message((out) => define(out, (body) => body.uint(0))), /describes no type/],
  ['a type of itself, deep down', () => Buffer.concat([selfList(), selfValue(1000)]), /nested too deeply/],
  ['a million values in a megabyte', () => Buffer.concat([boolList(), bools(1_000_000)]), /more than 500000 values/],
  ['a type defined again', () => Buffer.concat([selfList(), selfList()]), /defined twice/],
  ['a type under one of Go’s numbers', () => message((out) => define(out, defineSelf, 6)), /defined twice/],
  ['too many types', () => Buffer.concat(Array.from({ length: 10_001 }, (_, n) => selfList(65 + n))), /too many types/],
  ['more than the value', () => message((out) => [2, 0, 2, 9].forEach((n) => void out.uint(n))), /more than its value/],
];

for (const [name, stream, message] of hostile) {
  test(`refuses ${name}`, () => assert.throws(() => new GobDecoder().push(stream()), { name: 'GobError', message }));
}

test('a field named __proto__ is a field', () => {
  const type = { kind: 'struct', name: 'T', fields: [{ name: '__proto__', type: gobString }] } as const;
  const [read] = new GobDecoder().push(new GobEncoder().encode(type, JSON.parse('{"__proto__":"x"}')));
  assert.deepEqual(Object.keys(read as object), ['__proto__']);
  assert.equal(({} as Record<string, unknown>).x, undefined);
});

test('a message that is never finished costs no more than its bytes', () => {
  const decoder = new GobDecoder();
  decoder.push(Uint8Array.of(0xfd, 0x7f, 0xff, 0xff)); // 8 MiB will follow
  const started = process.cpuUsage().user;
  for (let n = 0; n < 20_000; n += 1) assert.deepEqual(decoder.push(Uint8Array.of(1)), []);
  assert.ok(process.cpuUsage().user - started < 2_000_000, 'it is not read again with each byte');
});

test('a definition is sent once', () => {
  const encoder = new GobEncoder();
  const first = encoder.encode(outer, fullOuter);
  assert.ok(encoder.encode(outer, fullOuter).length < first.length / 2);
});

function refusedOrRead(bytes: Uint8Array): void {
  try {
    new GobDecoder().push(bytes);
  } catch (error) {
    if (!(error instanceof GobError)) throw error;
  }
}

function narrow(value: bigint): number | bigint {
  return BigInt(Number.MIN_SAFE_INTEGER) <= value && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function listed(item: GobType, value: unknown, count: number): Sample {
  return { type: { kind: 'slice', item }, value: Array.from({ length: count }, () => value) };
}

function structOf(members: readonly (readonly [string, Sample])[]): Sample {
  const named = members.map(([, each], index) => [`F${index}`, each] as const);
  const fields = named.map(([name, { type }]) => ({ name, type }));
  return {
    type: { kind: 'struct', name: 'T', fields },
    value: Object.fromEntries(named.map(([name, { value }]) => [name, value])),
  };
}

function mapped(key: string, { type, value }: Sample): Sample {
  return { type: { kind: 'map', key: gobString, item: type }, value: new Map([[key, value]]) };
}

/** Zero values put back in where structs left them out. */
function filled(type: GobType, value: unknown): unknown {
  if (type.kind === 'slice') return ((value ?? []) as unknown[]).map((item) => filled(type.item, item));
  if (type.kind === 'map') {
    return new Map(
      [...((value ?? new Map()) as Map<unknown, unknown>)].map(([key, item]) => [key, filled(type.item, item)]),
    );
  }
  if (type.kind === 'struct') {
    const record = (value ?? {}) as Readonly<Record<string, unknown>>;
    return Object.fromEntries(type.fields.map((field) => [field.name, filled(field.type, record[field.name])]));
  }
  const zeros = { bool: false, int: 0, uint: 0, float: 0, string: '', bytes: new Uint8Array() };
  return value ?? zeros[type.kind as keyof typeof zeros];
}

function message(write: (out: GobWriter) => void): Uint8Array {
  const body = new GobWriter();
  write(body);
  const framed = new GobWriter();
  framed.bytes(body.finish());
  return framed.finish();
}

function define(out: GobWriter, body: (out: GobWriter) => void, id = 65): void {
  out.int(-id);
  body(out);
}

/** `type T []T`. */
function defineSelf(out: GobWriter): void {
  for (const n of [2, 2]) out.uint(n);
  out.int(65);
  for (const n of [0, 0]) out.uint(n);
}

function selfList(id = 65): Uint8Array {
  return message((out) => define(out, defineSelf, id));
}

function selfValue(depth: number): Uint8Array {
  return message((out) => {
    out.int(65);
    for (let n = 0; n <= depth; n += 1) out.uint(n === 0 ? 0 : 1);
    out.uint(0);
  });
}

function boolList(): Uint8Array {
  return message((out) =>
    define(out, (body) => {
      for (const n of [2, 2]) body.uint(n);
      body.int(1);
      for (const n of [0, 0]) body.uint(n);
    }),
  );
}

function bools(count: number, sent = count): Uint8Array {
  return message((out) => {
    out.int(65);
    out.uint(0);
    out.uint(count);
    out.raw(new Uint8Array(sent));
  });
}
