import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';
import { configMap, configMaps, startTestServer, type TestObject } from './test-server.ts';

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
};

test('a server started from a snapshot goes on where the other stopped, custom kinds included', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-snapshot-'));
  try {
    const path = join(folder, 'snapshot.json');
    const first = startTestServer();
    await first.ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
    const things = '/apis/example.com/v1/namespaces/default/things';
    await first.clock.settle();
    const thing = await first.ok('POST', things, {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 't' },
    });
    writeSnapshot(path, first.server.storage);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    const second = startTestServer({ snapshot: readSnapshot(path) });
    assert.deepEqual(await second.ok('GET', `${things}/t`), thing);
    const { metadata } = await second.ok<TestObject>('POST', configMaps, configMap('a'));
    assert.ok(Number(metadata.resourceVersion) > first.server.storage.revision);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a file that is no snapshot is said to be none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-snapshot-'));
  try {
    const path = join(folder, 'odd.json');
    for (const content of ['{', '{}', '[]']) {
      writeFileSync(path, content);
      assert.throws(() => readSnapshot(path), { message: /is no snapshot of a sandbox/ });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
