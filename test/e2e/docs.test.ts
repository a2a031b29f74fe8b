// The manual is held to the program: every command of the pages is run, and its output has the shape that is written.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pages, readBlocks, runCommand, shapeOf } from '../../scripts/docs.ts';
import { kubectlMissing, openCluster, root, type TestCluster } from './cluster.ts';

const skip =
  kubectlMissing() ?? (process.env.SLIPWAY_TEST_KUBECONFIG === undefined ? false : 'the pages speak of the sandbox');
let cluster: TestCluster;

before(async () => {
  if (skip === false) cluster = await openCluster('docs');
});
after(async () => cluster?.stop());

for (const page of pages) {
  test(`the commands of ${page} print what is written there`, { skip }, async () => {
    const commands = readBlocks(page, readFileSync(join(root, page), 'utf8')).flatMap((block) => block.commands);
    assert.ok(commands.length > 0, 'the page has commands');
    for (const { command, written, line } of commands) {
      assert.equal(shapeOf(await runCommand(cluster, command)), shapeOf(written), `${page}:${line}: ${command}`);
    }
  });
}
