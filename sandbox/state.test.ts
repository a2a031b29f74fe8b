import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { configMap, configMaps, merge, startTestServer } from './apiserver/test-server.ts';
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

/** A cluster that is started from what is in a folder now, as after a kill -9 of the one that writes there. */
function startedFrom(path: string) {
  const copy = mkdtempSync(join(folder, 'copy-'));
  cpSync(path, copy, { recursive: true });
  rmSync(join(copy, 'pid'));
  const state = openState(copy, { pid });
  state.close();
  return startTestServer({ snapshot: state.snapshot! });
}

test('every change is there at the next start, however the process ends', async () => {
  const first = startTestServer();
  const path = join(folder, 'a', 'deep');
  const state = openState(path, { pid });
  assert.equal(state.snapshot, undefined);
  state.follow(first.server.storage);
  for (const name of ['a', 'b', 'c']) await first.ok('POST', configMaps, configMap(name, { k: 'v' }));
  await first.ok('DELETE', `${configMaps}/b`);
  await first.ok('PATCH', `${configMaps}/c`, { data: { k: 'w' } }, merge);
  const killed = startedFrom(path);
  assert.deepEqual(killed.server.storage.snapshot(), first.server.storage.snapshot());
  state.close();
  assert.deepEqual(readdirSync(path), ['cluster.json']);
  const kept = openState(path, { pid });
  kept.close();
  assert.deepEqual(
    startTestServer({ snapshot: kept.snapshot! }).server.storage.snapshot(),
    killed.server.storage.snapshot(),
  );
});

test('a write that the end of the process tore is as if it had not been', async () => {
  const first = startTestServer();
  const path = join(folder, 'torn-write');
  const state = openState(path, { pid });
  state.follow(first.server.storage);
  await first.ok('POST', configMaps, configMap('a'));
  const before = first.server.storage.snapshot();
  await first.ok('POST', configMaps, configMap('b'));
  const journal = join(path, 'journal.jsonl');
  writeFileSync(journal, readFileSync(journal, 'utf8').slice(0, -20));
  assert.deepEqual(startedFrom(path).server.storage.snapshot(), before);
  writeFileSync(journal, `{"torn\n${readFileSync(journal, 'utf8')}`);
  assert.throws(() => startedFrom(path), /journal\.jsonl is no journal of a sandbox \(line 1\); move it away/);
  state.close();
});

test('a folder that another living process uses is refused; one of a dead process is taken', () => {
  const path = join(folder, 'b');
  const state = openState(path, { pid: process.ppid });
  assert.throws(() => openState(path, { pid }), /--state .*b: another sandbox keeps its cluster there/);
  state.close();
  writeFileSync(join(path, 'pid'), '999999999\n');
  openState(path, { pid }).close();
});

for (const [what, content] of [
  ['torn', '{"format":"slipway-sand'],
  ['foreign', '{"kind":"List","items":[]}'],
  ['half right', '{"format":"slipway-sandbox/1","revision":7,"resources":{"/pods":[{}]}}'],
  ['empty', ''],
] as const) {
  test(`a file that is ${what} is refused in one line, and the folder is free again`, () => {
    const path = join(folder, `c-${what.replace(' ', '-')}`);
    openState(path, { pid }).close();
    writeFileSync(join(path, 'cluster.json'), content);
    assert.throws(
      () => openState(path, { pid }),
      /^Error: --state: .*cluster\.json is no snapshot of a sandbox[^\n]*; move it away to begin anew$/,
    );
    assert.equal(existsSync(join(path, 'pid')), false);
  });
}

test('a folder that cannot be made is told', () => {
  const path = join(folder, 'file');
  writeFileSync(path, '');
  assert.throws(() => openState(join(path, 'x'), { pid }), /the folder cannot be made \(ENOTDIR\)/);
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
