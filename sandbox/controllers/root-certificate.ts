// Every namespace has the certificate authority of the API server in the ConfigMap `kube-root-ca.crt`, and every token
// Secret has it beside its token; after a restart both are brought up to date. Without TLS there is none, and nothing to
// do.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { statusOf } from '../machinery/client.ts';
import { keyOf, type ResourceName, resources, splitKey } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { ServedResources } from './served-resources.ts';

const name = 'kube-root-ca.crt';
const file = 'ca.crt';
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

const configMaps: ResourceName = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
const secrets: ResourceName = { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true };

interface DataObject extends KubernetesObject {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** `authority` is PEM, and known from when the server listens. */
export function createRootCertificatePublisher(
  { client, clock, informers, report }: ControllerContext,
  served: ServedResources,
  authority: () => string | undefined,
): Controller {
  const namespaces = informers.of<KubernetesObject>(resources.namespaces);
  const inNamespaces = createWorkQueue({ name: 'root-ca-certificate', clock, process: publish, report });
  const inSecrets = createWorkQueue({ name: 'token-secrets', clock, process: complete, report });
  namespaces.onChange((now) => now !== undefined && inNamespaces.add(now.metadata.name ?? ''));
  served.onChange(({ group, plural }, now, before) => {
    if (group !== '') return;
    const { metadata } = (now ?? before)!;
    if (plural === 'configmaps' && metadata.name === name) inNamespaces.add(metadata.namespace ?? '');
    const isToken = (now as DataObject | undefined)?.type === 'kubernetes.io/service-account-token';
    if (plural === 'secrets' && isToken) inSecrets.add(keyOf(now!));
  });

  async function publish(namespace: string): Promise<void> {
    const certificate = authority();
    const found = namespaces.get(namespace);
    if (certificate === undefined || found === undefined || found.metadata.deletionTimestamp !== undefined) return;
    const data = { [file]: certificate };
    const known = await client.get<DataObject>(configMaps, namespace, name);
    if (known === undefined) {
      const metadata = { name, annotations: { 'kubernetes.io/description': description } };
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
      await client.create(configMaps, namespace, body).catch(unlessBusy);
    } else if (known.data?.[file] !== certificate) {
      await client.patch(configMaps, namespace, name, { data });
    }
  }

  async function complete(key: string): Promise<void> {
    const certificate = authority();
    if (certificate === undefined) return;
    const { namespace, name: secretName } = splitKey(key);
    const secret = await client.get<DataObject>(secrets, namespace, secretName);
    const encoded = Buffer.from(certificate).toString('base64');
    if (secret?.data?.token === undefined || secret.data[file] === encoded) return;
    await client.patch(secrets, namespace, secretName, { data: { [file]: encoded } });
  }

  return {
    name: 'root-certificate',
    start() {
      inNamespaces.start();
      inSecrets.start();
    },
    stop() {
      inNamespaces.stop();
      inSecrets.stop();
    },
  };
}

/** Someone was quicker, or the namespace has begun to go. */
function unlessBusy(problem: unknown): void {
  if (![403, 404, 409].includes(statusOf(problem) ?? 0)) throw problem;
}
