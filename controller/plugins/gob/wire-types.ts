// What a stream says of its types: the shapes that its definitions describe. The definitions are gob themselves, of types
// that both ends know (numbers 16 to 23), so the decoder reads them as it reads everything else.

import { GobError } from './types.ts';

export type WireType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'bytes' | 'string' | 'complex' | 'interface' }
  /** GobEncoder and its like: bytes that only its type understands. */
  | { readonly kind: 'opaque' }
  | { readonly kind: 'slice'; readonly item: number }
  | { readonly kind: 'map'; readonly key: number; readonly item: number }
  | { readonly kind: 'struct'; readonly fields: readonly { readonly name: string; readonly type: number }[] };

export const wireTypeId = 16;

const ids = { array: 17, common: 18, slice: 19, struct: 20, field: 21, fields: 22, map: 23, opaque: 24 };
const [intId, stringId] = [2, 6];

/** What every stream begins with. */
export const initialTypes: ReadonlyMap<number, WireType> = new Map<number, WireType>([
  [1, { kind: 'bool' }],
  [intId, { kind: 'int' }],
  [3, { kind: 'uint' }],
  [4, { kind: 'float' }],
  [5, { kind: 'bytes' }],
  [stringId, { kind: 'string' }],
  [7, { kind: 'complex' }],
  [8, { kind: 'interface' }],
  [
    wireTypeId,
    struct(
      ['ArrayT', ids.array],
      ['SliceT', ids.slice],
      ['StructT', ids.struct],
      ['MapT', ids.map],
      ['GobEncoderT', ids.opaque],
      ['BinaryMarshalerT', ids.opaque],
      ['TextMarshalerT', ids.opaque],
    ),
  ],
  [ids.array, struct(['CommonType', ids.common], ['Elem', intId], ['Len', intId])],
  [ids.common, struct(['Name', stringId], ['Id', intId])],
  [ids.slice, struct(['CommonType', ids.common], ['Elem', intId])],
  [ids.struct, struct(['CommonType', ids.common], ['Field', ids.fields])],
  [ids.field, struct(['Name', stringId], ['Id', intId])],
  [ids.fields, { kind: 'slice', item: ids.field }],
  [ids.map, struct(['CommonType', ids.common], ['Key', intId], ['Elem', intId])],
  [ids.opaque, struct(['CommonType', ids.common])],
]);

/** A decoded wireType, understood. Throws a GobError when it describes nothing. */
export function wireTypeOf(definition: unknown): WireType {
  const { ArrayT, SliceT, StructT, MapT, ...others } = recordOf(definition);
  const list = ArrayT ?? SliceT;
  if (list !== undefined) return { kind: 'slice', item: idOf(recordOf(list).Elem) };
  if (MapT !== undefined) return { kind: 'map', key: idOf(recordOf(MapT).Key), item: idOf(recordOf(MapT).Elem) };
  if (StructT !== undefined) {
    const fields = (recordOf(StructT).Field ?? []) as readonly unknown[];
    return {
      kind: 'struct',
      fields: fields.map(recordOf).map(({ Name, Id }) => ({ name: `${Name}`, type: idOf(Id) })),
    };
  }
  if (Object.keys(others).length > 0) return { kind: 'opaque' };
  throw new GobError('a definition describes no type');
}

function struct(...fields: readonly (readonly [name: string, type: number])[]): WireType {
  return { kind: 'struct', fields: fields.map(([name, type]) => ({ name, type })) };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}

function idOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new GobError('a definition refers to no type');
}
