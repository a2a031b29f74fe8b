// What values conditions are about (analysis.md §4): plain JSON plus the few kinds that Go tells apart. A number is a
// float64, a bigint an int, a Float64Array a list whose elements are known to be floats; other lists and maps hold
// values of any kind. Records have fixed, named fields (CloudWatch's answers).

export type ExpressionValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Float64Array
  | ExpressionRecord
  | readonly ExpressionValue[]
  | { readonly [key: string]: ExpressionValue };

/** A Go struct: reading a field that it does not have is an error, not nil. */
export class ExpressionRecord {
  readonly fields: Readonly<Record<string, ExpressionValue>>;

  constructor(fields: Readonly<Record<string, ExpressionValue>>) {
    this.fields = fields;
  }
}
