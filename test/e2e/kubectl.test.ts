// Ordinary kubectl against the cluster: the commands that people type at a Rollout behave as on a real one.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, kubectlMissing, openCluster, root, type TestCluster } from './cluster.ts';

const skip = kubectlMissing() ?? false;
const file = join(root, 'examples', 'canary-replicas.yaml');
let cluster: TestCluster;

before(async () => {
  if (skip !== false) return;
  cluster = await openCluster('kubectl');
  await kubectl('apply', '-f', file);
  await kubectl('wait', '--for=jsonpath={.status.phase}=Healthy', 'rollout/canary-replicas', '--timeout=30s');
});
after(async () => cluster?.stop());

function kubectl(...args: string[]): Promise<string> {
  return cluster.ok('kubectl', '-n', cluster.namespace, ...args);
}

test('get shows the columns of the CRD and of the built-in kinds', { skip }, async () => {
  const [header, row] = (await kubectl('get', 'rollouts')).trim().split('\n');
  assert.deepEqual(header?.split(/\s+/), ['NAME', 'DESIRED', 'CURRENT', 'UP-TO-DATE', 'AVAILABLE', 'AGE']);
  assert.deepEqual(row?.split(/\s+/).slice(0, 5), ['canary-replicas', '4', '4', '4', '4']);
  const all = await kubectl('get', 'ro,rs,pods,svc,ingress');
  assert.match(all, /replicaset\.apps\/canary-replicas-\w+\s+4\s+4\s+4/);
  assert.match(all, /pod\/canary-replicas-\w+-\w{5}\s+1\/1\s+Running\s+0/);
  assert.match(all, /service\/canary-replicas\s+ClusterIP\s+10\.\S+\s+<none>\s+80\/TCP/);
});

test('describe tells spec, status and events', { skip }, async () => {
  const text = await kubectl('describe', 'rollout', 'canary-replicas');
  assert.match(text, /Phase:\s+Healthy/);
  assert.match(text, /Normal\s+RolloutCompleted\s.*rollouts-controller\s+Rollout completed update to revision 1/);
});

test('apply changes nothing the second time, client and server side', { skip }, async () => {
  assert.match(await kubectl('apply', '-f', file), /rollout\.argoproj\.io\/canary-replicas unchanged/);
  assert.match(await kubectl('apply', '--server-side', '--force-conflicts', '-f', file), /serverside-applied/);
  assert.match(await kubectl('diff', '-f', file).catch((problem) => `differs: ${problem}`), /^$/);
});

test('scale goes through the subresource, and the rollout follows', { skip }, async () => {
  await kubectl('scale', 'rollout', 'canary-replicas', '--replicas=6');
  await eventually('six pods are available', async () => {
    const rollout = JSON.parse(await kubectl('get', 'rollout', 'canary-replicas', '-o', 'json'));
    return rollout.status.availableReplicas === 6 && rollout.status.HPAReplicas === 6 ? true : undefined;
  });
});

test('get -w prints a line for each change', { skip }, async () => {
  const watching = cluster.run(
    'kubectl',
    ['-n', cluster.namespace, 'get', 'rollout', 'canary-replicas', '-w', '--no-headers'],
    { timeoutMs: 6000 },
  );
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await kubectl('scale', 'rollout', 'canary-replicas', '--replicas=5');
  const lines = (await watching).stdout.trim().split('\n');
  assert.ok(lines.length >= 2, lines.join('\n'));
  assert.match(lines.at(-1) ?? '', /^canary-replicas\s+5\s+5\s+5\s+5/);
});

test('an invalid Rollout is InvalidSpec with the exact text, loses nothing, and heals', { skip }, async () => {
  await kubectl('patch', 'rollout', 'canary-replicas', '--type=merge', '-p', '{"spec":{"minReadySeconds":700}}');
  const message =
    'InvalidSpec: The Rollout "canary-replicas" is invalid: spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds';
  await kubectl('wait', `--for=jsonpath={.status.message}=${message}`, 'rollout/canary-replicas', '--timeout=20s');
  assert.equal((await kubectl('get', 'pods', '-l', 'app=canary-replicas', '-o', 'name')).trim().split('\n').length, 5);
  await kubectl('patch', 'rollout', 'canary-replicas', '--type=merge', '-p', '{"spec":{"minReadySeconds":0}}');
  await kubectl('wait', '--for=jsonpath={.status.phase}=Healthy', 'rollout/canary-replicas', '--timeout=20s');
});

test('an image that does not exist is ErrImagePull, and the progress deadline fires', { skip }, async () => {
  await kubectl('patch', 'rollout', 'canary-replicas', '--type=merge', '-p', '{"spec":{"progressDeadlineSeconds":3}}');
  await cluster.ok(
    'slipway',
    '-n',
    cluster.namespace,
    'set',
    'image',
    'canary-replicas',
    'canary-replicas=example.com/does-not-exist:1',
  );
  await kubectl('wait', '--for=jsonpath={.status.phase}=Degraded', 'rollout/canary-replicas', '--timeout=30s');
  const { status } = JSON.parse(await kubectl('get', 'rollout', 'canary-replicas', '-o', 'json'));
  assert.match(
    status.message,
    /^ProgressDeadlineExceeded: ReplicaSet "canary-replicas-\w+" has timed out progressing\.$/,
  );
  assert.match(await kubectl('get', 'pods'), /ErrImagePull|ImagePullBackOff/);
});

test('the API server refuses what the schema refuses, with every field named', { skip }, async () => {
  const bad = {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'bad' },
    spec: { replicas: 'three', strategy: { canary: { steps: [{ setWeight: 'x' }] } }, stray: 1 },
  };
  const answer = await cluster.run('kubectl', ['-n', cluster.namespace, 'create', '-f', '-'], {
    input: JSON.stringify(bad),
  });
  assert.equal(answer.code, 1);
  assert.match(answer.stderr, /unknown field "spec\.stray"/);
  const loose = await cluster.run('kubectl', ['-n', cluster.namespace, 'create', '--validate=false', '-f', '-'], {
    input: JSON.stringify(bad),
  });
  assert.match(loose.stderr, /spec\.replicas: Invalid value: "string"/);
  assert.match(loose.stderr, /spec\.strategy\.canary\.steps\[0\]\.setWeight: Invalid value: "string"/);
});

test('delete takes the pods along', { skip }, async () => {
  await kubectl('delete', 'rollout', 'canary-replicas');
  await eventually('the pods are gone', async () =>
    (await kubectl('get', 'pods', '-l', 'app=canary-replicas', '-o', 'name')) === '' ? true : undefined,
  );
});
