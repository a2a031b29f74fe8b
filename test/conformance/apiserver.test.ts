// Every recorded exchange with a real kube-apiserver is answered alike, but for the waived ones; how many stands in
// sandbox/README.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareAll, summary } from './apiserver.ts';
import { waived, waivedShare } from './waived.ts';

const recorded = 242;

test('the recorded exchanges with kube-apiserver match', async (context) => {
  const found = await compareAll();
  context.diagnostic(summary(found));
  assert.equal(found.total, recorded);
  assert.deepEqual(found.differences, []);
  assert.deepEqual([...found.waived].sort(), Object.keys(waived).sort(), 'nothing is waived that matches');
  assert.ok(found.waived.length <= waivedShare * found.total);
  const readme = readFileSync(new URL('../../sandbox/README.md', import.meta.url), 'utf8');
  assert.ok(readme.includes(`\`${summary(found)}\``), `sandbox/README.md must say ${summary(found)}`);
});
