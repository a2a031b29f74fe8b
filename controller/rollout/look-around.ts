// What else does somebody want to know who asks why a Rollout stands still, and the controller has no need of? Its pods,
// what they and the Rollout were warned of, and the disruption budgets. Read once, with the caller's own rights; what may
// not be read is left out.

import type { KubernetesObject, LabelSelector, Pod } from '../api/kubernetes-types.ts';
import type { Rollout } from '../api/types.generated.ts';
import type { Reason, ReasonCode } from '../explain/reasons.ts';
import type { DisruptionBudget, Surroundings, Warning } from '../explain/surroundings.ts';
import { listAll } from '../kubernetes/list.ts';
import { collectionPath, events, podDisruptionBudgets, pods } from '../kubernetes/resource.ts';
import { KubeError, type Transport } from '../kubernetes/transport.ts';
import { formatLabelSelector } from '../lang/label-selector.ts';
import { parseRfc3339 } from '../lang/rfc3339.ts';

/** Pods whose warnings are read. */
const sampleCount = 3;

export async function lookAround(
  transport: Transport,
  rollout: Rollout,
  reasons: readonly Reason[],
): Promise<Surroundings> {
  const { namespace = '', uid = '' } = rollout.metadata;
  const isAbout = (...codes: ReasonCode[]) => reasons.some(({ code }) => codes.includes(code));
  const read = <T>(path: string, query: Readonly<Record<string, string>> = {}) => listed<T>(transport, path, query);
  const isWaiting = reasons.length > 0;
  const labelSelector = formatLabelSelector(rollout.spec.selector ?? {});
  const [warnings, found, budgets] = await Promise.all([
    isWaiting ? warningsOf(transport, namespace, uid) : [],
    isAbout('podsNotAvailable', 'restarting') ? read<Pod>(collectionPath(pods, namespace), { labelSelector }) : [],
    isAbout('restarting') ? read<Budget>(collectionPath(podDisruptionBudgets, namespace)) : [],
  ]);
  const samples = found.filter((pod) => isUnready(pod) && !saysWhy(pod)).slice(0, sampleCount);
  const ofPods = samples.map(({ metadata }) => warningsOf(transport, namespace, metadata.uid ?? ''));
  return { warnings, pods: found, podWarnings: (await Promise.all(ofPods)).flat(), budgets: budgets.map(budgetOf) };
}

function isUnready({ status }: Pod): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'True';
}

/** Its status alone tells what it waits for. */
function saysWhy({ status }: Pod): boolean {
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return containers.some(({ state }) => state?.waiting?.message !== undefined);
}

interface ClusterEvent extends KubernetesObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly involvedObject?: { readonly uid?: string };
}

async function warningsOf(transport: Transport, namespace: string, uid: string): Promise<Warning[]> {
  const query = { fieldSelector: `involvedObject.uid=${uid},type=Warning` };
  const found = await listed<ClusterEvent>(transport, collectionPath(events, namespace), query);
  return found
    .filter(({ type, involvedObject }) => type === 'Warning' && involvedObject?.uid === uid)
    .map(({ reason = '', message = '', count = 1, lastTimestamp, eventTime }) => {
      const at = parseRfc3339(lastTimestamp ?? eventTime ?? '') ?? 0;
      return { of: uid, reason, message, count, at };
    });
}

interface Budget extends KubernetesObject {
  readonly spec?: { readonly selector?: LabelSelector };
  readonly status?: {
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
  };
}

function budgetOf({ metadata, spec, status }: Budget): DisruptionBudget {
  return {
    name: metadata.name ?? '',
    selector: spec?.selector,
    allowed: status?.disruptionsAllowed ?? 0,
    healthy: status?.currentHealthy ?? 0,
    needed: status?.desiredHealthy ?? 0,
  };
}

async function listed<T>(transport: Transport, path: string, query: Readonly<Record<string, string>>): Promise<T[]> {
  try {
    return (await listAll(transport, path, query)) as T[];
  } catch (error) {
    if (error instanceof KubeError) return [];
    throw error;
  }
}
