// What Go's encoding/gob can carry, as far as plugins need it: the shapes of values that are sent, and the numbers by
// which the two ends of a stream name them (package documentation of encoding/gob, "Encoding Details").

/** A shape. Two uses of one object are one type on the wire. Pointers are flattened: a nil one is an absent value. */
export type GobType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'bytes' | 'string' | 'interface' }
  | { readonly kind: 'slice'; readonly item: GobType }
  | { readonly kind: 'map'; readonly key: GobType; readonly item: GobType }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly GobField[] }
  /** Encodes itself (GobEncoder): its value is bytes. */
  | { readonly kind: 'opaque'; readonly name: string };

export interface GobField {
  /** As in Go: the other end finds its field by this name. */
  readonly name: string;
  readonly type: GobType;
}

/** The value of an interface: what it holds goes by the name under which both ends know its type. */
export interface GobInterface {
  readonly name: string;
  readonly type: GobType;
  readonly value: unknown;
}

/** Type ids that need no definition. */
export const builtinIds = { bool: 1, int: 2, uint: 3, float: 4, bytes: 5, string: 6, interface: 8 } as const;
/** Ids below this one are Go's own. */
export const firstFreeId = 65;

export const gobBool = { kind: 'bool' } as const satisfies GobType;
export const gobInt = { kind: 'int' } as const satisfies GobType;
export const gobUint = { kind: 'uint' } as const satisfies GobType;
export const gobString = { kind: 'string' } as const satisfies GobType;
export const gobBytes = { kind: 'bytes' } as const satisfies GobType;
export const gobInterface = { kind: 'interface' } as const satisfies GobType;

export function gobStruct(name: string, fields: Readonly<Record<string, GobType>>): GobType {
  return { kind: 'struct', name, fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })) };
}

/** What was received is no gob, or more of it than is read. */
export class GobError extends Error {
  override readonly name = 'GobError';
}
