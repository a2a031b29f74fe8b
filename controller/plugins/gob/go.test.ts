// Gob against Go itself: what encoding/gob wrote is read, and what Go has read of ours is what was meant. Both were
// recorded (test/fixtures/gob/record.ts makes them anew), so Go is not needed here.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fullOuter, ourStreams, streamOf } from '../../../test/builders/gob-values.ts';
import { GobDecoder } from './decoder.ts';
import { decodeGoTime } from './time.ts';

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../test/fixtures/gob/${name}`, import.meta.url), 'utf8'));

const goWrites: readonly { readonly name: string; readonly hex: string }[] = recorded('go-writes.json');
const goReads: readonly { readonly name: string; readonly hex: string; readonly read: unknown }[] =
  recorded('go-reads.json');

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const readOuter = {
  Text: 'größer 😀',
  Count: -5,
  Size: 2n ** 64n - 1n,
  Ratio: 17.5,
  On: true,
  Raw: bytes('{"a":[1]}'),
  Inner: { Name: 'in' },
  Pointer: { Value: 'x' },
  List: [{}, { Name: 'b', Flags: [true, false] }],
  Numbers: [0, -1, 64, -65, 128, 2n ** 63n - 1n, -(2n ** 63n)],
  Labels: new Map([['k', 'v']]),
  Raws: new Map([['acme/p', bytes('{"q":"up"}')]]),
  Nested: new Map([['n', { Name: 'deep' }]]),
  At: Date.UTC(2026, 10, 21, 3, 15, 4) + 123,
  Later: Date.UTC(2000, 0, 1, 5, 29, 59),
  Lists: [['a', ''], [], ['b']],
};

/** Of the vectors of main.go. Times are read as such. */
const expected: Readonly<Record<string, readonly unknown[]>> = {
  bools: [true, false],
  ints: [0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 20, 2 ** 31 - 1, -(2 ** 31)],
  'wide ints': [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n)],
  uints: [0, 127, 128, 255, 256, 2 ** 32 - 1, 2n ** 64n - 1n],
  floats: [0, 1, -2.5, 17, Number.MAX_VALUE, Number.MIN_VALUE],
  strings: ['', 'plain', 'größer 😀'],
  bytes: [bytes(''), Uint8Array.of(0, 1, 255), bytes('{"a":1}')],
  slices: [[], ['a', ''], [3, 0]],
  maps: [new Map(), new Map([['k', 'v']]), new Map([['zero', 0]])],
  'zero struct': [{}, { Inner: {} }],
  'full struct': [readOuter, readOuter],
  embedded: [{ Meta: { Kind: 'AnalysisRun', APIVersion: 'argoproj.io/v1alpha1' }, Spec: { Name: 's' } }, { Own: 2 }],
  times: [readOuter.At, readOuter.Later, Date.UTC(1899, 11, 31, 23, 52, 57)],
  array: [{ Four: [1, 0, 0, 4] }],
  'empty struct': [{}],
  'interface with a string': [{ name: 'string', value: 'text' }],
  replies: [
    { ServiceMethod: 'Plugin.Run', Seq: 7 },
    { Phase: 'Running', Message: 'soon', Started: readOuter.At, Metadata: new Map([['k', 'v']]) },
    { ServiceMethod: 'Plugin.Run', Seq: 8, Error: 'it broke' },
    {},
    { ServiceMethod: 'Plugin.Type', Seq: 300 },
    'RPCPlugin',
  ],
};

for (const { name, hex } of goWrites) {
  const stream = Buffer.from(hex, 'hex');
  const values = expected[name];
  if (values === undefined) {
    test(`refuses what no answer of a plugin has: ${name}`, () => {
      const error = { name: 'GobError', message: 'an interface brings its type along' };
      assert.throws(() => new GobDecoder().push(stream), error);
    });
    continue;
  }
  test(`reads what Go writes: ${name}`, () => assert.deepEqual(plain(new GobDecoder().push(stream)), values));
  test(`reads it byte by byte: ${name}`, () => {
    const decoder = new GobDecoder();
    const read = [...stream].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
    assert.deepEqual(plain(read), values);
  });
}

test('every vector is there', () => {
  const refused = ['interfaces', 'interface in a struct', 'interface in an interface'];
  assert.deepEqual(goWrites.map(({ name }) => name).sort(), [...Object.keys(expected), ...refused].sort());
});

for (const stream of ourStreams) {
  const record = goReads.find(({ name }) => name === stream.name);

  test(`writes what Go has read: ${stream.name}`, () => {
    assert.equal(Buffer.from(streamOf(stream)).toString('hex'), record?.hex);
  });

  test(`Go understood it: ${stream.name}`, () => {
    const meant = stream.values.map(([, value]) => (stream.into === 'lesser' ? lesser : value));
    assert.deepEqual(asJson(record?.read), asJson(meant));
  });
}

/** What main.go's type of that name has of `outer`. */
const { Labels, Count, Later, Pointer } = fullOuter;
const lesser = { Labels, Count, Later, Pointer };

/** Records without their strange prototype; times as times. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, plain(item)]));
  if (value instanceof Uint8Array) return isTime(value) ? decodeGoTime(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function isTime({ length, 0: version }: Uint8Array): boolean {
  return (length === 15 && version === 1) || (length === 16 && version === 2);
}

/** As Go's JSON shows it, without what is zero: both sides are brought to this form. */
function asJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(asJson);
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Map) return asJson(Object.fromEntries(value));
  if (value instanceof Uint8Array) return bytesAsJson(value);
  if (typeof value === 'string' && /^\d{4}-.*T.*Z$/.test(value)) return timeAsJson(Date.parse(value));
  if (typeof value !== 'object' || value === null) return isZero(value) ? undefined : value;
  if ('type' in value && 'value' in value) return asJson(value.value);
  // What is embedded is no object of its own in JSON.
  const { Meta = {}, NobodyKnows: _nobody, ...rest } = value as Readonly<Record<string, unknown>>;
  const fields = Object.entries({ ...(Meta as object), ...rest });
  const told = fields.map(([name, item]) => [name, asJson(item)] as const).filter(([, item]) => !isZero(item));
  return told.length === 0 ? undefined : Object.fromEntries(told);
}

function bytesAsJson(value: Uint8Array): unknown {
  if (isTime(value)) return timeAsJson(decodeGoTime(value));
  const text = Buffer.from(value).toString();
  if (text === '') return undefined;
  return text.startsWith('{') ? asJson(JSON.parse(text)) : Buffer.from(value).toString('base64');
}

/** Year 1 is Go's zero. */
function timeAsJson(at: number | undefined): string | undefined {
  return at === undefined || at < Date.UTC(1000, 0) ? undefined : new Date(at).toISOString();
}

function isZero(value: unknown): boolean {
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}
