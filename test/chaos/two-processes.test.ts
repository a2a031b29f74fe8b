// The same seed gives the same trace in another process too, whatever its time zone and its language: nothing of the
// machine or of what the process has done before comes in.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { runSeed } from './run-seed.ts';

const seeds = [9101, 9102];

async function digest(seed: number): Promise<string> {
  const { trace } = await runSeed(seed, { trace: true });
  assert.ok(trace.length > 300, `${trace.length} lines`);
  return createHash('sha256').update(trace.join('\n')).digest('hex');
}

/** The seeds in the other order, so that what one leaves behind would show in the other. */
async function digestsElsewhere(environment: Readonly<Record<string, string>>): Promise<string[]> {
  const script = `
    import { createHash } from 'node:crypto';
    import { runSeed } from ${JSON.stringify(new URL('./run-seed.ts', import.meta.url).href)};
    for (const seed of ${JSON.stringify(seeds.toReversed())}) {
      const { trace } = await runSeed(seed, { trace: true });
      console.log(createHash('sha256').update(trace.join('\\n')).digest('hex'));
    }
  `;
  const env = { ...process.env, ...environment };
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env });
  return stdout.trim().split('\n').toReversed();
}

test('a seed goes the same way in processes of other time zones and languages', async () => {
  const elsewhere = digestsElsewhere({ TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' });
  const here = [];
  for (const seed of seeds) here.push(await digest(seed));
  assert.deepEqual(await elsewhere, here);
  assert.notEqual(here[0], here[1]);
});
