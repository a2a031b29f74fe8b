// The condition language of metrics (analysis.md §4): parse, check against the types of the values at hand, evaluate.
// No eval; whatever the expression, it ends within its budget, and the only error that is thrown is ExpressionError.

import type { Node } from './expression-ast.ts';
import type { Budget } from './expression-budget.ts';
import { notSupported, parseGoInt, truncated } from './expression-builtins.ts';
import { checkExpression, type FunctionType, type TypeEnvironment } from './expression-checker.ts';
import { evaluate, type ValueEnvironment } from './expression-evaluator.ts';
import { ExpressionError } from './expression-lexer.ts';
import { parseExpression } from './expression-parser.ts';
import { anyType, boolType, floatType, nameOfType, typeOfValue } from './expression-types.ts';
import type { ExpressionValue } from './expression-value.ts';
import { goTypeOf, Moment, type Value } from './expression-values.ts';
import { parseGoFloat } from './go-float.ts';
import type { EpochMillis } from './time.ts';

export { printExpression } from './expression-ast.ts';
export { ExpressionError } from './expression-lexer.ts';
export { parseExpression } from './expression-parser.ts';

/** Whether a condition holds for a provider's result. Throws an ExpressionError with the engine's message. */
export function evaluateCondition(source: string, result: ExpressionValue, now: EpochMillis): boolean {
  const [value, type] = withinLimits(() => {
    const node = parsed(source);
    const types: TypeEnvironment = { names: { result: typeOfValue(result) }, functions: conditionTypes };
    const type = checkExpression(node, types);
    return [evaluate(node, conditionEnvironment(result as Value, now)), type] as const;
  });
  if (typeof value === 'boolean') return value;
  throw new ExpressionError(`expected bool, but got ${type.is === 'int64' ? nameOfType(type) : goTypeOf(value)}`);
}

/** The moment that an expression gives: start and end of a Prometheus range (analysis.md §4.2). */
export function evaluateTime(source: string, now: EpochMillis): EpochMillis {
  const value = withinLimits(() => {
    const node = parsed(source);
    checkExpression(node, { names: {}, functions: timeTypes });
    return evaluate(node, { names: {}, functions: timeFunctions, floatFunctions, now });
  });
  if (value instanceof Moment) return Number(value.nanoseconds / 1_000_000n);
  throw new ExpressionError(`expected time.Time, but got ${goTypeOf(value)}`);
}

/** Of the stack, for values that are nested very deeply. */
function withinLimits<T>(run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new ExpressionError('value is nested too deeply');
    throw error;
  }
}

/** The same few conditions are evaluated again and again. */
const parsedBefore = new Map<string, Node>();
const keptExpressions = 1_000;

function parsed(source: string): Node {
  const known = parsedBefore.get(source);
  if (known) return known;
  const node = parseExpression(source);
  if (parsedBefore.size >= keptExpressions) parsedBefore.clear();
  parsedBefore.set(source, node);
  return node;
}

const ofFloat: FunctionType = { parameters: [floatType], result: boolType };
const timeTypes: TypeEnvironment['functions'] = { isNaN: ofFloat, isInf: ofFloat };
const conditionTypes: TypeEnvironment['functions'] = {
  ...timeTypes,
  asInt: { parameters: [anyType], result: { is: 'int64' } },
  asFloat: { parameters: [anyType], result: floatType },
  isNil: { parameters: [anyType], result: boolType },
  default: { parameters: [anyType, anyType], result: anyType },
};
const floatFunctions: ReadonlySet<string> = new Set(['isNaN', 'isInf']);
const timeFunctions: ValueEnvironment['functions'] = {
  isNaN: ([value = null]) => Number.isNaN(floatIn(value)),
  isInf: ([value = null]) => Math.abs(floatIn(value)) === Number.POSITIVE_INFINITY,
};

function conditionEnvironment(result: Value, now: EpochMillis): ValueEnvironment {
  return {
    names: { result },
    functions: {
      ...timeFunctions,
      asInt: ([value = null], budget) => asInt(value, budget),
      asFloat: ([value = null], budget) => asFloat(value, budget),
      // QUIRK (§4.2): both look at `result`, whatever they are given.
      isNil: () => result === null,
      default: ([, otherwise = null]) => result ?? otherwise,
    },
    floatFunctions,
    now,
  };
}

function floatIn(value: Value): number {
  if (typeof value === 'number') return value;
  const given = value === null ? 'nil' : goTypeOf(value);
  throw new ExpressionError(`interface conversion: interface {} is ${given}, not float64`);
}

function asInt(value: Value, budget: Budget): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncated(value);
  if (typeof value !== 'string') throw notSupported('asInt', value, budget);
  const parsedInt = parseGoInt(value);
  if (typeof parsedInt === 'bigint') return parsedInt;
  throw new ExpressionError(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${parsedInt}`);
}

function asFloat(value: Value, budget: Budget): number {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') throw notSupported('asFloat', value, budget);
  const parsedFloat = parseGoFloat(value);
  if (parsedFloat !== undefined) return parsedFloat;
  throw new ExpressionError(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
}
