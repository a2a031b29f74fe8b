// `npm run chaos -- [--seeds N] [--from S] [--seed X] [--trace]`: N seeds from S on (default 200 from 1), or seed X alone
// with its whole story; --trace adds every version of every object. Ends with `chaos: N seeds, V violations`.

import { parseArgs } from 'node:util';
import { runSeed, type SeedResult } from './run-seed.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
  },
});

const shownLines = 12;
const from = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let violationCount = 0;
for (let seed = from; seed < from + count; seed++) {
  const result = await runSeed(seed, { trace: values.trace });
  violationCount += result.violations.length;
  if (values.trace) console.log(result.trace.join('\n'));
  if (values.seed !== undefined) console.log(result.story.join('\n'));
  else if (result.violations.length > 0) showFailure(result);
}
console.log(`chaos: ${count} seeds, ${violationCount} violations`);
process.exit(violationCount === 0 ? 0 : 1);

function showFailure({ seed, violations, story }: SeedResult): void {
  console.log(`\nseed ${seed}: npm run chaos -- --seed ${seed}`);
  for (const violation of violations) console.log(`  ${violation}`);
  const first = story.findIndex((line) => line.endsWith('VIOLATION'));
  console.log('  the last lines before the first of them:');
  for (const line of story.slice(Math.max(0, first - shownLines), first)) console.log(`    ${line}`);
}
