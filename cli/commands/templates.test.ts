// The commands that change the pod template: `set image`, `undo` (spec/cli.md §15.15-20, §3.17).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import { patchContentType } from '../../controller/kubernetes/transport.ts';
import { FakeCluster, refusal } from '../../test/builders/fake-cluster.ts';
import { runCli } from '../../test/builders/run-cli.ts';

const template: PodTemplateSpec = {
  metadata: { labels: { app: 'web' } },
  spec: {
    initContainers: [{ name: 'i', image: 'x:1' }],
    containers: [
      { name: 'a', image: 'x:1' },
      { name: 'b', image: 'x:1' },
    ],
  },
};

function rollout(spec: object = { template }): KubernetesObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'uid-web' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  } as KubernetesObject;
}

function workload(kind: string, fields: object): KubernetesObject {
  const apiVersion = kind === 'PodTemplate' ? 'v1' : 'apps/v1';
  return { apiVersion, kind, metadata: { name: 'web-d', namespace: 'shop' }, ...fields } as KubernetesObject;
}

function refersTo(kind: string) {
  return rollout({ workloadRef: { apiVersion: kind === 'PodTemplate' ? 'v1' : 'apps/v1', kind, name: 'web-d' } });
}

function replicaSet(revision: number, image: string, owner = 'uid-web'): KubernetesObject {
  const labels = { app: 'web', 'rollouts-pod-template-hash': `hash${revision}` };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `web-${revision}`,
      namespace: 'shop',
      labels,
      annotations: { 'rollout.argoproj.io/revision': `${revision}` },
      ownerReferences: [
        { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid: owner, controller: true },
      ],
    },
    spec: { template: { metadata: { labels }, spec: { containers: [{ name: 'a', image }] } } },
  } as KubernetesObject;
}

function imagesOf(body: unknown): unknown[] {
  const { spec, template: direct } = body as { spec?: { template?: PodTemplateSpec }; template?: PodTemplateSpec };
  const pods = (spec?.template ?? direct)?.spec;
  return [...(pods?.initContainers ?? []), ...(pods?.containers ?? [])].map(({ image }) => image);
}

test('§15.15 set image with a star changes every container in one PUT', async () => {
  const cluster = new FakeCluster([rollout()]);
  const result = await runCli(['set', 'image', 'web', '*=x:2'], { transport: cluster });
  assert.deepEqual(result, { code: 0, stdout: 'rollout "web" image updated\n', stderr: '' });
  assert.deepEqual(
    cluster.writes.map(({ verb, path, body }) => [verb, path, imagesOf(body)]),
    [['PUT', '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web', ['x:2', 'x:2', 'x:2']]],
  );
});

test('EXT: set image takes several containers, and an image may contain an equals sign', async () => {
  const cluster = new FakeCluster([rollout()]);
  await runCli(['set', 'image', 'web', 'a=x:2', 'b=y@sha256:=4'], { transport: cluster });
  assert.deepEqual(imagesOf(cluster.writes[0]?.body), ['x:1', 'x:2', 'y@sha256:=4']);
});

test('set image sends the resourceVersion it read, so that nobody is overwritten', async () => {
  const cluster = new FakeCluster([rollout()]);
  const version = cluster.put(rollout()).metadata.resourceVersion;
  await runCli(['set', 'image', 'web', 'a=x:2'], { transport: cluster });
  assert.equal((cluster.writes[0]!.body as KubernetesObject).metadata.resourceVersion, version);
});

const conflict = 'Operation cannot be fulfilled on rollouts.argoproj.io "web": the object has been modified';

for (const [conflicts, pairs, code] of [
  [2, 3, 0],
  [5, 5, 1],
] as const) {
  test(`§15.16 set image after ${conflicts} conflicts ends with code ${code} (BUG B4)`, async () => {
    const cluster = new FakeCluster([rollout()]);
    let refused = 0;
    cluster.refuse = ({ verb }) =>
      verb === 'PUT' && refused++ < conflicts ? refusal(409, 'Conflict', conflict) : undefined;
    const result = await runCli(['set', 'image', 'web', 'a=x:2'], { transport: cluster });
    assert.equal(result.code, code);
    assert.equal(result.stderr, code === 0 ? '' : `Error: ${conflict}\n`);
    assert.deepEqual(
      cluster.requests.map(({ verb }) => verb),
      Array.from({ length: pairs }, () => ['GET', 'PUT']).flat(),
    );
  });
}

test('§15.17 set image of an unknown container writes nothing', async () => {
  const cluster = new FakeCluster([rollout()]);
  const result = await runCli(['set', 'image', 'web', 'zz=x:2'], { transport: cluster });
  assert.deepEqual(result, { code: 1, stdout: '', stderr: 'Error: unable to find container named "zz"\n' });
  assert.deepEqual(cluster.writes, []);
});

for (const [kind, fields] of [
  ['Deployment', { spec: { template } }],
  ['ReplicaSet', { spec: { template } }],
  ['PodTemplate', { template }],
] as const) {
  test(`§15.18 set image through a workloadRef changes the ${kind}`, async () => {
    const cluster = new FakeCluster([refersTo(kind), workload(kind, fields)]);
    const result = await runCli(['set', 'image', 'web', 'a=x:2'], { transport: cluster });
    assert.equal(result.stdout, `${kind.toLowerCase()} "web-d" image updated\n`);
    assert.deepEqual(imagesOf(cluster.writes[0]?.body), ['x:1', 'x:2', 'x:1']);
  });
}

const history = [replicaSet(1, 'v:1'), replicaSet(3, 'v:3'), replicaSet(4, 'v:4'), replicaSet(9, 'v:9', 'uid-other')];
const current = rollout({
  selector: { matchLabels: { app: 'web' } },
  template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image: 'v:4', command: [] }] } },
});

function restoring(image: string) {
  const value = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'a', image }] } };
  return [{ op: 'replace', path: '/spec/template', value }];
}

for (const { name, argv, body, ...expected } of [
  {
    name: '§15.19 undo restores the revision before the latest',
    argv: [],
    body: restoring('v:3'),
    stdout: "rollout 'web' undo\n",
  },
  {
    name: 'undo restores a given revision',
    argv: ['--to-revision=1'],
    body: restoring('v:1'),
    stdout: "rollout 'web' undo\n",
  },
  {
    name: '§15.19 undo to a revision that does not exist',
    argv: ['--to-revision', '2'],
    stderr: 'Error: unable to find specified revision 2 in history\n',
  },
  {
    name: 'undo to the current template writes nothing (BUG B6: with the revision and a newline)',
    argv: ['--to-revision', '4'],
    stdout: 'skipped rollback (current template already matches revision 4)\n',
  },
] as readonly { name: string; argv: string[]; body?: unknown; stdout?: string; stderr?: string }[]) {
  test(name, async () => {
    const cluster = new FakeCluster([current, ...history]);
    const { code, stdout, stderr } = await runCli(['undo', 'web', ...argv], { transport: cluster });
    assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '', ...expected });
    assert.equal(code, stderr === '' ? 0 : 1);
    assert.deepEqual(
      cluster.writes.map(({ contentType, body: sent }) => ({ contentType, body: sent })),
      body ? [{ contentType: patchContentType.json, body }] : [],
    );
  });
}

test('§15.20 undo without an older revision', async () => {
  const cluster = new FakeCluster([current, replicaSet(4, 'v:4')]);
  const { stderr } = await runCli(['undo', 'web'], { transport: cluster });
  assert.equal(stderr, 'Error: no revision found for rollout "web"\n');
});

test('undo through a workloadRef to a PodTemplate replaces its own template (BUG B6)', async () => {
  const cluster = new FakeCluster([refersTo('PodTemplate'), workload('PodTemplate', { template }), ...history]);
  await runCli(['undo', 'web'], { transport: cluster });
  const { path, body } = cluster.writes[0]!;
  assert.equal(path, '/api/v1/namespaces/shop/podtemplates/web-d');
  assert.equal((body as { path: string }[])[0]?.path, '/template');
});

test('undo says which revision could not be restored', async () => {
  const cluster = new FakeCluster([current, ...history]);
  cluster.refuse = ({ verb }) => (verb === 'PATCH' ? refusal(403, 'Forbidden', 'you may not') : undefined);
  const { code, stderr } = await runCli(['undo', 'web'], { transport: cluster });
  assert.deepEqual([code, stderr], [1, 'Error: failed restoring revision 3: you may not\n']);
});
