// Asks AWS what weight verification needs to know of load balancers (traffic.md §2.9): which one has the hostname, which
// target groups carry which Service, which weights its rules have. Imported only when a Rollout is verified.

import type { HttpClient } from '../../analysis/providers/contract.ts';
import { connectElbv2, type Elbv2, forwardsOf } from '../../aws/elbv2.ts';
import type { AwsTools } from '../../aws/tools.ts';
import type { EpochMillis } from '../../lang/time.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion, TargetGroupFacts } from './facts.ts';

export interface Elbv2Tools extends AwsTools {
  /** Keys of the tag that names the Service of a target group; any of them counts. */
  readonly resourceIdTags: readonly string[];
}

interface LoadBalancer {
  readonly name: string;
  readonly arn: string;
}

const rememberMs = 600_000;

export async function askLoadBalancers(
  questions: readonly LoadBalancerQuestion[],
  tools: Elbv2Tools,
): Promise<LoadBalancerFacts[]> {
  const balancers = await directoryOf(tools).find(
    questions.flatMap(({ hostnames }) => hostnames),
    tools,
  );
  const elbv2 = await connectElbv2(tools);
  return Promise.all(questions.map((question) => factsFor(question, balancers, elbv2, tools.resourceIdTags)));
}

async function factsFor(
  { ingress, hostnames, resourceIds }: LoadBalancerQuestion,
  balancers: ReadonlyMap<string, LoadBalancer>,
  elbv2: Elbv2,
  resourceIdTags: readonly string[],
): Promise<LoadBalancerFacts> {
  const loadBalancer = hostnames.flatMap((hostname) => balancers.get(hostname) ?? [])[0];
  if (!loadBalancer) return { ingress, targetGroups: [], forwards: [] };
  const targetGroups = (await targetGroupsOf(loadBalancer, elbv2, resourceIdTags)).filter(({ resourceId }) =>
    resourceIds.includes(resourceId),
  );
  const forwards: LoadBalancerFacts['forwards'][number][] = [];
  for (const { ListenerArn = '' } of await elbv2.listeners(loadBalancer.arn)) {
    forwards.push(...(await elbv2.rules(ListenerArn)).flatMap(forwardsOf));
  }
  const isAsked = (forward: LoadBalancerFacts['forwards'][number]) =>
    forward.some((target) => targetGroups.some(({ arn }) => arn === target.arn));
  return { ingress, loadBalancer, targetGroups, forwards: forwards.filter(isAsked) };
}

/** Those that have one of the tags, the first of which counts. */
async function targetGroupsOf(
  { arn }: LoadBalancer,
  elbv2: Elbv2,
  resourceIdTags: readonly string[],
): Promise<TargetGroupFacts[]> {
  const groups = (await elbv2.targetGroups(arn)).map(({ TargetGroupName: name = '', TargetGroupArn: arn = '' }) => ({
    name,
    arn,
  }));
  const tags = await elbv2.tags(groups.map(({ arn }) => arn));
  return groups.flatMap((group) => {
    const tag = resourceIdTags.flatMap((key) => tags.get(group.arn)?.find(({ Key }) => Key === key) ?? [])[0];
    return tag === undefined ? [] : [{ ...group, resourceId: tag.Value ?? '' }];
  });
}

/**
 * Load balancers by hostname, kept for ten minutes. Whoever misses one waits for the listing that goes on, or starts the
 * only one.
 */
class Directory {
  readonly #known = new Map<string, LoadBalancer & { readonly until: EpochMillis }>();
  #listing: Promise<void> | undefined;

  async find(hostnames: readonly string[], tools: AwsTools): Promise<ReadonlyMap<string, LoadBalancer>> {
    const isKnown = (hostname: string) => (this.#known.get(hostname)?.until ?? 0) > tools.clock.now();
    if (!hostnames.every(isKnown)) {
      // Goes on although the one who asked first may have gone.
      const own = { ...tools, signal: new AbortController().signal };
      this.#listing ??= this.#list(own).finally(() => {
        this.#listing = undefined;
      });
      await this.#listing;
    }
    const found = hostnames.filter(isKnown).map((hostname) => {
      const { name = '', arn = '' } = this.#known.get(hostname) ?? {};
      return [hostname, { name, arn }] as const;
    });
    return new Map(found);
  }

  /** SLIPWAY: only ALBs; a network load balancer may stand in front of one. */
  async #list(tools: AwsTools): Promise<void> {
    const balancers = await (await connectElbv2(tools)).loadBalancers();
    this.#known.clear();
    for (const { Type, DNSName = '', LoadBalancerName: name = '', LoadBalancerArn: arn = '' } of balancers) {
      if (Type !== 'application') continue;
      this.#known.set(DNSName.toLowerCase(), { name, arn, until: tools.clock.now() + rememberMs });
    }
  }
}

const directories = new WeakMap<HttpClient, Directory>();

function directoryOf({ http }: AwsTools): Directory {
  const directory = directories.get(http) ?? new Directory();
  directories.set(http, directory);
  return directory;
}
