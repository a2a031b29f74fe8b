// The bit functions of the condition language (analysis.md §4.2): 64 bits, as Go's int.

import { ExpressionError } from './expression-lexer.ts';
import { goTypeOf, type Value, wrapInt } from './expression-values.ts';

export function callBitFunction(name: string, args: readonly Value[]): { readonly value: Value } {
  const [a, b] = [intIn(args[0]), name === 'bitnot' ? 0n : intIn(args[1])];
  return { value: wrapInt(bits(name, a, b)) };
}

function bits(name: string, a: bigint, b: bigint): bigint {
  switch (name) {
    case 'bitnot':
      return ~a;
    case 'bitand':
      return a & b;
    case 'bitor':
      return a | b;
    case 'bitxor':
      return a ^ b;
    case 'bitnand':
      return a & ~b;
    case 'bitshl':
      return b > 63n ? 0n : a << countOf(b);
    case 'bitshr':
      return a >> countOf(b > 63n ? 63n : b);
    case 'bitushr':
      return b > 63n ? 0n : BigInt.asUintN(64, a) >> countOf(b);
    default:
      throw new ExpressionError(`unknown builtin ${name}`);
  }
}

function intIn(value: Value | undefined): bigint {
  if (typeof value === 'bigint') return value;
  throw new ExpressionError(`cannot use ${goTypeOf(value ?? null)} as int`);
}

function countOf(shift: bigint): bigint {
  if (shift < 0n) throw new ExpressionError(`invalid operation: negative shift count ${shift} (type int)`);
  return shift;
}
