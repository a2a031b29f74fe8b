// What a bug report carries is read by this version and by the next one.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { midway, twenty } from '../../test/builders/midway.ts';
import { start } from '../../test/builders/objects.ts';
import { observe } from '../../test/builders/world.ts';
import { plan } from './plan.ts';
import { replayOf } from './replay-observed.ts';

const observed = observe(midway({ canary: twenty, stable: { replicas: 10 }, current: { replicas: 0 } }));

/** As the version before wrote it. */
function ofVersion1(): unknown {
  const { liveAnalysisRuns, templates, experiments, liveExperiments, ...before } = observed;
  assert.deepEqual([liveAnalysisRuns, templates, experiments, liveExperiments], [{}, {}, [], {}]);
  return { observed: { ...before, schema: 1 }, now: start };
}

test('an observation of this version and of the one before lead to the same plan', () => {
  for (const json of [{ observed, now: start }, ofVersion1()]) {
    const replay = replayOf(JSON.parse(JSON.stringify(json)));
    assert.ok(typeof replay === 'object', `${replay}`);
    assert.deepEqual(plan(replay.observed, replay.now), plan(observed, start));
  }
});

test('of other versions, and of what is no observation, it is said in plain words', () => {
  assert.equal(
    replayOf({ observed: { ...observed, schema: 7 }, now: start }),
    'it is of schema 7; this version reads 1 and 2',
  );
  for (const json of [null, [], {}, { observed: null, now: 1 }, { observed }]) {
    assert.equal(replayOf(json), 'it holds no {"observed": …, "now": …}');
  }
});

test('npm run replay reads both, and prints what would be written and what is waited for', () => {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'replay-'));
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.equal(scripts.replay, 'node scripts/replay.ts');
  const outputs = [{ observed, now: start }, ofVersion1()].map((json, index) => {
    const file = join(folder, `${index}.json`);
    writeFileSync(file, JSON.stringify(json));
    return execFileSync(process.execPath, ['scripts/replay.ts', file], { cwd: root, encoding: 'utf8' });
  });
  rmSync(folder, { recursive: true });
  assert.equal(outputs[0], outputs[1]);
  assert.match(outputs[0] ?? '', /^shop\/demo at 2026-01-01T00:00:00.000Z\nwrites {2}\{"kind":"scaleReplicaSet"/);
});
