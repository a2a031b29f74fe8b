// What is asked of the ELBv2 API and what its answers mean (the Query protocol: a form there, XML back). Only reads; each
// list is asked for page by page.

import { ProviderError } from '../../analysis/providers/wire/exchange.ts';
import { parseXml, type XmlElement, xmlAt, xmlText } from '../../lang/xml.ts';

/** AWS asks to be asked less. */
export class ThrottledError extends ProviderError {}

export type Elbv2Action =
  | 'DescribeLoadBalancers'
  | 'DescribeTargetGroups'
  | 'DescribeTags'
  | 'DescribeListeners'
  | 'DescribeRules'
  | 'DescribeTargetHealth';

/** The body of a request, `application/x-www-form-urlencoded`. */
export function elbv2Form(action: Elbv2Action, parameters: Readonly<Record<string, string>>): string {
  return new URLSearchParams({ Action: action, Version: '2015-12-01', ...parameters }).toString();
}

/** `Name.member.1=…`, as lists are spelled. */
export function memberParameters(name: string, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(values.map((value, index) => [`${name}.member.${index + 1}`, value]));
}

export type Elbv2Answer =
  | { readonly is: 'items'; readonly items: readonly XmlElement[]; readonly nextMarker: string }
  | { readonly is: 'problem'; readonly code: string; readonly message: string };

const listOf: Readonly<Record<Elbv2Action, string>> = {
  DescribeLoadBalancers: 'LoadBalancers',
  DescribeTargetGroups: 'TargetGroups',
  DescribeTags: 'TagDescriptions',
  DescribeListeners: 'Listeners',
  DescribeRules: 'Rules',
  DescribeTargetHealth: 'TargetHealthDescriptions',
};

export function readElbv2(action: Elbv2Action, status: number, body: string): Elbv2Answer {
  const root = parseXml(body);
  if (status !== 200) {
    const error = xmlAt(root, 'Error') ?? xmlAt(root, 'Errors', 'Error');
    const code = xmlText(error, 'Code') || `HTTP ${status}`;
    return { is: 'problem', code, message: xmlText(error, 'Message') };
  }
  const result = xmlAt(root, `${action}Result`);
  if (!result) return { is: 'problem', code: 'InvalidAnswer', message: 'the answer is not that of the ELBv2 API' };
  const items = xmlAt(result, listOf[action])?.children.filter(({ name }) => name === 'member') ?? [];
  return { is: 'items', items, nextMarker: xmlText(result, 'NextMarker') };
}

/** AWS has too much to do, or says that we ask too often: nothing is wrong. */
export function isThrottling(code: string): boolean {
  return /throttl|RequestLimitExceeded|TooManyRequests|SlowDown|HTTP 429|HTTP 503/i.test(code);
}

/** The forward actions of a rule, each with its target groups. An action without weights has one group, which gets all. */
export function forwardsOf(rule: XmlElement): { arn: string; weight: number }[][] {
  const actions = xmlAt(rule, 'Actions')?.children ?? [];
  return actions.flatMap((action) => {
    const targets = xmlAt(action, 'ForwardConfig', 'TargetGroups')?.children ?? [];
    if (targets.length === 0) return [];
    return [
      targets.map((target) => ({ arn: xmlText(target, 'TargetGroupArn'), weight: Number(xmlText(target, 'Weight')) })),
    ];
  });
}

/** The value of the first of these keys that a tag description has. */
export function tagOf(description: XmlElement, keys: readonly string[]): string | undefined {
  const tags = xmlAt(description, 'Tags')?.children ?? [];
  const tag = keys.flatMap((key) => tags.find((candidate) => xmlText(candidate, 'Key') === key) ?? [])[0];
  return tag && xmlText(tag, 'Value');
}
