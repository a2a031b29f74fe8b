// Which operator of PromQL binds what: operands and operators as they stand in the text become a tree.

import { bad, type Expression } from './ast.ts';

type Operator = Pick<Extract<Expression, { kind: 'binary' }>, 'operator' | 'bool' | 'matching'>;

export type Term =
  | { readonly is: 'operand'; readonly operand: Expression }
  | { readonly is: 'minus' }
  | ({ readonly is: 'operator' } & Operator);

/** The loosest first; a sign binds as `*` does. */
const levels = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
];
const signLevel = levels.findIndex((level) => level.includes('*'));

/** What binds what: all to the left, but for powers. */
export function inOrder(terms: readonly Term[]): Expression {
  let at = 0;
  function operand(): Expression {
    const term = terms[at];
    at += 1;
    if (term?.is === 'minus') return { kind: 'negate', of: expression(signLevel + 1) };
    if (term?.is === 'operand') return term.operand;
    throw bad('parse error: an operand is missing');
  }
  function expression(least: number): Expression {
    let left = operand();
    for (;;) {
      const term = terms[at];
      if (term?.is !== 'operator') return left;
      const level = levels.findIndex((operators) => operators.includes(term.operator));
      if (level < least) return left;
      at += 1;
      const { operator, bool, matching } = term;
      left = {
        kind: 'binary',
        operator,
        bool,
        matching,
        left,
        right: expression(operator === '^' ? level : level + 1),
      };
    }
  }
  const whole = expression(0);
  const rest = terms[at];
  if (rest === undefined) return whole;
  throw bad(`this Prometheus of the sandbox does not know the operator ${rest.is === 'operator' ? rest.operator : ''}`);
}
