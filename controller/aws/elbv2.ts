// What is asked of the ELBv2 API, by the client of the SDK: only reads, each list with all its pages. The client is
// imported when somebody connects.

import type {
  Action,
  Listener,
  LoadBalancer,
  Rule,
  Tag,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { ProviderError } from '../analysis/providers/contract.ts';
import { awsClientSettings } from './client-settings.ts';
import { resolveAwsCredentials } from './credentials.ts';
import { operationProblem, statusOf } from './problems.ts';
import type { AwsTools } from './tools.ts';

type ThrottlingCandidate = Parameters<typeof import('@smithy/core/retry').isThrottlingError>[0];

/** AWS has too much to do, or says that we ask too often: nothing is wrong. */
export class ThrottledError extends ProviderError {}

export interface Elbv2 {
  loadBalancers(): Promise<LoadBalancer[]>;
  targetGroups(loadBalancerArn: string): Promise<TargetGroup[]>;
  listeners(loadBalancerArn: string): Promise<Listener[]>;
  rules(listenerArn: string): Promise<Rule[]>;
  /** By the ARN of a target group. */
  tags(resourceArns: readonly string[]): Promise<ReadonlyMap<string, readonly Tag[]>>;
  /** All targets of a group, in one answer. */
  targetHealth(targetGroupArn: string): Promise<TargetHealthDescription[]>;
}

const requestMs = 30_000;
const balancersPerCall = 300;
const tagsPerCall = 20;
/** Accounts have hundreds of load balancers; nobody reads pages for ever. */
const mostPages = 200;

/** Its methods reject with a ProviderError, with a ThrottledError where AWS asks to be asked less. */
export async function connectElbv2(tools: AwsTools): Promise<Elbv2> {
  const [sdk, { isThrottlingError }] = await Promise.all([
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@smithy/core/retry'),
  ]);
  const identity = await resolveAwsCredentials({}, tools);
  const client = new sdk.ElasticLoadBalancingV2Client({
    ...identity,
    ...awsClientSettings(tools, { timeoutMs: requestMs }),
  });

  async function all<P, T>(
    action: string,
    pages: AsyncIterable<P>,
    itemsOf: (page: P) => T[] | undefined,
  ): Promise<T[]> {
    const found: T[] = [];
    let pageCount = 0;
    try {
      for await (const page of pages) {
        if (pageCount >= mostPages) throw new ProviderError(`${action} has more than ${mostPages} pages`);
        found.push(...(itemsOf(page) ?? notElbv2()));
        pageCount += 1;
      }
    } catch (error) {
      const problem = operationProblem(`Elastic Load Balancing v2: ${action}`, error);
      const isThrottled = isThrottlingError(error as ThrottlingCandidate) || statusOf(error) === 503;
      throw isThrottled && problem instanceof Error ? new ThrottledError(problem.message) : problem;
    }
    return found;
  }

  return {
    loadBalancers: () =>
      all(
        'DescribeLoadBalancers',
        sdk.paginateDescribeLoadBalancers({ client, pageSize: balancersPerCall }, {}),
        (page) => page.LoadBalancers,
      ),
    targetGroups: (LoadBalancerArn) =>
      all(
        'DescribeTargetGroups',
        sdk.paginateDescribeTargetGroups({ client }, { LoadBalancerArn }),
        (page) => page.TargetGroups,
      ),
    listeners: (LoadBalancerArn) =>
      all(
        'DescribeListeners',
        sdk.paginateDescribeListeners({ client }, { LoadBalancerArn }),
        (page) => page.Listeners,
      ),
    rules: (ListenerArn) =>
      all('DescribeRules', sdk.paginateDescribeRules({ client }, { ListenerArn }), (page) => page.Rules),
    async tags(resourceArns) {
      const calls = inChunks(resourceArns, tagsPerCall, (ResourceArns) =>
        client.send(new sdk.DescribeTagsCommand({ ResourceArns })),
      );
      const described = await all('DescribeTags', calls, (answer) => answer.TagDescriptions);
      return new Map(described.map(({ ResourceArn, Tags }) => [ResourceArn ?? '', Tags ?? []]));
    },
    targetHealth: (TargetGroupArn) =>
      all(
        'DescribeTargetHealth',
        inChunks([TargetGroupArn], 1, () => client.send(new sdk.DescribeTargetHealthCommand({ TargetGroupArn }))),
        (answer) => answer.TargetHealthDescriptions,
      ),
  };
}

async function* inChunks<T, R>(items: readonly T[], size: number, ask: (chunk: T[]) => Promise<R>): AsyncGenerator<R> {
  for (let from = 0; from < items.length; from += size) yield await ask(items.slice(from, from + size));
}

function notElbv2(): never {
  throw new ProviderError('the answer is not that of the ELBv2 API');
}

/** The forward actions of a rule, each with its target groups. An action without weights has one group, which gets all. */
export function forwardsOf({ Actions = [] }: Rule): { arn: string; weight: number }[][] {
  const groupsOf = ({ ForwardConfig }: Action) => ForwardConfig?.TargetGroups ?? [];
  return Actions.map(groupsOf)
    .filter((groups) => groups.length > 0)
    .map((groups) => groups.map(({ TargetGroupArn = '', Weight = 0 }) => ({ arn: TargetGroupArn, weight: Weight })));
}
