// Which targets a Service should have, and which it has (traffic.md §2.10, TV-78, TV-79, TV-83, TV-84): against a stub of
// the ELBv2 API on loopback and a cluster that answers what a row says.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setAwsEnvironment } from '../../../test/builders/aws-environment.ts';
import { type FakeElbv2, startElbv2, targetGroupArn } from '../../../test/builders/elbv2.ts';
import { makeProviderTools, type TestTools } from '../../../test/builders/provider-tools.ts';
import { connectElbv2 } from '../../aws/elbv2.ts';
import { KubeError } from '../../kubernetes/transport.ts';
import { askTargets, TargetGroupError } from './client-targets.ts';
import { podPrefixOf, type TargetQuestion } from './target-facts.ts';

let elbv2: FakeElbv2;
let tools: TestTools;
/** What the cluster has at a path; a number is a refusal. */
let objects: Record<string, unknown>;
let read: string[];

const question: TargetQuestion = {
  namespace: 'shop',
  service: 'web',
  ports: [{ name: 'web', port: 80, targetPort: 8080 }],
  podPrefix: podPrefixOf('web-abc'),
};
const elb = '/apis/elbv2.k8s.aws/v1beta1';
const eks = '/apis/eks.amazonaws.com/v1';
const bindingsAt = (api: string) => `${api}/namespaces/shop/targetgroupbindings`;
const slicesPath = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const endpointsPath = '/api/v1/namespaces/shop/endpoints/web';

const binding = (more: object = {}) => ({
  spec: { targetGroupARN: targetGroupArn('g'), targetType: 'ip', serviceRef: { name: 'web', port: 80 }, ...more },
});
const endpoint = (address: string, more: object = {}) => ({
  addresses: [address],
  conditions: { ready: true },
  ...more,
});
const slice = (addresses: readonly string[], ports: unknown = [{ name: 'web', port: 8080 }], more: object = {}) => ({
  addressType: 'IPv4',
  endpoints: addresses.map((address) => endpoint(address)),
  ports,
  ...more,
});
const three = slice(['10.0.0.1', '10.0.0.2', '10.0.0.3']);

function hasTargets(targets: Readonly<Record<string, string>>): void {
  const groups = [{ name: 'g', targets }];
  elbv2.balancers = [{ name: 'lb', dnsName: 'lb.example.com', targetGroups: groups, rules: [] }];
}

before(async () => {
  elbv2 = await startElbv2();
});
after(() => elbv2.close());
beforeEach(() => {
  hasTargets({ '10.0.0.1:8080': 'unhealthy', '10.0.0.2:8080': 'healthy', '10.0.0.9:8080': 'draining' });
  elbv2.failing = {};
  elbv2.received.length = 0;
  read = [];
  objects = { [bindingsAt(elb)]: [binding()], [slicesPath]: [three] };
  setAwsEnvironment({
    AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: elbv2.address,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
});

async function ask(
  more: Partial<TargetQuestion> = {},
  bindingApis = ['elbv2.k8s.aws/v1beta1', 'eks.amazonaws.com/v1'],
) {
  tools = makeProviderTools({
    request: async ({ path, query }) => {
      read.push(path + (query?.labelSelector ? `?${query.labelSelector}` : ''));
      const found = objects[path] ?? 404;
      if (typeof found === 'number') {
        throw new KubeError({ status: found, reason: 'Refused', message: `${path}: ${found}` });
      }
      return { status: 200, headers: {}, body: Array.isArray(found) ? { metadata: {}, items: found } : found };
    },
  });
  const { transport, signal } = tools;
  try {
    const connect = () => connectElbv2(tools);
    return await askTargets({ ...question, ...more }, { transport, signal, bindingApis, connect });
  } finally {
    tools.close();
  }
}

const counts = async (more: Partial<TargetQuestion> = {}) =>
  (await ask(more)).groups.map(({ registered, wanted, healthy }) => [registered, wanted, healthy]);

test('TV-78 two of three are registered, whatever their health; a target that is no endpoint does not count', async () => {
  assert.deepEqual(await ask(), {
    groups: [{ arn: targetGroupArn('g'), wanted: 3, registered: 2, healthy: 1 }],
    skipped: [],
  });
  hasTargets({ '10.0.0.1:8080': 'unhealthy', '10.0.0.2:8080': 'healthy', '10.0.0.3:8080': 'initial' });
  assert.deepEqual(await counts(), [[3, 3, 1]]);
});

test('TV-79 a group of nodes, or of nothing that is told, is passed over, and then nobody is asked', async () => {
  for (const targetType of ['instance', undefined]) {
    objects[bindingsAt(elb)] = [binding({ targetType })];
    assert.deepEqual(await counts(), []);
  }
  assert.deepEqual([elbv2.actions(), read.includes(slicesPath)], [[], false]);
});

test('TV-83 only the API of EKS Auto Mode is there: it is asked; without any there is nothing to verify', async () => {
  objects[bindingsAt(eks)] = [binding()];
  delete objects[bindingsAt(elb)];
  assert.deepEqual(await counts(), [[2, 3, 1]]);
  delete objects[bindingsAt(eks)];
  assert.deepEqual(await counts(), []);
  assert.equal(elbv2.actions().length, 1);
});

test('TV-83 both are there: the bindings of both count', async () => {
  objects[bindingsAt(eks)] = [binding()];
  assert.equal((await counts()).length, 2);
  assert.deepEqual((await ask({}, ['eks.amazonaws.com/v1'])).groups.length, 1);
});

test('TV-84 the number of a named target port is that of the endpoints, which name the port of the Service', async () => {
  const ports = [{ name: 'web', port: 80, targetPort: 'http' }];
  assert.deepEqual(await counts({ ports }), [[2, 3, 1]]);
  objects[slicesPath] = [slice(['10.0.0.1'], [{ name: 'http', port: 8080 }])];
  assert.deepEqual(await ask({ ports }), {
    groups: [],
    skipped: [{ arn: targetGroupArn('g'), why: 'target port "http" is not known' }],
  });
});

test('a named port may differ from pod to pod', async () => {
  objects[slicesPath] = [slice(['10.0.0.1']), slice(['10.0.0.2'], [{ name: 'web', port: 9090 }])];
  const ports = [{ name: 'web', port: 80, targetPort: 'http' }];
  assert.deepEqual(await counts({ ports }), [[1, 2, 0]]);
});

test('a binding names the port by number or by name; one of another port or Service is not ours', async () => {
  const of = async (serviceRef: object) => {
    objects[bindingsAt(elb)] = [binding({ serviceRef })];
    return (await counts()).length;
  };
  assert.deepEqual([await of({ name: 'web', port: 80 }), await of({ name: 'web', port: 'web' })], [1, 1]);
  assert.deepEqual(
    [await of({ name: 'web', port: 81 }), await of({ name: 'other', port: 80 }), await of({ name: 'web', port: 'x' })],
    [0, 0, 0],
  );
});

test('endpoints that are not ready, or are pods of another ReplicaSet, are not wanted', async () => {
  const pod = (name: string) => ({ targetRef: { kind: 'Pod', name } });
  const endpoints = [
    endpoint('10.0.0.1', pod('web-abc-x1')),
    endpoint('10.0.0.2', { ...pod('web-abc-x2'), conditions: { ready: false } }),
    endpoint('10.0.0.4', pod('web-abd-x1')),
  ];
  objects[slicesPath] = [slice([], [{ name: 'web', port: 8080 }], { endpoints })];
  assert.deepEqual(await counts(), [[1, 1, 0]]);
});

test('addresses of the other family are those of another group', async () => {
  objects[slicesPath] = [three, slice(['2001:DB8::1'], [{ name: 'web', port: 8080 }], { addressType: 'IPv6' })];
  hasTargets({ '2001:db8::1:8080': 'healthy' });
  assert.deepEqual(await counts(), [[0, 3, 0]]);
  objects[bindingsAt(elb)] = [binding({ ipAddressType: 'ipv6' })];
  assert.deepEqual(await counts(), [[1, 1, 1]]);
});

test('without a pod nothing is wanted', async () => {
  objects[slicesPath] = [slice([], null)];
  assert.deepEqual(await counts({ ports: [{ name: 'web', port: 80, targetPort: 'http' }] }), [[0, 0, 0]]);
});

test('where slices may not be read the Endpoints are', async () => {
  objects[slicesPath] = 403;
  const addresses = ['10.0.0.1', '10.0.0.2'].map((ip) => ({ ip, targetRef: { kind: 'Pod', name: 'web-abc-x' } }));
  objects[endpointsPath] = { subsets: [{ addresses, ports: [{ name: 'web', port: 8080 }] }] };
  assert.deepEqual(await counts(), [[2, 2, 1]]);
  delete objects[endpointsPath];
  assert.deepEqual(await counts(), [[0, 0, 0]]);
  objects[endpointsPath] = 403;
  await assert.rejects(ask(), { message: `${slicesPath}: 403` });
});

test('an API that is not served is none, also to those who have no right to it; a refusal of one that is, is told', async () => {
  objects[bindingsAt(eks)] = 403;
  assert.deepEqual(await counts(), [[2, 3, 1]]);
  objects[eks] = { resources: [{ name: 'nodeclasses' }] };
  assert.deepEqual(await counts(), [[2, 3, 1]]);
  objects[eks] = { resources: [{ name: 'targetgroupbindings' }] };
  await assert.rejects(ask(), { name: 'ProviderError', message: `${bindingsAt(eks)}: 403` });
});

test('a cluster that does not answer is a failure, not an absence', async () => {
  objects[slicesPath] = 500;
  await assert.rejects(ask(), /500/);
  objects[bindingsAt(elb)] = 503;
  await assert.rejects(ask(), /503/);
});

test('what AWS refuses names the group; throttling is told apart', async () => {
  elbv2.failing = { DescribeTargetHealth: ['AccessDenied', 403] };
  const refused = (isThrottled: boolean) => (error: unknown) =>
    error instanceof TargetGroupError && error.arn === targetGroupArn('g') && error.isThrottled === isThrottled;
  await assert.rejects(ask(), refused(false));
  elbv2.failing = { DescribeTargetHealth: ['Throttling', 400] };
  await assert.rejects(ask(), refused(true));
});

test('the slices of the Service are asked for by its label', async () => {
  await ask();
  assert.ok(read.includes(`${slicesPath}?kubernetes.io/service-name=web`));
});

test('the name of a pod leaves room for five characters', () => {
  assert.equal(podPrefixOf('web-abc'), 'web-abc-');
  assert.equal(podPrefixOf('x'.repeat(70)).length, 58);
});
