import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { configMap, configMaps, startTestServer, type TestObject } from './apiserver/test-server.ts';
import { VirtualClock } from './clock.ts';
import { createCluster } from './cluster.ts';
import { seededRandom } from './random.ts';
import { whileRunning } from './simulation.ts';
import { openState } from './state.ts';

const pid = process.pid;
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-state-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('changes are written once a moment, and all of them at the end', async () => {
  const { server, clock, ok } = startTestServer();
  const path = join(folder, 'a', 'deep');
  const state = openState(path, { clock, pid });
  assert.equal(state.snapshot, undefined);
  state.follow(server.storage);
  const written = async (): Promise<number> => {
    const { readSnapshot } = await import('./apiserver/snapshot-file.ts');
    return readSnapshot(join(path, 'cluster.json')).revision;
  };
  const atFirst = await written();
  await ok('POST', configMaps, configMap('a'));
  await ok('POST', configMaps, configMap('b'));
  assert.equal(await written(), atFirst);
  await clock.runFor(500);
  assert.equal(await written(), server.storage.revision);
  await ok('POST', configMaps, configMap('c'));
  state.close();
  assert.equal(await written(), server.storage.revision);
  assert.deepEqual(readdirSync(path), ['cluster.json']);
  const again = openState(path, { clock, pid });
  const second = startTestServer({ snapshot: again.snapshot! });
  again.close();
  assert.equal((await second.ok<TestObject>('GET', `${configMaps}/c`)).metadata.name, 'c');
});

test('a folder that another living process uses is refused; one of a dead process is taken', () => {
  const clock = new VirtualClock();
  const path = join(folder, 'b');
  const state = openState(path, { clock, pid: process.ppid });
  assert.throws(() => openState(path, { clock, pid }), /--state .*b: another sandbox keeps its cluster there/);
  state.close();
  writeFileSync(join(path, 'pid'), '999999999\n');
  openState(path, { clock, pid }).close();
});

for (const [what, content] of [
  ['torn', '{"format":"slipway-sand'],
  ['foreign', '{"kind":"List","items":[]}'],
  ['half right', '{"format":"slipway-sandbox/1","revision":7,"resources":{"/pods":[{}]}}'],
  ['empty', ''],
] as const) {
  test(`a file that is ${what} is refused in one line, and the folder is free again`, () => {
    const clock = new VirtualClock();
    const path = join(folder, `c-${what.replace(' ', '-')}`);
    openState(path, { clock, pid }).close();
    writeFileSync(join(path, 'cluster.json'), content);
    assert.throws(
      () => openState(path, { clock, pid }),
      /^Error: --state: .*cluster\.json is no snapshot of a sandbox[^\n]*; move it away to begin anew$/,
    );
    assert.equal(existsSync(join(path, 'pid')), false);
  });
}

test('a folder that cannot be made is told', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  assert.throws(
    () => openState(join(path, 'x'), { clock: new VirtualClock(), pid }),
    /the folder cannot be made \(ENOTDIR\)/,
  );
});

test('pods of a restored cluster run again, and their owners go on', async () => {
  const clock = new VirtualClock();
  const first = createCluster({ clock, random: seededRandom(1) });
  await whileRunning(clock, first.start());
  const labels = { app: 'd' };
  await first.transport().request({
    verb: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    body: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1' }] } },
      },
    },
  });
  await clock.runFor(20_000);
  const snapshot = JSON.parse(JSON.stringify(first.apiServer.storage.snapshot()));
  await whileRunning(clock, first.stop());
  await clock.runFor(60_000);

  const second = createCluster({ clock, random: seededRandom(2), apiServerOptions: { snapshot } });
  await whileRunning(clock, second.start());
  await clock.runFor(20_000);
  type Deployment = { spec: { replicas: number }; status: { readyReplicas?: number } };
  const path = '/apis/apps/v1/namespaces/default/deployments/d';
  const read = async () => (await second.transport().request({ verb: 'GET', path })).body as Deployment;
  assert.equal((await read()).status.readyReplicas, 2);
  const patch = { verb: 'PATCH', path, contentType: 'application/merge-patch+json', body: { spec: { replicas: 3 } } };
  await second.transport().request(patch);
  await clock.runFor(20_000);
  assert.equal((await read()).status.readyReplicas, 3);
  await whileRunning(clock, second.stop());
});
