// `npm run traces`: runs the reference's recorded traces on the sandbox under the virtual clock and prints every difference;
// `--help` says how.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Pass } from '../../controller/rollout/controller.ts';
import { judge, leftForLater } from './differences.ts';
import { interrupted, interruptions, writeCountOf, writesAfterLastAction } from './interruptions.ts';
import { runTrace, type TraceRun } from './run-trace.ts';
import { readTrace, traceNames } from './trace.ts';
import { worldState } from './world-state.ts';

const help = `npm run traces -- [NAME…] [--verbose] [--replay FOLDER] [--interrupted]

Runs the recorded traces of the reference on the sandbox and prints every difference, how many writes each trace took, and
how many of them came after the last action of a user. NAME: only the traces that have it in their names.

  --verbose          every pass of the planner
  --replay FOLDER    write what the last pass of each trace looked at, for \`npm run replay FILE\`
  --interrupted      run each trace also once for every write and kind of interruption: the controller dies after the write,
                     the write meets a conflict, a client aborts just before it. Tells each that does not end well: another
                     end, a second ReplicaSet or AnalysisRun, a storm of events, a loop, or writes hours later. All of
                     them take an hour; --interrupted=N takes every N-th write.
  --help             this text`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  args: process.argv.slice(2).map((arg) => (arg === '--interrupted' ? '--interrupted=1' : arg)),
  options: {
    verbose: { type: 'boolean', default: false },
    replay: { type: 'string' },
    interrupted: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}

const chosen = traceNames().filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
let matchCount = 0;
let laterCount = 0;
const interruptedRuns = { count: 0, problems: 0, mostWritesAfter: 0, mostOf: '' };
let mostWritesAfter = 0;
for (const name of chosen) {
  const later = leftForLater(readTrace(name, worldState).actions.map((action) => action.manifest ?? ''));
  if (later !== undefined) {
    laterCount += 1;
    console.log(`-  ${name}: left for later: ${later}`);
    continue;
  }
  const result = await runTrace(name, { rests: true });
  const { undeclared, declared, needless } = judge(name, result.differences);
  const isMatch = undeclared.length === 0 && needless.length === 0 && result.atRest?.writes.length === 0;
  if (isMatch) matchCount += 1;
  const after = writesAfterLastAction(result);
  mostWritesAfter = Math.max(mostWritesAfter, after);
  console.log(`${isMatch ? '✔' : '✖'}  ${name} (${writeCountOf(result)} writes, ${after} after the last action)`);
  for (const { point, on, lines } of undeclared) console.log([`  ${point} of ${on}`, ...lines].join('\n'));
  for (const { point, on, rule } of declared) console.log(`  as meant: ${point} of ${on}: ${rule}`);
  for (const entry of needless) console.log(`  needless exemption: ${entry.point} of ${entry.on}: ${entry.rule}`);
  for (const write of result.atRest?.writes ?? []) console.log(`  written at rest: ${write}`);
  if (values.verbose) for (const pass of result.passes) console.log(passLine(pass, result));
  if (values.replay !== undefined) writeReplay(values.replay, name, result);
  if (values.interrupted !== undefined) await interruptEverywhere(result, Number(values.interrupted));
}
console.log(`${laterCount} traces are left for later`);
console.log(`traces: ${matchCount} of ${chosen.length - laterCount} match`);
console.log(`at most ${mostWritesAfter} writes after the last action`);
if (values.interrupted !== undefined) {
  const { count, problems, mostWritesAfter: most, mostOf } = interruptedRuns;
  console.log(`interrupted: ${count} runs, ${problems} ended otherwise than they should`);
  console.log(`interrupted: at most ${most} writes after the last action (${mostOf})`);
}
process.exitCode = matchCount === chosen.length - laterCount && interruptedRuns.problems === 0 ? 0 : 1;

async function interruptEverywhere(whole: TraceRun, every: number): Promise<void> {
  const count = writeCountOf(whole);
  for (const interruption of interruptions) {
    for (let write = 1; write <= count; write += every) {
      const place = `${interruption.name} write ${write} of ${count}`;
      const { run, problems } = await interrupted(whole, interruption, write);
      interruptedRuns.count += 1;
      if (problems.length > 0) interruptedRuns.problems += 1;
      for (const problem of problems) console.log(`  ${place}: ${problem}`);
      const after = writesAfterLastAction(run);
      if (after <= interruptedRuns.mostWritesAfter) continue;
      interruptedRuns.mostWritesAfter = after;
      interruptedRuns.mostOf = `${whole.trace.name}, ${place}`;
    }
  }
}

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
