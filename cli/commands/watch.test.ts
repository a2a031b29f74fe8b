// What goes on: `status`, `get -w`, `list -w` under a virtual clock (spec/cli.md §§3.15, 7.1, 11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { type RunningCli, runCli, startCli, startOfTests } from '../../test/builders/run-cli.ts';

function rollout(phase: string, message = '', name = 'web'): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name, namespace: 'shop', uid: `uid-${name}`, creationTimestamp: '2026-11-21T02:50:15Z' },
    spec: { strategy: { canary: {} }, selector: { matchLabels: { app: 'web' } } },
    status: { phase, message },
  } as KubernetesObject;
}

async function started(argv: string, cluster: FakeCluster, setting: object = {}): Promise<RunningCli> {
  const cli = startCli(argv.split(' '), { transport: cluster, ...setting });
  await cli.clock.settle();
  return cli;
}

test('§15.21 status once tells phase and message', async () => {
  const paused = new FakeCluster([rollout('Paused', 'CanaryPauseStep')]);
  assert.deepEqual(await runCli(['status', 'web', '--watch=false'], { transport: paused }), {
    code: 0,
    stdout: 'Paused - CanaryPauseStep\n',
    stderr: '',
  });
  const degraded = new FakeCluster([rollout('Degraded', 'boom')]);
  assert.deepEqual(await runCli(['status', 'web', '--watch=false'], { transport: degraded }), {
    code: 1,
    stdout: 'Degraded\n',
    stderr: 'Error: The rollout is in a degraded state with message: boom\n',
  });
});

for (const [phase, code] of [
  ['Paused', 4],
  ['Degraded', 3],
  ['Healthy', 0],
] as const) {
  test(`EXT: --exit-codes=detailed tells ${phase} by ${code}`, async () => {
    const argv = ['status', 'web', '--watch=false', '--exit-codes=detailed'];
    assert.equal((await runCli(argv, { transport: new FakeCluster([rollout(phase)]) })).code, code);
  });
}

test('§15.22 status tells each change once and ends at Healthy', async () => {
  const cluster = new FakeCluster([rollout('Progressing', 'a')]);
  const cli = await started('status web', cluster);
  for (const next of [rollout('Progressing', 'a'), rollout('Progressing', 'b'), rollout('Healthy')]) cluster.put(next);
  assert.deepEqual(await cli.result, {
    code: 0,
    stdout: 'Progressing - a\nProgressing - b\nHealthy\n',
    stderr: '',
  });
});

test('§15.23 status fails when its time is over, having read once more', async () => {
  const cli = await started('status web -t 2s', new FakeCluster([rollout('Progressing', 'a')]));
  await cli.clock.runFor(1999);
  assert.equal(cli.output.stderr, '');
  await cli.clock.runFor(1);
  assert.deepEqual(await cli.result, {
    code: 1,
    stdout: 'Progressing - a\n',
    stderr: 'Error: Rollout status watch exceeded timeout\n',
  });
});

test('Ctrl-C ends status as its timeout does', async () => {
  const cli = await started('status web', new FakeCluster([rollout('Progressing', 'a')]));
  cli.interrupt();
  assert.deepEqual((await cli.result).stderr, 'Error: Rollout status watch exceeded timeout\n');
});

test('§15.23 status -t without a unit', async () => {
  const { code, stderr } = await runCli(['status', 'web', '-t', '60'], { transport: new FakeCluster() });
  assert.deepEqual(
    [code, stderr],
    [1, 'Error: invalid argument "60" for "-t, --timeout" flag: time: missing unit in duration "60"\n'],
  );
});

test('QUIRK: a pause and a deletion do not end status, Degraded does', async () => {
  const cluster = new FakeCluster([rollout('Paused', 'x')]);
  const cli = await started('status web', cluster);
  cluster.delete(rollout('Paused', 'x'));
  assert.equal(cli.output.stderr, 'rollout.argoproj.io "web" not found\n');
  cluster.put(rollout('Degraded', 'boom'));
  const { code, stdout } = await cli.result;
  assert.deepEqual([code, stdout], [1, 'Paused - x\nDegraded - boom\n']);
});

test('EXT: --success-on-pause ends status at a pause with 0', async () => {
  const cluster = new FakeCluster([rollout('Paused', 'x')]);
  assert.equal((await runCli(['status', 'web', '--success-on-pause'], { transport: cluster })).code, 0);
});

test('status goes on after its watch broke', async () => {
  const cluster = new FakeCluster([rollout('Progressing', 'a')]);
  const cli = await started('status web', cluster);
  cluster.breakWatches();
  cluster.put(rollout('Healthy'));
  await cli.clock.runFor(5000);
  assert.deepEqual((await cli.result).code, 0);
  assert.match(cli.output.stderr, /^warning: connection reset\n$/);
});

test('get -w without a terminal prints a frame only when more than ages changed', async () => {
  const cluster = new FakeCluster([rollout('Progressing', 'a')]);
  const cli = await started('get rollout web -w', cluster);
  assert.equal(cli.writes.length, 1);
  await cli.clock.runFor(3000);
  assert.equal(cli.writes.length, 1, 'nothing but ages changed');
  cluster.put(rollout('Healthy'));
  await cli.clock.runFor(1000);
  assert.equal(cli.writes.length, 2);
  assert.match(cli.writes[1] ?? '', /^\nName: +web\n/);
  assert.match(cli.writes[1] ?? '', /✔ Healthy {2}14s/);
  cli.interrupt();
  assert.equal((await cli.result).code, 0);
});

test('get -w on a terminal redraws every second, never within 200 ms, and leaves its last frame', async () => {
  const cluster = new FakeCluster([rollout('Progressing', 'a')]);
  const cli = await started('get rollout web -w', cluster, { terminal: { columns: 120, rows: 40 } });
  assert.equal(cli.writes[0], '\u001b[?1049h');
  assert.ok(cli.writes[1]?.startsWith('\u001b[H\u001b[2J\u001b[0;0HName:'));
  await cli.clock.runFor(100);
  cluster.put(rollout('Progressing', 'b'));
  assert.equal(cli.writes.length, 2, 'too early after the last frame');
  await cli.clock.runFor(900);
  assert.match(cli.writes[2] ?? '', /Message: +b/);
  await cli.clock.runFor(300);
  cluster.put(rollout('Healthy'));
  await cli.clock.runFor(1);
  assert.match(cli.writes[3] ?? '', /Healthy/);
  cli.press('q');
  assert.equal((await cli.result).code, 0);
  assert.ok(cli.writes.at(-1)?.startsWith('\u001b[?1049lName:'));
});

test('EXT: a frame is cut to a low and narrow terminal, and scrolls', async () => {
  const cluster = new FakeCluster([rollout('Progressing', 'a message that is longer than the terminal is wide')]);
  const cli = await started('get rollout web -w --no-color', cluster, { terminal: { columns: 30, rows: 6 } });
  const frame = (cli.writes[1] ?? '').replace('\u001b[H\u001b[2J\u001b[0;0H', '').split('\n');
  assert.equal(frame.length, 6);
  assert.ok(frame.every((line) => [...line].length <= 30));
  assert.equal(frame[3], 'Message:         a message th…');
  assert.match(frame[5] ?? '', /^… \d+ more rows/);
  cli.press('\u001b[B');
  assert.match(cli.writes[2] ?? '', /0HNamespace:/);
  cli.interrupt();
  await cli.result;
});

test('get -w --timeout-seconds ends with 0 (QUIRK B12), with --fail-on-timeout with 1', async () => {
  for (const [flag, code] of [
    ['', 0],
    [' --fail-on-timeout', 1],
  ] as const) {
    const cli = await started(`get rollout web -w --timeout-seconds 2${flag}`, new FakeCluster([rollout('Paused')]));
    await cli.clock.runFor(2000);
    assert.equal((await cli.result).code, code);
  }
});

test('a rollout deleted while it is watched leaves its last picture', async () => {
  const cluster = new FakeCluster([rollout('Paused', 'x')]);
  const cli = await started('get rollout web -w', cluster);
  cluster.delete(rollout('Paused', 'x'));
  await cli.clock.runFor(2000);
  assert.equal(cli.output.stderr, 'rollout.argoproj.io "web" not found\n');
  assert.equal(cli.writes.length, 1);
  cli.interrupt();
  assert.equal((await cli.result).code, 0);
});

test('list -w prints the changed rows in groups, without a header', async () => {
  const cluster = new FakeCluster([rollout('Progressing', '', 'a'), rollout('Healthy', '', 'b')]);
  const cli = await started('list rollouts -w --timestamps', cluster);
  await cli.clock.runFor(1000);
  assert.equal(cli.writes.length, 1);
  cluster.put(rollout('Healthy', 'another message is not a printed value', 'b'));
  cluster.put(rollout('Paused', '', 'a'));
  cluster.put(rollout('Degraded', '', 'a'));
  await cli.clock.runFor(500);
  assert.equal(
    cli.writes[1],
    '2026-11-21T02:50:26Z  a           Canary     Degraded      -     100         0/0    1        0           0        \n',
  );
  cli.interrupt();
  assert.equal((await cli.result).code, 0);
});

test('list -w gives up after more than five failures in a row', async () => {
  const cluster = new FakeCluster([rollout('Healthy')]);
  const cli = await started('list rollouts -w', cluster);
  for (let i = 0; i < 6; i++) {
    cluster.breakWatches();
    await cli.clock.runFor(65_000);
  }
  const { code, stderr } = await cli.result;
  assert.equal(code, 1);
  assert.equal(stderr, `${'warning: connection reset\n'.repeat(6)}Error: connection reset\n`);
});

test('get -w tells a problem once, not once for each kind it follows', async () => {
  const cluster = new FakeCluster([rollout('Paused')]);
  const cli = await started('get rollout web -w', cluster);
  cluster.refuse = () => refusal(503, 'ServiceUnavailable', 'away');
  cluster.breakWatches();
  await cli.clock.runFor(20_000);
  assert.equal(cli.output.stderr, 'warning: connection reset\n');
  cli.interrupt();
  await cli.result;
});

test('the frame of a test starts at a known time', () => {
  assert.equal(new Date(startOfTests).toISOString(), '2026-11-21T02:50:25.000Z');
});
