// `explain NAME [-o json|yaml]` (spec/cli.md §14.3): what a rollout waits for, since when, until when, and what one can do.
// It plans what the controller plans, of what the caller may read, and writes nothing.

import { explain } from '../../controller/explain/explanation.ts';
import { reasonsBehind, refusedEviction } from '../../controller/explain/surroundings.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import type { Call, Command } from '../command.ts';
import { CliError, singularNotFound, UsageError } from '../errors.ts';
import { bareName, rollouts } from '../resources.ts';
import { blockingPods } from '../view/blocking-pods.ts';
import { drawExplanation } from '../view/explanation.ts';

export const explainCommand: Command = {
  name: 'explain',
  short: 'Explain what a rollout waits for',
  long: 'Explain what a rollout does now, what it waits for, since when and until when, what comes next, and what can be done about it. It reads what the controller reads, with your rights, and makes the same plan of it; nothing is written.',
  examples: [
    '# Why does the guestbook rollout stand still?',
    'kubectl argo rollouts explain guestbook',
    '',
    '# The reasons as data',
    'kubectl argo rollouts explain guestbook -o json',
  ],
  argumentWords: 'ROLLOUT_NAME',
  completes: 'rollouts',
  flags: [{ name: 'output', short: 'o', type: 'string', usage: 'Output format: json or yaml; text without it' }],
  run: runExplain,
};

async function runExplain({ args, flags, io, connect }: Call): Promise<number> {
  if (args.length !== 1) throw new UsageError();
  const format = flags.text('output');
  if (!['', 'json', 'yaml'].includes(format)) throw new CliError(`unknown output format "${format}": json or yaml`);
  const name = bareName(rollouts, args[0]!);
  const { transport, namespace } = await connect();
  // The planner is only loaded by who asks it.
  const { lookAtRollout } = await import('../../controller/rollout/look.ts');
  const { lookAround } = await import('../../controller/rollout/look-around.ts');
  const look = await lookAtRollout({ transport, namespace, name, clock: io.clock, random: io.random }).catch(
    (error: unknown) => {
      throw singularNotFound(error, 'rollout', name);
    },
  );
  for (const problem of look.problems) io.stderr.write(`warning: ${problem}\n`);
  const now = io.clock.now();
  const { rollout, plan, outstanding, behindSince } = look;
  const around = await lookAround(transport, rollout, plan.reasons);
  const refused = refusedEviction(rollout, around);
  const reasons = [
    ...reasonsBehind(plan.reasons, outstanding, behindSince),
    ...blockingPods(plan.reasons, around),
    ...(refused ? [refused] : []),
  ];
  const possible = outstanding.filter(({ kind }) => kind !== 'evictPod' || !refused);
  const explanation = explain(rollout, reasons, possible, around, now);
  if (format === '') io.stdout.write(drawExplanation(explanation, now));
  else io.stdout.write(await serialize(format, { apiVersion: 'slipway.dev/v1', kind: 'Explanation', ...explanation }));
  return 0;
}

/** Times as RFC 3339, as everywhere in the API. */
async function serialize(format: string, value: unknown): Promise<string> {
  const text = JSON.stringify(
    value,
    (key, part) => (typeof part === 'number' && ['since', 'until', 'at'].includes(key) ? formatRfc3339(part) : part),
    2,
  );
  if (format === 'json') return `${text}\n`;
  const { dump } = await import('js-yaml');
  return dump(JSON.parse(text));
}
