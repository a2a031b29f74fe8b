// `npm run traces [-- NAME…] [--verbose] [--replay FOLDER]`: runs the reference's recorded traces on the sandbox under
// the virtual clock and prints every difference. NAME is a part of a trace's name. --verbose also prints every pass;
// --replay writes what the last pass of each trace looked at, for `npm run replay FILE`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pass } from '../../controller/rollout/controller.ts';
import { judge, leftForLater } from './differences.ts';
import { runTrace, type TraceRun } from './run-trace.ts';
import { readTrace, traceNames } from './trace.ts';
import { worldState } from './world-state.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { verbose: { type: 'boolean', default: false }, replay: { type: 'string' } },
});

const chosen = traceNames().filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
let matchCount = 0;
let laterCount = 0;
for (const name of chosen) {
  const later = leftForLater(readTrace(name, worldState).actions.map((action) => action.manifest ?? ''));
  if (later !== undefined) {
    laterCount += 1;
    console.log(`-  ${name}: left for later: ${later}`);
    continue;
  }
  const result = await runTrace(name);
  const { undeclared, declared, needless } = judge(name, result.differences);
  const isMatch = undeclared.length === 0 && needless.length === 0;
  if (isMatch) matchCount += 1;
  console.log(`${isMatch ? '✔' : '✖'}  ${name}`);
  for (const { point, on, lines } of undeclared) console.log([`  ${point} of ${on}`, ...lines].join('\n'));
  for (const { point, on, rule } of declared) console.log(`  as meant: ${point} of ${on}: ${rule}`);
  for (const entry of needless) console.log(`  needless exemption: ${entry.point} of ${entry.on}: ${entry.rule}`);
  if (values.verbose) for (const pass of result.passes) console.log(passLine(pass, result));
  if (values.replay !== undefined) writeReplay(values.replay, name, result);
}
console.log(`${laterCount} traces are left for later`);
console.log(`traces: ${matchCount} of ${chosen.length - laterCount} match`);
process.exitCode = matchCount === chosen.length - laterCount ? 0 : 1;

function passLine({ now, plan, wave }: Pass, { passes }: TraceRun): string {
  const startMs = passes[0]?.now ?? now;
  const writes = plan.writes.map((write) => write.key).join(', ') || 'nothing';
  const failures = (wave?.failures ?? []).map(({ key, problem }) => ` ! ${key}: ${problem.message}`).join('');
  const { phase, message = '', currentStepIndex } = plan.status;
  const reasons = plan.reasons.map((reason) => reason.code).join(', ');
  const wake = plan.wakeAt === undefined ? '' : ` wakes in ${plan.wakeAt - now} ms`;
  return `  ${now - startMs} ms: ${writes}${failures} → ${phase} "${message}" step ${currentStepIndex ?? '-'} [${reasons}]${wake}`;
}

function writeReplay(folder: string, name: string, { passes }: TraceRun): void {
  const last = passes.at(-1);
  if (!last) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ observed: last.observed, now: last.now }, null, 2));
}
