// How a plan is carried out: one wave of writes in the planned order (design law 4, design.md §5). The only switch over
// Write there is. `faults` is the only fault seam of the shell: conformance stops or fails after every write.

import { analysisRuns } from '../analysis/resources.ts';
import { storedStatusOf } from '../api/decode-rollout.ts';
import type { Ingress, KubernetesObject, Pod, ReplicaSet } from '../api/kubernetes-types.ts';
import { experiments } from '../experiment/resources.ts';
import { deployments, ingresses, pods, replicaSets } from '../kubernetes/resource.ts';
import type { Target, WriteResult, Writer } from '../kubernetes/writer.ts';
import { applyMergePatch } from '../lang/merge-patch.ts';
import type { Clock } from '../lang/time.ts';
import { loadBalancerCall } from '../traffic/alb/verify.ts';
import type { StartedCall } from './calls.ts';
import { fingerprintOf, refusedKeyOf } from './plan/retry-writes.ts';
import { nextServedWeights, propagationMsOf } from './plan/served-weights.ts';
import { targetCall } from './plan/target-verification.ts';
import { rollouts } from './resources.ts';
import type { ErrorClass, EventRecord, Ledger, Observed, Outcome, Plan, Problem, Write } from './types.ts';
import { assertNever, type ClusterWrite, targetOf } from './write-target.ts';

export interface ExecuteDeps {
  readonly writer: Writer;
  readonly clock: Clock;
  /** Told in order when the wave has ended. */
  readonly tell: (event: EventRecord) => void;
  readonly startCall: (call: StartedCall) => void;
  /** What load balancers told before an Ingress or a Service was changed does not count any more. */
  readonly dropCall: (key: string) => void;
}

export interface Faults {
  /** The process "dies" after this many writes: nothing more is written or told. */
  readonly stopAfter?: number;
  /** Write number (from 0) → the class it fails with instead of being sent. */
  readonly fail?: Readonly<Record<number, ErrorClass>>;
}

export interface WaveResult {
  /** Writes that changed something. */
  readonly changeCount: number;
  readonly failures: readonly { readonly key: string; readonly problem: Problem }[];
  readonly ledger: Ledger;
  /** The status of the plan is in the cluster, whatever became of housekeeping before it. */
  readonly isStatusWritten: boolean;
  /** The fault seam ended the wave. */
  readonly stopped: boolean;
}

export async function execute(
  plan: Plan,
  observed: Observed,
  deps: ExecuteDeps,
  faults: Faults = {},
): Promise<WaveResult> {
  const wave = new Wave(observed, deps);
  let isWhole = true;
  for (const [index, write] of plan.writes.entries()) {
    if (faults.stopAfter !== undefined && index >= faults.stopAfter) return wave.result(plan, true);
    const failure = faults.fail?.[index];
    const result: WriteResult = failure
      ? { ok: false, problem: { class: failure, message: `injected: ${failure}` } }
      : await wave.send(write);
    if (wave.settle(write, result)) continue;
    isWhole = false;
    if (write.onFailure === 'stop') break;
  }
  if (isWhole) wave.events.push(...plan.events);
  for (const event of wave.events) deps.tell(event);
  return wave.result(plan, false);
}

class Wave {
  readonly events: EventRecord[] = [];
  readonly #observed: Observed;
  readonly #deps: ExecuteDeps;
  readonly #namespace: string;
  /** Versions that earlier writes of this wave were answered with: later writes to the same object carry them. */
  readonly #versions = new Map<string, string>();
  readonly #failures: { key: string; problem: Problem }[] = [];
  readonly #outcomes: Record<string, Outcome>;
  readonly #evictions: Record<string, Ledger['evictions'][string]>;
  readonly #verified: Record<string, string>;
  /** ReplicaSets with a pod that did not take its metadata: all are looked at again. */
  readonly #unverified = new Set<string>();
  #servedWeights: Ledger['servedWeights'];
  #changeCount = 0;
  #isStatusWritten = false;

  constructor(observed: Observed, deps: ExecuteDeps) {
    this.#observed = observed;
    this.#deps = deps;
    this.#namespace = observed.rollout.metadata.namespace ?? '';
    this.#outcomes = { ...observed.ledger.outcomes };
    this.#evictions = { ...observed.ledger.evictions };
    this.#verified = { ...observed.ledger.verifiedPodMetadata };
    this.#servedWeights = observed.ledger.servedWeights;
  }

  async send(write: Write): Promise<WriteResult> {
    if (write.kind === 'startCall') {
      this.#deps.startCall(write);
      return { ok: true, changed: false };
    }
    const target = targetOf(write, this.#observed.rollout);
    const result = await this.#request(write, target);
    if (result.ok) {
      const version = result.object?.metadata.resourceVersion;
      if (version !== undefined) this.#versions.set(identityOf(target), version);
    } else if (result.problem.class === 'conflict' || result.problem.class === 'gone') {
      // The plan was made from an old version: the store gets the present one, so that the next plan is another.
      if (target.resource !== pods) await this.#deps.writer.read(target);
    }
    return result;
  }

  /** Records what came of a write; false when it failed. */
  settle(write: Write, result: WriteResult): boolean {
    if (result.ok) {
      if (result.changed) this.#changeCount += 1;
      delete this.#outcomes[write.key];
      this.events.push(...(write.events ?? []));
      if (write.kind === 'patchIngress' && result.changed) this.#deps.dropCall(loadBalancerCall);
      if (write.kind === 'patchService' && result.changed) this.#deps.dropCall(targetCall);
      this.#learn(write);
      return true;
    }
    const { problem } = result;
    this.#failures.push({ key: write.key, problem });
    if (problem.class === 'conflict' || problem.class === 'gone') {
      delete this.#outcomes[write.key]; // the object was read again: nothing is left to remember
    } else {
      const before = this.#outcomes[write.key];
      const attempts = (before?.attempts ?? 0) + 1;
      const triedAt = this.#deps.clock.now();
      const about = fingerprintOf(write);
      this.#outcomes[write.key] = { problem, since: before?.since ?? triedAt, attempts, triedAt, about };
    }
    if (write.failureEvent && problem.class !== 'conflict' && !problem.isUnsent) {
      const { message } = write.failureEvent;
      this.events.push({ ...write.failureEvent, message: message.replaceAll('{error}', problem.message) });
    }
    if (write.kind === 'patchPodMetadata') {
      delete this.#verified[write.replicaSetUid];
      this.#unverified.add(write.replicaSetUid);
    }
    // A refusal by a disruption budget is an answer: the pod is tried again later (design.md §5.8).
    return write.kind === 'evictPod' && problem.class === 'throttled';
  }

  result(plan: Plan, stopped: boolean): WaveResult {
    // What the plan neither writes nor speaks of is over, also while something else fails again and again.
    const remembered = new Set([
      ...plan.writes.map(({ key }) => key),
      ...plan.reasons.flatMap((reason) => refusedKeyOf(reason) ?? []),
    ]);
    const uids = new Set(this.#observed.replicaSets.map(({ metadata }) => metadata.uid ?? ''));
    return {
      changeCount: this.#changeCount,
      failures: this.#failures,
      isStatusWritten: this.#isStatusWritten,
      stopped,
      ledger: {
        ...this.#observed.ledger,
        outcomes: onlyOf(remembered, this.#outcomes),
        evictions: onlyOf(uids, this.#evictions),
        verifiedPodMetadata: onlyOf(uids, this.#verified),
        servedWeights: this.#servedWeights,
      },
    };
  }

  #learn(write: Write): void {
    if (write.kind === 'evictPod') {
      const replicaSet = this.#observed.replicaSets.find(({ metadata }) => metadata.uid === write.replicaSetUid);
      this.#evictions[write.replicaSetUid] = {
        resourceVersion: replicaSet?.metadata.resourceVersion ?? '',
        at: this.#deps.clock.now(),
      };
    }
    if (write.kind === 'patchPodMetadata' && !this.#unverified.has(write.replicaSetUid)) {
      this.#verified[write.replicaSetUid] = write.fingerprint;
    }
    if (write.kind === 'patchStatus') {
      this.#isStatusWritten = true;
      const before = this.#observed.rollout.status?.canary?.weights;
      const timing = { now: this.#deps.clock.now(), propagationMs: propagationMsOf(this.#observed.rollout) };
      this.#servedWeights = nextServedWeights(this.#servedWeights, before, write.status.canary?.weights, timing);
    }
  }

  #request(write: ClusterWrite, target: Target): Promise<WriteResult> {
    const { writer } = this.#deps;
    const own = this.#observed.rollout;
    const version = (planned: string | undefined) => this.#versions.get(identityOf(target)) ?? planned;
    const guarded = (uid: string, planned: string | undefined) => {
      const resourceVersion = planned === undefined ? undefined : version(planned);
      return { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    };
    switch (write.kind) {
      case 'createReplicaSet':
        return writer.create(replicaSets, write.object);
      case 'scaleReplicaSet': {
        const metadata = write.annotations ? { metadata: { annotations: write.annotations } } : {};
        const patch = { ...metadata, spec: { replicas: write.replicas } };
        return writer.patch(target, patch, guarded(write.uid, write.resourceVersion));
      }
      case 'patchReplicaSet':
        return writer.patch(target, write.patch, guarded(write.uid, write.resourceVersion));
      case 'adoptReplicaSet':
        return this.#adopt(write, target);
      case 'releaseReplicaSet':
        return this.#writeOwners(write, target, (owners) => owners.filter((owner) => owner.uid !== write.ownerUid));
      case 'deleteReplicaSet': {
        const resourceVersion = version(write.resourceVersion) ?? write.resourceVersion;
        return writer.delete(target, { uid: write.uid, resourceVersion });
      }
      case 'patchRollout': {
        // With the observed version: else the status that follows would overwrite a client's abort.
        return writer.patch(target, write.patch, guarded(own.metadata.uid ?? '', own.metadata.resourceVersion));
      }
      case 'repairRollout': {
        const test = { op: 'test', path: '/metadata/resourceVersion', value: version(own.metadata.resourceVersion) };
        return writer.patch(target, [test, ...write.operations], { type: 'json' });
      }
      case 'createIngress':
        return this.#createIngress(write.object);
      case 'patchService':
      case 'patchIngress':
        return writer.patch(target, this.#withVersion(write.patch, target));
      case 'patchPodMetadata':
        return this.#updatePod(write);
      case 'createAnalysisRun':
        return writer.create(analysisRuns, write.object);
      case 'patchAnalysisRun':
        return writer.patch(target, write.patch, { uid: write.uid });
      case 'deleteAnalysisRun':
        return writer.delete(target, { uid: write.uid });
      case 'createExperiment':
        return writer.create(experiments, write.object);
      case 'terminateExperiment':
        return writer.patch(target, { spec: { terminate: true } }, { uid: write.uid });
      case 'deleteExperiment':
        return writer.delete(target, { uid: write.uid });
      case 'evictPod':
        return writer.evict(this.#namespace, write.name, write.uid);
      case 'scaleWorkload':
        return this.#scaleWorkload(write, target);
      case 'patchStatus': {
        const resourceVersion = version(own.metadata.resourceVersion);
        return writer.patchStatus(target, { ...own, status: storedStatusOf(own) }, write.status, resourceVersion);
      }
      default:
        return assertNever(write);
    }
  }

  /** A patch that names a version carries the one that this wave's last write to the object was answered with. */
  #withVersion(patch: unknown, target: Target): unknown {
    const content = patch as { readonly metadata?: { readonly resourceVersion?: string } };
    const resourceVersion = this.#versions.get(identityOf(target));
    if (content.metadata?.resourceVersion === undefined || resourceVersion === undefined) return patch;
    return { ...content, metadata: { ...content.metadata, resourceVersion } };
  }

  /** A twin that no watch has told of yet is read like any other conflict; the next plan patches it (traffic.md §3.3). */
  async #createIngress(object: Ingress): Promise<WriteResult> {
    const result = await this.#deps.writer.create(ingresses, object);
    const exists = !result.ok && result.problem.class === 'exists';
    return exists ? { ok: false, problem: { ...result.problem, class: 'conflict' } } : result;
  }

  /**
   * Only for a Rollout that is still there (rollout.md §9.6): what a Rollout that is gone adopts is collected as garbage,
   * pods and all.
   */
  async #adopt(write: Extract<Write, { kind: 'adoptReplicaSet' }>, target: Target): Promise<WriteResult> {
    const { name = '' } = this.#observed.rollout.metadata;
    const live = await this.#deps.writer.read({ resource: rollouts, namespace: this.#namespace, name });
    if (!live.ok || !live.object) return live;
    const { uid, deletionTimestamp } = live.object.metadata;
    if (uid !== write.owner.uid || deletionTimestamp !== undefined) return notObserved(`Rollout ${name} as it is now`);
    return this.#writeOwners(write, target, (owners) => [...owners, write.owner]);
  }

  #writeOwners(
    write: { readonly name: string; readonly uid: string },
    target: Target,
    edit: (owners: NonNullable<KubernetesObject['metadata']['ownerReferences']>) => readonly unknown[],
  ): Promise<WriteResult> {
    const replicaSet = this.#observed.replicaSets.find(({ metadata }) => metadata.uid === write.uid);
    if (!replicaSet) return Promise.resolve(notObserved(`ReplicaSet ${write.name}`));
    const ownerReferences = edit(replicaSet.metadata.ownerReferences ?? []);
    return this.#deps.writer.patch<ReplicaSet>(target, { metadata: { ownerReferences } }, preconditionsOf(replicaSet));
  }

  /** The role has no `patch` on pods and no `update` of parts: the whole pod is written back. */
  #updatePod(write: Extract<Write, { kind: 'patchPodMetadata' }>): Promise<WriteResult> {
    if (write.podName === '') return Promise.resolve({ ok: true, changed: false }); // all pods are right already
    const { pods: known } = this.#observed;
    const pod =
      known.is === 'present' ? known.value.find(({ metadata }) => metadata.name === write.podName) : undefined;
    if (!pod) return Promise.resolve(notObserved(`Pod ${write.podName}`));
    return this.#deps.writer.update<Pod>(pods, applyMergePatch(pod, write.patch) as Pod);
  }

  /** The role has no `patch` on deployments, and the store keeps no whole ones: it is read, changed and written back. */
  async #scaleWorkload(write: Extract<Write, { kind: 'scaleWorkload' }>, target: Target): Promise<WriteResult> {
    const live = await this.#deps.writer.read(target);
    if (!live.ok || !live.object) return live;
    const scaled = applyMergePatch(live.object, { spec: { replicas: write.replicas } });
    return scaled === live.object ? { ok: true, changed: false } : this.#deps.writer.update(deployments, scaled);
  }
}

function preconditionsOf({ metadata }: KubernetesObject): { uid?: string; resourceVersion?: string } {
  return {
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
}

function identityOf({ resource, name }: Target): string {
  return `${resource.plural}.${resource.group}/${name}`;
}

function onlyOf<T>(keys: ReadonlySet<string>, record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => keys.has(key)));
}

function notObserved(what: string): WriteResult {
  return { ok: false, problem: { class: 'conflict', message: `${what} was not observed` } };
}
