import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ResourceName } from '../machinery/resources.ts';
import { resources } from '../machinery/resources.ts';
import { type TestCluster, withCluster } from '../test-cluster.ts';

const name = 'kube-root-ca.crt';
const configMaps = core('configmaps', 'ConfigMap');
const secrets = core('secrets', 'Secret');

function core(plural: string, kind: string): ResourceName {
  return { group: '', version: 'v1', plural, kind, namespaced: true };
}

interface DataObject {
  readonly metadata: object;
  readonly data?: Readonly<Record<string, string>>;
}

async function published(cluster: TestCluster, namespace: string): Promise<string | undefined> {
  return (await cluster.get<DataObject>(configMaps, name, namespace))?.data?.['ca.crt'];
}

test('every namespace has the authority, also new ones, and gets it back', () =>
  withCluster(async (cluster) => {
    assert.equal(await published(cluster, 'default'), undefined, 'without TLS there is none');
    cluster.cluster.apiServer.certificateAuthority = 'PEM';
    await cluster.create(resources.namespaces, 'team', {});
    await cluster.runSeconds(1);
    assert.equal(await published(cluster, 'team'), 'PEM');
    await cluster.client.patch(configMaps, 'team', name, { data: { 'ca.crt': 'other' } });
    await cluster.runSeconds(1);
    assert.equal(await published(cluster, 'team'), 'PEM');
    await cluster.client.delete(configMaps, 'team', name);
    await cluster.runSeconds(1);
    assert.equal(await published(cluster, 'team'), 'PEM');
  }));

test('a token Secret gets the present authority', () =>
  withCluster(async (cluster) => {
    cluster.cluster.apiServer.certificateAuthority = 'old';
    await cluster.runSeconds(1);
    const metadata = { annotations: { 'kubernetes.io/service-account.name': 'default' } };
    await cluster.create(secrets, 's', { metadata, type: 'kubernetes.io/service-account-token' });
    const read = async () => {
      const { data } = (await cluster.get<DataObject>(secrets, 's'))!;
      return Buffer.from(data?.['ca.crt'] ?? '', 'base64').toString();
    };
    assert.equal(await read(), 'old');
    cluster.cluster.apiServer.certificateAuthority = 'new';
    await cluster.client.patch(secrets, 'default', 's', { metadata: { labels: { seen: 'again' } } });
    await cluster.runSeconds(1);
    assert.equal(await read(), 'new');
  }));
