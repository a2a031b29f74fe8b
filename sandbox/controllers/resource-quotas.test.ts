import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { ResourceQuota } from '../machinery/quota-usage.ts';
import { type ResourceName, resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

const configMaps = core('configmaps', 'ConfigMap');
const claims = core('persistentvolumeclaims', 'PersistentVolumeClaim');

function core(plural: string, kind: string): ResourceName {
  return { group: '', version: 'v1', plural, kind, namespaced: true };
}

function limits(cluster: TestCluster, hard: Record<string, string>, spec: object = {}): Promise<unknown> {
  return cluster.create(resources.resourceQuotas, 'q', { spec: { hard, ...spec } });
}

async function used(cluster: TestCluster): Promise<ResourceQuota['status']> {
  return (await cluster.get<ResourceQuota>(resources.resourceQuotas, 'q'))!.status;
}

function pod(requests?: object): object {
  return { spec: { containers: [{ name: 'main', image: 'nginx:1', ...(requests && { resources: { requests } }) }] } };
}

test('refuses pods beyond the quota in the words of the API server, and takes others when some are gone', () =>
  withCluster(async (cluster) => {
    await limits(cluster, { pods: '2', 'count/pods': '5' });
    await cluster.runSeconds(0);
    assert.deepEqual(await used(cluster), {
      hard: { pods: '2', 'count/pods': '5' },
      used: { pods: '0', 'count/pods': '0' },
    });
    await cluster.create(resources.pods, 'a', pod());
    await cluster.create(resources.pods, 'b', pod());
    assert.deepEqual((await used(cluster))?.used, { pods: '2', 'count/pods': '2' });
    await assert.rejects(cluster.create(resources.pods, 'c', pod()), {
      status: 403,
      reason: 'Forbidden',
      message: 'pods "c" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2',
    });
    await cluster.client.delete(resources.pods, 'default', 'a', { gracePeriodSeconds: 0 });
    await cluster.runSeconds(2);
    await cluster.create(resources.pods, 'c', pod());
    assert.deepEqual((await used(cluster))?.used, { pods: '2', 'count/pods': '2' });
  }));

test('an update that needs more is refused or booked like a creation, one that needs less is counted anew', () =>
  withCluster(async (cluster) => {
    await limits(cluster, { services: '5', 'services.nodeports': '2', 'services.loadbalancers': '1' });
    await cluster.runSeconds(0);
    const service = (ports: number, type: string): object => ({
      type,
      ports: Array.from({ length: ports }, (_, index) => ({ name: `p${index}`, port: 80 + index })),
    });
    const set = (name: string, spec: object) => cluster.client.patch(resources.services, 'default', name, { spec });
    await cluster.create(resources.services, 'a', { spec: service(1, 'ClusterIP') });
    await set('a', service(2, 'NodePort'));
    const wanted = { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' };
    assert.deepEqual((await used(cluster))?.used, wanted);
    await assert.rejects(set('a', service(3, 'NodePort')), {
      status: 403,
      message:
        'services "a" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=2, limited: services.nodeports=2',
    });
    await set('a', service(2, 'ClusterIP'));
    await cluster.runSeconds(1);
    assert.deepEqual((await used(cluster))?.used, { ...wanted, 'services.nodeports': '0' });
    await cluster.create(resources.services, 'b', { spec: service(1, 'LoadBalancer') });
    const both = { services: '2', 'services.nodeports': '1', 'services.loadbalancers': '1' };
    assert.deepEqual((await used(cluster))?.used, both);
  }));

test('storage that claims ask for is counted, by class too', () =>
  withCluster(async (cluster) => {
    const gold = 'gold.storageclass.storage.k8s.io/requests.storage';
    await limits(cluster, { 'requests.storage': '10Gi', [gold]: '4Gi' });
    await cluster.runSeconds(0);
    const claim = (storage: string): object => ({
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'gold', resources: { requests: { storage } } },
    });
    await cluster.create(claims, 'a', claim('3Gi'));
    assert.deepEqual((await used(cluster))?.used, { 'requests.storage': '3Gi', [gold]: '3Gi' });
    await assert.rejects(cluster.create(claims, 'b', claim('2Gi')), {
      message: `persistentvolumeclaims "b" is forbidden: exceeded quota: q, requested: ${gold}=2Gi, used: ${gold}=3Gi, limited: ${gold}=4Gi`,
    });
  }));

test('a raised limit lets in what was refused, a lowered one takes nothing away', () =>
  withCluster(async (cluster) => {
    await limits(cluster, { configmaps: '2' });
    await cluster.runSeconds(0);
    await cluster.create(configMaps, 'a', {});
    const before = await used(cluster);
    await cluster.client.patch(resources.resourceQuotas, 'default', 'q', { spec: { hard: { configmaps: '0' } } });
    await cluster.runSeconds(1);
    assert.deepEqual(await used(cluster), { hard: { configmaps: '0' }, used: before?.used });
    await assert.rejects(cluster.create(configMaps, 'b', {}), { status: 403 });
    await cluster.client.patch(resources.resourceQuotas, 'default', 'q', { spec: { hard: { configmaps: '9' } } });
    await cluster.runSeconds(1);
    await cluster.create(configMaps, 'b', {});
  }));

test('a pod that is over frees all but its place among the objects', () =>
  withCluster(async (cluster) => {
    await limits(cluster, { pods: '1', 'count/pods': '5', 'requests.cpu': '1' });
    await cluster.runSeconds(0);
    const spec = {
      restartPolicy: 'Never',
      containers: [
        { name: 'main', image: 'busybox:1', command: ['sleep', '1'], resources: { requests: { cpu: '700m' } } },
      ],
    };
    await cluster.create(resources.pods, 'a', { spec });
    assert.deepEqual((await used(cluster))?.used, { pods: '1', 'count/pods': '1', 'requests.cpu': '700m' });
    await cluster.runSeconds(10);
    assert.deepEqual((await used(cluster))?.used, { pods: '0', 'count/pods': '1', 'requests.cpu': '0' });
  }));

const rows: readonly {
  name: string;
  hard: Record<string, string>;
  spec?: object;
  requests?: object;
  refused?: string;
}[] = [
  {
    name: 'a limit on memory',
    hard: { 'requests.memory': '1Gi' },
    requests: { memory: '2Gi' },
    refused: 'exceeded quota: q, requested: requests.memory=2Gi, used: requests.memory=0, limited: requests.memory=1Gi',
  },
  {
    name: 'cpu means the requests',
    hard: { cpu: '500m' },
    requests: { cpu: '1' },
    refused: 'exceeded quota: q, requested: cpu=1, used: cpu=0, limited: cpu=500m',
  },
  {
    name: 'a resource that is limited must be named',
    hard: { 'requests.cpu': '1', 'requests.memory': '1Gi' },
    refused: 'failed quota: q: must specify requests.cpu for: main; requests.memory for: main',
  },
  { name: 'what fits', hard: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } },
  {
    name: 'a quota for pods with requests does not concern one without',
    hard: { pods: '0' },
    spec: { scopes: ['NotBestEffort'] },
  },
  {
    name: 'a quota for pods without requests concerns one',
    hard: { pods: '0' },
    spec: { scopes: ['BestEffort'] },
    refused: 'exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0',
  },
];

for (const { name, hard, spec, requests, refused } of rows) {
  test(`quota: ${name}`, () =>
    withCluster(async (cluster) => {
      await limits(cluster, hard, spec);
      await cluster.runSeconds(0);
      const creation = cluster.create(resources.pods, 'p', pod(requests));
      if (refused === undefined) await creation;
      else await assert.rejects(creation, { status: 403, message: `pods "p" is forbidden: ${refused}` });
    }));
}

test('counts objects of any kind', () =>
  withCluster(async (cluster) => {
    await limits(cluster, { 'count/deployments.apps': '0', configmaps: '1' });
    await cluster.runSeconds(0);
    const configMap = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };
    await cluster.create(configMap, 'one', { data: {} });
    await assert.rejects(cluster.create(configMap, 'two', { data: {} }), {
      message:
        'configmaps "two" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    });
    await cluster.client.delete(configMap, 'default', 'one');
    await cluster.runSeconds(0);
    await cluster.create(configMap, 'two', { data: {} });
  }));

test('a ReplicaSet that a quota holds up says so, makes what it may, and goes on by itself', () =>
  withCluster(
    async (cluster) => {
      await limits(cluster, { pods: '2' });
      await cluster.runSeconds(0);
      await cluster.makeReplicaSet('r', { replicas: 4 });
      await cluster.runSeconds(4);
      const status = (await cluster.get<ReplicaSet>(resources.replicaSets, 'r'))!.status as ReplicaSet['status'] & {
        conditions?: readonly { type: string; status: string; reason?: string; message?: string }[];
      };
      assert.equal(status.readyReplicas, 2);
      const [condition] = status.conditions ?? [];
      assert.deepEqual(
        [condition?.type, condition?.status, condition?.reason],
        ['ReplicaFailure', 'True', 'FailedCreate'],
      );
      assert.match(
        condition?.message ?? '',
        /^pods "r-\w{5}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
      );
      await cluster.client.patch(resources.resourceQuotas, 'default', 'q', { spec: { hard: { pods: '10' } } });
      await cluster.runSeconds(70);
      const later = (await cluster.get<ReplicaSet>(resources.replicaSets, 'r'))!.status!;
      assert.deepEqual([later.readyReplicas, (later as { conditions?: unknown }).conditions], [4, undefined]);
    },
    { allowProblems: true },
  ));
