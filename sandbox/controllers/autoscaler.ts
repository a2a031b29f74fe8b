// HorizontalPodAutoscalers: every 15 s the scale subresource of the target, a Rollout as well as a Deployment, is read,
// each metric proposes a size, the greatest proposal counts, and limits and stabilisation decide what is written.
// Conditions, reasons and events are upstream's.

import type { Condition, KubernetesObject, Pod } from '../../controller/api/kubernetes-types.ts';
import { matchesTerms, parseLabelSelector, type SelectorTerm } from '../../controller/lang/label-selector.ts';
import { diffMergePatch, isEqualJson } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { statusOf } from '../machinery/client.ts';
import type { LoadMeter } from '../machinery/load-meter.ts';
import { keyOf, objectPath, type ResourceName, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import { type Behavior, limitReplicas, type Memory, noteChange } from './autoscaler-limits.ts';
import { type MetricSpec, type MetricsSource, milli } from './autoscaler-metrics.ts';
import { type Proposal, propose } from './autoscaler-proposals.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { EndpointSliceContent } from './endpoint-content.ts';
import type { ServedResources } from './served-resources.ts';

interface Autoscaler extends KubernetesObject {
  readonly spec: {
    readonly scaleTargetRef: { readonly apiVersion?: string; readonly kind: string; readonly name: string };
    readonly minReplicas?: number;
    readonly maxReplicas: number;
    readonly metrics?: readonly MetricSpec[];
    readonly behavior?: Behavior;
  };
  readonly status?: AutoscalerStatus;
}

interface AutoscalerStatus {
  readonly currentReplicas?: number;
  readonly desiredReplicas: number;
  readonly currentMetrics?: readonly object[] | null;
  readonly conditions?: readonly Condition[];
  readonly lastScaleTime?: string;
}

interface Scale extends KubernetesObject {
  readonly spec: { readonly replicas?: number };
  readonly status: { readonly replicas: number; readonly selector?: string };
}

type EndpointSlice = KubernetesObject & EndpointSliceContent;

/** Upstream's --horizontal-pod-autoscaler-sync-period and -tolerance. */
const syncMs = 15_000;
const defaultTolerance = 0.1;

export function createAutoscalerController(
  context: ControllerContext,
  served: ServedResources,
  meter: LoadMeter,
): Controller {
  const { client, clock, informers } = context;
  const events = context.recorder('horizontal-pod-autoscaler');
  const autoscalers = informers.of<Autoscaler>(resources.autoscalers);
  const pods = informers.of<Pod>(resources.pods);
  const slices = informers.of<EndpointSlice>(resources.endpointSlices);
  pods.index('namespace', (pod) => [pod.metadata.namespace ?? '']);
  slices.index('service', (slice) => [
    `${slice.metadata.namespace}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
  ]);
  const memories = new Map<string, Memory>();
  /** What the targets of the autoscalers chose when they were looked at, by the autoscalers' uids. */
  const selectors = new Map<
    string,
    { readonly namespace: string; readonly name: string; readonly terms: readonly SelectorTerm[] }
  >();
  const queue = createWorkQueue({ name: 'autoscaler', clock, process: sync, report: context.report });
  autoscalers.onChange((now, before) => {
    if (now === undefined) {
      memories.delete(before?.metadata.uid ?? '');
      selectors.delete(before?.metadata.uid ?? '');
    } else if (before === undefined || !isEqualJson(now.spec, before.spec)) queue.add(keyOf(now));
  });
  pods.onChange((now, before) => {
    if (now === undefined) meter.forget(before?.metadata.namespace ?? '', before?.metadata.name ?? '');
  });

  const source: MetricsSource = {
    meter,
    readyPods: (namespace, service) =>
      slices
        .find('service', `${namespace}/${service}`)
        .flatMap(({ endpoints = [] }) => endpoints.filter(({ conditions }) => conditions.ready))
        .map(({ targetRef }) => targetRef.name),
    servicesOf: ({ metadata }) => meter.offeredServices(metadata.namespace ?? ''),
  };

  async function sync(key: string): Promise<void> {
    const known = autoscalers.get(key);
    if (known === undefined || known.metadata.deletionTimestamp !== undefined) return;
    try {
      await new Pass(known).run();
    } finally {
      queue.addAfter(key, syncMs);
    }
  }

  /** One look at one autoscaler. */
  class Pass {
    readonly #hpa: Autoscaler;
    #conditions: Condition[];

    constructor(hpa: Autoscaler) {
      this.#hpa = hpa;
      this.#conditions = [...(hpa.status?.conditions ?? [])];
    }

    async run(): Promise<void> {
      const { apiVersion = '', kind } = this.#hpa.spec.scaleTargetRef;
      const resource = served.find(apiVersion, kind);
      if (resource === undefined)
        return this.#noScale(`no matches for kind "${kind}" in group "${groupOf(apiVersion)}"`);
      const scale = await this.#readScale(resource);
      if (scale === undefined) return;
      this.#set(
        'AbleToScale',
        'True',
        'SucceededGetScale',
        "the HPA controller was able to get the target's current scale",
      );
      const current = scale.spec.replicas ?? 0;
      const least = this.#hpa.spec.minReplicas ?? 1;
      const most = this.#hpa.spec.maxReplicas;
      if (current === 0 && least !== 0) {
        const message = 'scaling is disabled since the replica count of the target is zero';
        this.#set('ScalingActive', 'False', 'ScalingDisabled', message);
        return this.#finish(scale.status.replicas, 0, undefined);
      }
      if (current > most)
        return this.#rescale(resource, scale, most, 'Current number of replicas above Spec.MaxReplicas');
      if (current < least)
        return this.#rescale(resource, scale, least, 'Current number of replicas below Spec.MinReplicas');
      const proposals = this.#propose(scale);
      const valid = proposals?.filter((proposal) => 'replicas' in proposal) ?? [];
      const failed = proposals?.filter((proposal) => 'problem' in proposal) ?? [];
      for (const { reason, problem } of failed) this.#event('Warning', reason, problem);
      const currentMetrics = valid.map((proposal) => proposal.current);
      const best = valid.reduce<(typeof valid)[number] | undefined>(
        (most1, proposal) => (most1 === undefined || proposal.replicas > most1.replicas ? proposal : most1),
        undefined,
      );
      const [first] = failed;
      if (first !== undefined && (best === undefined || best.replicas < current)) {
        this.#fail(first, failed.length);
        return this.#finish(scale.status.replicas, current, currentMetrics);
      }
      if (best === undefined) return this.#finish(scale.status.replicas, current, currentMetrics);
      const message = `the HPA was able to successfully calculate a replica count from ${best.metric}`;
      this.#set('ScalingActive', 'True', 'ValidMetricFound', message);
      const limited = limitReplicas({
        current,
        proposed: best.replicas,
        least,
        most,
        behavior: this.#hpa.spec.behavior,
        memory: this.#memory(current),
        now: clock.now(),
      });
      for (const { type, status, reason, message: text } of limited.conditions) this.#set(type, status, reason, text);
      const why = limited.replicas > current ? `${best.metric} above target` : 'All metrics below target';
      return this.#rescale(resource, scale, limited.replicas, why, currentMetrics);
    }

    async #readScale(resource: ResourceName): Promise<Scale | undefined> {
      const { namespace } = this.#hpa.metadata;
      try {
        return (await client.read(
          objectPath(resource, namespace, this.#hpa.spec.scaleTargetRef.name, 'scale'),
        )) as Scale;
      } catch (problem) {
        if (statusOf(problem) === undefined) throw problem;
        await this.#noScale((problem as Error).message);
        return undefined;
      }
    }

    async #noScale(message: string): Promise<void> {
      const text = `the HPA controller was unable to get the target's current scale: ${message}`;
      this.#set('AbleToScale', 'False', 'FailedGetScale', text);
      this.#event('Warning', 'FailedGetScale', message);
      const { currentReplicas = 0, desiredReplicas = 0 } = this.#hpa.status ?? {};
      await this.#finish(currentReplicas, desiredReplicas, undefined);
    }

    #propose(scale: Scale): Proposal[] | undefined {
      const { metadata, spec } = this.#hpa;
      const parsed = parseLabelSelector(scale.status.selector ?? '');
      if ((scale.status.selector ?? '') === '' || 'problem' in parsed) {
        this.#set('ScalingActive', 'False', 'InvalidSelector', "the HPA target's scale is missing a selector");
        this.#event('Warning', 'SelectorRequired', 'selector is required');
        return undefined;
      }
      const namespace = metadata.namespace ?? '';
      const chosen = pods.find('namespace', namespace).filter((pod) => matchesTerms(parsed.terms, pod.metadata.labels));
      const rivals = this.#rivalsOver(chosen, parsed.terms);
      if (rivals.length > 1) {
        const text = `pods by selector ${scale.status.selector} are controlled by multiple HPAs: [${rivals.join(' ')}]`;
        this.#event('Warning', 'AmbiguousSelector', text);
        this.#set('ScalingActive', 'False', 'AmbiguousSelector', text);
        return undefined;
      }
      const situation = {
        source,
        namespace,
        specReplicas: scale.spec.replicas ?? 0,
        statusReplicas: scale.status.replicas,
        pods: chosen,
        tolerance: {
          up: (milli(spec.behavior?.scaleUp?.tolerance) ?? defaultTolerance * 1000) / 1000,
          down: (milli(spec.behavior?.scaleDown?.tolerance) ?? defaultTolerance * 1000) / 1000,
        },
      };
      return (spec.metrics ?? []).map((metric) => propose(metric, situation));
    }

    /** The names of all autoscalers, this one among them, whose targets have some of these pods; as of their last looks. */
    #rivalsOver(chosen: readonly Pod[], terms: readonly SelectorTerm[]): string[] {
      const { namespace = '', name = '', uid = '' } = this.#hpa.metadata;
      selectors.set(uid, { namespace, name, terms });
      const owners = [...selectors.values()].filter(
        (other) =>
          other.namespace === namespace && chosen.some((pod) => matchesTerms(other.terms, pod.metadata.labels)),
      );
      return owners.map((other) => `${other.namespace}/${other.name}`).sort();
    }

    #fail({ reason, problem, value }: Extract<Proposal, { readonly problem: string }>, failedCount: number): void {
      this.#set('ScalingActive', 'False', reason, `the HPA was unable to compute the replica count: ${problem}`);
      const count = `${failedCount} invalid out of ${this.#hpa.spec.metrics?.length ?? 0}`;
      const text = `invalid metrics (${count}), first error is: failed to get ${value} value: ${problem}`;
      this.#event('Warning', 'FailedComputeMetricsReplicas', text);
    }

    async #rescale(
      resource: ResourceName,
      scale: Scale,
      wanted: number,
      why: string,
      metrics?: readonly object[],
    ): Promise<void> {
      const current = scale.spec.replicas ?? 0;
      if (wanted === current) return this.#finish(scale.status.replicas, wanted, metrics);
      try {
        await client.replace(resource, { ...scale, spec: { replicas: wanted } } as KubernetesObject, 'scale');
      } catch (problem) {
        const { message } = problem as Error;
        const text = `the HPA controller was unable to update the target scale: ${message}`;
        this.#set('AbleToScale', 'False', 'FailedUpdateScale', text);
        this.#event('Warning', 'FailedRescale', `New size: ${wanted}; reason: ${why}; error: ${message}`);
        return this.#finish(scale.status.replicas, current, metrics);
      }
      const text = `the HPA controller was able to update the target scale to ${wanted}`;
      this.#set('AbleToScale', 'True', 'SucceededRescale', text);
      this.#event('Normal', 'SuccessfulRescale', `New size: ${wanted}; reason: ${why}`);
      noteChange(this.#memory(current), wanted - current, clock.now());
      return this.#finish(scale.status.replicas, wanted, metrics, formatRfc3339(clock.now()));
    }

    async #finish(
      currentReplicas: number,
      desiredReplicas: number,
      currentMetrics: readonly object[] | undefined,
      scaledAt = this.#hpa.status?.lastScaleTime,
    ): Promise<void> {
      const { namespace, name = '', uid } = this.#hpa.metadata;
      const status: AutoscalerStatus = {
        ...(currentReplicas > 0 && { currentReplicas }),
        desiredReplicas,
        currentMetrics: currentMetrics ?? this.#hpa.status?.currentMetrics ?? null,
        conditions: this.#conditions,
        ...(scaledAt !== undefined && { lastScaleTime: scaledAt }),
      };
      const patch = diffMergePatch(this.#hpa.status, status);
      if (patch === undefined) return;
      const body = { metadata: { uid }, status: patch };
      autoscalers.wrote(await client.patch<Autoscaler>(resources.autoscalers, namespace, name, body, 'status'));
    }

    /** The size at the first look counts as a recommendation, so that nothing is torn down at once. */
    #memory(current: number): Memory {
      const uid = this.#hpa.metadata.uid ?? '';
      let memory = memories.get(uid);
      if (memory === undefined) {
        memory = { recommendations: [{ at: clock.now(), replicas: current }], changes: [] };
        memories.set(uid, memory);
      }
      return memory;
    }

    #set(type: string, status: 'True' | 'False', reason: string, message: string): void {
      const known = this.#conditions.find((condition) => condition.type === type);
      const time = formatRfc3339(clock.now());
      const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? time) : time;
      const condition = { type, status, lastTransitionTime, reason, message };
      if (known === undefined) this.#conditions.push(condition);
      else this.#conditions = this.#conditions.map((one) => (one === known ? condition : one));
    }

    #event(type: 'Normal' | 'Warning', reason: string, message: string): void {
      const about = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: this.#hpa.metadata };
      events.event(about, type, reason, message);
    }
  }

  return { name: 'autoscaler', start: queue.start, stop: queue.stop };
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}
