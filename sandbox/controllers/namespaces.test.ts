import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { resources } from '../machinery/resources.ts';
import { withCluster } from '../test-cluster.ts';

const configMaps = { ...resources.serviceAccounts, plural: 'configmaps', kind: 'ConfigMap' };

test('every namespace gets its default service account, again when it is deleted', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.namespaces, 'team', {});
    await cluster.runSeconds(1);
    assert.deepEqual(await cluster.names(resources.serviceAccounts, 'team'), ['default']);
    await cluster.client.delete(resources.serviceAccounts, 'team', 'default');
    await cluster.runSeconds(1);
    assert.deepEqual(await cluster.names(resources.serviceAccounts, 'team'), ['default']);
  }));

test('a deleted namespace is emptied, pods with their grace, and goes', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.namespaces, 'team', {});
    await cluster.create(configMaps, 'settings', {}, 'team');
    await cluster.create(configMaps, 'kept', {});
    const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
    await cluster.create(resources.pods, 'web', { spec }, 'team');
    await cluster.runSeconds(3);
    await cluster.client.delete(resources.namespaces, undefined, 'team');
    await cluster.runSeconds(0.5);
    const going = await cluster.get<{ metadata: object; status?: { phase?: string } }>(resources.namespaces, 'team');
    assert.equal(going?.status?.phase, 'Terminating');
    assert.deepEqual(await cluster.names(resources.pods, 'team'), ['web']);
    assert.deepEqual(await cluster.names(configMaps, 'team'), []);
    await cluster.runSeconds(1);
    assert.equal(await cluster.get(resources.namespaces, 'team'), undefined);
    assert.deepEqual(await cluster.names(configMaps), ['kept']);
  }));

test('a finalizer keeps the namespace until it is taken off', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.namespaces, 'team', {});
    await cluster.create(configMaps, 'held', { metadata: { finalizers: ['example.com/hold'] } }, 'team');
    await cluster.client.delete(resources.namespaces, undefined, 'team');
    await cluster.runSeconds(60);
    const held = await cluster.get<KubernetesObject & { status: { conditions: readonly Condition[] } }>(
      resources.namespaces,
      'team',
    );
    assert.deepEqual(
      held?.status.conditions.slice(-2).map(({ type, status, reason, message }) => [type, status, reason, message]),
      [
        [
          'NamespaceContentRemaining',
          'True',
          'SomeResourcesRemain',
          'Some resources are remaining: configmaps. has 1 resource instances',
        ],
        [
          'NamespaceFinalizersRemaining',
          'True',
          'SomeFinalizersRemain',
          'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
        ],
      ],
    );
    await cluster.client.patch(configMaps, 'team', 'held', { metadata: { finalizers: null } });
    await cluster.runSeconds(3);
    assert.equal(await cluster.get(resources.namespaces, 'team'), undefined);
  }));

test('events of a namespace go with it', () =>
  withCluster(async (cluster) => {
    await cluster.create(resources.namespaces, 'team', {});
    const spec = { containers: [{ name: 'main', image: 'nginx:1' }] };
    await cluster.create(resources.pods, 'web', { spec }, 'team');
    await cluster.runSeconds(3);
    assert.ok((await cluster.names(resources.events, 'team')).length > 0);
    await cluster.client.delete(resources.namespaces, undefined, 'team');
    await cluster.runSeconds(5);
    assert.equal(await cluster.get(resources.namespaces, 'team'), undefined);
    assert.deepEqual(await cluster.names(resources.events, 'team'), []);
  }));
