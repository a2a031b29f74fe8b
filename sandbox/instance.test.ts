import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { claimInstance } from './instance.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-instance-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a second instance gets its own kubeconfig, and a released number is taken again', () => {
  const first = claimInstance(folder, process.pid);
  const second = claimInstance(folder, process.pid);
  assert.deepEqual([first.number, second.number], [1, 2]);
  assert.equal(first.kubeconfigPath, join(folder, 'kubeconfig'));
  assert.equal(second.kubeconfigPath, join(folder, 'kubeconfig-2'));
  writeFileSync(first.kubeconfigPath, 'secret');
  first.release();
  assert.ok(!existsSync(first.kubeconfigPath));
  assert.equal(claimInstance(folder, process.pid).number, 1);
});

test('a number whose process is gone is taken over', () => {
  writeFileSync(join(folder, 'pid'), '999999999\n');
  assert.equal(claimInstance(folder, process.pid).number, 1);
});

test('the pid file is for its owner alone', () => {
  claimInstance(folder, process.pid);
  assert.equal(statSync(join(folder, 'pid')).mode & 0o777, 0o600);
});
