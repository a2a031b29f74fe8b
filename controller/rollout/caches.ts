// The kinds that the rollout controller follows: what is kept of each, and by what it is found again
// (spec/kubernetes.md §2; operations.md §6-7). Those of analysis it shares with the other controllers.

import type { AnalysisInformers } from '../analysis/informers.ts';
import { apiVersion, instanceIdLabel, podTemplateHashLabel } from '../api/constants.ts';
import { decodeIngress, decodeReplicaSet, decodeService } from '../api/decode-builtin.ts';
import { decodeRollout } from '../api/decode-rollout.ts';
import type { Ingress, KubernetesObject, ReplicaSet, Service } from '../api/kubernetes-types.ts';
import type { AnalysisRun, AnalysisTemplate, Experiment, Rollout } from '../api/types.generated.ts';
import { serviceNameOf } from '../experiment/plan/service.ts';
import { experiments } from '../experiment/resources.ts';
import { decodeObject } from '../kubernetes/decode.ts';
import { createInformer, type Informer } from '../kubernetes/informer.ts';
import type { Logger } from '../kubernetes/log.ts';
import { ingresses, objectKey, replicaSets, services } from '../kubernetes/resource.ts';
import type { Transport } from '../kubernetes/transport.ts';
import type { Clock, Random } from '../lang/time.ts';
import { ingressNamesOf, replicaSetOwners, serviceNamesOf } from './references.ts';
import { rollouts } from './resources.ts';

export interface Caches {
  readonly rollouts: Informer<Rollout>;
  readonly replicaSets: Informer<ReplicaSet>;
  readonly services: Informer<Service>;
  readonly ingresses: Informer<Ingress>;
  readonly experiments: Informer<Experiment>;
  readonly analysisRuns: Informer<AnalysisRun>;
  readonly analysisTemplates: Informer<AnalysisTemplate>;
  readonly clusterAnalysisTemplates: Informer<AnalysisTemplate>;
}

export interface CacheOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly namespace?: string;
  readonly instanceId?: string;
  readonly resyncMs: number;
  readonly onRestart?: (resource: string, reason: string) => void;
}

export function createCaches(options: CacheOptions, analyses: AnalysisInformers): Caches {
  const { instanceId, resyncMs, ...common } = options;
  const byNamespace = (object: KubernetesObject) => [object.metadata.namespace ?? ''];
  return {
    rollouts: createInformer<Rollout>({
      ...common,
      resyncMs,
      resource: rollouts,
      labelSelector: instanceId ? `${instanceIdLabel}=${instanceId}` : `!${instanceIdLabel}`,
      decode: decodeObject({ apiVersion, kind: 'Rollout' }, decodeRollout),
      indexes: {
        namespace: byNamespace,
        service: (rollout) => keysOf(rollout, serviceNamesOf(rollout)),
        ingress: (rollout) => keysOf(rollout, ingressNamesOf(rollout)),
        workload: workloadsOf,
      },
    }),
    replicaSets: createInformer<ReplicaSet>({
      ...common,
      resource: replicaSets,
      labelSelector: podTemplateHashLabel,
      decode: decodeObject({ apiVersion: 'apps/v1', kind: 'ReplicaSet' }, decodeReplicaSet),
      indexes: { owner: replicaSetOwners },
    }),
    services: createInformer<Service>({
      ...common,
      resource: services,
      decode: decodeObject({ apiVersion: 'v1', kind: 'Service' }, decodeService),
      indexes: { owner: ownersOf },
    }),
    ingresses: createInformer<Ingress>({
      ...common,
      resource: ingresses,
      decode: decodeObject({ apiVersion: 'networking.k8s.io/v1', kind: 'Ingress' }, decodeIngress),
    }),
    experiments: createInformer<Experiment>({
      ...common,
      resyncMs,
      optional: true,
      resource: experiments,
      labelSelector: instanceId ? `${instanceIdLabel}=${instanceId}` : `!${instanceIdLabel}`,
      decode: decodeObject({ apiVersion, kind: 'Experiment' }),
      indexes: { owner: ownersOf, service: servicesOf },
    }),
    analysisRuns: analyses.runs(),
    analysisTemplates: analyses.templates(),
    clusterAnalysisTemplates: analyses.clusterTemplates(),
  };
}

export function informersOf(caches: Caches): readonly Informer<unknown>[] {
  return Object.values(caches) as readonly Informer<unknown>[];
}

/** The uid of the controller. */
function ownersOf({ metadata }: KubernetesObject): string[] {
  return metadata.ownerReferences?.filter(({ controller }) => controller).map(({ uid }) => uid) ?? [];
}

/** Services that the templates ask for. */
function servicesOf({ metadata, spec }: Experiment): string[] {
  const names = (spec.templates ?? []).map((template) => serviceNameOf(metadata.name, template));
  return names.flatMap((name) => (name === undefined ? [] : [objectKey(metadata.namespace, name)]));
}

function workloadsOf({ metadata, spec }: Rollout): string[] {
  const { kind, name } = spec.workloadRef ?? {};
  return kind && name ? [`${kind}/${objectKey(metadata.namespace, name)}`] : [];
}

function keysOf(rollout: Rollout, names: readonly string[]): string[] {
  return names.map((name) => objectKey(rollout.metadata.namespace, name));
}
