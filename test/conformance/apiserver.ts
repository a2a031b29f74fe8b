// `npm run conformance`: replays what a real kube-apiserver was asked against the sandbox's, in memory and under the
// virtual clock, and lists each exchange whose answer differs, with its first difference.

import { readdirSync } from 'node:fs';
import { replayGolden } from './golden-replay.ts';

const folder = new URL('../fixtures/apiserver/', import.meta.url);

export interface Conformance {
  readonly matched: number;
  readonly total: number;
  readonly differences: readonly string[];
}

export async function compareAll(names: readonly string[] = []): Promise<Conformance> {
  const subjects = readdirSync(folder)
    .filter((file) => file.endsWith('.json') && !file.startsWith('_'))
    .map((file) => file.replace('.json', ''))
    .filter((subject) => names.length === 0 || names.includes(subject));
  let matched = 0;
  let total = 0;
  const differences: string[] = [];
  for (const subject of subjects) {
    const results = await replayGolden(folder, subject);
    total += results.length;
    for (const { title, difference } of results) {
      if (difference === undefined) matched++;
      else differences.push(`${title}\n    ${difference}`);
    }
  }
  return { matched, total, differences };
}

if (import.meta.main) {
  const { matched, total, differences } = await compareAll(process.argv.slice(2));
  for (const difference of differences) console.log(difference);
  console.log(`apiserver: ${matched} of ${total} exchanges match`);
}
