// The smallest world in which an Experiment runs: objects as values, time by hand. Every plan made in it is held to the
// laws: nothing given is changed, waves come to an end, standing still has a reason, wakeAt is exact.

import assert from 'node:assert/strict';
import type { ReplicaSet, Service } from '../../controller/api/kubernetes-types.ts';
import type {
  AnalysisRun,
  AnalysisTemplate,
  Experiment,
  ExperimentSpec,
  ExperimentStatus,
  TemplateSpec,
} from '../../controller/api/types.generated.ts';
import { serviceNameOf } from '../../controller/experiment/plan/service.ts';
import { planExperiment } from '../../controller/experiment/plan.ts';
import type {
  ExperimentEvent,
  ExperimentObserved,
  ExperimentPlan,
  ExperimentWrite,
  Known,
} from '../../controller/experiment/types.ts';
import type { Problem } from '../../controller/kubernetes/problem.ts';
import { applyMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { start } from './objects.ts';
import { deepFreeze } from './rows.ts';

const settleWithin = 8;
const over: readonly unknown[] = ['Successful', 'Failed', 'Error', 'Inconclusive'];

export class ExperimentWorld {
  now = start;
  experiment: Experiment;
  replicaSets: ReplicaSet[] = [];
  services: Service[] = [];
  analysisRuns: AnalysisRun[] = [];
  templates: ExperimentObserved['templates'] = {};
  routedServices: string[] = [];
  outcomes: ExperimentObserved['ledger']['outcomes'] = {};
  live: ExperimentObserved['live'] = { replicaSets: {}, services: {}, analysisRuns: {} };
  /** Everything that was told, in order, as `Reason: message`. */
  readonly told: string[] = [];
  /** Writes that fail from now on, by key. */
  readonly refusals = new Map<string, Problem>();
  /** What comes of a write for once: the process dies right after it, or it fails. */
  disturb: (write: ExperimentWrite) => 'dies' | Problem | undefined = () => undefined;

  constructor(spec: Partial<ExperimentSpec> = {}, labels: Readonly<Record<string, string>> = {}) {
    this.experiment = {
      metadata: { name: 'exp', namespace: 'default', uid: 'exp-uid', resourceVersion: '1', labels },
      spec: { templates: [podsOf('t')], ...spec },
    };
  }

  get status(): ExperimentStatus {
    return this.experiment.status ?? {};
  }

  /** `phase: message` of the experiment. */
  get state(): string {
    const { phase = '', message } = this.status;
    return message ? `${phase}: ${message}` : phase;
  }

  sizeOf(template: string): number | undefined {
    return this.replicaSets.find(({ metadata }) => metadata.name === `exp-${template}`)?.spec.replicas;
  }

  run(name: string): AnalysisRun {
    const run = this.analysisRuns.find(({ metadata }) => metadata.name === name);
    return run ?? assert.fail(`there is no run ${name}`);
  }

  endRun(name: string, phase: string, message?: string): void {
    this.analysisRuns = this.analysisRuns.map((run) =>
      run.metadata.name === name ? { ...run, status: { ...run.status, phase, ...(message ? { message } : {}) } } : run,
    );
  }

  addTemplate(name: string, spec: AnalysisTemplate['spec'] = { metrics: [] }): this {
    this.templates = { ...this.templates, [name]: { is: 'present', value: { metadata: { name }, spec } } };
    return this;
  }

  /** What the ReplicaSet controller makes of the sizes; those of these templates do not get ready. */
  pods(...failing: string[]): this {
    this.replicaSets = this.replicaSets.map((replicaSet) => {
      const replicas = replicaSet.spec.replicas ?? 1;
      const isFailing = failing.some((template) => replicaSet.metadata.name === `exp-${template}`);
      const ready = isFailing ? 0 : replicas;
      const status = { replicas, readyReplicas: ready, availableReplicas: ready };
      return { ...replicaSet, status: { ...status, observedGeneration: replicaSet.metadata.generation ?? 0 } };
    });
    return this;
  }

  /** One plan, held to the laws that a single one can be held to. */
  plan(): ExperimentPlan {
    const observed = deepFreeze(this.#observe());
    const planned = planExperiment(observed, this.now);
    assert.deepEqual(planExperiment(observed, this.now), planned, 'the same observation makes the same plan');
    if (planned.needs.length > 0) return planned;
    const isOver = over.includes(planned.status.phase);
    assert.ok(isOver || planned.reasons.length > 0, 'standing still has a reason');
    if (planned.writes.length === 0 && planned.wakeAt !== undefined && !this.#hasFailedRead) {
      this.#checkWake(observed, planned);
    }
    return planned;
  }

  /** One wave. */
  wave(): ExperimentPlan {
    const planned = this.plan();
    const spokenOf = planned.reasons.flatMap((reason) => (reason.code === 'writeFailed' ? reason.key : []));
    const kept = spokenOf.filter((key) => !planned.writes.some((write) => write.key === key));
    this.outcomes = Object.fromEntries(Object.entries(this.outcomes).filter(([key]) => kept.includes(key)));
    for (const write of planned.writes) {
      const disturbance = this.disturb(write);
      if (disturbance === 'dies') {
        this.#apply(write);
        this.outcomes = {};
        return planned;
      }
      const problem = disturbance ?? this.refusals.get(write.key);
      if (problem) {
        this.outcomes = { ...this.outcomes, [write.key]: { problem, since: this.now, attempts: 1 } };
        if (write.onFailure === 'stop') break;
      } else {
        this.#apply(write);
        this.told.push(...(write.events ?? []).map(eventText));
      }
    }
    return planned;
  }

  /** Waves until there is nothing more to write. The plan that waits is returned. */
  settle(): ExperimentPlan {
    for (let wave = 0; wave < settleWithin; wave += 1) {
      const planned = this.plan();
      assert.deepEqual(planned.needs, []);
      const isStuck = planned.writes.every(({ key }) => this.refusals.has(key));
      if (isStuck && (planned.writes.length === 0 || Object.keys(this.outcomes).length > 0)) return planned;
      this.wave();
    }
    return assert.fail(`not settled within ${settleWithin} waves: ${JSON.stringify(this.plan().writes)}`);
  }

  /** Pods get ready as often as something changes; then time moves on. */
  after(seconds: number): this {
    this.now += seconds * 1000;
    this.settle();
    return this;
  }

  /** Until all pods are there and nothing is left to be written. */
  begin(): this {
    this.settle();
    this.pods();
    this.settle();
    return this;
  }

  #observe(): ExperimentObserved {
    const names = this.experiment.spec.templates.map((template) => serviceNameOf('exp', template) ?? '');
    const named = names.filter(Boolean).map((name) => {
      const value = this.services.find(({ metadata }) => metadata.name === name);
      const known: Known<Service> = value ? { is: 'present', value } : { is: 'absent' };
      return [name, known] as const;
    });
    const isOwned = ({ metadata }: { metadata: Service['metadata'] }) =>
      metadata.ownerReferences?.some(({ uid }) => uid === 'exp-uid') ?? false;
    return {
      experiment: this.experiment,
      replicaSets: this.replicaSets.filter(isOwned),
      services: this.services.filter(isOwned),
      analysisRuns: this.analysisRuns.filter(isOwned),
      namedServices: Object.fromEntries(named),
      live: this.live,
      templates: this.templates,
      routedServices: this.routedServices,
      ledger: { outcomes: this.outcomes, wavesWithoutChange: 0 },
    };
  }

  /** The plan wakes to ask again; whether the answer is another, only the cluster knows. */
  get #hasFailedRead(): boolean {
    const { replicaSets, services, analysisRuns } = this.live;
    const reads = [replicaSets, services, analysisRuns, this.templates].flatMap((of) => Object.values(of));
    return reads.some(({ is }) => is === 'failed');
  }

  #checkWake(observed: ExperimentObserved, planned: ExperimentPlan): void {
    const at = planned.wakeAt ?? 0;
    assert.ok(at > this.now, 'the plan wakes later');
    const decided = ({ writes, status }: ExperimentPlan) => ({ writes, status });
    assert.deepEqual(decided(planExperiment(observed, at - 1)), decided(planned), 'nothing changes before wakeAt');
    assert.notDeepEqual(decided(planExperiment(observed, at)), decided(planned), 'wakeAt changes the plan');
  }

  #apply(write: ExperimentWrite): void {
    switch (write.kind) {
      case 'createReplicaSet':
        this.replicaSets.push({ ...made(write.object), status: { replicas: 0, observedGeneration: 1 } });
        return;
      case 'scaleReplicaSet':
      case 'annotateReplicaSet': {
        const size = write.kind === 'scaleReplicaSet' ? { spec: { replicas: write.replicas } } : {};
        const patch = { metadata: { annotations: write.annotations ?? {} }, ...size };
        this.replicaSets = patched(this.replicaSets, write.name, patch);
        return;
      }
      case 'createService':
        this.services.push(made(write.object));
        return;
      case 'deleteService':
        this.services = this.services.filter(({ metadata }) => metadata.name !== write.name);
        return;
      case 'createAnalysisRun':
        this.analysisRuns.push(made(write.object));
        return;
      case 'terminateAnalysisRun':
        this.analysisRuns = patched(this.analysisRuns, write.name, { spec: { terminate: true } });
        return;
      case 'patchStatus':
        this.experiment = { ...this.experiment, status: JSON.parse(JSON.stringify(write.status)) };
        return;
    }
  }
}

/** A template of one pod with a port. */
export function podsOf(name: string, more: Partial<TemplateSpec> = {}): TemplateSpec {
  return {
    name,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'main', image: 'demo:1', ports: [{ containerPort: 8080 }] }] },
    },
    ...more,
  };
}

export function deadlineOf(world: ExperimentWorld, template: string): string | undefined {
  const replicaSet = world.replicaSets.find(({ metadata }) => metadata.name === `exp-${template}`);
  return replicaSet?.metadata.annotations?.['scale-down-deadline'];
}

export function timeAfter(seconds: number): string {
  return formatRfc3339(start + seconds * 1000);
}

function eventText({ reason, message }: ExperimentEvent): string {
  return `${reason}: ${message}`;
}

function made<T extends { metadata: Service['metadata'] }>(object: T): T {
  const { name = '' } = object.metadata;
  return { ...object, metadata: { ...object.metadata, uid: `uid-${name}`, resourceVersion: '1', generation: 1 } };
}

function patched<T extends { metadata: Service['metadata'] }>(objects: readonly T[], name: string, patch: object): T[] {
  return objects.map((object) => (object.metadata.name === name ? (applyMergePatch(object, patch) as T) : object));
}
