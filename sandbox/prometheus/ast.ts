// PromQL as a tree: the part that templates use (spec/sandbox.md).

export interface Matcher {
  readonly label: string;
  readonly matches: (value: string) => boolean;
  /** Of `=`: what it is equal to. */
  readonly equalTo?: string;
}

export interface Matching {
  readonly on: boolean;
  readonly labels: readonly string[];
  readonly group: 'left' | 'right' | undefined;
  readonly include: readonly string[];
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'vector'; readonly matchers: readonly Matcher[]; readonly offsetMs: number }
  | { readonly kind: 'matrix'; readonly vector: Selector; readonly rangeMs: number }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | {
      readonly kind: 'aggregate';
      readonly name: string;
      readonly args: readonly Expression[];
      readonly by: boolean;
      readonly labels: readonly string[];
    }
  | { readonly kind: 'negate'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: string;
      readonly bool: boolean;
      readonly matching: Matching;
      readonly left: Expression;
      readonly right: Expression;
    };

export type Selector = Extract<Expression, { kind: 'vector' }>;

export class PromqlError extends Error {
  readonly type: 'bad_data' | 'execution';

  constructor(type: 'bad_data' | 'execution', message: string) {
    super(message);
    this.type = type;
  }
}

export function bad(message: string): PromqlError {
  return new PromqlError('bad_data', message);
}
