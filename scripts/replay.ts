// `npm run replay FILE`: a recorded observation through the planner. FILE holds {observed, now}, as `npm run traces --
// --replay FOLDER` writes it and as a bug report carries it. Prints what would be written, told, and waited for.

import { readFileSync } from 'node:fs';
import { sentenceOf } from '../controller/explain/sentences.ts';
import { plan } from '../controller/rollout/plan.ts';
import { replayOf } from '../controller/rollout/replay-observed.ts';

const file = process.argv[2];
if (file === undefined) fail('usage: npm run replay FILE');
const replay = replayOf(read(file));
if (typeof replay === 'string') fail(`${file} cannot be replayed: ${replay}`);
const { observed, now } = replay;

const planned = plan(observed, now);
const { writes, events, reasons, needs, status, wakeAt } = planned;
console.log(
  `${observed.rollout.metadata.namespace}/${observed.rollout.metadata.name} at ${new Date(now).toISOString()}`,
);
for (const need of needs) console.log(`needs   ${JSON.stringify(need)}`);
for (const { events: told, ...write } of writes) {
  console.log(`writes  ${write.kind === 'patchStatus' ? write.key : JSON.stringify(write)}`);
  for (const event of told ?? []) console.log(`tells   ${event.type} ${event.reason}: ${event.message}`);
}
for (const event of events) console.log(`tells   ${event.type} ${event.reason}: ${event.message}`);
for (const reason of reasons) console.log(`waits   ${sentenceOf(reason)}`);
if (wakeAt !== undefined) console.log(`wakes   ${new Date(wakeAt).toISOString()}`);
console.log(`status  ${JSON.stringify(status, null, 2)}`);

function read(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    return fail(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
