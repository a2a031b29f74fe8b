// Finding commands, help, colours, completion, the reads of `get` and `list` (spec/cli.md §§2, 3.2, 3.6, 7.1, 10).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { KubernetesObject } from '../controller/api/kubernetes-types.ts';
import { FakeCluster, refusal } from '../test/builders/fake-cluster.ts';
import { type CliSetting, runCli } from '../test/builders/run-cli.ts';

const recordingFile = new URL('../test/fixtures/cli/canary-aborted.json', import.meta.url);
const recording: { now: string; objects: KubernetesObject[]; commands: { stdout: string }[] } = JSON.parse(
  readFileSync(recordingFile, 'utf8'),
);
const setting = { namespace: 'demo-ns', now: Date.parse(recording.now) };

function run(argv: string, extra: Partial<CliSetting> = {}) {
  return runCli(argv.split(' ').filter(Boolean), {
    transport: new FakeCluster(recording.objects),
    ...setting,
    ...extra,
  });
}

test('get rollout through the API prints what the reference prints', async () => {
  assert.equal((await run('get rollout demo --no-color')).stdout, recording.commands[0]?.stdout);
});

test('get reads selectively, nothing that does not belong to the rollout (BUG B8)', async () => {
  const cluster = new FakeCluster(recording.objects);
  await run('get rollout demo', { transport: cluster });
  const paths = cluster.requests.map(({ path }) => path.split('/demo-ns/')[1]);
  assert.deepEqual(paths.sort(), ['analysisruns', 'experiments', 'pods', 'replicasets', 'rollouts/demo']);
});

test('get without experiments and analysis runs in the API shows the rest', async () => {
  const cluster = new FakeCluster(recording.objects);
  cluster.refuse = ({ path }) =>
    /experiments|analysisruns/.test(path) ? refusal(404, 'NotFound', 'the server could not find it') : undefined;
  const { code, stdout, stderr } = await run('get rollout demo', { transport: cluster });
  assert.deepEqual([code, stdout, stderr], [0, recording.commands[0]?.stdout, '']);
});

test('get with a kind that may not be read warns and shows the rest', async () => {
  const cluster = new FakeCluster(recording.objects);
  cluster.refuse = ({ path }) => (path.endsWith('/pods') ? refusal(403, 'Forbidden', 'pods is forbidden') : undefined);
  const { code, stdout, stderr } = await run('get rollout demo', { transport: cluster });
  assert.deepEqual([code, stderr], [0, 'warning: pods is forbidden\n']);
  assert.match(stdout, /⧉ demo-576bc48c5/);
});

test('get with a workloadRef whose workload is missing still shows everything (BUG B7)', async () => {
  const cluster = new FakeCluster(recording.objects);
  const rollout = recording.objects.find(({ kind }) => kind === 'Rollout') as KubernetesObject & { spec: object };
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' };
  cluster.put({ ...rollout, spec: { ...rollout.spec, workloadRef, template: undefined } } as KubernetesObject);
  const { code, stdout } = await run('get rollout demo', { transport: cluster });
  assert.equal(code, 0);
  assert.match(stdout, /⧉ demo-576bc48c5/);
});

test('EXT: get --limit keeps the newest revisions and the stable one', async () => {
  const { stdout } = await run('get rollout demo --limit 1');
  assert.match(stdout, /revision:2[\s\S]*revision:1/);
  const many = recording.objects.filter(({ kind }) => kind === 'ReplicaSet');
  const old = Array.from({ length: 3 }, (_, i) => {
    const metadata = {
      ...many[0]!.metadata,
      name: `demo-old${i}`,
      uid: `old-${i}`,
      annotations: { 'rollout.argoproj.io/revision': `-${i + 1}` },
      labels: { ...many[0]!.metadata.labels, 'rollouts-pod-template-hash': `old${i}` },
    };
    return { ...many[0]!, metadata };
  });
  const limited = await run('get rollout demo --limit 1', {
    transport: new FakeCluster([...recording.objects, ...old]),
  });
  assert.match(limited.stdout, /└──… 3 older revisions/);
});

const colours: readonly (readonly [name: string, argv: string, extra: Partial<CliSetting>, isColoured: boolean])[] = [
  ['a pipe', '', {}, false],
  ['a terminal', '', { terminal: { columns: 200, rows: 50 } }, true],
  ['a terminal with --no-color', ' --no-color', { terminal: { columns: 200, rows: 50 } }, false],
  ['a dumb terminal', '', { terminal: { columns: 200, rows: 50 }, env: { TERM: 'dumb' } }, false],
  ['NO_COLOR', '', { terminal: { columns: 200, rows: 50 }, env: { NO_COLOR: '1' } }, false],
  ['an empty NO_COLOR', '', { terminal: { columns: 200, rows: 50 }, env: { NO_COLOR: '' } }, true],
  ['a pipe with --color=always', ' --color=always', {}, true],
  ['a pipe with CLICOLOR_FORCE=1', '', { env: { CLICOLOR_FORCE: '1' } }, true],
  ['a terminal with --color=never', ' --color never', { terminal: { columns: 200, rows: 50 } }, false],
];

for (const [name, flags, extra, isColoured] of colours) {
  test(`colour on ${name}: ${isColoured}`, async () => {
    const { stdout } = await run(`get rollout demo${flags}`, extra);
    assert.equal(stdout.includes('\u001b'), isColoured);
    if (isColoured) assert.ok(stdout.includes('\nStatus:          \u001b[31m✖\u001b[0m Degraded\n'));
  });
}

test('list rollouts --name finds one, and says so when there is none', async () => {
  assert.match((await run('list ro --name demo')).stdout, /\ndemo {8}Canary/);
  assert.deepEqual(await run('list rollouts --name other'), { code: 0, stdout: '', stderr: 'No resources found.\n' });
});

test('list rollouts -A --timestamps adds two columns', async () => {
  const { stdout } = await run('list rollouts -A --timestamps');
  assert.match(stdout, /^TIMESTAMP {13}NAMESPACE {2}NAME {8}STRATEGY/);
  assert.match(stdout, /\n2026-11-21T08:49:56Z {2}demo-ns {4}demo {8}Canary/);
});

test('help goes to stdout with exit code 0, also as a command and for a group', async () => {
  for (const argv of ['--help', '-h', 'help', 'help abort', 'abort x --help', 'get -h', 'get foo --help']) {
    const { code, stdout, stderr } = await run(argv);
    assert.deepEqual([code, stderr], [0, ''], argv);
    assert.match(stdout, /\nUsage:\n {2}kubectl-argo-rollouts /);
  }
});

test('help of promote hides the deprecated flags and keeps the sections in order', async () => {
  const { stdout } = await run('get rollout --help');
  const sections = stdout.split('\n').filter((line) => /^[A-Z][A-Za-z ]+:$/.test(line));
  assert.deepEqual(sections, ['Usage:', 'Aliases:', 'Examples:', 'Flags:', 'Global Flags:']);
  assert.match(stdout, /\nAliases:\n {2}rollout, ro, rollouts\n/);
  assert.doesNotMatch((await run('promote --help')).stdout, /--skip-/);
});

test('flags may stand before the command', async () => {
  const { code, stdout } = await run('-n demo-ns get --color never rollout demo');
  assert.deepEqual([code, stdout], [0, recording.commands[0]?.stdout]);
});

test('a mistyped command is answered with those that may have been meant', async () => {
  assert.deepEqual(await run('abrt'), {
    code: 1,
    stdout: '',
    stderr:
      'Error: unknown command "abrt" for "kubectl-argo-rollouts"\n\nDid you mean this?\n\tabort\n\n' +
      "Run 'kubectl-argo-rollouts --help' for usage.\n",
  });
});

test('an unknown command is named before its flags are looked at', async () => {
  assert.equal(
    (await run('rollback -f rollout.yaml')).stderr,
    'Error: unknown command "rollback" for "kubectl-argo-rollouts"\nRun \'kubectl-argo-rollouts --help\' for usage.\n',
  );
});

for (const command of [
  'lint -f rollout.yaml',
  'dashboard --port 3100',
  'notifications template list',
  'test',
  'help lint',
]) {
  test(`${command}: says that this is not there yet`, async () => {
    const { code, stdout, stderr } = await run(command);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^Error: "[a-z]+" is not there yet in this version of Slipway\nRun '/);
  });
}

test('a wrong log level and a request timeout without a unit are refused', async () => {
  assert.equal((await run('list ro --loglevel x')).stderr, 'Error: not a valid logrus Level: "x"\n');
  assert.equal((await run('list ro --request-timeout 5')).stderr, 'Error: time: missing unit in duration "5"\n');
});

test('-v 6 tells each request on stderr', async () => {
  const { stderr } = await run('list ro -v 6');
  assert.match(stderr, /^GET \/apis\/argoproj\.io\/v1alpha1\/namespaces\/demo-ns\/rollouts\?limit=500 200 in 0 milli/);
});

for (const [name, status, reason, code] of [
  ['forbidden', 403, 'Forbidden', 7],
  ['conflict', 409, 'Conflict', 8],
  ['unreachable', 0, 'Unreachable', 9],
  ['time-out', 0, 'Timeout', 5],
] as const) {
  test(`EXT: detailed exit code of ${name}`, async () => {
    const cluster = new FakeCluster();
    cluster.refuse = () => refusal(status, reason, 'no\nway');
    assert.deepEqual(await run('pause demo --exit-codes detailed', { transport: cluster }), {
      code,
      stdout: '',
      stderr: 'Error: no way\n',
    });
    assert.equal((await run('pause demo', { transport: cluster })).code, 1);
  });
}

test('completion writes a script for each shell and refuses others', async () => {
  for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
    assert.match((await run(`completion ${shell}`)).stdout, /__complete/);
  }
  assert.equal(
    (await run('completion tcsh')).stderr,
    'Error: invalid argument "tcsh" for "kubectl-argo-rollouts completion"\n',
  );
  assert.equal((await run('completion')).stderr, 'Error: accepts 1 arg(s), received 0\n');
});

const completions: readonly (readonly [words: readonly string[], expected: string])[] = [
  [['ab'], 'abort\tAbort a rollout\n:4\n'],
  [['get', 'ro'], 'rollout\tGet details about a rollout\n:4\n'],
  [['get', 'rollout', 'd'], 'demo\n:4\n'],
  [['abort', ''], 'demo\n:4\n'],
  [['abort', 'demo', ''], ':4\n'],
  [['abort', '--ful'], ':4\n'],
  [['promote', '--fu'], '--full\tSkip the remaining steps, pauses and analysis\n:4\n'],
  [['list', 'rollouts', '--color', 'n'], 'never\n:4\n'],
  [['--kubeconfig', ''], ':0\n'],
  [['completion', 'z'], 'zsh\n:4\n'],
  [['create', 'ar', '--from', 's'], 'smoke-test\n:4\n'],
  [['create', 'ar', '--global', '--from', ''], 'of-all\n:4\n'],
  [['create', 'ar', '--from-file', ''], ':0\n'],
];

const template = (kind: string, metadata: object) =>
  ({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata }) as KubernetesObject;
const templates = [
  template('AnalysisTemplate', { name: 'smoke-test', namespace: setting.namespace }),
  template('ClusterAnalysisTemplate', { name: 'of-all' }),
];

for (const [words, expected] of completions) {
  test(`completes ${JSON.stringify(words)}`, async () => {
    const { stdout } = await runCli(['__complete', ...words], {
      transport: new FakeCluster([...recording.objects, ...templates]),
      ...setting,
    });
    assert.equal(stdout, expected);
  });
}

test('a completion that cannot read the cluster says so by its directive alone', async () => {
  const cluster = new FakeCluster();
  cluster.refuse = () => refusal(403, 'Forbidden', 'no');
  assert.deepEqual(await runCli(['__complete', 'abort', ''], { transport: cluster }), {
    code: 0,
    stdout: ':1\n',
    stderr: '',
  });
});
