// What was measured, which condition it did not hold up to, and what was asked: the message of a measurement that a
// condition judged Failed or Inconclusive, and with it of its run and of the abort. SLIPWAY: the reference says nothing
// there. Only for providers with a query; for the others (web) the messages that were recorded of the reference stay.

import type { Metric } from '../../api/types.generated.ts';
import type { Conditions, Verdict } from './verdict.ts';

/** The whole value is in the measurement, the whole query in the metric; messages are read on one screen. */
const longest = { value: 120, query: 400 };

/** Secrets go before anything is cut: half a secret would be recognised no more. E.g. `[0.83] does not meet successCondition "result[0] >= 0.95", query: sum(up)`. */
export function verdictText(
  metric: Metric,
  phase: Verdict['phase'],
  value: string,
  redact: (text: string) => string = (text) => text,
): string | undefined {
  const query = queryOf(metric);
  const judgement = judgementOf(metric, phase);
  if (query === undefined || judgement === undefined) return undefined;
  const shownQuery = cut(redact(query).replaceAll(/\s+/g, ' ').trim(), longest.query);
  return `${cut(redact(value), longest.value)} ${judgement}, query: ${shownQuery}`;
}

function judgementOf({ successCondition = '', failureCondition = '' }: Conditions, phase: string): string | undefined {
  if (phase === 'Inconclusive') {
    return `meets neither successCondition "${successCondition}" nor failureCondition "${failureCondition}"`;
  }
  if (phase !== 'Failed') return undefined;
  if (failureCondition !== '') return `meets failureCondition "${failureCondition}"`;
  return `does not meet successCondition "${successCondition}"`;
}

/** Of the one provider that the metric has. */
function queryOf({ provider }: Metric): string | undefined {
  const [configured] = Object.values(provider) as ({ readonly query?: unknown } | undefined)[];
  return typeof configured?.query === 'string' ? configured.query : undefined;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
