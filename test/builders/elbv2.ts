// The ELBv2 API as the reference of AWS documents it, on loopback: reads over load balancers that a test writes down, in
// pages, as XML; and the errors that it is told to answer with.

import { type LoopbackService, type Received, startService } from './loopback-service.ts';

export interface FakeTargetGroup {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** `address:port` → state. */
  readonly targets?: Readonly<Record<string, string>>;
}

export interface FakeLoadBalancer {
  readonly name: string;
  readonly dnsName: string;
  readonly type?: 'application' | 'network';
  readonly targetGroups: readonly FakeTargetGroup[];
  /** Rules of its one listener: target group name → weight. */
  readonly rules: readonly Readonly<Record<string, number>>[];
}

export interface FakeElbv2 extends LoopbackService {
  balancers: readonly FakeLoadBalancer[];
  /** Answers an action with an error: its code and the HTTP status. */
  failing: Partial<Record<string, readonly [code: string, status: number]>>;
  /** Names of the actions asked, in order. */
  actions(): string[];
}

/** `pageSize`: items of a page, whatever is asked for; tags come in one. */
export async function startElbv2(pageSize = 300): Promise<FakeElbv2> {
  const service = await startService();
  const fake: FakeElbv2 = Object.assign(service, {
    balancers: [],
    failing: {},
    actions: () => service.received.map(({ body }) => new URLSearchParams(body).get('Action') ?? ''),
  });
  service.answer = (request) => answer(fake, request, pageSize);
  return fake;
}

const account = 'arn:aws:elasticloadbalancing:eu-west-1:111122223333';
export const loadBalancerArn = (name: string): string => `${account}:loadbalancer/app/${name}/50dc6c495c0c9188`;
export const targetGroupArn = (name: string): string => `${account}:targetgroup/${name}/73e2d6bc24d8a067`;

function answer(fake: FakeElbv2, request: Received, pageSize: number) {
  const form = new URLSearchParams(request.body);
  const action = form.get('Action') ?? '';
  const failure = fake.failing[action];
  if (failure) {
    const [code, status] = failure;
    const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>Rate exceeded</Message></Error>`;
    return { status, body: `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>` };
  }
  const [list, items] = itemsOf(fake, action, form);
  const from = Number(form.get('Marker') ?? 0);
  const size = action === 'DescribeTags' ? items.length : pageSize;
  const isMore = from + size < items.length;
  const members = items.slice(from, from + size).map((item) => `<member>${item}</member>`);
  const marker = isMore ? `<NextMarker>${from + size}</NextMarker>` : '';
  const result = `<${action}Result><${list}>${members.join('\n')}</${list}>${marker}</${action}Result>`;
  const namespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/';
  const metadata = '<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>';
  return { status: 200, body: `<${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>` };
}

function itemsOf({ balancers }: FakeElbv2, action: string, form: URLSearchParams): [string, string[]] {
  const named = (parameter: string) =>
    balancers.find(({ name }) => (form.get(parameter) ?? '').includes(`/app/${name}/`)) ?? balancers[0];
  switch (action) {
    case 'DescribeLoadBalancers':
      return ['LoadBalancers', balancers.map(loadBalancer)];
    case 'DescribeTargetGroups':
      return ['TargetGroups', (named('LoadBalancerArn')?.targetGroups ?? []).map(targetGroup)];
    case 'DescribeListeners': {
      const name = named('LoadBalancerArn')?.name ?? '';
      return ['Listeners', [`<ListenerArn>${account}:listener/app/${name}/1</ListenerArn><Port>80</Port>`]];
    }
    case 'DescribeRules':
      return ['Rules', (named('ListenerArn')?.rules ?? []).map(rule)];
    case 'DescribeTags': {
      const arns = [...form].filter(([key]) => key.startsWith('ResourceArns.member.')).map(([, arn]) => arn);
      const groups = balancers.flatMap(({ targetGroups }) => targetGroups);
      return ['TagDescriptions', arns.map((arn) => tags(arn, groups))];
    }
    case 'DescribeTargetHealth': {
      const arn = form.get('TargetGroupArn');
      const group = balancers
        .flatMap(({ targetGroups }) => targetGroups)
        .find(({ name }) => targetGroupArn(name) === arn);
      return ['TargetHealthDescriptions', Object.entries(group?.targets ?? {}).map(targetHealth)];
    }
    default:
      return ['Nothing', []];
  }
}

function loadBalancer({ name, dnsName, type = 'application' }: FakeLoadBalancer): string {
  return `<LoadBalancerArn>${loadBalancerArn(name)}</LoadBalancerArn><Scheme>internet-facing</Scheme>
    <LoadBalancerName>${name}</LoadBalancerName><DNSName>${dnsName}</DNSName><Type>${type}</Type>
    <State><Code>active</Code></State>`;
}

function targetGroup({ name }: FakeTargetGroup): string {
  return `<TargetGroupArn>${targetGroupArn(name)}</TargetGroupArn><TargetGroupName>${name}</TargetGroupName>`;
}

function rule(weights: Readonly<Record<string, number>>): string {
  const targets = Object.entries(weights).map(
    ([name, weight]) =>
      `<member><TargetGroupArn>${targetGroupArn(name)}</TargetGroupArn><Weight>${weight}</Weight></member>`,
  );
  const forward = `<ForwardConfig><TargetGroups>${targets.join('')}</TargetGroups></ForwardConfig>`;
  return `<Actions><member><Type>forward</Type>${forward}</member></Actions><Priority>1</Priority>`;
}

function targetHealth([target, state]: readonly [string, string]): string {
  const at = target.lastIndexOf(':');
  return `<Target><Id>${target.slice(0, at)}</Id><Port>${target.slice(at + 1)}</Port></Target>
    <TargetHealth><State>${state}</State></TargetHealth>`;
}

function tags(arn: string, groups: readonly FakeTargetGroup[]): string {
  const group = groups.find(({ name }) => targetGroupArn(name) === arn);
  const members = Object.entries(group?.tags ?? {}).map(
    ([key, value]) => `<member><Key>${key}</Key><Value>${value}</Value></member>`,
  );
  return `<ResourceArn>${arn}</ResourceArn><Tags>${members.join('')}</Tags>`;
}
