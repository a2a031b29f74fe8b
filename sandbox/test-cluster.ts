// For tests of the sandbox: a cluster under the virtual clock, and short ways to make and read what tests talk of.

import assert from 'node:assert/strict';
import type { KubernetesObject, Pod, ReplicaSet } from '../controller/api/kubernetes-types.ts';
import { VirtualClock } from './clock.ts';
import { type Cluster, type ClusterOptions, createCluster } from './cluster.ts';
import type { KubeClient } from './machinery/client.ts';
import { apiVersionOf, type ResourceName, resources } from './machinery/resources.ts';
import { seededRandom } from './random.ts';

export interface TestCluster {
  readonly cluster: Cluster;
  readonly clock: VirtualClock;
  readonly client: KubeClient;
  create<T extends KubernetesObject>(
    resource: ResourceName,
    name: string,
    rest: object,
    namespace?: string,
  ): Promise<T>;
  get<T extends KubernetesObject>(resource: ResourceName, name: string, namespace?: string): Promise<T | undefined>;
  names(resource: ResourceName, namespace?: string): Promise<string[]>;
  pods(app: string): Promise<Pod[]>;
  makeReplicaSet(name: string, spec?: Partial<ReplicaSet['spec']> & { readonly image?: string }): Promise<ReplicaSet>;
  /** Reason and message of each event about an object. */
  events(about: string): Promise<string[]>;
  runSeconds(seconds: number): Promise<void>;
}

/** Runs a test in a fresh cluster; afterwards nothing may have gone wrong unseen. */
export async function withCluster(
  test: (cluster: TestCluster) => Promise<void>,
  options: Partial<ClusterOptions> & {
    readonly allowProblems?: boolean;
    readonly prepare?: (cluster: Cluster) => void;
  } = {},
): Promise<void> {
  const clock = new VirtualClock();
  const { allowProblems, prepare, ...clusterOptions } = options;
  const cluster = createCluster({ clock, random: seededRandom(1), ...clusterOptions });
  prepare?.(cluster);
  await cluster.start();
  try {
    await test(makeTestCluster(cluster, clock));
    if (allowProblems !== true) assert.deepEqual(cluster.problems, []);
  } finally {
    await cluster.stop();
  }
}

function makeTestCluster(cluster: Cluster, clock: VirtualClock): TestCluster {
  const { client } = cluster;
  const inNamespace = (resource: ResourceName, namespace: string): string | undefined =>
    resource.namespaced ? namespace : undefined;
  return {
    cluster,
    clock,
    client,
    create(resource, name, rest, namespace = 'default') {
      const { metadata, ...content } = rest as { readonly metadata?: object };
      return client.create(resource, inNamespace(resource, namespace), {
        apiVersion: apiVersionOf(resource),
        kind: resource.kind,
        metadata: { name, ...metadata },
        ...content,
      });
    },
    get: (resource, name, namespace = 'default') => client.get(resource, inNamespace(resource, namespace), name),
    async names(resource, namespace = 'default') {
      const list = await client.list(resource, inNamespace(resource, namespace));
      return list.items.map(({ metadata }) => metadata.name ?? '');
    },
    async pods(app) {
      const list = await client.list<Pod>(resources.pods, 'default', { labelSelector: `app=${app}` });
      return [...list.items];
    },
    makeReplicaSet(name, { image = 'nginx:1', ...spec } = {}) {
      return client.create<ReplicaSet>(resources.replicaSets, 'default', {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'main', image }] } },
          ...spec,
        },
      });
    },
    async events(about) {
      const list = await client.list<KubernetesObject & { reason: string; message: string }>(
        resources.events,
        'default',
        { fieldSelector: `involvedObject.name=${about}` },
      );
      return list.items.map(({ reason, message }) => `${reason}: ${message}`);
    },
    runSeconds: (seconds) => clock.runFor(seconds * 1000),
  };
}
