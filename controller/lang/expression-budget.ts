// How much one evaluation of a condition may do (analysis.md §4): steps are counted, not time, so that the same condition
// ends in the same way everywhere. Whatever grows with a value is paid for by its size, before it is done where that is
// known; a step is worth about half a microsecond.

import { ExpressionError } from './expression-lexer.ts';

export interface Budget {
  /** Throws an ExpressionError when too much was done. */
  spend(steps: number): void;
}

export const maximumSteps = 1_000_000;

/** Longer texts are not made. */
export const maximumText = 1_000_000;

export function createBudget(steps = maximumSteps): Budget {
  let left = steps;
  return {
    spend(used) {
      left -= used;
      if (left < 0) throw new ExpressionError('expression uses more than its budget');
    },
  };
}

/** For what compares or copies a text as it is. */
export function spendOnText(budget: Budget, text: string): void {
  budget.spend(Math.floor(text.length / 256));
}

export function checkLength(length: number): void {
  if (length > maximumText) throw new ExpressionError('memory budget exceeded');
}
