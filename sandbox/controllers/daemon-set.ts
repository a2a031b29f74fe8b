// DaemonSets: one pod on each node that takes it. A pod is bound to its node by affinity, so that the scheduler puts it
// there and nowhere else; an update replaces as many pods at a time as may be unavailable.

import type { KubernetesObject, LabelSelector, Pod, PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import { scaledValue } from '../../controller/lang/int-or-percent.ts';
import type { Node } from '../machinery/nodes.ts';
import { isFinished, isReady, isTerminating, makeControllerReference, nodeNameOf } from '../machinery/pods.ts';
import { keyOf, resources } from '../machinery/resources.ts';
import { untolerated, wantsNode } from '../scheduler/node-affinity.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { ownPods } from './pod-owner.ts';
import { hashOf, type Revision, revisionLabel, templateRevisions } from './template-revisions.ts';

interface DaemonSet extends KubernetesObject {
  readonly spec: {
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly updateStrategy?: {
      readonly type?: string;
      readonly rollingUpdate?: { readonly maxUnavailable?: number | string };
    };
  };
  readonly status?: DaemonSetStatus;
}

interface DaemonSetStatus {
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberReady: number;
  readonly observedGeneration?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly numberUnavailable?: number;
  readonly collisionCount?: number;
}

/** What a daemon puts up with besides what its template says (upstream's AddOrUpdateDaemonPodTolerations). */
const tolerations = [
  ...['not-ready', 'unreachable'].map((key) => ({ key, effect: 'NoExecute' })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((key) => ({
    key,
    effect: 'NoSchedule',
  })),
].map(({ key, effect }) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect }));

export function createDaemonSetController(context: ControllerContext): Controller {
  const nodes = context.informers.of<Node>(resources.nodes);
  const revisions = templateRevisions(context, 'DaemonSet');
  const { pods, events, wakeAll, isAvailable, remove, writeStatus, controller } = ownPods<DaemonSet>(context, {
    kind: 'DaemonSet',
    resource: resources.daemonSets,
    reconcile,
  });
  nodes.onChange((now, before) => {
    if (now === undefined || before === undefined || !isAlike(now, before)) wakeAll();
  });

  async function reconcile(set: DaemonSet, own: readonly Pod[]): Promise<void> {
    const { update } = await revisions.of(set);
    const wanted = [...nodes.all()].filter((node) =>
      takes(makePod(set, update, node.metadata.name ?? ''), node, ['NoSchedule', 'NoExecute']),
    );
    await place(set, own, wanted, update);
    await replaceOld(set, own, wanted, update);
    await writeStatus(set, makeStatus(set, own, wanted, update));
    const used = new Set([update.metadata.name ?? '', ...own.map((pod) => `${set.metadata.name}-${hashIn(pod)}`)]);
    await revisions.forget(set, used);
  }

  /** One pod on each node that wants it, none that has ended, none elsewhere. */
  async function place(set: DaemonSet, own: readonly Pod[], wanted: readonly Node[], update: Revision): Promise<void> {
    const served = new Set<string>();
    for (const pod of own) {
      const target = targetOf(pod);
      if (isTerminating(pod)) {
        served.add(target);
        continue;
      }
      const node = nodes.get(target);
      const mayStay = node !== undefined && takes(pod, node, ['NoExecute']);
      if (isFinished(pod)) {
        const told = `Found failed daemon pod ${keyOf(pod)} on node ${target}, will try to kill it`;
        events.event(set, 'Warning', 'FailedDaemonPod', told);
        await removeOne(set, pod);
      } else if (!mayStay || served.has(target)) await removeOne(set, pod);
      else served.add(target);
    }
    for (const { metadata } of wanted) {
      const name = metadata.name ?? '';
      if (served.has(name)) continue;
      const made = await context.client.create<Pod>(resources.pods, set.metadata.namespace, makePod(set, update, name));
      pods.wrote(made);
      events.event(set, 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`);
    }
  }

  async function replaceOld(
    set: DaemonSet,
    own: readonly Pod[],
    wanted: readonly Node[],
    update: Revision,
  ): Promise<void> {
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    const most = set.spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
    const allowed = Math.max(1, scaledValue(most, wanted.length, 'up') ?? 1);
    const old = own.filter((pod) => !isTerminating(pod) && !isFinished(pod) && hashIn(pod) !== hashOf(update));
    let left = allowed - (wanted.length - own.filter((pod) => isAvailable(set, pod)).length);
    for (const pod of old) {
      // One that serves nobody may always go.
      if (isAvailable(set, pod) && left-- <= 0) continue;
      await removeOne(set, pod);
    }
  }

  function removeOne(set: DaemonSet, pod: Pod): Promise<void> {
    return remove(set, pod, `Deleted pod: ${pod.metadata.name}`);
  }

  function makeStatus(set: DaemonSet, own: readonly Pod[], wanted: readonly Node[], update: Revision): DaemonSetStatus {
    const names = new Set(wanted.map(({ metadata }) => metadata.name ?? ''));
    const placed = own.filter((pod) => names.has(targetOf(pod)));
    const available = placed.filter((pod) => isAvailable(set, pod)).length;
    const unavailable = names.size - available;
    const updated = placed.filter((pod) => hashIn(pod) === hashOf(update)).length;
    return {
      currentNumberScheduled: new Set(placed.map(targetOf)).size,
      numberMisscheduled: own.length - placed.length,
      desiredNumberScheduled: names.size,
      numberReady: placed.filter((pod) => isReady(pod) && !isTerminating(pod)).length,
      observedGeneration: set.metadata.generation ?? 0,
      ...(updated > 0 && { updatedNumberScheduled: updated }),
      ...(available > 0 && { numberAvailable: available }),
      ...(unavailable > 0 && { numberUnavailable: unavailable }),
    };
  }

  return controller;
}

function takes(pod: Pod, node: Node, effects: readonly string[]): boolean {
  return wantsNode(pod, node) && untolerated(pod, node, effects).length === 0;
}

/** Heartbeats change nothing here. */
function isAlike(now: Node, before: Node): boolean {
  return JSON.stringify([now.spec, now.metadata.labels]) === JSON.stringify([before.spec, before.metadata.labels]);
}

function hashIn(pod: Pod): string {
  return pod.metadata.labels?.[revisionLabel] ?? '';
}

interface NodeTerms {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: {
    readonly nodeSelectorTerms?: readonly {
      readonly matchFields?: readonly { readonly values?: readonly string[] }[];
    }[];
  };
}

/** The node that a pod is on, or was made for. */
function targetOf(pod: Pod): string {
  const { nodeAffinity } = (pod.spec.affinity ?? {}) as { readonly nodeAffinity?: NodeTerms };
  const term = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms?.[0];
  return nodeNameOf(pod) || (term?.matchFields?.[0]?.values?.[0] ?? '');
}

function makePod(set: DaemonSet, update: Revision, node: string): Pod {
  const { metadata = {}, spec } = set.spec.template;
  const own = spec as {
    readonly affinity?: { readonly nodeAffinity?: NodeTerms };
    readonly tolerations?: readonly object[];
  };
  const terms = own.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [{}];
  const matchFields = [{ key: 'metadata.name', operator: 'In', values: [node] }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${set.metadata.name}-`,
      ...(set.metadata.namespace !== undefined && { namespace: set.metadata.namespace }),
      labels: {
        ...metadata.labels,
        [revisionLabel]: hashOf(update),
        'pod-template-generation': String(set.metadata.generation ?? 1),
      },
      annotations: { ...metadata.annotations },
      ownerReferences: [makeControllerReference(set, 'apps/v1', 'DaemonSet')],
    },
    spec: {
      ...spec,
      affinity: {
        ...own.affinity,
        nodeAffinity: {
          ...own.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: terms.map((term) => ({ ...term, matchFields })),
          },
        },
      },
      tolerations: [...(own.tolerations ?? []), ...tolerations],
    },
  } as Pod;
}
