import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesObject, ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { DeleteOptions } from '../machinery/client.ts';
import { type ResourceName, resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

const configMaps: ResourceName = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

function owner(of: KubernetesObject, extra: object = {}): object {
  const { name, uid } = of.metadata;
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid, ...extra };
}

function ownedBy(...owners: object[]): object {
  return { metadata: { ownerReferences: owners } };
}

function remove(
  cluster: TestCluster,
  name: string,
  propagationPolicy: DeleteOptions['propagationPolicy'] = 'Background',
) {
  return cluster.client.delete(configMaps, 'default', name, { propagationPolicy });
}

async function left(cluster: TestCluster): Promise<string[]> {
  return (await cluster.names(configMaps)).filter((name) => !name.startsWith('kube-'));
}

test('what a deleted object owned goes with it, to the last generation', () =>
  withCluster(async (cluster) => {
    const grandparent = await cluster.create(configMaps, 'a', {});
    const parent = await cluster.create(configMaps, 'b', ownedBy(owner(grandparent)));
    await cluster.create(configMaps, 'c', ownedBy(owner(parent)));
    await cluster.create(configMaps, 'free', {});
    await cluster.runSeconds(1);
    await remove(cluster, 'a');
    await cluster.runSeconds(1);
    assert.deepEqual(await left(cluster), ['free']);
  }));

test('in the foreground the owner waits for the dependents that block it', () =>
  withCluster(async (cluster) => {
    const parent = await cluster.create(configMaps, 'a', {});
    const held = {
      metadata: { ownerReferences: [owner(parent, { blockOwnerDeletion: true })], finalizers: ['example.com/hold'] },
    };
    await cluster.create(configMaps, 'held', held);
    await cluster.create(configMaps, 'quick', ownedBy(owner(parent)));
    await cluster.runSeconds(1);
    await remove(cluster, 'a', 'Foreground');
    await cluster.runSeconds(1);
    assert.deepEqual(await left(cluster), ['a', 'held']);
    await cluster.client.patch(configMaps, 'default', 'held', { metadata: { finalizers: null } });
    await cluster.runSeconds(1);
    assert.deepEqual(await left(cluster), []);
  }));

test('two that own each other go in the foreground all the same', () =>
  withCluster(async (cluster) => {
    const first = await cluster.create(configMaps, 'a', {});
    const second = await cluster.create(configMaps, 'b', ownedBy(owner(first, { blockOwnerDeletion: true })));
    const ownerReferences = [owner(second, { blockOwnerDeletion: true })];
    await cluster.client.patch(configMaps, 'default', 'a', { metadata: { ownerReferences } });
    await cluster.runSeconds(1);
    await remove(cluster, 'a', 'Foreground');
    await cluster.runSeconds(2);
    assert.deepEqual(await left(cluster), []);
  }));

test('orphans keep living without the reference', () =>
  withCluster(async (cluster) => {
    const parent = await cluster.create(configMaps, 'a', {});
    const other = await cluster.create(configMaps, 'b', {});
    await cluster.create(configMaps, 'child', ownedBy(owner(parent), owner(other)));
    await cluster.create(configMaps, 'only', ownedBy(owner(parent)));
    await cluster.runSeconds(1);
    await remove(cluster, 'a', 'Orphan');
    await cluster.runSeconds(1);
    assert.deepEqual(await left(cluster), ['b', 'child', 'only']);
    const child = await cluster.get(configMaps, 'child');
    assert.deepEqual(
      child!.metadata.ownerReferences?.map(({ name }) => name),
      ['b'],
    );
    assert.equal((await cluster.get(configMaps, 'only'))!.metadata.ownerReferences, undefined);
  }));

test('an object with a second owner that lives only loses the reference', () =>
  withCluster(async (cluster) => {
    const first = await cluster.create(configMaps, 'a', {});
    const second = await cluster.create(configMaps, 'b', {});
    await cluster.create(configMaps, 'child', ownedBy(owner(first), owner(second)));
    await cluster.runSeconds(1);
    await remove(cluster, 'a');
    await cluster.runSeconds(1);
    const child = await cluster.get(configMaps, 'child');
    assert.deepEqual(
      child!.metadata.ownerReferences?.map(({ name }) => name),
      ['b'],
    );
  }));

const absentOwners: readonly { readonly which: string; readonly reference: (owner: KubernetesObject) => object }[] = [
  { which: 'never was', reference: () => ({ apiVersion: 'v1', kind: 'ConfigMap', name: 'nobody', uid: 'x' }) },
  {
    which: 'is another object of that name',
    reference: ({ metadata }) => owner({ metadata: { ...metadata, uid: 'old' } }),
  },
  { which: 'lives in another namespace', reference: (elsewhere) => owner(elsewhere) },
];

for (const { which, reference } of absentOwners) {
  test(`an owner that ${which} counts as absent`, () =>
    withCluster(async (cluster) => {
      const namespace = which.includes('another namespace') ? 'kube-system' : 'default';
      const candidate = await cluster.create(configMaps, 'owner', {}, namespace);
      await cluster.create(configMaps, 'child', ownedBy(reference(candidate)));
      await cluster.runSeconds(1);
      assert.equal(await cluster.get(configMaps, 'child'), undefined);
      const { uid } = candidate.metadata;
      const where = `[v1/ConfigMap, namespace: default, name: owner, uid: ${uid}]`;
      const told = `OwnerRefInvalidNamespace: ownerRef ${where} does not exist in namespace "default"`;
      assert.deepEqual(await cluster.events('child'), namespace === 'default' ? [] : [told]);
    }));
}

test('an owner of a kind that nobody serves proves nothing', () =>
  withCluster(async (cluster) => {
    const reference = { apiVersion: 'example.com/v1', kind: 'Unknown', name: 'x', uid: 'x' };
    await cluster.create(configMaps, 'child', ownedBy(reference));
    await cluster.runSeconds(5);
    assert.notEqual(await cluster.get(configMaps, 'child'), undefined);
  }));

test('collects what custom resources owned, and custom resources themselves', () =>
  withCluster(async (cluster) => {
    const rollouts: ResourceName = {
      group: 'argoproj.io',
      version: 'v1alpha1',
      plural: 'rollouts',
      kind: 'Rollout',
      namespaced: true,
    };
    const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'nginx:1' }] } };
    const selector = { matchLabels: { app: 'x' } };
    const rollout = await cluster.create(rollouts, 'web', {
      spec: { replicas: 1, selector, template, strategy: { canary: {} } },
    });
    const { uid } = rollout.metadata;
    const reference = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web', uid, controller: true };
    const spec = { replicas: 1, selector, template };
    await cluster.create<ReplicaSet>(resources.replicaSets, 'web-1', { ...ownedBy(reference), spec });
    await cluster.runSeconds(3);
    assert.equal((await cluster.pods('x')).length, 1);
    await cluster.client.delete(rollouts, 'default', 'web', { propagationPolicy: 'Background' });
    await cluster.runSeconds(3);
    assert.deepEqual(await cluster.names(resources.replicaSets), []);
    assert.deepEqual(await cluster.pods('x'), []);
  }));

/** A chain a ← b ← c; c is held by a finalizer of its own. What is left, and what goes on when it is let go. */
const chains: readonly {
  readonly policy: NonNullable<DeleteOptions['propagationPolicy']>;
  readonly blocks: boolean;
  readonly held: readonly string[];
  readonly after: readonly string[];
}[] = [
  { policy: 'Background', blocks: true, held: ['c'], after: [] },
  { policy: 'Background', blocks: false, held: ['c'], after: [] },
  { policy: 'Foreground', blocks: true, held: ['a', 'b', 'c'], after: [] },
  { policy: 'Foreground', blocks: false, held: ['c'], after: [] },
  { policy: 'Orphan', blocks: true, held: ['b', 'c'], after: ['b', 'c'] },
];

for (const { policy, blocks, held, after } of chains) {
  const how = blocks ? 'block' : 'do not block';
  test(`${policy}: of a chain whose links ${how}, ${held.join(', ')} wait for the last one`, () =>
    withCluster(async (cluster) => {
      const a = await cluster.create(configMaps, 'a', {});
      const b = await cluster.create(configMaps, 'b', ownedBy(owner(a, { blockOwnerDeletion: blocks })));
      const ownerReferences = [owner(b, { blockOwnerDeletion: blocks })];
      await cluster.create(configMaps, 'c', { metadata: { ownerReferences, finalizers: ['example.com/hold'] } });
      await cluster.runSeconds(1);
      await remove(cluster, 'a', policy);
      await cluster.runSeconds(2);
      assert.deepEqual(await left(cluster), held);
      await cluster.client.patch(configMaps, 'default', 'c', { metadata: { finalizers: null } });
      await cluster.runSeconds(2);
      assert.deepEqual(await left(cluster), after);
    }));
}
