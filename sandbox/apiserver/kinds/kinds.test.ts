import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer, type TestObject } from '../test-server.ts';

const apps = '/apis/apps/v1/namespaces/default';
const core = '/api/v1/namespaces/default';

function template(labels: Record<string, string>, container: object = {}): object {
  return { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'nginx:1', ...container }] } };
}

function replicaSet(spec: object): object {
  const selector = { matchLabels: { app: 'a' } };
  return {
    kind: 'ReplicaSet',
    apiVersion: 'apps/v1',
    metadata: { name: 'r' },
    spec: { selector, template: template({ app: 'a' }), ...spec },
  };
}

test('what a workload may not be is said with field and reason', async () => {
  const { refusal } = startTestServer();
  const rows: readonly (readonly [object, string])[] = [
    [{ replicas: -1 }, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
    [
      { template: template({ app: 'b' }) },
      'spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`',
    ],
    [{ template: template({ app: 'a' }, { image: '' }) }, 'spec.template.spec.containers[0].image: Required value'],
    [
      { template: template({ app: 'a' }, { volumeMounts: [{ name: 'v', mountPath: '/v' }] }) },
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    [
      { template: template({ app: 'a' }, { ports: [{ containerPort: 70000 }] }) },
      'spec.template.spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
    [
      { template: template({ app: 'a' }, { resources: { requests: { cpu: 2 }, limits: { cpu: 1 } } }) },
      'spec.template.spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
  ];
  for (const [spec, cause] of rows) {
    const { message } = await refusal('POST', `${apps}/replicasets`, replicaSet(spec));
    assert.equal(message, `ReplicaSet.apps "r" is invalid: ${cause}`);
  }
});

test('a workload without a selector is told both what is missing and that nothing is selected', async () => {
  const { refusal } = startTestServer();
  for (const [plural, kind] of [
    ['deployments', 'Deployment'],
    ['statefulsets', 'StatefulSet'],
  ] as const) {
    const body = { kind, apiVersion: 'apps/v1', metadata: { name: 'x' }, spec: { template: template({ app: 'a' }) } };
    const { message } = await refusal('POST', `${apps}/${plural}`, body);
    const mismatch = 'Invalid value: {"app":"a"}: `selector` does not match template `labels`';
    assert.equal(
      message,
      `${kind}.apps "x" is invalid: [spec.selector: Required value, spec.template.metadata.labels: ${mismatch}]`,
    );
  }
});

test('a selector never changes', async () => {
  const { ok, refusal } = startTestServer();
  await ok('POST', `${apps}/replicasets`, replicaSet({}));
  const { message } = await refusal(
    'PATCH',
    `${apps}/replicasets/r`,
    { spec: { selector: { matchLabels: { app: 'b' } }, template: { metadata: { labels: { app: 'b' } } } } },
    { headers: { 'content-type': 'application/merge-patch+json' } },
  );
  assert.match(message ?? '', /spec\.selector: Invalid value: \{"matchLabels":\{"app":"b"\}\}: field is immutable/);
});

test('services get addresses and node ports of their own, and keep them', async () => {
  const { ok } = startTestServer();
  const service = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });
  const made = async (name: string, spec: object): Promise<Record<string, unknown>> =>
    (await ok<TestObject>('POST', `${core}/services`, service(name, spec))).spec ?? {};
  const [a, b, node] = [await made('a', {}), await made('b', {}), await made('n', { type: 'NodePort' })];
  assert.notEqual(a.clusterIP, b.clusterIP);
  assert.deepEqual(a.clusterIPs, [a.clusterIP]);
  const [port] = node.ports as { nodePort: number }[];
  assert.ok(port !== undefined && port.nodePort >= 30_000 && port.nodePort <= 32_767);
  const put = await ok<TestObject>('PUT', `${core}/services/n`, service('n', { type: 'NodePort' }));
  assert.deepEqual([put.spec?.clusterIP, put.spec?.ports], [node.clusterIP, node.ports]);
  assert.equal((await made('h', { clusterIP: 'None' })).clusterIP, 'None');
});

test('a node port or an address that another Service has is refused', async () => {
  const { ok, refusal } = startTestServer();
  const make = (name: string, spec: object): object => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30001 }], ...spec },
  });
  const { spec } = await ok<TestObject>('POST', `${core}/services`, make('one', {}));
  const port = await refusal('POST', `${core}/services`, make('two', {}));
  assert.equal(
    port.message,
    'Service "two" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
  );
  const free = { ports: [{ port: 80 }] };
  const address = await refusal('POST', `${core}/services`, make('two', { ...free, clusterIP: spec?.clusterIP }));
  assert.match(address.message ?? '', /spec\.clusterIPs: Invalid value: \["10\.96\.0\.2"\]: .* already allocated$/);
  const foreign = await refusal('POST', `${core}/services`, make('two', { ...free, clusterIP: '10.1.0.1' }));
  assert.match(foreign.message ?? '', /The range of valid IPs is 10\.96\.0\.0\/16$/);
});

test('a Service that changes its type loses what only the old type has', async () => {
  const { ok, refusal } = startTestServer();
  const path = `${core}/services/s`;
  const body = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } };
  const { spec: before } = await ok<TestObject>('POST', `${core}/services`, body);
  const merge = { headers: { 'content-type': 'application/merge-patch+json' } };
  const change = async (spec: object) => (await ok<TestObject>('PATCH', path, { spec }, merge)).spec;
  const exposed = await change({ type: 'LoadBalancer' });
  assert.deepEqual([exposed?.externalTrafficPolicy, exposed?.allocateLoadBalancerNodePorts], ['Cluster', true]);
  assert.deepEqual(await change({ type: 'ClusterIP' }), before);
  const { message } = await refusal('PATCH', path, { spec: { clusterIP: 'None' } }, merge);
  assert.match(message ?? '', /spec\.clusterIPs\[0\]: Invalid value: \["None"\]: may not change once set/);
});

test('a pod has the priority of the class that it names, or of the default one', async () => {
  const { ok, refusal } = startTestServer();
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses';
  const pod = (name: string, spec: object = {}): object => ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'nginx:1' }], ...spec },
  });
  const priorityOf = async (name: string, spec: object = {}): Promise<unknown> => {
    const { spec: made } = await ok<TestObject>('POST', `${core}/pods`, pod(name, spec));
    return [made?.priority, made?.preemptionPolicy, made?.priorityClassName];
  };
  assert.deepEqual(await priorityOf('plain'), [0, 'PreemptLowerPriority', undefined]);
  await ok('POST', classes, { metadata: { name: 'high' }, value: 1000, preemptionPolicy: 'Never' });
  assert.deepEqual(await priorityOf('high', { priorityClassName: 'high' }), [1000, 'Never', 'high']);
  const unknown = await refusal('POST', `${core}/pods`, pod('x', { priorityClassName: 'none' }));
  assert.equal(unknown.message, 'pods "x" is forbidden: no PriorityClass with name none was found');
  const own = await refusal('POST', `${core}/pods`, pod('x', { priorityClassName: 'high', priority: 5 }));
  assert.match(own.message ?? '', /the integer value of priority \(5\) must not be provided in pod spec/);
  await ok('POST', classes, { metadata: { name: 'usual' }, value: 10, globalDefault: true });
  assert.deepEqual(await priorityOf('usual'), [10, 'PreemptLowerPriority', 'usual']);
  const second = await refusal('POST', classes, { metadata: { name: 'other' }, value: 1, globalDefault: true });
  assert.match(second.message ?? '', /PriorityClass usual is already marked as default/);
  const reserved = await refusal('POST', classes, { metadata: { name: 'system-mine' }, value: 1 });
  assert.match(reserved.message ?? '', /prefix are reserved for system use only/);
  const headers = { 'content-type': 'application/merge-patch+json' };
  const changed = await refusal('PATCH', `${classes}/high`, { value: 2 }, { headers });
  assert.match(changed.message ?? '', /value: Forbidden: may not be changed in an update\.$/);
});

test('secrets take text and keep bytes', async () => {
  const { ok } = startTestServer();
  const secret = await ok<TestObject>('POST', `${core}/secrets`, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's' },
    data: { a: 'eA==' },
    stringData: { a: 'y' },
  });
  assert.deepEqual(secret.data, { a: 'eQ==' });
});

test('one event shows in both groups under their own names', async () => {
  const { ok } = startTestServer();
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: 'e' },
    involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
    message: 'm',
    reason: 'R',
    type: 'Normal',
  };
  await ok('POST', `${core}/events`, event);
  const seen = await ok<Record<string, unknown>>('GET', '/apis/events.k8s.io/v1/namespaces/default/events/e');
  assert.equal(seen.note, 'm');
  assert.deepEqual(seen.regarding, event.involvedObject);
  const selected = await ok<{ items: unknown[] }>('GET', `${core}/events`, undefined, {
    query: { fieldSelector: 'involvedObject.name=p,involvedObject.kind=Pod' },
  });
  assert.equal(selected.items.length, 1);
});

test('an autoscaler is read and written in both versions', async () => {
  const { ok } = startTestServer();
  const path = (version: string): string => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  await ok('POST', path('v1'), {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h' },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef: { kind: 'Rollout', name: 'r' } },
  });
  const newer = await ok<TestObject>('GET', `${path('v2')}/h`);
  assert.deepEqual(newer.spec?.metrics, [
    { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
  ]);
  const older = await ok<TestObject>('GET', `${path('v1')}/h`);
  assert.equal(older.spec?.targetCPUUtilizationPercentage, 50);
  assert.equal(older.spec?.metrics, undefined);
});

test('backends of an Ingress name a service and a port', async () => {
  const { refusal } = startTestServer();
  const ingress = (backend: object): object => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'i' },
    spec: { rules: [{ http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
  });
  const path = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
  const rows: readonly (readonly [object, string])[] = [
    [{}, 'Invalid value: "": resource or service backend is required'],
    [{ service: { name: 's' } }, 'Required value: port name or number is required'],
  ];
  for (const [backend, cause] of rows) {
    const { message } = await refusal('POST', path, ingress(backend));
    assert.equal(message, `Ingress.networking.k8s.io "i" is invalid: spec.rules[0].http.paths[0].backend: ${cause}`);
  }
});

test('names and labels follow the rules of their kind', async () => {
  const { refusal } = startTestServer();
  const { message } = await refusal('POST', '/api/v1/namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'a.b', labels: { ok: '-bad-' } },
  });
  assert.match(message ?? '', /metadata\.name: Invalid value: "a\.b": must not contain dots/);
  assert.match(
    message ?? '',
    /metadata\.labels: Invalid value: "-bad-": a valid label must be an empty string or consist/,
  );
});
