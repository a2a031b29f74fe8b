import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';
import type { EndpointSliceContent, Subset } from './endpoint-content.ts';

async function slicesOf(cluster: TestCluster, service: string): Promise<(KubernetesObject & EndpointSliceContent)[]> {
  const query = { labelSelector: `kubernetes.io/service-name=${service}` };
  const list = await cluster.client.list<KubernetesObject & EndpointSliceContent>(
    resources.endpointSlices,
    'default',
    query,
  );
  return [...list.items];
}

/** E.g. `ready`, `serving` (but not ready), `down`. */
async function states(cluster: TestCluster, service: string): Promise<string[]> {
  const slices = await slicesOf(cluster, service);
  return slices
    .flatMap(({ endpoints }) => endpoints ?? [])
    .map(({ conditions }) => (conditions.ready ? 'ready' : conditions.serving ? 'serving' : 'down'))
    .sort();
}

function makeService(cluster: TestCluster, name: string, spec: object): Promise<unknown> {
  return cluster.create(resources.services, name, {
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec },
  });
}

const ports = [{ name: 'http', containerPort: 8080 }];
const template = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image: 'nginx:1', ports }] },
};

test('follows pods from start to end: down, ready, serving while it terminates, gone', () =>
  withCluster(async (cluster) => {
    await makeService(cluster, 'web', {});
    await cluster.runSeconds(0);
    assert.deepEqual(await states(cluster, 'web'), []);
    await cluster.makeReplicaSet('web', { replicas: 2 });
    await cluster.runSeconds(1);
    assert.deepEqual(await states(cluster, 'web'), ['down', 'down']);
    await cluster.runSeconds(2);
    assert.deepEqual(await states(cluster, 'web'), ['ready', 'ready']);
    await cluster.client.patch(resources.replicaSets, 'default', 'web', { spec: { replicas: 1 } });
    await cluster.runSeconds(0);
    assert.deepEqual(await states(cluster, 'web'), ['ready', 'serving']);
    await cluster.runSeconds(1);
    assert.deepEqual(await states(cluster, 'web'), ['ready']);
  }));

test('lags behind the pods when asked to: what goes is ready for a while, what comes is not', () =>
  withCluster(
    async (cluster) => {
      await makeService(cluster, 'web', {});
      await cluster.makeReplicaSet('web', { replicas: 2 });
      await cluster.runSeconds(4);
      assert.deepEqual(await states(cluster, 'web'), ['down', 'down']);
      await cluster.runSeconds(1.1);
      assert.deepEqual(await states(cluster, 'web'), ['ready', 'ready']);
      await cluster.client.patch(resources.replicaSets, 'default', 'web', { spec: { replicas: 1 } });
      await cluster.runSeconds(2);
      assert.deepEqual(await states(cluster, 'web'), ['ready', 'ready']);
      assert.equal((await cluster.pods('web')).length, 1);
      await cluster.runSeconds(1);
      assert.deepEqual(await states(cluster, 'web'), ['ready', 'serving']);
      await cluster.runSeconds(1);
      assert.deepEqual(await states(cluster, 'web'), ['ready']);
    },
    { endpointDelayMs: 2500 },
  ));

test('resolves numbers, names of ports, and defaults', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('web', { replicas: 1, template });
    const rows: readonly {
      readonly name: string;
      readonly ports: readonly object[];
      readonly want: readonly object[];
    }[] = [
      { name: 'same', ports: [{ port: 80 }], want: [{ name: '', port: 80, protocol: 'TCP' }] },
      { name: 'number', ports: [{ port: 80, targetPort: 8080 }], want: [{ name: '', port: 8080, protocol: 'TCP' }] },
      {
        name: 'named',
        ports: [{ name: 'web', port: 80, targetPort: 'http' }],
        want: [{ name: 'web', port: 8080, protocol: 'TCP' }],
      },
      { name: 'unknown', ports: [{ name: 'web', port: 80, targetPort: 'grpc' }], want: [] },
    ];
    for (const row of rows) await makeService(cluster, row.name, { ports: row.ports });
    await cluster.runSeconds(3);
    for (const row of rows) {
      const [slice] = await slicesOf(cluster, row.name);
      assert.deepEqual(slice!.ports, row.want, row.name);
    }
  }));

test('a Service of type ExternalName has no endpoints, whatever it selects', () =>
  withCluster(async (cluster) => {
    await makeService(cluster, 'web', { type: 'ExternalName', externalName: 'example.com' });
    await cluster.runSeconds(1);
    assert.deepEqual(await slicesOf(cluster, 'web'), []);
  }));

test('follows a selector that is switched', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('web', { replicas: 1 });
    await cluster.makeReplicaSet('next', { replicas: 1 });
    await makeService(cluster, 's', {});
    await cluster.runSeconds(3);
    const before = (await slicesOf(cluster, 's'))[0]!.endpoints[0]!.targetRef.name;
    assert.match(before, /^web-/);
    await cluster.client.patch(resources.services, 'default', 's', { spec: { selector: { app: 'next' } } });
    await cluster.runSeconds(0);
    const after = (await slicesOf(cluster, 's'))[0]!.endpoints.map(({ targetRef }) => targetRef.name);
    assert.equal(after.length, 1);
    assert.match(after[0]!, /^next-/);
  }));

test('keeps Endpoints beside the slices, and both go with the Service', () =>
  withCluster(async (cluster) => {
    await cluster.makeReplicaSet('web', { replicas: 1 });
    await makeService(cluster, 's', {});
    await cluster.runSeconds(1);
    const before = await cluster.get<KubernetesObject & { subsets?: Subset[] }>(resources.endpoints, 's');
    assert.deepEqual([before!.subsets![0]!.addresses, before!.subsets![0]!.notReadyAddresses?.length], [undefined, 1]);
    await cluster.runSeconds(2);
    const after = await cluster.get<KubernetesObject & { subsets?: Subset[] }>(resources.endpoints, 's');
    assert.deepEqual([after!.subsets![0]!.addresses?.length, after!.subsets![0]!.notReadyAddresses], [1, undefined]);
    await cluster.client.delete(resources.services, 'default', 's', { propagationPolicy: 'Background' });
    await cluster.runSeconds(1);
    assert.equal(await cluster.get(resources.endpoints, 's'), undefined);
    assert.deepEqual(await slicesOf(cluster, 's'), []);
  }));

test('leaves a Service without a selector to its owner', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.services, 'manual', { spec: { ports: [{ port: 80 }] } });
    await cluster.runSeconds(1);
    assert.deepEqual(await slicesOf(cluster, 'manual'), []);
  }));

test('more pods than a slice holds are spread over several', () =>
  withCluster(async (cluster) => {
    await makeService(cluster, 'web', {});
    await cluster.makeReplicaSet('web', { replicas: 130 });
    await cluster.runSeconds(4);
    const sizes = (await slicesOf(cluster, 'web')).map(({ endpoints }) => endpoints.length);
    assert.deepEqual(sizes.sort(), [100, 30]);
    await cluster.client.patch(resources.replicaSets, 'default', 'web', { spec: { replicas: 5 } });
    await cluster.runSeconds(4);
    assert.deepEqual(
      (await slicesOf(cluster, 'web')).map(({ endpoints }) => endpoints.length),
      [5],
    );
  }));

test('a Service that publishes what is not ready does so from the address to the end, and says what serves', () =>
  withCluster(
    async (cluster) => {
      await makeService(cluster, 'web', { publishNotReadyAddresses: true, clusterIP: 'None' });
      await cluster.makeReplicaSet('web', { replicas: 1 });
      const look = async () => (await slicesOf(cluster, 'web'))[0]?.endpoints?.[0]?.conditions;
      await cluster.runSeconds(1);
      assert.deepEqual(await look(), { ready: true, serving: false, terminating: false });
      await cluster.runSeconds(3);
      assert.deepEqual(await look(), { ready: true, serving: true, terminating: false });
      await cluster.client.patch(resources.replicaSets, 'default', 'web', { spec: { replicas: 0 } });
      await cluster.runSeconds(0);
      assert.deepEqual(await look(), { ready: true, serving: true, terminating: true });
      const endpoints = await cluster.get<KubernetesObject & { subsets?: readonly Subset[] }>(
        resources.endpoints,
        'web',
      );
      assert.equal(endpoints?.subsets?.[0]?.addresses?.length, 1);
      const [slice] = await slicesOf(cluster, 'web');
      assert.equal(slice?.metadata.labels?.['service.kubernetes.io/headless'], '');
      const { nodeName, zone } = slice?.endpoints?.[0] ?? {};
      assert.deepEqual([nodeName, zone], ['sandbox-node', 'sandbox-a']);
    },
    { node: { count: 2 } },
  ));

test('slices and Endpoints carry the labels of their Service, also later ones, and keep their own', () =>
  withCluster(async (cluster) => {
    await makeService(cluster, 'web', { clusterIP: 'None' });
    await cluster.runSeconds(1);
    const relabel = (labels: object) =>
      cluster.client.patch(resources.services, 'default', 'web', { metadata: { labels } });
    const labelsNow = async () => {
      await cluster.runSeconds(1);
      const [slice] = await slicesOf(cluster, 'web');
      return [slice?.metadata.labels, (await cluster.get(resources.endpoints, 'web'))?.metadata.labels];
    };
    const own = [
      {
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        'kubernetes.io/service-name': 'web',
        'service.kubernetes.io/headless': '',
      },
      { 'endpoints.kubernetes.io/managed-by': 'endpoint-controller', 'service.kubernetes.io/headless': '' },
    ];
    await relabel({ team: 'a', 'kubernetes.io/service-name': 'other' });
    const [slice, endpoints] = await labelsNow();
    assert.deepEqual(slice, { ...own[0], team: 'a' });
    assert.deepEqual(endpoints, { ...own[1], team: 'a', 'kubernetes.io/service-name': 'other' });
    await relabel({ team: null, 'kubernetes.io/service-name': null });
    assert.deepEqual(await labelsNow(), own);
  }));

test('a pod with a name under its Service is known by it, and Endpoints are sorted by address', () =>
  withCluster(
    async (cluster) => {
      await makeService(cluster, 'web', { clusterIP: 'None' });
      for (const [name, subdomain, nodeName] of [
        ['a', 'web', 'sandbox-node-2'],
        ['b', 'elsewhere', 'sandbox-node'],
      ]) {
        const spec = { ...template.spec, hostname: `host-${name}`, subdomain, nodeName };
        await cluster.create(resources.pods, name!, { metadata: template.metadata, spec });
      }
      await cluster.runSeconds(5);
      const [slice] = await slicesOf(cluster, 'web');
      assert.deepEqual(
        slice?.endpoints.map(({ hostname }) => hostname),
        ['host-a', undefined],
      );
      const { subsets = [] } = (await cluster.get<KubernetesObject & { subsets?: readonly Subset[] }>(
        resources.endpoints,
        'web',
      ))!;
      const addresses = subsets[0]?.addresses?.map(({ ip, hostname }) => `${ip.slice(0, 6)} ${hostname ?? ''}`.trim());
      assert.deepEqual(addresses, ['10.244', '10.245 host-a']);
    },
    { node: { count: 2 } },
  ));

test('a slice stays with its ports when pods with other ports come', () =>
  withCluster(async (cluster) => {
    await makeService(cluster, 'web', { ports: [{ port: 80, targetPort: 'http' }] });
    const labels = { app: 'web', of: 'set' };
    const own = { selector: { matchLabels: { of: 'set' } }, template: { ...template, metadata: { labels } } };
    await cluster.makeReplicaSet('web', { replicas: 2, ...own });
    await cluster.runSeconds(5);
    const [before] = await slicesOf(cluster, 'web');
    const seen: (readonly unknown[])[] = [];
    const stop = cluster.cluster.apiServer.storage.subscribe('discovery.k8s.io/endpointslices', ({ type, object }) => {
      seen.push([type, object.metadata.name === before?.metadata.name]);
    });
    const nameless = { containers: [{ name: 'main', image: 'nginx:1' }] };
    await cluster.create(resources.pods, 'a-first-by-name', { metadata: template.metadata, spec: nameless });
    await cluster.runSeconds(5);
    stop();
    assert.deepEqual(seen, [
      ['ADDED', false],
      ['MODIFIED', false],
    ]);
  }));
