// Objects of the trees that the command line draws, with ages instead of times.

import type { KubernetesObject, OwnerReference } from '../../controller/api/kubernetes-types.ts';
import { startOfTests } from './run-cli.ts';

/** So many seconds before the start of a test of the command line. */
export const ago = (seconds: number): string =>
  new Date(startOfTests - seconds * 1000).toISOString().replace('.000Z', 'Z');

export interface Made {
  readonly age: number;
  readonly owner?: string;
  readonly revision?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
  readonly status?: object;
  readonly namespace?: string;
}

export function object(kind: string, name: string, made: Made): KubernetesObject {
  const { age, owner, revision, annotations, spec = {}, status, namespace = 'shop' } = made;
  const builtIn = kind === 'ReplicaSet' ? 'apps/v1' : 'v1';
  const isOurs = ['Rollout', 'Experiment', 'AnalysisRun'].includes(kind);
  const ownerReferences = owner && [{ kind: 'Owner', name: owner, uid: `uid-${owner}`, controller: true }];
  return {
    apiVersion: isOurs ? 'argoproj.io/v1alpha1' : builtIn,
    kind,
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      creationTimestamp: ago(age),
      labels: { 'rollouts-pod-template-hash': name.split('-')[1] ?? '' },
      annotations: { ...annotations, ...(revision ? { 'rollout.argoproj.io/revision': `${revision}` } : {}) },
      ...(ownerReferences ? { ownerReferences: ownerReferences as OwnerReference[] } : {}),
    },
    spec,
    ...(status ? { status } : {}),
  } as KubernetesObject;
}

export interface Pods extends Made {
  readonly image: string;
  /** End of a pod's name, its age, and its restarts. */
  readonly pods: readonly (readonly [end: string, age: number, restarts?: number])[];
}

export function replicaSet(name: string, { image, pods, ...made }: Pods): KubernetesObject[] {
  const containers = [{ name: 'main', image }];
  const count = pods.length;
  const status = { replicas: count, readyReplicas: count, availableReplicas: count };
  const spec = { replicas: count, template: { spec: { containers } } };
  return [
    object('ReplicaSet', name, { ...made, spec, status }),
    ...pods.map(([end, age, restartCount = 0]) => {
      const containerStatuses = [{ name: 'main', ready: true, restartCount, state: { running: {} } }];
      const podStatus = { phase: 'Running', containerStatuses };
      return object('Pod', `${name}-${end}`, { age, owner: name, spec: { containers }, status: podStatus });
    }),
  ];
}
