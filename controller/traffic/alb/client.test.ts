// What is learned from the ELBv2 API (traffic.md §2.9), against a stub of it on loopback.

import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setAwsEnvironment } from '../../../test/builders/aws-environment.ts';
import { type FakeElbv2, loadBalancerArn, startElbv2, targetGroupArn } from '../../../test/builders/elbv2.ts';
import { makeProviderTools, type TestTools } from '../../../test/builders/provider-tools.ts';
import { ThrottledError } from '../../aws/elbv2.ts';
import { askLoadBalancers } from './client.ts';
import type { LoadBalancerQuestion } from './facts.ts';

let elbv2: FakeElbv2;
let tools: TestTools & { resourceIdTags: string[] };

const tag = 'ingress.k8s.aws/resource';
const question: LoadBalancerQuestion = {
  ingress: 'web',
  hostnames: ['web.elb.example.com'],
  resourceIds: ['shop/web-web-canary:80', 'shop/web-web-stable:80'],
};
const canary = { name: 'canary', tags: { [tag]: 'shop/web-web-canary:80', other: 'x' } };
const stable = { name: 'stable', tags: { [tag]: 'shop/web-web-stable:80' } };
const web = {
  name: 'web-lb',
  dnsName: 'WEB.elb.example.com',
  targetGroups: [canary, { name: 'foreign', tags: { [tag]: 'shop/other:80' } }, { name: 'untagged' }, stable],
  rules: [{ canary: 100 }, { canary: 25, stable: 75 }, { foreign: 100 }],
};

before(async () => {
  elbv2 = await startElbv2(2);
});
after(() => elbv2.close());
beforeEach(() => {
  elbv2.balancers = [web];
  elbv2.failing = {};
  elbv2.received.length = 0;
  setAwsEnvironment({
    AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2: elbv2.address,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  tools = Object.assign(makeProviderTools(), { resourceIdTags: [tag] });
});

test('the load balancer of a hostname, its target groups by tag, and the rules that send to them', async () => {
  const [facts] = await askLoadBalancers([question], tools);
  tools.close();
  assert.deepEqual(facts, {
    ingress: 'web',
    loadBalancer: { name: 'web-lb', arn: loadBalancerArn('web-lb') },
    targetGroups: [canary, stable].map(({ name, tags }) => ({
      name,
      arn: targetGroupArn(name),
      resourceId: tags[tag],
    })),
    forwards: [
      [{ arn: targetGroupArn('canary'), weight: 100 }],
      [
        { arn: targetGroupArn('canary'), weight: 25 },
        { arn: targetGroupArn('stable'), weight: 75 },
      ],
    ],
  });
  const { authorization } = elbv2.received[0]?.headers ?? {};
  assert.match(String(authorization), /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/elasticloadbalancing\//);
});

test('TV-76 a load balancer on the second page is found, and tags are asked for twenty at a time', async () => {
  const many = Array.from({ length: 45 }, (_, index) => ({ name: `group-${index}` }));
  const others = ['a', 'b', 'c'].map((name) => ({ name, dnsName: `${name}.example.com`, targetGroups: [], rules: [] }));
  elbv2.balancers = [...others, { ...web, targetGroups: many }];
  const [facts] = await askLoadBalancers([question], tools);
  tools.close();
  assert.equal(facts?.loadBalancer?.name, 'web-lb');
  const asked = elbv2.received.map(({ body }) => new URLSearchParams(body));
  const counts = asked
    .filter((form) => form.get('Action') === 'DescribeTags')
    .map((form) => [...form.keys()].filter((key) => key.startsWith('ResourceArns.')).length);
  assert.deepEqual(counts, [20, 20, 5]);
  assert.equal(elbv2.actions().filter((action) => action === 'DescribeLoadBalancers').length, 2);
});

test('a list of more pages than anybody has is given up, not gathered for ever', async () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ ...web, name: `lb-${index}` }));
  elbv2.balancers = many(401);
  const message = 'DescribeLoadBalancers has more than 200 pages';
  await assert.rejects(askLoadBalancers([question], tools), { name: 'ProviderError', message });
  elbv2.balancers = many(400);
  const [facts] = await askLoadBalancers([question], tools);
  tools.close();
  assert.equal(facts?.loadBalancer?.name, 'lb-399');
});

test('hostnames are looked up once for ten minutes, by all who ask at a time; what is not found is looked up anew', async () => {
  await Promise.all([askLoadBalancers([question], tools), askLoadBalancers([question], tools)]);
  await askLoadBalancers([question], tools);
  const listings = () => elbv2.actions().filter((action) => action === 'DescribeLoadBalancers').length;
  assert.equal(listings(), 1);
  const [facts] = await askLoadBalancers([{ ...question, hostnames: ['new.example.com'] }], tools);
  assert.deepEqual([facts?.loadBalancer, listings()], [undefined, 2]);
  tools.close();
});

test('a network load balancer in front of the Ingress is passed over', async () => {
  elbv2.balancers = [{ ...web, dnsName: 'nlb.example.com', type: 'network', name: 'nlb' }, web];
  const hostnames = ['nlb.example.com', ...question.hostnames];
  const [facts] = await askLoadBalancers([{ ...question, hostnames }], tools);
  tools.close();
  assert.equal(facts?.loadBalancer?.name, 'web-lb');
});

test('the tag of EKS Auto Mode counts where it is asked for', async () => {
  const auto = 'ingress.eks.amazonaws.com/resource';
  elbv2.balancers = [{ ...web, targetGroups: [{ name: 'canary', tags: { [auto]: 'shop/web-web-canary:80' } }] }];
  const found = async (resourceIdTags: string[]) =>
    (await askLoadBalancers([question], { ...tools, resourceIdTags }))[0]?.targetGroups.length;
  assert.deepEqual([await found([tag, auto]), await found([tag])], [1, 0]);
  tools.close();
});

test('TV-82 throttling is told apart from other refusals, which say what was asked', async () => {
  elbv2.failing = { DescribeRules: ['Throttling', 400] };
  await assert.rejects(askLoadBalancers([question], tools), ThrottledError);
  elbv2.failing = { DescribeTags: ['AccessDenied', 403] };
  await assert.rejects(
    askLoadBalancers([question], tools),
    (error: Error) =>
      !(error instanceof ThrottledError) &&
      error.message ===
        'operation error Elastic Load Balancing v2: DescribeTags, StatusCode: 403, AccessDenied: Rate exceeded',
  );
  tools.close();
});

test('an answer of somebody else is no answer, and without a region it is said', async () => {
  const { answer } = elbv2;
  elbv2.answer = () => ({ status: 200, body: '<html><body>Welcome</body></html>' });
  await assert.rejects(askLoadBalancers([question], tools), /the answer is not that of the ELBv2 API/);
  for (const body of ['', 'Welcome', '<half', '{"some":"JSON"}', '<a/>']) {
    for (const status of [200, 400]) {
      elbv2.answer = () => ({ status, body });
      await assert.rejects(askLoadBalancers([question], tools), { name: 'ProviderError' }, body);
    }
  }
  elbv2.answer = answer;
  tools.close();
  setAwsEnvironment({});
  const lost = Object.assign(makeProviderTools(), { resourceIdTags: [tag] });
  await assert.rejects(askLoadBalancers([question], lost), /no AWS region/);
  lost.close();
});
