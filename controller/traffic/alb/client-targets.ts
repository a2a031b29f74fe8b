// Asks the cluster which targets a Service should have, and AWS which it has (traffic.md §2.10). Nothing is followed: it is
// read when it is asked for, and AWS only of groups that register pods by their addresses.

import { ProviderError } from '../../analysis/providers/contract.ts';
import { type Elbv2, ThrottledError } from '../../aws/elbv2.ts';
import { listAll } from '../../kubernetes/list.ts';
import { classifyFailure, type Problem } from '../../kubernetes/problem.ts';
import { collectionPath, endpointSlices, endpoints, objectPath, type Resource } from '../../kubernetes/resource.ts';
import type { Transport } from '../../kubernetes/transport.ts';
import {
  boundToIps,
  type EndpointSlice,
  type Endpoints,
  type ReadyAddresses,
  readyOfEndpoints,
  readyOfSlices,
  type TargetGroupBinding,
  wantedTargets,
} from './endpoints.ts';
import type { GroupTargets, TargetFacts, TargetQuestion } from './target-facts.ts';

export interface TargetTools {
  readonly transport: Transport;
  readonly signal: AbortSignal;
  /** `group/version` of TargetGroupBindings; one that the cluster does not serve has none. */
  readonly bindingApis: readonly string[];
  /** Called where there is a group to ask for. */
  connect(): Promise<Pick<Elbv2, 'targetHealth'>>;
}

/** What AWS says of one group. */
export class TargetGroupError extends ProviderError {
  readonly arn: string;
  readonly isThrottled: boolean;

  constructor(arn: string, cause: ProviderError) {
    super(cause.message);
    this.arn = arn;
    this.isThrottled = cause instanceof ThrottledError;
  }
}

/** Rejects with a ProviderError where the cluster refuses, with a TargetGroupError where AWS does. */
export async function askTargets(question: TargetQuestion, tools: TargetTools): Promise<TargetFacts> {
  const bindings = await Promise.all(tools.bindingApis.map((api) => bindingsOf(api, question.namespace, tools)));
  const bound = boundToIps(bindings.flat(), question);
  if (bound.length === 0) return { groups: [], skipped: [] };
  const ready = await readyAddresses(question, tools);
  const elbv2 = await tools.connect();
  const groups: GroupTargets[] = [];
  const skipped: TargetFacts['skipped'][number][] = [];
  for (const binding of bound) {
    const { arn, targets } = wantedTargets(binding, ready);
    if ('why' in targets) skipped.push({ arn, why: targets.why });
    else groups.push(await compare(arn, targets, elbv2));
  }
  return { groups, skipped };
}

/** Targets that are not among those wanted are on their way out: they do not count. */
async function compare(
  arn: string,
  wanted: ReadonlySet<string>,
  elbv2: Pick<Elbv2, 'targetHealth'>,
): Promise<GroupTargets> {
  try {
    const found = new Map<string, boolean>();
    for (const { Target, TargetHealth } of await elbv2.targetHealth(arn)) {
      const target = `${Target?.Id?.toLowerCase()}:${Target?.Port}`;
      if (wanted.has(target)) found.set(target, TargetHealth?.State === 'healthy');
    }
    const healthy = [...found.values()].filter(Boolean).length;
    return { arn, wanted: wanted.size, registered: found.size, healthy };
  } catch (error) {
    throw error instanceof ProviderError ? new TargetGroupError(arn, error) : error;
  }
}

async function bindingsOf(api: string, namespace: string, tools: TargetTools): Promise<readonly TargetGroupBinding[]> {
  const [group = '', version = ''] = api.split('/');
  const resource: Resource = {
    group,
    version,
    plural: 'targetgroupbindings',
    kind: 'TargetGroupBinding',
    namespaced: true,
    statusSubresource: true,
  };
  const read = await attempt(() => listed<TargetGroupBinding>(collectionPath(resource, namespace), tools));
  if (read.problem === undefined) return read.value;
  // An API that is not there is refused, too, to those who have no right to it.
  const isThere = read.problem.class === 'denied' && (await isServed(resource, tools));
  if (read.problem.class === 'gone' || (read.problem.class === 'denied' && !isThere)) return [];
  throw new ProviderError(read.problem.message);
}

async function isServed({ group, version, plural }: Resource, { transport, signal }: TargetTools): Promise<boolean> {
  const path = `/apis/${group}/${version}`;
  const read = await attempt(() => transport.request({ verb: 'GET', path, signal }));
  if (read.problem !== undefined) return read.problem.class !== 'gone';
  const { resources } = read.value.body as { readonly resources?: readonly { readonly name?: string }[] };
  return resources?.some(({ name }) => name === plural) ?? false;
}

/** SLIPWAY: slices know more than a thousand addresses; where they may not be read, Endpoints may. */
async function readyAddresses(question: TargetQuestion, tools: TargetTools): Promise<ReadyAddresses[]> {
  const { namespace, service, podPrefix } = question;
  const labelSelector = `kubernetes.io/service-name=${service}`;
  const slices = await attempt(() =>
    listed<EndpointSlice>(collectionPath(endpointSlices, namespace), tools, labelSelector),
  );
  if (slices.problem === undefined) return readyOfSlices(slices.value, podPrefix);
  const isOut = slices.problem.class === 'denied' || slices.problem.class === 'gone';
  if (!isOut) throw new ProviderError(slices.problem.message);
  const { transport, signal } = tools;
  const path = objectPath(endpoints, namespace, service);
  const older = await attempt(() => transport.request({ verb: 'GET', path, signal }));
  if (older.problem === undefined) return readyOfEndpoints(older.value.body as Endpoints, podPrefix);
  if (older.problem.class === 'gone') return [];
  throw new ProviderError(slices.problem.message);
}

function listed<T>(path: string, { transport, signal }: TargetTools, labelSelector?: string): Promise<readonly T[]> {
  return listAll<T>(transport, path, { signal, ...(labelSelector === undefined ? {} : { labelSelector }) });
}

type Attempt<T> = { readonly value: T; readonly problem?: never } | { readonly problem: Problem };

async function attempt<T>(read: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { problem: classifyFailure(error) };
  }
}
