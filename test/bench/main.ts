// `npm run bench` (`--help` says how): figures that are printed, never asserted: machines are shared and noisy. Each is a
// median of several runs, where it can be beside a reference of the same run, so that ratios can be read.

import { readFileSync, writeFileSync } from 'node:fs';
import { benches } from './benches.ts';
import { type Figure, takeFigures } from './figures.ts';
import { helpText, parseOptions } from './options.ts';
import { tableOf, withTable } from './page.ts';

const page = new URL('../../docs/performance.md', import.meta.url);

const titles = Object.fromEntries(Object.entries(benches).map(([name, { title }]) => [name, title]));
const asked = parseOptions(process.argv.slice(2), Object.keys(benches));
if (asked.kind === 'help') console.log(helpText(titles));
else if (asked.kind === 'mistake') {
  console.error(`bench: ${asked.problem}\n\n${helpText(titles)}`);
  process.exit(2);
} else {
  const figures: Figure[] = [];
  for (const name of asked.names) {
    console.log(`\n${name}: ${titles[name]}`);
    await benches[name]?.run();
    const ofBench = takeFigures();
    figures.push(...ofBench);
    if (asked.writes) writeFileSync(page, withTable(readFileSync(page, 'utf8'), name, tableOf(ofBench)));
  }
  tellAims(figures);
}
process.exit();

function tellAims(all: readonly Figure[]): void {
  const aimed = all.filter(({ aim }) => aim !== undefined);
  const missed = aimed.filter(({ aim }) => aim?.isMet === false);
  console.log(`\naims: ${aimed.length - missed.length} of ${aimed.length} met`);
  for (const { what, value, aim } of missed) console.log(`  missed: ${what}: ${value} (${aim?.text})`);
}
