// What one measurement is worth: the conditions of its metric, asked about the provider's result (analysis.md §3.11).

import { ExpressionError, evaluateCondition } from '../../lang/expression.ts';
import type { ExpressionValue } from '../../lang/expression-value.ts';
import type { EpochMillis } from '../../lang/time.ts';

export interface Conditions {
  readonly successCondition?: string;
  readonly failureCondition?: string;
}

export interface Verdict {
  readonly phase: 'Successful' | 'Failed' | 'Inconclusive' | 'Error';
  /** Only with an error. */
  readonly message?: string;
}

export function verdictOf(conditions: Conditions, result: ExpressionValue, now: EpochMillis): Verdict {
  const { successCondition = '', failureCondition = '' } = conditions;
  if (successCondition === '' && failureCondition === '') return { phase: 'Successful' };
  try {
    const isSuccess = successCondition !== '' && asked('successCondition', successCondition, result, now);
    const isFailure = failureCondition !== '' && asked('failureCondition', failureCondition, result, now);
    if (isFailure) return { phase: 'Failed' };
    if (isSuccess || successCondition === '') return { phase: 'Successful' };
    return { phase: failureCondition === '' ? 'Failed' : 'Inconclusive' };
  } catch (error) {
    if (error instanceof ExpressionError) return { phase: 'Error', message: error.message };
    throw error;
  }
}

function asked(name: string, condition: string, result: ExpressionValue, now: EpochMillis): boolean {
  try {
    return evaluateCondition(condition, result, now);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    // QUIRK: whatever the engine says about an empty result is hidden behind this text.
    const isEmpty =
      result === null || ((Array.isArray(result) || result instanceof Float64Array) && result.length === 0);
    const why = isEmpty ? 'metric result is nil or empty: no data returned from the metric provider' : error.message;
    throw new ExpressionError(`could not evaluate ${name} "${condition}": ${why}`);
  }
}
