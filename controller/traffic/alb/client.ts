// Asks AWS what weight verification needs to know of load balancers (traffic.md §2.9): which one has the hostname, which
// target groups carry which Service, which weights its rules have. Signed requests of our own: why not the AWS SDK, see
// controller/aws/sigv4.ts. Imported only when a Rollout is verified.

import { type HttpClient, ProviderError } from '../../analysis/providers/contract.ts';
import { resolveAwsCredentials } from '../../aws/credentials.ts';
import { awsEndpoint } from '../../aws/endpoint.ts';
import { signSigv4 } from '../../aws/sigv4.ts';
import type { AwsTools } from '../../aws/tools.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { type XmlElement, xmlText } from '../../lang/xml.ts';
import {
  type Elbv2Action,
  elbv2Form,
  forwardsOf,
  isThrottling,
  memberParameters,
  readElbv2,
  ThrottledError,
  tagOf,
} from './elbv2.ts';
import type { LoadBalancerFacts, LoadBalancerQuestion, TargetGroupFacts } from './facts.ts';

export interface Elbv2Tools extends AwsTools {
  /** Keys of the tag that names the Service of a target group; any of them counts. */
  readonly resourceIdTags: readonly string[];
}

interface LoadBalancer {
  readonly name: string;
  readonly arn: string;
}

const requestMs = 30_000;
const rememberMs = 600_000;
const tagsPerCall = 20;

export async function askLoadBalancers(
  questions: readonly LoadBalancerQuestion[],
  tools: Elbv2Tools,
): Promise<LoadBalancerFacts[]> {
  const balancers = await directoryOf(tools).find(
    questions.flatMap(({ hostnames }) => hostnames),
    tools,
  );
  return Promise.all(questions.map((question) => factsFor(question, balancers, tools)));
}

async function factsFor(
  { ingress, hostnames, resourceIds }: LoadBalancerQuestion,
  balancers: ReadonlyMap<string, LoadBalancer>,
  tools: Elbv2Tools,
): Promise<LoadBalancerFacts> {
  const loadBalancer = hostnames.flatMap((hostname) => balancers.get(hostname) ?? [])[0];
  if (!loadBalancer) return { ingress, targetGroups: [], forwards: [] };
  const groups = await describe('DescribeTargetGroups', { LoadBalancerArn: loadBalancer.arn }, tools);
  const targetGroups = (await withResourceIds(groups, tools)).filter(({ resourceId }) =>
    resourceIds.includes(resourceId),
  );
  const listeners = await describe('DescribeListeners', { LoadBalancerArn: loadBalancer.arn }, tools);
  const forwards: LoadBalancerFacts['forwards'][number][] = [];
  for (const listener of listeners) {
    const rules = await describe('DescribeRules', { ListenerArn: xmlText(listener, 'ListenerArn') }, tools);
    forwards.push(...rules.flatMap(forwardsOf));
  }
  const isAsked = (forward: LoadBalancerFacts['forwards'][number]) =>
    forward.some((target) => targetGroups.some(({ arn }) => arn === target.arn));
  return { ingress, loadBalancer, targetGroups, forwards: forwards.filter(isAsked) };
}

/** Tags come for twenty target groups at a time. */
async function withResourceIds(groups: readonly XmlElement[], tools: Elbv2Tools): Promise<TargetGroupFacts[]> {
  const nameOf = new Map(groups.map((group) => [xmlText(group, 'TargetGroupArn'), xmlText(group, 'TargetGroupName')]));
  const arns = [...nameOf.keys()];
  const found: TargetGroupFacts[] = [];
  for (let from = 0; from < arns.length; from += tagsPerCall) {
    const parameters = memberParameters('ResourceArns', arns.slice(from, from + tagsPerCall));
    for (const description of await describe('DescribeTags', parameters, tools)) {
      const arn = xmlText(description, 'ResourceArn');
      const resourceId = tagOf(description, tools.resourceIdTags);
      if (resourceId !== undefined) found.push({ name: nameOf.get(arn) ?? '', arn, resourceId });
    }
  }
  return found;
}

/** All pages of a list. */
async function describe(
  action: Elbv2Action,
  parameters: Readonly<Record<string, string>>,
  tools: AwsTools,
): Promise<XmlElement[]> {
  const items: XmlElement[] = [];
  let marker = '';
  do {
    const page = await describePage(action, { ...parameters, ...(marker === '' ? {} : { Marker: marker }) }, tools);
    items.push(...page.items);
    marker = page.nextMarker;
  } while (marker !== '');
  return items;
}

async function describePage(action: Elbv2Action, parameters: Readonly<Record<string, string>>, tools: AwsTools) {
  const { credentials, region } = await resolveAwsCredentials({}, tools);
  const request = {
    method: 'POST',
    url: awsEndpoint('elasticloadbalancing', 'ELASTIC_LOAD_BALANCING_V2', region, tools.environment),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: elbv2Form(action, parameters),
    timeoutMs: requestMs,
  };
  const scope = { service: 'elasticloadbalancing', region, credentials, now: tools.clock.now() };
  const { status, body } = await tools.http.send(signSigv4(request, scope), tools.signal);
  const answer = readElbv2(action, status, body);
  if (answer.is === 'items') return answer;
  const text = `operation error Elastic Load Balancing v2: ${action}, ${answer.code}: ${answer.message}`;
  throw isThrottling(answer.code) ? new ThrottledError(text) : new ProviderError(text);
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
    const balancers = await describe('DescribeLoadBalancers', { PageSize: '300' }, tools);
    this.#known.clear();
    for (const balancer of balancers.filter((candidate) => xmlText(candidate, 'Type') === 'application')) {
      this.#known.set(xmlText(balancer, 'DNSName').toLowerCase(), {
        name: xmlText(balancer, 'LoadBalancerName'),
        arn: xmlText(balancer, 'LoadBalancerArn'),
        until: tools.clock.now() + rememberMs,
      });
    }
  }
}

const directories = new WeakMap<HttpClient, Directory>();

function directoryOf({ http }: AwsTools): Directory {
  const directory = directories.get(http) ?? new Directory();
  directories.set(http, directory);
  return directory;
}
