// Namespaces: each gets its `default` service account, and one that is deleted is emptied, kind by kind, and then let
// go through its `finalize` subresource.

import type { Condition, KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { diffMergePatch } from '../../controller/lang/merge-patch.ts';
import { formatRfc3339 } from '../../controller/lang/rfc3339.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { type ResourceName, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import { deletionConditions, type Remaining } from './namespace-conditions.ts';
import type { ServedResources } from './served-resources.ts';

interface Namespace extends KubernetesObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
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
    const left: Remaining[] = [];
    for (const resource of served.deletable().filter(({ namespaced }) => namespaced)) {
      const list = await client.list(resource, name);
      const kept: KubernetesObject[] = [];
      for (const object of list.items) if (!(await isGone(resource, name, object))) kept.push(object);
      if (kept.length > 0) left.push({ resource, kept });
    }
    if (left.length > 0) {
      await report(namespace, left);
      return queue.addAfter(name, lookAgainMs);
    }
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    const emptied = { ...namespace, apiVersion: 'v1', kind: 'Namespace', spec: { ...namespace.spec, finalizers } };
    const finalized = await unlessGone(client.replace<Namespace>(resources.namespaces, emptied, 'finalize'));
    // The object itself goes when its last finalizer does; some servers wait for one more delete.
    if (finalized !== undefined) await unlessGone(client.delete(resources.namespaces, undefined, name));
  }

  /** Asks for the deletion of one object; false while something holds it up. */
  async function isGone(resource: ResourceName, namespace: string, object: KubernetesObject): Promise<boolean> {
    if (object.metadata.deletionTimestamp !== undefined) return false;
    const options = { propagationPolicy: 'Background' } as const;
    const deletion = client.delete(resource, namespace, object.metadata.name ?? '', options);
    const done = await unlessGone(deletion.then((answer) => ({ answer })));
    return done !== undefined && done.answer === undefined;
  }

  async function report(namespace: Namespace, left: readonly Remaining[]): Promise<void> {
    const conditions = deletionConditions(namespace.status?.conditions ?? [], left, formatRfc3339(clock.now()));
    const patch = diffMergePatch(namespace.status, { ...namespace.status, conditions });
    if (patch === undefined) return;
    const { name = '' } = namespace.metadata;
    const body = { status: patch };
    namespaces.wrote(await unlessGone(client.patch<Namespace>(resources.namespaces, undefined, name, body, 'status')));
  }

  return { name: 'namespace', start: queue.start, stop: queue.stop };
}
