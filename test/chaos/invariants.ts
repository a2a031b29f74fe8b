// What must hold at every instant, whatever users do and whatever breaks. It is asked after each write in the storage of
// the API server, before anybody else can react to it. Where pods may vanish by themselves (manner.losesPods), what
// depends on ready pods is not asked: a controller cannot know of a loss before it is told.

import type { Ingress, KubernetesObject, Pod, ReplicaSet, Service } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { Storage, StorageEvent } from '../../sandbox/apiserver/storage.ts';
import { type Bounds, boundsOf } from './bounds.ts';
import { namespace } from './names.ts';
import { stepProblem } from './step-rules.ts';
import { hashOf, isOf, isOver, isOwnedBy, isReady, isSelected, World } from './world.ts';

export interface InvariantOptions {
  readonly storage: Storage;
  readonly now: () => number;
  /** Pods may vanish by themselves, or by a user. */
  readonly losesPods: boolean;
  /** Sizes may be exceeded for a while: two processes act at once, or act on lists of long ago (operations.md §20.3, S4). */
  readonly hasTwoLeaders: boolean;
  /** Two processes act now, or did a moment ago: what one has set, the other may take back. */
  readonly areTwoActing: () => boolean;
  readonly violated: (text: string) => void;
}

/** A process that was held up acts on what it saw a while ago: bounds of this long count as well. */
const memoryMs = 300_000;
/** Nobody writes as much as this in a moment, unless in a loop. */
export const storm = { writes: 150, withinMs: 10_000 };
/** By Rollouts, which are invalid without them. */
const referredTo: ReadonlySet<string> = new Set([
  '/services',
  'networking.k8s.io/ingresses',
  'argoproj.io/analysistemplates',
  'argoproj.io/clusteranalysistemplates',
]);
/** What was begun before a spec became invalid is done by then. */
const invalidMs = 60_000;
/** In which a new size is settled, with the delays of what is scaled down. */
const scalingMs = 90_000;

export class Invariants {
  readonly #options: InvariantOptions;
  readonly #world: World;
  #bounds: { readonly at: number; readonly bounds: Bounds }[] = [];
  #writtenAt: number[] = [];
  /** The Rollout, or what it refers to, was changed: its spec may be valid again. */
  #judgedAnewAt = 0;
  /** The last change that came without a change of the size: an autoscaler may change its mind at any time. */
  lastChangeAt = 0;
  lastChange = '';
  #scaledAt = Number.NEGATIVE_INFINITY;

  constructor(options: InvariantOptions) {
    this.#options = options;
    this.#world = new World(options.storage);
    options.storage.subscribe('*', (event) => this.#saw(event));
  }

  #saw({ resource, key, type, object, previous }: StorageEvent): void {
    if (type === 'ADDED' && referredTo.has(resource)) this.#judgedAnewAt = this.#options.now();
    if (!key.startsWith(`${namespace}/`)) return;
    const now = object as unknown as KubernetesObject;
    const before = previous as unknown as KubernetesObject | undefined;
    if (resource === '/pods') this.#sawPod(type === 'DELETED' ? undefined : (now as Pod), before as Pod | undefined);
    if (type === 'DELETED') return;
    if (resource === 'argoproj.io/rollouts') this.#sawRollout(now as Rollout, before as Rollout | undefined);
    if (resource === 'apps/replicasets') this.#sawReplicaSet(now as ReplicaSet, before as ReplicaSet | undefined);
    if (resource === 'argoproj.io/analysisruns' && !before) this.#isNewRun(now as AnalysisRun);
    if (resource === 'argoproj.io/experiments' && !before) this.#isNewExperiment(now as Experiment);
    if (before && (resource === '/services' || resource === 'networking.k8s.io/ingresses')) {
      this.#sawRoute(resource, now as Service | Ingress, before as Service | Ingress);
    }
  }

  #changed(what: string): void {
    const now = this.#options.now();
    if (now > this.#scaledAt + scalingMs) {
      this.lastChangeAt = now;
      this.lastChange = what;
    }
    this.#writtenAt.push(now);
    while ((this.#writtenAt[0] ?? now) < now - storm.withinMs) this.#writtenAt.shift();
    // Two processes that see the world differently contradict each other as often as their status is paced (50 ms).
    const most = storm.writes * (this.#options.hasTwoLeaders ? 4 : 1);
    if (this.#writtenAt.length > most) this.#violated(`more than ${most} writes in ${storm.withinMs / 1000} s`);
  }

  /** rollout.md §1.3: nothing is done for an invalid Rollout. */
  #acts(what: string): void {
    const { metadata, status } = this.#world.rollout() ?? {};
    const isInvalid = status?.conditions?.some(({ type, status: is }) => type === 'InvalidSpec' && is === 'True');
    if (!isInvalid || Number(status?.observedGeneration) !== metadata?.generation) return;
    if (this.#options.now() - this.#judgedAnewAt < invalidMs) return;
    this.#violated(`${what} was changed although the spec is invalid`);
  }

  #sawRollout(now: Rollout, before: Rollout | undefined): void {
    const at = this.#options.now();
    if (before?.spec.replicas !== undefined && now.spec.replicas !== before.spec.replicas) this.#scaledAt = at;
    this.#changed('the Rollout');
    this.#judgedAnewAt = at;
    const bounds = boundsOf(now);
    const current = this.#bounds.at(-1);
    if (current === undefined || JSON.stringify(current.bounds) !== JSON.stringify(bounds)) {
      this.#bounds.push({ at, bounds });
    }
    const problem = before && stepProblem(now, before, () => this.#evidence());
    if (problem) this.#violated(problem);
  }

  #evidence() {
    const world = this.#world;
    const versions = world.replicaSets();
    const areTwoActing = this.#options.areTwoActing();
    return { runs: world.runs(), experiments: world.experiments(), targets: world.targets(), versions, areTwoActing };
  }

  #sawReplicaSet(now: ReplicaSet, before: ReplicaSet | undefined): void {
    const isOurs =
      before === undefined ||
      now.metadata.generation !== before.metadata.generation ||
      JSON.stringify(now.metadata.annotations) !== JSON.stringify(before.metadata.annotations);
    if (isOurs) this.#changed(`ReplicaSet ${now.metadata.name}`);
    if (!isOf(now, 'Rollout')) return;
    if (isOurs) this.#acts(`ReplicaSet ${now.metadata.name}`);
    if (before === undefined) return this.#isNew(now);
    const [size, oldSize] = [now.spec.replicas ?? 1, before.spec.replicas ?? 1];
    if (size > oldSize) this.#staysWithinSurge(now);
    if (size < oldSize) this.#keepsWhatIsServed(now, size, oldSize);
  }

  /** operations.md §20.3, I1. */
  #isNew(created: ReplicaSet): void {
    const hash = hashOf(created);
    const twin = this.#world
      .replicaSets()
      .find((other) => other.metadata.name !== created.metadata.name && hashOf(other) === hash);
    if (twin)
      this.#violated(`${created.metadata.name} is a second ReplicaSet of the template of ${twin.metadata.name}`);
  }

  /** No storm of runs: what is measured already is not measured a second time. */
  #isNewRun(created: AnalysisRun): void {
    this.#changed(`AnalysisRun ${created.metadata.name}`);
    const twin = this.#world
      .runs()
      .find(
        (other) =>
          isUnfinishedTwin(other, created) &&
          JSON.stringify(other.metadata.labels) === JSON.stringify(created.metadata.labels),
      );
    if (twin) this.#violated(`${created.metadata.name} measures what ${twin.metadata.name} measures`);
  }

  /** A step has one Experiment at a time. */
  #isNewExperiment(created: Experiment): void {
    this.#changed(`Experiment ${created.metadata.name}`);
    this.#acts(`Experiment ${created.metadata.name}`);
    const twin = this.#world
      .experiments()
      .find((other) => isUnfinishedTwin(other, created) && purposeOf(other) === purposeOf(created));
    if (twin) this.#violated(`${created.metadata.name} was begun while ${twin.metadata.name} runs`);
  }

  /** rollout.md §4.3: maxTotal = n + maxSurge, in a canary without traffic routing. */
  #staysWithinSurge(grown: ReplicaSet): void {
    if (this.#options.hasTwoLeaders) return;
    const recent = this.#recentBounds();
    const size = grown.spec.replicas ?? 1;
    const largest = Math.max(...recent.map((bounds) => bounds.largest));
    if (size > largest) this.#violated(`${grown.metadata.name} grew to ${size}, no version has more than ${largest}`);
    if (!recent.every((bounds) => bounds.isBasic)) return;
    const limit = Math.max(...recent.map((bounds) => bounds.replicas + bounds.surge));
    const total = this.#world.replicaSets().reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
    if (total > limit) this.#violated(`${grown.metadata.name} grew: ${total} pods wanted, at most ${limit} may be`);
  }

  #keepsWhatIsServed(shrunk: ReplicaSet, size: number, oldSize: number): void {
    if (this.#mayLosePods()) return;
    const name = shrunk.metadata.name ?? '';
    const recent = this.#recentBounds();
    const target = this.#world.targets().find(({ hash, weight }) => weight > 0 && hash && hash === hashOf(shrunk));
    const isStable = this.#world.rollout()?.status?.stableRS === hashOf(shrunk);
    if (target && isStable) {
      const least = Math.min(...recent.map((bounds) => stableSize(bounds, target.weight)));
      if (size < least)
        this.#violated(
          `${name} went from ${oldSize} to ${size} with ${target.weight} % of the traffic, ${least} must stay`,
        );
    }
    const pods = this.#servingPods();
    const own = pods.filter((pod) => isOwnedBy(pod, shrunk)).length;
    const taken = Math.max(0, own - size);
    if (taken === 0) return;
    // design.md, law 10; operations.md §20.3, S7 and S9.
    if (target && size === 0) {
      this.#violated(`${name} went from ${oldSize} to 0 while ${target.service} sends ${target.weight} % to it`);
    }
    // rollout.md §4.3: minAvail = n - maxUnavailable.
    const least = this.#leastReady();
    if (pods.length - taken < least) {
      this.#violated(`${name} went from ${oldSize} to ${size}: ${pods.length - taken} ready pods stay, ${least} must`);
    }
  }

  /** operations.md §20.3, I2: a version to which traffic is sent never loses its last ready pod, and enough are left. */
  #sawPod(now: Pod | undefined, before: Pod | undefined): void {
    if (!before || this.#mayLosePods() || !isReady(before) || (now && isReady(now))) return;
    if (!this.#world.rollout() || isOf(before, 'Experiment')) return;
    const ready = this.#world.readyPods();
    for (const target of this.#world.targets()) {
      if (target.weight === 0 || !isSelected(before, target) || ready.some((pod) => isSelected(pod, target))) continue;
      this.#violated(`${target.service} lost its last ready pod while ${target.weight} % of the traffic goes to it`);
    }
    if (hashOf(before) === undefined) return; // of the Deployment that a workloadRef names
    const [serving, least] = [this.#servingPods().length, this.#leastReady()];
    if (serving < least) this.#violated(`${serving} ready pods are left, ${least} must be there`);
  }

  /** operations.md §20.3, I3: no weight on a version without ready pods, unless it was so before. */
  #sawRoute(resource: string, now: Service | Ingress, before: Service | Ingress): void {
    this.#changed(`${resource} ${now.metadata.name}`);
    if (JSON.stringify(now.spec) !== JSON.stringify(before.spec)) this.#acts(`${resource} ${now.metadata.name}`);
    if (this.#mayLosePods()) return;
    const lost = this.#unserved(now);
    if (lost.weight <= this.#unserved(before).weight) return;
    this.#violated(
      `${now.metadata.name}: ${lost.weight} % of the traffic goes to ${lost.services.join(', ')} without a ready pod`,
    );
  }

  #unserved(changed: KubernetesObject): { readonly weight: number; readonly services: readonly string[] } {
    const pods = this.#world.readyPods();
    const empty = this.#world
      .targets(changed)
      .filter((target) => target.weight > 0 && !pods.some((pod) => isSelected(pod, target)));
    return {
      weight: empty.reduce((sum, { weight }) => sum + weight, 0),
      services: empty.map(({ service, hash }) => `${service} (${hash})`),
    };
  }

  /** Of the Rollout's own versions. */
  #servingPods(): Pod[] {
    const own = new Set(this.#world.replicaSets().map(({ metadata }) => metadata.uid));
    return this.#world.readyPods().filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => own.has(uid)));
  }

  /** Of all versions together; 0 where each has a bound of its own. */
  #leastReady(): number {
    const recent = this.#recentBounds();
    if (!recent.every((bounds) => bounds.isBasic)) return 0;
    return Math.min(...recent.map((bounds) => bounds.replicas - bounds.unavailable));
  }

  /** Also where somebody wanted no pods at all. */
  #mayLosePods(): boolean {
    return this.#options.losesPods || this.#recentBounds().some(({ replicas }) => replicas === 0);
  }

  #recentBounds(): Bounds[] {
    const since = this.#options.now() - memoryMs;
    const first = this.#bounds.findLastIndex(({ at }) => at < since);
    this.#bounds = this.#bounds.slice(Math.max(0, first));
    return this.#bounds.map(({ bounds }) => bounds);
  }

  #violated(text: string): void {
    this.#options.violated(text);
  }
}

/** What the stable version needs for its share of the traffic (rollout.md §4.5); nothing is asked of a canary's pods alone. */
function stableSize({ isBasic, isDynamic, replicas }: Bounds, weight: number): number {
  if (isBasic) return 0;
  return isDynamic ? Math.ceil((replicas * weight) / 100) : replicas;
}

function isUnfinishedTwin(other: AnalysisRun | Experiment, created: AnalysisRun | Experiment): boolean {
  return other.metadata.name !== created.metadata.name && !isOver(other) && other.spec.terminate !== true;
}

/** `<rollout>-<hash>-<revision>-<step>`; those that are begun anew have a number more. */
function purposeOf({ metadata, spec }: Experiment): string {
  const step = metadata.name?.split('-').slice(0, 4).join('-');
  return JSON.stringify([step, spec]); // a user may edit the step while its Experiment runs
}
