// `create` and `create analysisrun` (spec/cli.md §§3.3, 3.4, 12 B1 and B2, 15.39 and 15.40).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { FakeCluster } from '../../test/builders/fake-cluster.ts';
import { type CliSetting, runCli, startCli } from '../../test/builders/run-cli.ts';

const root = '/apis/argoproj.io/v1alpha1';
const object = (kind: string, rest: object, metadata: object = { name: 'x' }): string =>
  JSON.stringify({ apiVersion: 'argoproj.io/v1alpha1', kind, metadata, ...rest });

const rollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 1
  strategy: {canary: {}}
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: second}
spec: {metrics: []}
`;

async function create(args: string, files: Record<string, string>, objects: readonly object[] = []) {
  const cluster = new FakeCluster(objects as KubernetesObject[]);
  const answer = await runCli(['create', ...args.split(' ').filter(Boolean)], { transport: cluster, files });
  return { ...answer, cluster, writes: cluster.writes };
}

test('a file without -f is answered with the usage', async () => {
  const { code, stderr } = await create('', {});
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Usage:\n {2}kubectl-argo-rollouts create \[flags\]\n {2}kubectl-argo-rollouts create \[command\]\n/,
  );
});

test('of each file the first document is created, in the namespace of the file or of the command line', async () => {
  const files = { 'a.yaml': rollout, 'b.json': object('Experiment', { spec: {} }, { name: 'ab', namespace: 'lab' }) };
  const { code, stdout, writes } = await create('-f a.yaml -f b.json', files);
  assert.deepEqual([code, stdout], [0, 'rollout.argoproj.io/web created\nexperiment.argoproj.io/ab created\n']);
  const posts = [`POST ${root}/namespaces/shop/rollouts`, `POST ${root}/namespaces/lab/experiments`];
  assert.deepEqual(
    writes.map(({ verb, path }) => `${verb} ${path}`),
    posts,
  );
  const spec = { replicas: 1, strategy: { canary: {} } };
  const sent = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'web' }, spec };
  assert.deepEqual(writes[0]?.body, sent);
});

test('QUIRK: only the first document of a file is read, and that is told; what is wrong with others is nobody’s business', async () => {
  const { code, stdout, stderr } = await create('-f a.yaml', { 'a.yaml': `${rollout}---\nbroken: [` });
  assert.deepEqual([code, stdout], [0, 'rollout.argoproj.io/web created\n']);
  assert.equal(stderr, 'note: a.yaml holds 3 documents, the first is read (--all-documents creates all)\n');
});

test('- is standard input', async () => {
  const { stdout } = await create('-f -', { '-': object('Experiment', { spec: {} }) });
  assert.equal(stdout, 'experiment.argoproj.io/x created\n');
  assert.equal((await create('-f -', { '-': '' })).stderr, 'Error: standard input holds no Kubernetes object\n');
});

test('--all-documents creates every document', async () => {
  const { stdout } = await create('-f a.yaml --all-documents', { 'a.yaml': rollout });
  assert.equal(stdout, 'rollout.argoproj.io/web created\nanalysistemplate.argoproj.io/second created\n');
});

test('B2: a ClusterAnalysisTemplate belongs to no namespace and has its own name', async () => {
  const files = { c: object('ClusterAnalysisTemplate', { spec: { metrics: [] } }) };
  const { stdout, writes } = await create('-f c', files);
  assert.equal(stdout, 'clusteranalysistemplate.argoproj.io/x created\n');
  assert.equal(writes[0]?.path, `${root}/clusteranalysistemplates`);
});

test('the name that the server made is told', async () => {
  const files = { r: object('AnalysisRun', { spec: { metrics: [] } }, { generateName: 'run-' }) };
  assert.equal((await create('-f r', files)).stdout, 'analysisrun.argoproj.io/run-x7k2p created\n');
});

for (const [what, text, want] of [
  [
    'an unknown field in YAML',
    'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {foo: 1}\n',
    'error unmarshaling JSON: while decoding JSON: json: unknown field "foo"',
  ],
  ['an unknown field in JSON', object('Rollout', { spec: { foo: 1 } }), 'json: unknown field "foo"'],
  ['another kind', 'apiVersion: v1\nkind: Service\nmetadata: {name: s}\n', 'creates of /Service unsupported'],
  ['another group', 'apiVersion: apps/v1\nkind: Deployment\n', 'creates of apps/Deployment unsupported'],
  ['another kind of the group', object('Foo', {}), 'creates of argoproj.io/Foo unsupported'],
  ['no object', 'just text', 'file holds no Kubernetes object'],
  ['a list', '[1]', 'file holds no Kubernetes object'],
  ['nothing', '', 'file holds no Kubernetes object'],
] as const) {
  test(`refused, and nothing sent: ${what}`, async () => {
    const { code, stdout, stderr, writes } = await create('-f file', { file: text });
    assert.deepEqual([code, stdout, stderr, writes], [1, '', `Error: ${want}\n`, []]);
  });
}

test('a file that is not there is told in the words of the system; files before it stay created', async () => {
  const { code, stdout, stderr } = await create('-f a.yaml -f x.yaml', { 'a.yaml': rollout });
  assert.deepEqual([code, stdout], [1, 'rollout.argoproj.io/web created\n']);
  assert.match(stderr, /\nError: open x\.yaml: no such file or directory\n$/);
});

test('several files cannot be followed, and none is created', async () => {
  const { stderr, writes } = await create('-f a.yaml -f a.yaml -w', { 'a.yaml': rollout });
  assert.deepEqual([stderr, writes], ['Error: Cannot watch multiple resources\n', []]);
});

test('B1: -w follows a Rollout and an Experiment, and no other kind', async () => {
  const setting = (files: Record<string, string>): CliSetting => ({ transport: new FakeCluster(), files });
  for (const [text, title] of [
    [rollout, 'Name:            web'],
    [object('Experiment', { spec: {} }), 'Name:            x'],
  ] as const) {
    const running = startCli(['create', '-f', 'file', '-w'], setting({ file: text }));
    await running.clock.runFor(3000);
    running.interrupt();
    await running.clock.runFor(3000);
    const { code, stdout } = await running.result;
    assert.equal(code, 0);
    assert.match(stdout, / created\n/);
    assert.ok(stdout.includes(title), stdout);
  }
  const { code, stdout, stderr } = await create('-f t -w', {
    t: object('AnalysisTemplate', { spec: { metrics: [] } }),
  });
  assert.deepEqual([code, stdout], [1, 'analysistemplate.argoproj.io/x created\n']);
  assert.equal(stderr, 'Error: Can only watch resources of type Rollout or Experiment\n');
});

const metrics = [{ name: 'm', provider: { web: { url: 'http://x' } } }];

function template(spec: object, kind = 'AnalysisTemplate', metadata: object = {}) {
  const own = kind === 'AnalysisTemplate' ? { namespace: 'shop' } : {};
  const made = {
    name: 'pass',
    ...own,
    uid: 'u',
    generation: 3,
    creationTimestamp: 'then',
    managedFields: [],
    ...metadata,
  };
  return { apiVersion: 'argoproj.io/v1alpha1', kind, metadata: made, spec: { metrics, ...spec } };
}

test('a run of a template has its metrics, its arguments and a generated name', async () => {
  const labelled = template({ args: [{ name: 'foo' }, { name: 'bar', value: '1' }] }, 'AnalysisTemplate', {
    labels: { a: 'b' },
    annotations: { c: 'd' },
  });
  const { code, stdout, writes } = await create('analysisrun --from pass -a foo=x=y -a other=1', {}, [labelled]);
  assert.deepEqual([code, stdout], [0, 'analysisrun.argoproj.io/pass-x7k2p created\n']);
  assert.equal(writes[0]?.path, `${root}/namespaces/shop/analysisruns`);
  assert.deepEqual(writes[0]?.body, {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisRun',
    metadata: { annotations: { c: 'd' }, labels: { a: 'b' }, name: '', generateName: 'pass-', namespace: 'shop' },
    spec: {
      metrics,
      args: [
        { name: 'foo', value: 'x=y' },
        { name: 'bar', value: '1' },
      ],
    },
  });
});

test('15.39: --name wins over --generate-name', async () => {
  const { stdout, writes } = await create('ar --from pass --name r1 --generate-name g-', {}, [template({})]);
  assert.equal(stdout, 'analysisrun.argoproj.io/r1 created\n');
  const { metadata } = writes[0]!.body as KubernetesObject;
  assert.deepEqual([metadata.name, metadata.generateName], ['r1', '']);
});

test('--instance-id takes the place of all labels', async () => {
  const given = template({}, 'AnalysisTemplate', { labels: { a: 'b' } });
  const { writes } = await create('ar --from pass --generate-name g- --instance-id mine', {}, [given]);
  const { metadata } = writes[0]!.body as KubernetesObject;
  assert.equal(metadata.generateName, 'g-');
  assert.deepEqual(metadata.labels, { 'argo-rollouts.argoproj.io/controller-instance-id': 'mine' });
});

test('an argument of the command line takes the place of a secret; one that is empty is a value', async () => {
  const args = [{ name: 'a', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }, { name: 'b' }];
  const { writes } = await create('ar --from pass -a a=1 -a b=', {}, [template({ args })]);
  const { spec } = writes[0]!.body as { spec: { args: object[] } };
  assert.deepEqual(spec.args, [
    { name: 'a', value: '1' },
    { name: 'b', value: '' },
  ]);
});

test('--global reads a ClusterAnalysisTemplate; the run lives in the namespace', async () => {
  const { stdout, cluster, writes } = await create('ar --global --from pass', {}, [
    template({}, 'ClusterAnalysisTemplate'),
  ]);
  assert.equal(stdout, 'analysisrun.argoproj.io/pass-x7k2p created\n');
  assert.equal(cluster.requests[0]?.path, `${root}/clusteranalysistemplates/pass`);
  assert.equal(writes[0]?.path, `${root}/namespaces/shop/analysisruns`);
});

test('--from-file reads a template of either kind, strictly', async () => {
  const files = {
    good: object('ClusterAnalysisTemplate', { spec: { metrics, args: [] } }, { name: 'file' }),
    bad: 'kind: AnalysisTemplate\nmetadata: {name: bad}\nspec: {metrics: [{naem: x}]}\n',
  };
  assert.equal((await create('ar --from-file good', files)).stdout, 'analysisrun.argoproj.io/file-x7k2p created\n');
  const { stderr } = await create('ar --from-file bad', files);
  assert.equal(stderr, 'Error: error unmarshaling JSON: while decoding JSON: json: unknown field "naem"\n');
});

for (const [args, want] of [
  ['', 'one of --from or --from-file must be specified'],
  ['--from a --from-file b', 'one of --from or --from-file must be specified'],
  ['--from pass -a foo', 'arguments must be in the form NAME=VALUE'],
  ['--from pass', 'args.foo was not resolved'],
  ['--from nope', 'analysistemplates.argoproj.io "nope" not found'],
  ['--from nope --global', 'clusteranalysistemplates.argoproj.io "nope" not found'],
  ['--from-file nameless', 'name is invalid'],
] as const) {
  test(`refused: create analysisrun ${args}`, async () => {
    const files = { nameless: object('AnalysisTemplate', { spec: { metrics } }, {}) };
    const { code, stdout, stderr, writes } = await create(`analysisrun ${args}`, files, [
      template({ args: [{ name: 'foo' }] }),
    ]);
    assert.deepEqual([code, stdout, stderr, writes], [1, '', `Error: ${want}\n`, []]);
  });
}
