// Streams of Slipway's gob encoder that Go has read: test/fixtures/gob/record.ts has Go read them, and the tests compare
// what they are now with what they were then.

import { GobEncoder } from '../../controller/plugins/gob/encoder.ts';
import { encodeGoTime } from '../../controller/plugins/gob/time.ts';
import {
  type GobType,
  gobBool,
  gobBytes,
  gobInt,
  gobInterface,
  gobString,
  gobStruct,
  gobUint,
} from '../../controller/plugins/gob/types.ts';

const time: GobType = { kind: 'opaque', name: 'Time' };
const texts: GobType = { kind: 'slice', item: gobString };
const labels: GobType = { kind: 'map', key: gobString, item: gobString };
const inner = gobStruct('inner', { Name: gobString, Value: gobString, Flags: { kind: 'slice', item: gobBool } });
const innerList: GobType = { kind: 'slice', item: inner };
export const outer = gobStruct('outer', {
  NobodyKnows: innerList,
  Text: gobString,
  Count: gobInt,
  Size: gobUint,
  Ratio: { kind: 'float' },
  On: gobBool,
  Off: gobBool,
  Raw: gobBytes,
  Inner: inner,
  Pointer: inner,
  List: innerList,
  Numbers: { kind: 'slice', item: gobInt },
  Labels: labels,
  Raws: { kind: 'map', key: gobString, item: gobBytes },
  Nested: { kind: 'map', key: gobString, item: inner },
  At: time,
  Later: time,
  Lists: { kind: 'slice', item: texts },
});
const meta = gobStruct('Meta', { Kind: gobString, APIVersion: gobString });
const object = gobStruct('object', { Meta: meta, Spec: inner });
const withInterface = gobStruct('withInterface', { Before: gobString, Held: gobInterface, After: gobString });
const request = gobStruct('Request', { ServiceMethod: gobString, Seq: gobUint, Error: gobString });

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
export const fullOuter = {
  NobodyKnows: [{ Name: 'skipped' }],
  Text: 'größer 😀',
  Count: -5,
  Size: 2n ** 64n - 1n,
  Ratio: 17.5,
  On: true,
  Off: false,
  Raw: json({ a: [1] }),
  Inner: { Name: 'in' },
  Pointer: { Value: 'x' },
  List: [{}, { Name: 'b', Flags: [true, false] }],
  Numbers: [0, -1, 64, -65, 128, 2n ** 63n - 1n, -(2n ** 63n)],
  Labels: { k: 'v' },
  Raws: new Map([['acme/p', json({ q: 'up' })]]),
  Nested: { n: { Name: 'deep' } },
  At: encodeGoTime(Date.UTC(2026, 10, 21, 3, 15, 4) + 0.5),
  Later: encodeGoTime(Date.UTC(1931, 0, 1)),
  Lists: [['a', ''], [], ['b']],
};
const innerValue = { Name: 'i', Value: 'p', Flags: [false] };
const held = { name: 'Inner', type: inner, value: innerValue };

export interface OurStream {
  readonly name: string;
  /** The type in main.go. */
  readonly into: string;
  readonly values: readonly (readonly [type: GobType, value: unknown])[];
}

export const ourStreams: readonly OurStream[] = [
  { name: 'bools', into: 'bool', values: [true, false].map((value) => [gobBool, value]) },
  {
    name: 'ints',
    into: 'int',
    values: [0, 1, -1, 63, 64, -64, -65, 127, 128, 2 ** 31, -(2 ** 53), 2n ** 63n - 1n].map((value) => [gobInt, value]),
  },
  { name: 'uints', into: 'uint', values: [0, 127, 128, 255, 256, 65_536, 2n ** 64n - 1n].map((n) => [gobUint, n]) },
  { name: 'floats', into: 'float', values: [0, 1, -2.5, 17, 1e300].map((value) => [{ kind: 'float' }, value]) },
  { name: 'strings', into: 'string', values: ['', 'plain', 'größer 😀', 'x'.repeat(300)].map((s) => [gobString, s]) },
  { name: 'bytes', into: 'bytes', values: [new Uint8Array(), Uint8Array.of(0, 1, 255)].map((b) => [gobBytes, b]) },
  { name: 'lists', into: 'strings', values: [[], ['a', '']].map((value) => [texts, value]) },
  { name: 'maps', into: 'map', values: [{}, { k: 'v', none: '' }].map((value) => [labels, value]) },
  { name: 'a struct, twice', into: 'outer', values: [fullOuter, {}].map((value) => [outer, value]) },
  { name: 'who knows less', into: 'lesser', values: [[outer, fullOuter]] },
  {
    name: 'embedded',
    into: 'object',
    values: [[object, { Meta: { Kind: 'AnalysisRun', APIVersion: 'argoproj.io/v1alpha1' }, Spec: { Name: 's' } }]],
  },
  {
    name: 'interfaces',
    into: 'interface',
    values: [held, undefined, { name: 'Outer', type: outer, value: fullOuter }, held].map((v) => [gobInterface, v]),
  },
  {
    name: 'an interface in a struct',
    into: 'withInterface',
    values: [[withInterface, { Before: 'b', Held: held, After: 'a' }]],
  },
  {
    name: 'an interface in an interface',
    into: 'interface',
    values: [[gobInterface, { name: 'WithInterface', type: withInterface, value: { Before: 'b', Held: held } }]],
  },
  {
    name: 'headers',
    into: 'rpcResponse',
    values: [0, 1].map((Seq) => [request, { ServiceMethod: 'Plugin.Run', Seq }]),
  },
];

export function streamOf({ values }: OurStream): Uint8Array {
  const encoder = new GobEncoder();
  return Buffer.concat(values.map(([type, value]) => encoder.encode(type, value)));
}
