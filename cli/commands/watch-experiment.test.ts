// Experiments and their runs while they go on, and what is answered where there are none (spec/cli.md §§2.3, 2.5, 3.6, 11).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { type RunningCli, runCli, startCli } from '../../test/builders/run-cli.ts';
import { object } from '../../test/builders/tree-objects.ts';

async function started(argv: string, cluster: FakeCluster, setting: object = {}): Promise<RunningCli> {
  const cli = startCli(argv.split(' '), { transport: cluster, ...setting });
  await cli.clock.runFor(300);
  return cli;
}

const experiment = (phase: string): KubernetesObject => object('Experiment', 'ab', { age: 9, status: { phase } });
const run = (phase: string): KubernetesObject =>
  object('AnalysisRun', 'ab-a', { age: 5, owner: 'ab', status: { phase } });

test('§11 get experiment -w shows runs come and end, and stays when the experiment goes', async () => {
  const cluster = new FakeCluster([experiment('Pending')]);
  const cli = await started('get experiment ab -w', cluster);
  for (const next of [experiment('Running'), run('Running'), run('Failed'), experiment('Failed')]) {
    cluster.put(next);
    await cli.clock.runFor(1000);
  }
  const frames = cli.output.stdout.split('\n\nName:');
  const states = frames.map((frame) => [...frame.matchAll(/[◷◌✖] (\w+)/g)].map(([, word]) => word).join(' '));
  assert.deepEqual(states, [
    'Pending Pending',
    'Running Running',
    'Running Running Running',
    'Running Running Failed',
    'Failed Failed Failed',
  ]);
  cluster.delete(experiment('Failed'));
  await cli.clock.runFor(1000);
  cli.interrupt();
  assert.deepEqual([(await cli.result).code, cli.output.stderr], [0, 'experiment.argoproj.io "ab" not found\n']);
});

test('a frame of an experiment that is cut names no flag that there is not', async () => {
  const terminal = { columns: 60, rows: 6 };
  const cli = await started('get experiment ab -w', new FakeCluster([experiment('Running'), run('Running')]), {
    terminal,
  });
  assert.match(cli.writes[1] ?? '', /… 2 more rows \(q quit, ↑↓ scroll\)$/);
  cli.interrupt();
  await cli.result;
});

test('list experiments -w prints a row for each that changed', async () => {
  const cluster = new FakeCluster([experiment('Pending'), object('Experiment', 'other', { age: 9 })]);
  const cli = await started('list experiments -w', cluster);
  cluster.put(experiment('Running'));
  await cli.clock.runFor(1000);
  cli.interrupt();
  assert.equal((await cli.result).code, 0);
  assert.deepEqual(
    cli.output.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ +/).slice(0, 2).join(' ')),
    ['NAME STATUS', 'ab Pending', 'other -', 'ab Running'],
  );
});

for (const [argv, code, text] of [
  ['get experiment nope', 6, 'experiment.argoproj.io "nope" not found'],
  ['get experiment nope -w', 6, 'experiment.argoproj.io "nope" not found'],
  ['terminate experiment nope', 6, 'experiments.argoproj.io "nope" not found'],
  ['terminate analysisrun nope', 6, 'analysisruns.argoproj.io "nope" not found'],
  ['retry experiment nope', 6, 'experiments.argoproj.io "nope" not found'],
  ['get experiment ab -o json', 1, "unknown shorthand flag: 'o' in -o"],
  ['terminate experiment ab --now', 1, 'unknown flag: --now'],
] as const) {
  test(`"${argv}" ends with ${code} and one line`, async () => {
    const transport = new FakeCluster([experiment('Running')]);
    const words = [...argv.split(' '), '--exit-codes=detailed'];
    assert.deepEqual(await runCli(words, { transport }), { code, stdout: '', stderr: `Error: ${text}\n` });
  });
}

test('an experiment that is invalid has neither phase nor message: a note says why', async () => {
  const invalid = { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: 'no selector' };
  const wrong = object('Experiment', 'ab', { age: 9, status: { conditions: [invalid] } });
  const { code, stdout, stderr } = await runCli(['get', 'exp', 'ab'], { transport: new FakeCluster([wrong]) });
  assert.deepEqual([code, stderr], [0, 'note: the experiment is invalid: no selector\n']);
  assert.match(stdout, /^Name: {12}ab\nNamespace: {7}shop\nStatus:/);
});

test('who may not read analysis runs sees the rest, and why they are missing', async () => {
  const cluster = new FakeCluster([experiment('Running'), run('Running')]);
  cluster.refuse = ({ path }) =>
    path.includes('analysisruns') ? refusal(403, 'Forbidden', 'analysisruns are forbidden') : undefined;
  const { code, stdout, stderr } = await runCli(['get', 'exp', 'ab'], { transport: cluster });
  assert.deepEqual([code, stderr], [0, 'warning: analysisruns are forbidden\n']);
  assert.match(stdout, /Σ ab +Experiment/);
});
