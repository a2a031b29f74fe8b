// The text of `explain` (spec/cli.md §14.3): a headline, and one line for each thing that is told.

import type { Explanation } from '../../controller/explain/explanation.ts';
import { lineOf, spanOf } from '../../controller/explain/sentences.ts';
import type { Warning } from '../../controller/explain/surroundings.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';

export function drawExplanation(explanation: Explanation, now: EpochMillis): string {
  const { name, namespace, phase, step, since, reasons, warnings, traffic, next, youCan } = explanation;
  const at = step === undefined ? '' : ` at ${step}`;
  const { cause, said } = phase === 'Degraded' ? told(explanation) : { cause: '', said: '' };
  const lines = [
    ...field('since', since === undefined ? [] : [`${formatRfc3339(since)} (${spanOf(now - since)} ago)`]),
    ...field('waiting', reasons.length === 0 ? ['for nothing'] : reasons.map((reason) => lineOf(reason, now))),
    ...field(
      'warned',
      warnings.map((warning) => warned(warning, now)),
    ),
    ...field('traffic', traffic === undefined ? [] : [traffic]),
    ...field('next', next === undefined ? [] : [next]),
    ...field('you can', youCan),
  ];
  return `${name} (${namespace}): ${phase}${cause}${at}${said}\n${lines.join('\n')}\n`;
}

/** The message of the phase, such as `RolloutAborted: …`; of what a reason says in its own words only the beginning. */
function told({ message, reasons }: Explanation): { readonly cause: string; readonly said: string } {
  const isSaidBelow = reasons.some(({ data }) => data.message && message.endsWith(String(data.message)));
  if (isSaidBelow) return { cause: ` (${message.split(': ', 1)[0]})`, said: '' };
  return { cause: '', said: message === '' ? '' : `\n  ${message}` };
}

function field(label: string, values: readonly string[]): string[] {
  return values.map((value, index) => `  ${(index === 0 ? label : '').padEnd(9)} ${value}`);
}

function warned({ reason, message, count, at }: Warning, now: EpochMillis): string {
  const times = count > 1 ? `, ${count} times` : '';
  return `${reason} (${spanOf(now - at)} ago${times}): ${message}`;
}
