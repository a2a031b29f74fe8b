// What an expression is at one moment, as Prometheus evaluates it.

import { aggregate } from './aggregate.ts';
import { type Expression, PromqlError } from './ast.ts';
import { binary } from './binary.ts';
import { callFunction } from './functions.ts';
import { type Evaluate, instant, type Moment, type Value, windows, withoutName } from './values.ts';

export function evaluate(expression: Expression, moment: Moment): Value {
  const inner: Evaluate = (one) => evaluate(one, moment);
  switch (expression.kind) {
    case 'number':
      return { type: 'scalar', value: expression.value };
    case 'string':
      return { type: 'string', value: expression.value };
    case 'vector':
      return { type: 'vector', samples: instant(expression, moment) };
    case 'matrix':
      return { type: 'matrix', windows: windows(expression.vector, expression.rangeMs, moment) };
    case 'negate':
      return negate(inner(expression.of));
    case 'call':
      return callFunction(expression, moment, inner);
    case 'aggregate':
      return aggregate(expression, inner);
    case 'binary':
      return binary(expression, inner(expression.left), inner(expression.right));
  }
}

function negate(value: Value): Value {
  if (value.type === 'scalar') return { type: 'scalar', value: -value.value };
  if (value.type !== 'vector')
    throw new PromqlError(
      'bad_data',
      'parse error: unary expression only allowed on expressions of type scalar or instant vector',
    );
  return { type: 'vector', samples: value.samples.map((s) => ({ labels: withoutName(s.labels), value: -s.value })) };
}
