// What must hold at every instant, whatever users do and whatever breaks. It is asked after each write in the storage of
// the API server, before anybody else can react to it. Where pods may vanish by themselves (manner.losesPods), what
// depends on ready pods is not asked: a controller cannot know of a loss before it is told.

import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { Ingress, KubernetesObject, Pod, ReplicaSet, Service } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, CanaryStrategy, Rollout } from '../../controller/api/types.generated.ts';
import type { Storage, StorageEvent } from '../../sandbox/apiserver/storage.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { app, namespace } from './scenario.ts';

export interface InvariantOptions {
  readonly storage: Storage;
  readonly now: () => number;
  /** Pods may vanish by themselves, or by a user. */
  readonly losesPods: boolean;
  /** Sizes may be exceeded for a while: two processes act at once, or act on lists of long ago (operations.md §20.3, S4). */
  readonly exceedsSurge: boolean;
  readonly violated: (text: string) => void;
}

/** A process that was held up acts on what it saw a while ago: bounds of this long count as well. */
const memoryMs = 300_000;

export class Invariants {
  readonly #options: InvariantOptions;
  #bounds: { readonly at: number; readonly bounds: Bounds }[] = [];
  /** The last change that the rollout controller made. */
  lastChangeAt = 0;
  lastChange = '';

  constructor(options: InvariantOptions) {
    this.#options = options;
    options.storage.subscribe('*', (event) => this.#saw(event));
  }

  #saw(event: StorageEvent): void {
    const { resource, key, type } = event;
    if (!key.startsWith(`${namespace}/`) || type === 'DELETED') return;
    const now = event.object as unknown as KubernetesObject;
    const before = event.previous as unknown as KubernetesObject | undefined;
    if (resource === 'argoproj.io/rollouts') this.#sawRollout(now as Rollout, before as Rollout | undefined);
    if (resource === 'apps/replicasets') this.#sawReplicaSet(now as ReplicaSet, before as ReplicaSet | undefined);
    if (resource === 'argoproj.io/analysisruns' && !before) this.#isNewRun(now as AnalysisRun);
    if (before && (resource === '/services' || resource === 'networking.k8s.io/ingresses')) {
      this.#sawRoute(resource, now, before);
    }
  }

  #changed(what: string): void {
    this.lastChangeAt = this.#options.now();
    this.lastChange = what;
  }

  #sawRollout(now: Rollout, before: Rollout | undefined): void {
    this.#changed('the Rollout');
    const at = this.#options.now();
    const bounds = boundsOf(now);
    const current = this.#bounds.at(-1);
    if (current === undefined || JSON.stringify(current.bounds) !== JSON.stringify(bounds))
      this.#bounds.push({ at, bounds });
    if (before) this.#stepNeverGoesBack(now, before);
  }

  /** operations.md §20.3, I5. */
  #stepNeverGoesBack(now: Rollout, before: Rollout): void {
    const [is, was] = [now.status ?? {}, before.status ?? {}];
    if ((is.currentStepIndex ?? 0) >= (was.currentStepIndex ?? 0)) return;
    const isExplained =
      is.currentPodHash !== was.currentPodHash ||
      is.currentStepHash !== was.currentStepHash ||
      is.abort === true ||
      was.abort === true ||
      now.metadata.generation !== Number(was.observedGeneration) ||
      isOfUser(now);
    if (!isExplained) this.#violated(`the step went from ${was.currentStepIndex} back to ${is.currentStepIndex}`);
  }

  #sawReplicaSet(now: ReplicaSet, before: ReplicaSet | undefined): void {
    const isOurs =
      before === undefined ||
      now.metadata.generation !== before.metadata.generation ||
      JSON.stringify(now.metadata.annotations) !== JSON.stringify(before.metadata.annotations);
    if (isOurs) this.#changed(`ReplicaSet ${now.metadata.name}`);
    if (before === undefined) return this.#isNew(now);
    const [size, oldSize] = [now.spec.replicas ?? 1, before.spec.replicas ?? 1];
    if (size > oldSize) this.#staysWithinSurge(now);
    if (size < oldSize) this.#keepsWhatIsServed(now, size, oldSize);
  }

  /** operations.md §20.3, I1. */
  #isNew(created: ReplicaSet): void {
    const hash = hashOf(created);
    const twin = this.#replicaSets().find(
      (other) => other.metadata.name !== created.metadata.name && hashOf(other) === hash,
    );
    if (twin)
      this.#violated(`${created.metadata.name} is a second ReplicaSet of the template of ${twin.metadata.name}`);
  }

  /** No storm of runs: what is measured already is not measured a second time. */
  #isNewRun(created: AnalysisRun): void {
    this.#changed(`AnalysisRun ${created.metadata.name}`);
    const twin = this.#list<AnalysisRun>('argoproj.io/analysisruns').find(
      (other) =>
        other.metadata.name !== created.metadata.name &&
        !isOver(other) &&
        other.spec.terminate !== true &&
        JSON.stringify(other.metadata.labels) === JSON.stringify(created.metadata.labels),
    );
    if (twin) this.#violated(`${created.metadata.name} measures what ${twin.metadata.name} measures`);
  }

  /** rollout.md §4.3: maxTotal = n + maxSurge, in a canary without traffic routing. */
  #staysWithinSurge(grown: ReplicaSet): void {
    if (this.#options.exceedsSurge) return;
    const recent = this.#recentBounds();
    if (!recent.every((bounds) => bounds.isBasic)) return;
    const limit = Math.max(...recent.map((bounds) => bounds.replicas + bounds.surge));
    const total = this.#replicaSets().reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
    if (total > limit) this.#violated(`${grown.metadata.name} grew: ${total} pods wanted, at most ${limit} may be`);
  }

  #keepsWhatIsServed(shrunk: ReplicaSet, size: number, oldSize: number): void {
    if (this.#options.losesPods) return;
    const name = shrunk.metadata.name ?? '';
    const pods = this.#readyPods();
    const own = pods.filter((pod) => isOwnedBy(pod, shrunk)).length;
    const taken = Math.max(0, own - size);
    if (taken === 0) return;
    const recent = this.#recentBounds();
    // design.md, law 10; operations.md §20.3, S7 and S9.
    const target = this.#targets().find(({ hash, weight }) => weight > 0 && hash && hash === hashOf(shrunk));
    if (target && size === 0) {
      this.#violated(`${name} went from ${oldSize} to 0 while ${target.service} sends ${target.weight} % to it`);
    }
    // rollout.md §4.3: minAvail = n - maxUnavailable.
    if (!recent.every((bounds) => bounds.isBasic)) return;
    const least = Math.min(...recent.map((bounds) => bounds.replicas - bounds.unavailable));
    if (pods.length - taken < least) {
      this.#violated(`${name} went from ${oldSize} to ${size}: ${pods.length - taken} ready pods stay, ${least} must`);
    }
  }

  /** operations.md §20.3, I3: no weight on a version without ready pods, unless it was so before. */
  #sawRoute(resource: string, now: KubernetesObject, before: KubernetesObject): void {
    this.#changed(`${resource} ${now.metadata.name}`);
    if (this.#options.losesPods) return;
    const lost = this.#unserved(now);
    if (lost.weight <= this.#unserved(before).weight) return;
    this.#violated(
      `${now.metadata.name}: ${lost.weight} % of the traffic goes to ${lost.services.join(', ')} without a ready pod`,
    );
  }

  #unserved(changed: KubernetesObject): { readonly weight: number; readonly services: readonly string[] } {
    const pods = this.#readyPods();
    const empty = this.#targets(changed).filter(
      ({ weight, selector }) =>
        weight > 0 &&
        !pods.some((pod) => Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value)),
    );
    return {
      weight: empty.reduce((sum, { weight }) => sum + weight, 0),
      services: empty.map(({ service, hash }) => `${service} (${hash})`),
    };
  }

  /** Where traffic goes: by the Ingress's action, or to the active Service. `changed` stands in for its stored self. */
  #targets(changed?: KubernetesObject) {
    const rollout = this.#list<Rollout>('argoproj.io/rollouts')[0];
    const strategy = rollout?.spec.strategy;
    const read = <T extends KubernetesObject>(resource: string, kind: string): T[] =>
      this.#list<T>(resource).map((object) =>
        changed?.kind === kind && changed.metadata.name === object.metadata.name ? (changed as T) : object,
      );
    const services = read<Service>('/services', 'Service');
    const weights = strategy?.blueGreen
      ? [{ service: strategy.blueGreen.activeService ?? '', weight: 100 }]
      : strategy?.canary?.trafficRouting
        ? weightsOf(strategy.canary, read<Ingress>('networking.k8s.io/ingresses', 'Ingress'))
        : [];
    return weights.flatMap(({ service, weight }) => {
      const selector = services.find(({ metadata }) => metadata.name === service)?.spec.selector as
        | Record<string, string>
        | undefined;
      return selector ? [{ service, weight, selector, hash: selector[podTemplateHashLabel] }] : [];
    });
  }

  #recentBounds(): Bounds[] {
    const since = this.#options.now() - memoryMs;
    const first = this.#bounds.findLastIndex(({ at }) => at < since);
    this.#bounds = this.#bounds.slice(Math.max(0, first));
    return this.#bounds.map(({ bounds }) => bounds);
  }

  #readyPods(): Pod[] {
    return this.#list<Pod>('/pods').filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true,
    );
  }

  #replicaSets(): ReplicaSet[] {
    return this.#list<ReplicaSet>('apps/replicasets').filter(
      ({ metadata }) => metadata.deletionTimestamp === undefined && metadata.ownerReferences?.[0]?.kind === 'Rollout',
    );
  }

  #list<T>(resource: string): T[] {
    return this.#options.storage.list(resource, namespace) as unknown as T[];
  }

  #violated(text: string): void {
    this.#options.violated(text);
  }
}

/** A client set the index, perhaps over one that it had not seen yet (`promote` reads, then writes twice). */
function isOfUser({ metadata }: Rollout): boolean {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly FieldsEntry[] };
  const owner = managedFields.find(({ fieldsV1 }) => JSON.stringify(fieldsV1 ?? {}).includes('"f:currentStepIndex"'));
  return owner !== undefined && owner.manager !== 'rollouts-controller';
}

interface FieldsEntry {
  readonly manager?: string;
  readonly fieldsV1?: unknown;
}

interface Target {
  readonly service: string;
  readonly weight: number;
}

/** As the router of the strategy obeys them. */
function weightsOf({ trafficRouting, ...canary }: CanaryStrategy, ingresses: readonly Ingress[]): Target[] {
  const annotation = (name: string, key: string) =>
    ingresses.find(({ metadata }) => metadata.name === name)?.metadata.annotations?.[key];
  if (!trafficRouting?.nginx) return albTargets(annotation('web', 'alb.ingress.kubernetes.io/actions.root'));
  const weight = Number(annotation(nginxCanary, 'nginx.ingress.kubernetes.io/canary-weight') ?? 0);
  return [
    { service: canary.canaryService ?? '', weight },
    { service: canary.stableService ?? '', weight: 100 - weight },
  ];
}

const nginxCanary = `${app}-nginx-canary`;

function albTargets(action: string | undefined): Target[] {
  if (action === undefined) return [];
  const { ForwardConfig } = JSON.parse(action) as {
    readonly ForwardConfig?: {
      readonly TargetGroups?: readonly { readonly ServiceName: string; readonly Weight?: number }[];
    };
  };
  return (ForwardConfig?.TargetGroups ?? []).map(({ ServiceName, Weight = 1 }) => ({
    service: ServiceName,
    weight: Weight,
  }));
}

export function isOver({ status }: AnalysisRun): boolean {
  return ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status?.phase ?? '');
}

function hashOf({ metadata }: KubernetesObject): string | undefined {
  return metadata.labels?.[podTemplateHashLabel];
}

function isOwnedBy(pod: Pod, { metadata }: ReplicaSet): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
}
