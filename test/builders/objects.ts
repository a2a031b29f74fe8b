// Objects for planner rows, each one line with options: what is not said is as a healthy cluster would have it.

import type { Ingress, Pod, ReplicaSet, Service, StringMap } from '../../controller/api/kubernetes-types.ts';
import type { CanaryStrategy, Rollout, RolloutSpec, RolloutStatus } from '../../controller/api/types.generated.ts';
import { podTemplateHash } from '../../controller/lang/pod-template-hash.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { hashSteps } from '../../controller/lang/step-hash.ts';
import type { EpochMillis } from '../../controller/lang/time.ts';

/** The instant that rows count from: 2026-01-01T00:00:00Z. */
export const start: EpochMillis = Date.UTC(2026, 0, 1);

/** A time of the API, `seconds` after the start. */
export function at(seconds: number): string {
  return formatRfc3339(start + seconds * 1000);
}

export const rolloutUid = 'rollout-uid';

export function template(image: string): NonNullable<RolloutSpec['template']> {
  return {
    metadata: { labels: { app: 'demo' } },
    spec: { containers: [{ name: 'demo', image, ports: [{ containerPort: 8080, protocol: 'TCP' }] }] },
  };
}

/** The hash that a template of this image gets. */
export function hashFor(image: string): string {
  return podTemplateHash(template(image));
}

export interface RolloutOptions {
  readonly image?: string;
  readonly replicas?: number | undefined;
  readonly canary?: CanaryStrategy;
  readonly blueGreen?: NonNullable<NonNullable<RolloutSpec['strategy']>['blueGreen']>;
  readonly spec?: Partial<RolloutSpec>;
  readonly status?: RolloutStatus;
  readonly annotations?: StringMap;
  readonly generation?: number;
}

export function rollout(options: RolloutOptions = {}): Rollout {
  const { image = 'demo:a', canary, blueGreen, generation = 1 } = options;
  const replicas = 'replicas' in options ? options.replicas : 10;
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Rollout',
    metadata: {
      name: 'demo',
      namespace: 'shop',
      uid: rolloutUid,
      resourceVersion: '1',
      generation,
      creationTimestamp: at(-1000),
      ...(options.annotations ? { annotations: options.annotations } : {}),
    },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: { app: 'demo' } },
      template: template(image),
      strategy: blueGreen ? { blueGreen } : { canary: canary ?? {} },
      ...options.spec,
    },
    ...(options.status ? { status: options.status } : {}),
  };
}

export interface ReplicaSetOptions {
  readonly image: string;
  readonly revision?: number | string;
  readonly replicas?: number;
  readonly available?: number;
  /** Unless said otherwise, those that are available. */
  readonly ready?: number;
  readonly actual?: number;
  /** The annotation; `null` leaves it out. */
  readonly desired?: number | null;
  readonly deadline?: string;
  readonly createdAt?: number;
  readonly hash?: string;
  readonly annotations?: StringMap;
  readonly owned?: boolean;
  readonly template?: ReplicaSet['spec']['template'];
  readonly isBehind?: boolean;
}

/** A ReplicaSet as the rollout controller made it and the API server stores it. */
export function replicaSet(options: ReplicaSetOptions): ReplicaSet {
  const { image, revision = 1, replicas = 0 } = options;
  const hash = options.hash ?? hashFor(image);
  const available = options.available ?? replicas;
  const base = options.template ?? template(image);
  const labels = { ...base.metadata?.labels, 'rollouts-pod-template-hash': hash };
  const desired = options.desired === undefined ? 10 : options.desired;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `demo-${hash}`,
      namespace: 'shop',
      uid: `uid-${hash}`,
      resourceVersion: '1',
      generation: options.isBehind ? 2 : 1,
      creationTimestamp: at(options.createdAt ?? -100 + Number(revision || 0)),
      labels,
      annotations: {
        'rollout.argoproj.io/revision': String(revision),
        ...(desired === null ? {} : { 'rollout.argoproj.io/desired-replicas': String(desired) }),
        ...(options.deadline ? { 'scale-down-deadline': options.deadline } : {}),
        ...options.annotations,
      },
      ...(options.owned === false
        ? {}
        : {
            ownerReferences: [
              {
                apiVersion: 'argoproj.io/v1alpha1',
                kind: 'Rollout',
                name: 'demo',
                uid: rolloutUid,
                controller: true,
                blockOwnerDeletion: true,
              },
            ],
          }),
    },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'demo', 'rollouts-pod-template-hash': hash } },
      template: { ...base, metadata: { ...base.metadata, labels } },
    },
    status: {
      replicas: options.actual ?? replicas,
      readyReplicas: options.ready ?? available,
      availableReplicas: available,
      observedGeneration: 1,
    },
  };
}

export interface ServiceOptions {
  readonly hash?: string;
  /** Adopted already, unless said otherwise. */
  readonly managedBy?: string | null;
  readonly selector?: StringMap;
}

export function service(name: string, { hash, managedBy = 'demo', selector }: ServiceOptions = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      ...(managedBy === null ? {} : { annotations: { 'argo-rollouts.argoproj.io/managed-by-rollouts': managedBy } }),
    },
    spec: { selector: { app: 'demo', ...selector, ...(hash ? { 'rollouts-pod-template-hash': hash } : {}) } },
  };
}

export function ingress(name = 'demo', root = 'root'): Ingress {
  const backend = { service: { name: root, port: { name: 'use-annotation' } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop', resourceVersion: '1', annotations: { 'kubernetes.io/ingress.class': 'alb' } },
    spec: { rules: [{ http: { paths: [{ path: '/*', pathType: 'ImplementationSpecific', backend }] } }] },
  };
}

export interface PodOptions {
  readonly of: ReplicaSet;
  readonly createdAt?: number;
  readonly ready?: boolean;
  readonly labels?: StringMap;
}

export function pod(name: string, { of, createdAt = -50, ready = true, labels }: PodOptions): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      creationTimestamp: at(createdAt),
      labels: { ...of.spec.template.metadata?.labels, ...labels },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: of.metadata.name ?? '',
          uid: of.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
    spec: of.spec.template.spec,
    status: {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: at(createdAt + 2) }],
    },
  };
}

/** The status of a Rollout that is done with `image`. */
export function promotedStatus(
  image: string,
  options: { canary?: CanaryStrategy; replicas?: number } = {},
): RolloutStatus {
  const { canary, replicas = 10 } = options;
  const hash = hashFor(image);
  return {
    ...updatingStatus({ stable: image, current: image, ...(canary ? { canary } : {}), replicas }),
    ...(canary?.steps?.length ? { currentStepIndex: canary.steps.length } : {}),
    updatedReplicas: replicas,
    stableRS: hash,
    phase: 'Healthy',
    message: undefined,
    conditions: [
      condition('Completed', 'True', 'RolloutCompleted', 'RolloutCompleted'),
      condition('Healthy', 'True', 'RolloutHealthy', 'Rollout is healthy'),
      condition(
        'Progressing',
        'True',
        'NewReplicaSetAvailable',
        `ReplicaSet "demo-${hash}" has successfully progressed.`,
      ),
      condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
    ],
  };
}

/** The status of a canary on its way from `stable` to `current`, at `step`. */
export function updatingStatus(options: {
  readonly stable: string;
  readonly current: string;
  readonly canary?: CanaryStrategy;
  readonly step?: number;
  readonly replicas?: number;
  readonly more?: RolloutStatus;
}): RolloutStatus {
  const { canary, replicas = 10 } = options;
  const current = hashFor(options.current);
  return {
    HPAReplicas: replicas,
    replicas,
    availableReplicas: replicas,
    readyReplicas: replicas,
    currentPodHash: current,
    ...(canary ? { currentStepHash: hashSteps(canary.steps?.length ? canary.steps : undefined) } : {}),
    ...(canary?.steps?.length ? { currentStepIndex: options.step ?? 0 } : {}),
    stableRS: hashFor(options.stable),
    observedGeneration: '1',
    phase: 'Progressing',
    message: 'more replicas need to be updated',
    selector: 'app=demo',
    canary: {},
    blueGreen: {},
    conditions: [
      condition('Available', 'True', 'AvailableReason', 'Rollout has minimum availability'),
      condition('Healthy', 'False', 'RolloutHealthy', 'Rollout is not healthy'),
      condition('Completed', 'False', 'RolloutCompleted', 'RolloutCompleted'),
      condition('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "demo-${current}" is progressing.`),
    ],
    ...options.more,
  };
}

export function condition(type: string, status: string, reason: string, message: string, seconds = -10) {
  return { type, status, reason, message, lastUpdateTime: at(seconds), lastTransitionTime: at(seconds) };
}
