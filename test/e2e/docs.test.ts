// The manual is held to the program: every command of the pages is run, and its output has the shape that is written.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pages, pagesOfTheirOwn, readBlocks, runCommand, shapeOf } from '../../scripts/docs.ts';
import { kubectlMissing, openCluster, root, type TestCluster } from './cluster.ts';

const skip =
  kubectlMissing() ?? (process.env.SLIPWAY_TEST_KUBECONFIG === undefined ? false : 'the pages speak of the sandbox');
let cluster: TestCluster;

/** Pages that need a sandbox of their own mostly wait: they are read beside the others. */
const aside = new Map<string, Promise<unknown>>();

before(async () => {
  if (skip !== false) return;
  for (const page of Object.keys(pagesOfTheirOwn)) aside.set(page, problemOf(holdsAlone(page)));
  cluster = await openCluster('docs');
});
after(async () => cluster?.stop());

function problemOf(work: Promise<void>): Promise<unknown> {
  return work.then(
    () => undefined,
    (problem: unknown) => problem,
  );
}

async function holdsAlone(page: string): Promise<void> {
  const own = await openCluster('docs', pagesOfTheirOwn[page]);
  try {
    await holds(page, own);
  } finally {
    await own.stop();
  }
}

async function holds(page: string, on: TestCluster): Promise<void> {
  const commands = readBlocks(page, readFileSync(join(root, page), 'utf8')).flatMap((block) => block.commands);
  assert.ok(commands.length > 0, 'the page has commands');
  for (const { command, written, line } of commands) {
    assert.equal(shapeOf(await runCommand(on, command)), shapeOf(written), `${page}:${line}: ${command}`);
  }
}

for (const page of pages) {
  test(`the commands of ${page} print what is written there`, { skip }, () => holds(page, cluster));
}

for (const page of Object.keys(pagesOfTheirOwn)) {
  test(`the commands of ${page} print what is written there`, { skip }, async () => {
    const problem = await aside.get(page);
    if (problem !== undefined) throw problem;
  });
}
