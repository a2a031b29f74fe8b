// `npm run conformance`: replays what a real kube-apiserver was asked against the sandbox's, in memory and under the
// virtual clock, and lists each exchange whose answer differs, with its first difference or why it may
// (waived.ts).

import { readdirSync } from 'node:fs';
import { replayGolden } from './golden-replay.ts';
import { waived } from './waived.ts';

const folder = new URL('../fixtures/apiserver/', import.meta.url);

export interface Conformance {
  readonly matched: number;
  readonly total: number;
  readonly differences: readonly string[];
  /** Names of those that differ and may. */
  readonly waived: readonly string[];
}

export async function compareAll(names: readonly string[] = []): Promise<Conformance> {
  const subjects = readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !file.startsWith('_'))
    .map((file) => file.replace('.json', ''))
    .filter((subject) => names.length === 0 || names.includes(subject));
  let matched = 0;
  let total = 0;
  const differences: string[] = [];
  const excused: string[] = [];
  for (const subject of subjects) {
    const results = await replayGolden(folder, subject);
    total += results.length;
    for (const { name, title, difference } of results) {
      if (difference === undefined) matched++;
      else if (waived[name] !== undefined) excused.push(name);
      else differences.push(`${title}\n    ${difference}`);
    }
  }
  return { matched, total, differences, waived: excused };
}

/** The line that stands in sandbox/README.md. */
export function summary({ matched, total, waived: excused }: Conformance): string {
  return `apiserver: ${matched} of ${total} exchanges match, ${excused.length} waived`;
}

if (import.meta.main) {
  const found = await compareAll(process.argv.slice(2));
  for (const difference of found.differences) console.log(difference);
  for (const name of found.waived) console.log(`${name} is waived: ${waived[name]}`);
  console.log(summary(found));
}
