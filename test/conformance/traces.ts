// `npm run traces [-- NAME…] [--verbose] [--replay FOLDER] [--stops]`: runs the reference's recorded traces on the sandbox under
// the virtual clock and prints every difference. NAME is a part of a trace's name. --verbose also prints every pass;
// --replay writes what the last pass of each trace looked at, for `npm run replay FILE`. --stops also runs each trace once
// for every write: with the controller dying after it, and with an abort just before it (half an hour for all of them).

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import type { Pass } from '../../controller/rollout/controller.ts';
import { judge, leftForLater } from './differences.ts';
import { abortBefore, dieAfter, endOf, insaneEnd, writeCountOf } from './interruptions.ts';
import { runTrace, type TraceRun } from './run-trace.ts';
import { readTrace, traceNames } from './trace.ts';
import { worldState } from './world-state.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    verbose: { type: 'boolean', default: false },
    replay: { type: 'string' },
    stops: { type: 'boolean', default: false },
  },
});

const chosen = traceNames().filter(
  (name) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
);
let matchCount = 0;
let laterCount = 0;
let interruptionProblems = 0;
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
  if (values.stops) interruptionProblems += await stopEverywhere(name, result);
}
console.log(`${laterCount} traces are left for later`);
console.log(`traces: ${matchCount} of ${chosen.length - laterCount} match`);
if (values.stops) console.log(`interruptions: ${interruptionProblems} ended otherwise than they should`);
process.exitCode = matchCount === chosen.length - laterCount && interruptionProblems === 0 ? 0 : 1;

/** How many of the interrupted runs ended badly. */
async function stopEverywhere(name: string, whole: TraceRun): Promise<number> {
  const count = writeCountOf(whole);
  const expected = endOf(whole);
  let problems = 0;
  for (let write = 1; write <= count; write++) {
    const died = await runTrace(name, 1, dieAfter(write));
    if (!isDeepStrictEqual(endOf(died), expected))
      problems += told(`died after write ${write} of ${count}: another end`);
    const insane = insaneEnd(await runTrace(name, 1, abortBefore(write)));
    if (insane.length > 0) problems += told(`aborted before write ${write} of ${count}: ${insane.join('; ')}`);
  }
  if (problems === 0) console.log(`  ends well however it is interrupted (${count} writes)`);
  return problems;
}

function told(problem: string): number {
  console.log(`  ${problem}`);
  return 1;
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
