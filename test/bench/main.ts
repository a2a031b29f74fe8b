// `npm run bench [-- NAME…]`: figures that are printed, never asserted: machines are shared and noisy. Each is a median
// of several runs beside a reference of the same run (the bare runtime, a bare request), so that ratios can be read.

import { benchAnalysis } from './analysis.ts';
import { benchApiServer } from './apiserver.ts';
import { benchCli } from './cli.ts';
import { benchController } from './controller.ts';
import { benchFleet } from './fleet.ts';
import { benchPlan } from './plan.ts';
import { benchSimulation } from './simulation.ts';
import { benchStart } from './start.ts';

const benches: Readonly<Record<string, () => Promise<void>>> = {
  plan: benchPlan,
  simulation: benchSimulation,
  apiserver: benchApiServer,
  cli: benchCli,
  start: benchStart,
  controller: benchController,
  fleet: benchFleet,
  analysis: benchAnalysis,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`unknown benchmark ${unknown.join(', ')}; known: ${Object.keys(benches).join(', ')}`);
  process.exit(1);
}
for (const [name, bench] of Object.entries(benches)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n${name}`);
  await bench();
}
process.exit();
