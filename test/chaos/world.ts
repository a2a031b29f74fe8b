// What is stored at this instant, as the invariants ask for it.

import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { Ingress, KubernetesObject, Pod, ReplicaSet, Service } from '../../controller/api/kubernetes-types.ts';
import type { AnalysisRun, Experiment, Rollout } from '../../controller/api/types.generated.ts';
import type { Storage } from '../../sandbox/apiserver/storage.ts';
import { namespace } from './names.ts';
import { type Target, targetsOf } from './routes.ts';

export class World {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  list<T>(resource: string): T[] {
    return this.#storage.list(resource, namespace) as unknown as T[];
  }

  rollout(): Rollout | undefined {
    return this.list<Rollout>('argoproj.io/rollouts')[0];
  }

  runs(): AnalysisRun[] {
    return this.list('argoproj.io/analysisruns');
  }

  experiments(): Experiment[] {
    return this.list('argoproj.io/experiments');
  }

  services(): Service[] {
    return this.list('/services');
  }

  ingresses(): Ingress[] {
    return this.list('networking.k8s.io/ingresses');
  }

  /** Of the Rollout. */
  replicaSets(): ReplicaSet[] {
    return this.replicaSetsOf('Rollout');
  }

  replicaSetsOf(kind: 'Rollout' | 'Experiment'): ReplicaSet[] {
    return this.list<ReplicaSet>('apps/replicasets').filter(
      (set) => set.metadata.deletionTimestamp === undefined && isOf(set, kind),
    );
  }

  readyPods(): Pod[] {
    return this.list<Pod>('/pods').filter(isReady);
  }

  /** `changed` stands in for its stored self. */
  targets(changed?: KubernetesObject): Target[] {
    const standIn = <T extends KubernetesObject>(kind: string, objects: readonly T[]): T[] =>
      objects.map((object) =>
        changed?.kind === kind && changed.metadata.name === object.metadata.name ? (changed as T) : object,
      );
    return targetsOf(this.rollout(), standIn('Service', this.services()), standIn('Ingress', this.ingresses()));
  }
}

export function hashOf({ metadata }: KubernetesObject): string | undefined {
  return metadata.labels?.[podTemplateHashLabel];
}

export function isOf({ metadata }: KubernetesObject, kind: 'Rollout' | 'Experiment'): boolean {
  return metadata.ownerReferences?.[0]?.kind === kind;
}

export function isOwnedBy(pod: Pod, { metadata }: ReplicaSet): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true;
}

export function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
}

export function isSelected(pod: Pod, { selector }: Target): boolean {
  return Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** Of an AnalysisRun or an Experiment. */
export function isOver({ status }: AnalysisRun | Experiment): boolean {
  return ['Successful', 'Failed', 'Error', 'Inconclusive'].includes(status?.phase ?? '');
}
