import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareAll } from './apiserver.ts';

/** Raise it when more match; it never goes down. */
const reached = 241;

test(`at least ${reached} of the recorded exchanges with kube-apiserver match`, async () => {
  const { matched, total, differences } = await compareAll();
  assert.equal(total, 242);
  assert.ok(matched >= reached, `${matched} of ${total} match:\n${differences.join('\n')}`);
});
