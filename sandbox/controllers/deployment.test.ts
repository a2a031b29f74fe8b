import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Deployment, KubernetesObject, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import type { DeploymentStatus } from './deployment-status.ts';

function makeDeployment(cluster: TestCluster, spec: object = {}): Promise<Deployment> {
  return cluster.create(resources.deployments, 'web', {
    spec: { replicas: 4, selector: { matchLabels: { app: 'web' } }, template: template('nginx:1'), ...spec },
  });
}

function template(image: string): object {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } };
}

function setImage(cluster: TestCluster, image: string): Promise<unknown> {
  return cluster.client.patch(resources.deployments, 'default', 'web', { spec: { template: template(image) } });
}

/** image → replicas, oldest revision first */
async function sizes(cluster: TestCluster): Promise<[string, number][]> {
  const list = await cluster.client.list<ReplicaSet>(resources.replicaSets, 'default');
  return [...list.items]
    .sort((a, b) => revision(a) - revision(b))
    .map(({ spec }) => [spec.template.spec.containers[0]!.image!, spec.replicas!]);
}

function revision({ metadata }: ReplicaSet): number {
  return Number(metadata.annotations?.['deployment.kubernetes.io/revision']);
}

async function statusOf(cluster: TestCluster): Promise<DeploymentStatus> {
  return (await cluster.get<Deployment & { status: DeploymentStatus }>(resources.deployments, 'web'))!.status;
}

function condition(status: DeploymentStatus, type: string): string {
  const found = status.conditions?.find((one: Condition) => one.type === type);
  return `${found?.status} ${found?.reason}`;
}

test('rolls a new template out without ever having too many or too few pods', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster);
    await cluster.runSeconds(3);
    assert.deepEqual(await sizes(cluster), [['nginx:1', 4]]);
    assert.equal(condition(await statusOf(cluster), 'Progressing'), 'True NewReplicaSetAvailable');
    await setImage(cluster, 'nginx:2');
    let most = 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 200; step++) {
      await cluster.runSeconds(0.1);
      const { replicas = 0, availableReplicas = 0 } = await statusOf(cluster);
      most = Math.max(most, replicas);
      fewest = Math.min(fewest, availableReplicas);
    }
    assert.deepEqual(await sizes(cluster), [
      ['nginx:1', 0],
      ['nginx:2', 4],
    ]);
    assert.ok(most <= 5, `at most 5 pods, had ${most}`);
    assert.ok(fewest >= 3, `at least 3 available, had ${fewest}`);
    const status = await statusOf(cluster);
    assert.deepEqual(
      [
        status.observedGeneration,
        status.replicas,
        status.updatedReplicas,
        status.availableReplicas,
        status.unavailableReplicas,
      ],
      [2, 4, 4, 4, undefined],
    );
  }));

test('an image that does not come stops the rollout and is told of at the deadline', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { progressDeadlineSeconds: 20 });
    await cluster.runSeconds(3);
    await setImage(cluster, 'nginx:does-not-exist');
    await cluster.runSeconds(15);
    assert.equal(condition(await statusOf(cluster), 'Progressing'), 'True ReplicaSetUpdated');
    await cluster.runSeconds(15);
    assert.equal(condition(await statusOf(cluster), 'Progressing'), 'False ProgressDeadlineExceeded');
    assert.equal(condition(await statusOf(cluster), 'Available'), 'True MinimumReplicasAvailable');
    assert.deepEqual(await sizes(cluster), [
      ['nginx:1', 3],
      ['nginx:does-not-exist', 2],
    ]);
  }));

test('going back uses the old ReplicaSet again, under a new revision', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 1 });
    await cluster.runSeconds(3);
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(10);
    await setImage(cluster, 'nginx:1');
    await cluster.runSeconds(10);
    assert.deepEqual(await sizes(cluster), [
      ['nginx:2', 0],
      ['nginx:1', 1],
    ]);
    const deployment = await cluster.get(resources.deployments, 'web');
    assert.equal(deployment!.metadata.annotations?.['deployment.kubernetes.io/revision'], '3');
  }));

test('recreating ends all old pods before the first new one starts', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 2, strategy: { type: 'Recreate' } });
    await cluster.runSeconds(3);
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(0.5);
    assert.deepEqual(await sizes(cluster), [['nginx:1', 0]], 'the new one is made when the last old pod is gone');
    await cluster.runSeconds(5);
    assert.deepEqual(await sizes(cluster), [
      ['nginx:1', 0],
      ['nginx:2', 2],
    ]);
  }));

test('scales, pauses, and forgets what is beyond its history', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 1, revisionHistoryLimit: 1 });
    await cluster.runSeconds(3);
    await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { replicas: 3, paused: true } });
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(5);
    assert.deepEqual(await sizes(cluster), [['nginx:1', 3]]);
    await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { paused: false } });
    await cluster.runSeconds(20);
    await setImage(cluster, 'nginx:3');
    await cluster.runSeconds(20);
    assert.deepEqual(await sizes(cluster), [
      ['nginx:2', 0],
      ['nginx:3', 3],
    ]);
  }));

test('a deployment of no pods still makes its ReplicaSet and says that it saw the template', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 0 });
    await cluster.runSeconds(1);
    assert.deepEqual(await sizes(cluster), [['nginx:1', 0]]);
    assert.equal((await statusOf(cluster)).observedGeneration, 1);
  }));

async function conditions(cluster: TestCluster): Promise<string[]> {
  const { conditions: all = [] } = await statusOf(cluster);
  return all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

test('says that it is paused, and goes on when it is resumed', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 1 });
    await cluster.runSeconds(5);
    await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { paused: true } });
    await cluster.runSeconds(1);
    const available = 'Available True MinimumReplicasAvailable';
    assert.deepEqual(await conditions(cluster), [available, 'Progressing Unknown DeploymentPaused']);
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(5);
    await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { paused: false } });
    await cluster.runSeconds(10);
    assert.deepEqual(await conditions(cluster), [available, 'Progressing True NewReplicaSetAvailable']);
  }));

test('once complete it stays so, whatever becomes of its pods', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 3 });
    await cluster.runSeconds(5);
    const { items } = await cluster.client.list(resources.pods, 'default');
    await cluster.client.delete(resources.pods, 'default', items[0]?.metadata.name ?? '');
    await cluster.runSeconds(1);
    assert.equal((await statusOf(cluster)).availableReplicas, 2);
    assert.ok((await conditions(cluster)).includes('Progressing True NewReplicaSetAvailable'));
  }));

test('hands its annotations, its revisions and minReadySeconds to its ReplicaSets', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 1 });
    const cause = (text: string) => ({ metadata: { annotations: { 'kubernetes.io/change-cause': text } } });
    const annotationsOf = async (image: string) => {
      const { items } = await cluster.client.list<ReplicaSet>(resources.replicaSets, 'default');
      const found = items.find(({ spec }) => spec.template.spec.containers[0]?.image === image);
      const { 'kubernetes.io/change-cause': why, ...rest } = found?.metadata.annotations ?? {};
      const prefix = 'deployment.kubernetes.io/';
      return [why, rest[`${prefix}revision`], rest[`${prefix}revision-history`], found?.spec.minReadySeconds];
    };
    await cluster.client.patch(resources.deployments, 'default', 'web', cause('first'));
    await cluster.runSeconds(5);
    assert.deepEqual(await annotationsOf('nginx:1'), ['first', '1', undefined, undefined]);
    await cluster.client.patch(resources.deployments, 'default', 'web', cause('second'));
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(10);
    await setImage(cluster, 'nginx:1');
    await cluster.client.patch(resources.deployments, 'default', 'web', { spec: { minReadySeconds: 2 } });
    await cluster.runSeconds(10);
    assert.deepEqual(await annotationsOf('nginx:1'), ['second', '3', '1', 2]);
    assert.deepEqual(await annotationsOf('nginx:2'), ['second', '2', undefined, undefined]);
  }));

test('a Deployment that is recreated may lack no pod; what its ReplicaSet cannot make is told', () =>
  withCluster(
    async (cluster) => {
      await cluster.create(resources.resourceQuotas, 'few', { spec: { hard: { pods: '3' } } });
      await makeDeployment(cluster, { replicas: 4, strategy: { type: 'Recreate' } });
      await cluster.runSeconds(5);
      assert.deepEqual(await conditions(cluster), [
        'Available False MinimumReplicasUnavailable',
        'ReplicaFailure True FailedCreate',
        'Progressing True ReplicaSetUpdated',
      ]);
      await cluster.client.patch(resources.resourceQuotas, 'default', 'few', { spec: { hard: { pods: '4' } } });
      await cluster.runSeconds(90);
      assert.deepEqual(await conditions(cluster), [
        'Available True MinimumReplicasAvailable',
        'Progressing True NewReplicaSetAvailable',
      ]);
    },
    { allowProblems: true },
  ));

type Told = KubernetesObject & { involvedObject: { kind: string }; type: string; reason: string; message: string };

async function told(cluster: TestCluster): Promise<string[]> {
  const { items } = await cluster.client.list<Told>(resources.events, 'default');
  return items
    .filter(({ involvedObject }) => involvedObject.kind === 'Deployment')
    .map(({ type, reason, message }) => `${type} ${reason} ${message.replaceAll(/web-[a-z0-9]+/g, 'web-…')}`);
}

test('its ReplicaSet comes at once with the pods that it may have, and each scaling is told of', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 2 });
    await cluster.runSeconds(5);
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(20);
    const { items } = await cluster.client.list<ReplicaSet>(resources.replicaSets, 'default');
    assert.deepEqual(items.map(({ metadata }) => metadata.generation).sort(), [2, 3], 'no write that changes nothing');
    assert.deepEqual(await told(cluster), [
      'Normal ScalingReplicaSet Scaled up replica set web-… from 0 to 2',
      'Normal ScalingReplicaSet Scaled up replica set web-… from 0 to 1',
      'Normal ScalingReplicaSet Scaled down replica set web-… from 2 to 1',
      'Normal ScalingReplicaSet Scaled up replica set web-… from 1 to 2',
      'Normal ScalingReplicaSet Scaled down replica set web-… from 1 to 0',
    ]);
  }));

test('progress has upstream’s reasons, in their order', () =>
  withCluster(async (cluster) => {
    const seen: string[] = [];
    const stop = cluster.cluster.apiServer.storage.subscribe('apps/deployments', ({ object }) => {
      const { conditions: all = [] } = (object as { status?: DeploymentStatus }).status ?? {};
      const line = all.map(({ type, status, reason }) => `${type} ${status} ${reason}`).join(', ');
      if (seen.at(-1) !== line) seen.push(line);
    });
    await makeDeployment(cluster, { replicas: 1 });
    await cluster.runSeconds(5);
    stop();
    const [up, down] = ['Available True MinimumReplicasAvailable', 'Available False MinimumReplicasUnavailable'];
    assert.deepEqual(seen, [
      '',
      'Progressing True NewReplicaSetCreated',
      `Progressing True NewReplicaSetCreated, ${down}`,
      `${down}, Progressing True ReplicaSetUpdated`,
      `${up}, Progressing True NewReplicaSetAvailable`,
    ]);
  }));

test('without a deadline nothing is said of progress', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 1, progressDeadlineSeconds: 2_147_483_647 });
    await cluster.runSeconds(5);
    assert.deepEqual(await conditions(cluster), ['Available True MinimumReplicasAvailable']);
  }));

test('a name that is somebody else’s makes it choose another', () =>
  withCluster(
    async (cluster) => {
      await makeDeployment(cluster, { replicas: 1 });
      await cluster.runSeconds(5);
      const [made] = (await cluster.client.list<ReplicaSet>(resources.replicaSets, 'default')).items;
      const { name = '' } = made!.metadata;
      await cluster.client.delete(resources.deployments, 'default', 'web', { propagationPolicy: 'Orphan' });
      await cluster.runSeconds(1);
      const orphan = { metadata: { labels: { app: 'other' } } };
      await cluster.client.patch(resources.replicaSets, 'default', name, orphan);
      await makeDeployment(cluster, { replicas: 1 });
      await cluster.runSeconds(5);
      assert.equal((await statusOf(cluster)).collisionCount, 1);
      const names = await cluster.names(resources.replicaSets);
      assert.equal(names.length, 2);
      assert.ok(names.includes(name));
    },
    { allowProblems: true },
  ));

test('goes on with updates when somebody has scaled its ReplicaSet beside it', () =>
  withCluster(async (cluster) => {
    await makeDeployment(cluster, { replicas: 2 });
    await cluster.runSeconds(5);
    const [only] = await cluster.names(resources.replicaSets);
    await Promise.all([
      cluster.client.patch(resources.replicaSets, 'default', only!, { spec: { replicas: 3 } }),
      cluster.client.patch(resources.deployments, 'default', 'web', { spec: { replicas: 3 } }),
    ]);
    await cluster.runSeconds(5);
    await setImage(cluster, 'nginx:2');
    await cluster.runSeconds(30);
    assert.deepEqual(await sizes(cluster), [
      ['nginx:1', 0],
      ['nginx:2', 3],
    ]);
  }));
