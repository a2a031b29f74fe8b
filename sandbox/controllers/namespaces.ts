// Namespaces: each gets its `default` service account, and one that is deleted is emptied, kind by kind, and then let
// go through its `finalize` subresource.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { ServedResources } from './served-resources.ts';

interface Namespace extends KubernetesObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
}

/** What is still there is looked at again after this long: not every kind is watched for it. */
const lookAgainMs = 2000;

export function createNamespaceController(context: ControllerContext, served: ServedResources): Controller {
  const { client, clock, informers } = context;
  const namespaces = informers.of<Namespace>(resources.namespaces);
  const accounts = informers.of<KubernetesObject>(resources.serviceAccounts);
  const queue = createWorkQueue({ name: 'namespace', clock, process: sync, report: context.report });
  namespaces.onChange((now) => now !== undefined && queue.add(now.metadata.name ?? ''));
  accounts.onChange((now, before) => {
    if (now === undefined && before?.metadata.name === 'default') queue.add(before.metadata.namespace ?? '');
  });
  served.onObjectGone((object) => {
    const namespace = namespaces.get(object.metadata.namespace ?? '');
    if (namespace?.metadata.deletionTimestamp !== undefined) queue.add(namespace.metadata.name ?? '');
  });

  async function sync(name: string): Promise<void> {
    const namespace = namespaces.get(name);
    if (namespace === undefined) return;
    if (namespace.metadata.deletionTimestamp === undefined) await ensureServiceAccount(name);
    else await empty(namespace);
  }

  async function ensureServiceAccount(namespace: string): Promise<void> {
    if (accounts.get(`${namespace}/default`) !== undefined) return;
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
    try {
      accounts.wrote(await client.create<KubernetesObject>(resources.serviceAccounts, namespace, account));
    } catch (problem) {
      const status = statusOf(problem);
      // Someone was quicker, or the namespace has begun to go.
      if (status !== 409 && status !== 403 && status !== 404) throw problem;
    }
  }

  async function empty(namespace: Namespace): Promise<void> {
    const { name = '' } = namespace.metadata;
    if (!(namespace.spec?.finalizers ?? []).includes('kubernetes')) return;
    let leftCount = 0;
    for (const resource of served.deletable().filter(({ namespaced }) => namespaced)) {
      const list = await client.list(resource, name);
      for (const object of list.items) {
        leftCount++;
        if (object.metadata.deletionTimestamp !== undefined) continue;
        const left = await unlessGone(
          client
            .delete(resource, name, object.metadata.name ?? '', { propagationPolicy: 'Background' })
            .then((answer) => ({ answer })),
        );
        if (left !== undefined && left.answer === undefined) leftCount--;
      }
    }
    if (leftCount > 0) return queue.addAfter(name, lookAgainMs);
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    const emptied = { ...namespace, apiVersion: 'v1', kind: 'Namespace', spec: { ...namespace.spec, finalizers } };
    const finalized = await unlessGone(client.replace<Namespace>(resources.namespaces, emptied, 'finalize'));
    // The object itself goes when its last finalizer does; some servers wait for one more delete.
    if (finalized !== undefined) await unlessGone(client.delete(resources.namespaces, undefined, name));
  }

  return { name: 'namespace', start: queue.start, stop: queue.stop };
}
