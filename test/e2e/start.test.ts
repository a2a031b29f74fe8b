// `npm start` as a process: what it prints, how it ends, and what it says to bad input. On the real clock.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { endProgram, eventually, freePort, root, sendRequests, startProgram } from './cluster.ts';

const startFile = join(root, 'scripts/start.js');
let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway-start-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function kubeconfigIn(text: string): string {
  return /export KUBECONFIG=(\S+)/.exec(text)?.[1] ?? '';
}

test('shows the demo within ten seconds, in plain lines without a terminal, and ends cleanly on Ctrl-C', async () => {
  const port = await freePort();
  const startedAt = Date.now();
  const program = startProgram('scripts/start.js', [`--port=${port}`]);
  try {
    const text = await program.printed(
      /rollouts-demo: Healthy.*rollouts-demo:blue 5\/5[\s\S]*next: .*set image rollouts-demo/,
    );
    assert.ok(Date.now() - startedAt < 10_000, 'healthy within 10 s');
    assert.ok(!text.includes('\u001b'), 'no escape sequences');
    assert.match(text, new RegExp(`page: http://localhost:${port}/`));
    assert.match(text, /export KUBECONFIG=\S+ PATH=\S+\/bin:\$PATH/);
    assert.deepEqual(await sendRequests(port, 'localhost', 50), { byVersion: { blue: 50 }, failed: 0 });
    const kubeconfig = kubeconfigIn(text);
    assert.equal(statSync(kubeconfig).mode & 0o777, 0o600);
    const exited = once(program.process, 'exit');
    program.process.kill('SIGINT');
    assert.deepEqual(await exited, [0, null]);
    assert.ok(!existsSync(kubeconfig), 'the kubeconfig of a cluster that is gone goes with it');
  } finally {
    await endProgram(program.process);
  }
});

test('a mistake of its own is told in two lines, with the file that has the details, and leaves nothing behind', () => {
  const mistake = 'data:text/javascript,setTimeout(()=>{throw new Error("nobody thought of this")},4000)';
  const env = { ...process.env, NODE_OPTIONS: `--import=${encodeURI(mistake)}` };
  const options = { encoding: 'utf8', env, timeout: 30_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [startFile, '--only-cluster', '--plain'], options);
  assert.equal(status, 1);
  const [first, second, ...more] = stderr.trim().split('\n');
  assert.equal(first, 'Error: nobody thought of this');
  assert.match(second ?? '', /^This is a mistake in Slipway itself: please report it with \S+crash\.log$/);
  assert.deepEqual(more, []);
  const details = second?.split(' ').at(-1) ?? '';
  assert.match(readFileSync(details, 'utf8'), /nobody thought of this\n +at /);
  rmSync(details);
  assert.equal(existsSync(kubeconfigIn(stdout)), false);
});

test('ends within two seconds of losing its parent', async () => {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, [${JSON.stringify(startFile)}, '--only-cluster', '--plain'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => console.log(child.pid));
    child.stdout.on('data', () => {});
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString().trim());
  assert.ok(pid > 0);
  parent.kill('SIGKILL');
  const lostAt = Date.now();
  await eventually('the sandbox is gone', async () => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  });
  assert.ok(Date.now() - lostAt < 2500, `it took ${Date.now() - lostAt} ms`);
});

test('a second one beside the first gets its own ports and kubeconfig; a port that was asked for and is taken is told', async () => {
  const port = await freePort();
  const first = startProgram('scripts/start.js', ['--only-cluster', '--plain', `--port=${port}`]);
  const second = startProgram('scripts/start.js', ['--only-cluster', '--plain']);
  try {
    const [a, b] = await Promise.all([first.printed(/export KUBECONFIG/), second.printed(/export KUBECONFIG/)]);
    assert.notEqual(kubeconfigIn(a), kubeconfigIn(b));
    const third = spawnSync(process.execPath, [startFile, '--only-cluster', `--port=${port}`], { encoding: 'utf8' });
    assert.equal(third.status, 1);
    assert.match(third.stderr, new RegExp(`^Error: port ${port} is taken`));
    assert.ok(!third.stderr.includes('    at '), 'no stack');
  } finally {
    await Promise.all([endProgram(first.process), endProgram(second.process)]);
  }
});

test('a folder of manifests with errors: each is told with file, line and path, and the rest is applied', async () => {
  writeFileSync(join(folder, 'a-broken.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [broken\n');
  writeFileSync(
    join(folder, 'b-fields.yaml'),
    [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata:',
      '  name: good',
      'data: {a: b}',
      '---',
      'apiVersion: argoproj.io/v1alpha1',
      'kind: Rollout',
      'metadata:',
      '  name: bad',
      'spec:',
      '  replicas: three',
      '  colour: blue',
      '  strategy:',
      '    canary:',
      '      steps:',
      '      - setWeight: lots',
      '---',
      'apiVersion: example.com/v1',
      'kind: Thing',
      'metadata: {name: unknown}',
      '',
    ].join('\n'),
  );
  const program = startProgram('scripts/start.js', ['--no-demo', '--no-load', '--plain', `--manifests=${folder}`]);
  try {
    await program.printed(/export KUBECONFIG/);
    for (const line of [
      /a-broken\.yaml:\d+: .+/,
      /b-fields\.yaml:12: spec\.replicas: .*integer/,
      /b-fields\.yaml:13: spec\.colour: unknown field/,
      /b-fields\.yaml:17: spec\.strategy\.canary\.steps\[0\]\.setWeight: .*integer/,
      /b-fields\.yaml:20: kind: the cluster does not serve example\.com\/v1/,
    ]) {
      assert.match(await program.printed(line), line);
    }
    assert.match(await program.printed(/applied/), /applied ConfigMap default\/good/);
  } finally {
    await endProgram(program.process);
  }
});

test('--state keeps the cluster from one start to the next, --rbac runs the controller with its shipped rights', async () => {
  const state = join(folder, 'state');
  const revisionOf = (): number => JSON.parse(readFileSync(join(state, 'cluster.json'), 'utf8')).revision;
  const revisions: number[] = [];
  for (let round = 0; round < 2; round++) {
    const options = ['--rbac', '--no-load', '--plain', `--state=${state}`, `--port=${await freePort()}`];
    const program = startProgram('scripts/start.js', options);
    try {
      const text = await program.printed(/rollouts-demo: Healthy.*rollouts-demo:blue 5\/5/);
      assert.doesNotMatch(text, /forbidden/);
      const exited = once(program.process, 'exit');
      program.process.kill('SIGINT');
      assert.deepEqual(await exited, [0, null]);
      revisions.push(revisionOf());
    } finally {
      await endProgram(program.process);
    }
  }
  assert.ok((revisions[1] ?? 0) > (revisions[0] ?? 0), revisions.join(' '));
  writeFileSync(join(state, 'cluster.json'), '{"torn');
  const torn = spawnSync(process.execPath, [startFile, '--only-cluster', `--state=${state}`], { encoding: 'utf8' });
  assert.equal(torn.status, 1);
  assert.match(torn.stderr, /^Error: --state: .*cluster\.json is no snapshot of a sandbox[^\n]*\n$/);
});

test('--help tells what can be chosen, a wrong option is refused with exit code 2', () => {
  const help = spawnSync(process.execPath, [startFile, '--help'], { encoding: 'utf8' });
  assert.equal(help.status, 0);
  for (const option of ['--port', '--replicas', '--rate', '--steps', '--no-load', '--no-demo', '--manifests']) {
    assert.ok(help.stdout.includes(option), option);
  }
  const wrong = spawnSync(process.execPath, [startFile, '--prot'], { encoding: 'utf8' });
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^unknown option --prot\n/);
  const missing = spawnSync(process.execPath, [startFile, '--only-cluster', '--manifests', '/nowhere'], {
    encoding: 'utf8',
  });
  assert.equal(missing.status, 1);
  assert.match(missing.stderr, /^Error: .*\/nowhere/);
});

test('an old Node is told what is needed', (context) => {
  const old = ['/usr/local/bin/node', '/usr/bin/node'].find((path) => {
    const major = Number.parseInt(
      spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout ?? '',
      10,
    );
    return major > 0 && major < 22;
  });
  if (old === undefined) return context.skip('no Node older than 22 is installed');
  const answer = spawnSync(old, [startFile], { encoding: 'utf8' });
  assert.equal(answer.status, 1);
  assert.match(answer.stderr, /Slipway needs Node 22\.19 or newer; this is Node \d+/);
});
