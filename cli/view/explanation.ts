// The text of `explain` (spec/cli.md §14.3): a headline, and one line for each thing that is told.

import type { Explanation, ToldReason } from '../../controller/explain/explanation.ts';
import { spanOf } from '../../controller/explain/sentences.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';

export function drawExplanation(explanation: Explanation, now: EpochMillis): string {
  const { name, namespace, phase, message, step, since, reasons, traffic, next, youCan } = explanation;
  const at = step === undefined ? '' : ` at ${step}`;
  const said = phase === 'Degraded' && message !== '' ? `\n  ${message}` : '';
  const lines = [
    ...field('since', since === undefined ? [] : [`${formatRfc3339(since)} (${spanOf(now - since)} ago)`]),
    ...field('waiting', reasons.length === 0 ? ['for nothing'] : reasons.flatMap((reason) => told(reason, now))),
    ...field('traffic', traffic === undefined ? [] : [traffic]),
    ...field('next', next === undefined ? [] : [next]),
    ...field('you can', youCan),
  ];
  return `${name} (${namespace}): ${phase}${at}${said}\n${lines.join('\n')}\n`;
}

function field(label: string, values: readonly string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? label : '').padEnd(9)} ${value}`);
}

/** What is told, and below it what ends it. */
function told({ sentence, ending, until }: ToldReason, now: EpochMillis): string[] {
  if (until !== undefined && until > now) {
    return [`${sentence}, ends ${formatRfc3339(until)} (in ${spanOf(until - now)})`];
  }
  return ending === undefined ? [sentence] : [`${sentence}. ${ending}`];
}
