// Which kinds does the server serve now, and what objects of them are there? Garbage collection and the deletion of
// namespaces concern every kind, those of CRDs included: the registry says which, a change of a CRD asks again.

import type { KubernetesObject } from '../../controller/api/kubernetes-types.ts';
import { Informer } from '../machinery/informer.ts';
import { type ResourceName, resources } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';

export interface ServedResources extends Controller {
  /** Asks for the first time; before `start`. */
  discover(): Promise<void>;
  /** Kinds that can be listed, watched and deleted, each once (in its preferred version). */
  deletable(): readonly ResourceName[];
  /** The kind that an owner reference names, in whatever version. */
  find(apiVersion: string, kind: string): ResourceName | undefined;
  informer(resource: ResourceName): Informer<KubernetesObject> | undefined;
  /** Every change of every object. */
  onChange(
    handler: (resource: ResourceName, now: KubernetesObject | undefined, before: KubernetesObject | undefined) => void,
  ): void;
  onObjectGone(handler: (object: KubernetesObject) => void): void;
}

/** Written all the time and owned by nobody: deleted with their namespace, but not worth a watch. */
const unwatchedPlurals = new Set(['events']);

/** `listServed` says what the server serves at the moment, each kind in its preferred version. */
export function createServedResources(
  context: ControllerContext,
  listServed: () => readonly ResourceName[],
): ServedResources {
  const { client, clock, informers, report } = context;
  const served = new Map<string, ResourceName>();
  const own = new Map<string, Informer<KubernetesObject>>();
  const handlers: ((resource: ResourceName, now?: KubernetesObject, before?: KubernetesObject) => void)[] = [];
  const followed = new Set<string>();
  const queue = createWorkQueue({ name: 'discovery', clock, process: discover, report });
  const definitions = informers.of<KubernetesObject>(resources.customResourceDefinitions);
  definitions.onChange(() => queue.add('all'));

  async function discover(): Promise<void> {
    const found = new Map(listServed().map((resource) => [idOf(resource), resource]));
    for (const [id, resource] of found) {
      if (!followed.has(id) && !unwatchedPlurals.has(resource.plural)) await follow(id, resource);
      served.set(id, resource);
    }
    for (const [id, resource] of [...served]) if (!found.has(id)) forget(id, resource);
  }

  /** Kinds that a controller watches anyhow share its informer; the others get one of their own. */
  async function follow(id: string, resource: ResourceName): Promise<void> {
    followed.add(id);
    const shared = informers.known(resource);
    const informer = shared ?? new Informer<KubernetesObject>({ client, clock, resource, report });
    informer.onChange((now, before) => {
      if (followed.has(id)) for (const handler of handlers) handler(resource, now, before);
    });
    if (shared !== undefined) {
      for (const object of shared.all()) for (const handler of handlers) handler(resource, object);
      return;
    }
    own.set(id, informer);
    await informer.start();
  }

  function forget(id: string, resource: ResourceName): void {
    served.delete(id);
    followed.delete(id);
    const informer = own.get(id);
    if (informer === undefined) return;
    informer.stop();
    own.delete(id);
    // Their definition went, and they with it, whether or not the watch has said so of each.
    for (const object of informer.all()) for (const handler of handlers) handler(resource, undefined, object);
  }

  return {
    name: 'discovery',
    discover,
    deletable: () => [...served.values()],
    find: (apiVersion, kind) => {
      const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
      return [...served.values()].find((resource) => resource.group === group && resource.kind === kind);
    },
    informer: (resource) => own.get(idOf(resource)) ?? informers.known(resource),
    onChange: (handler) => handlers.push(handler),
    onObjectGone: (handler) => {
      handlers.push((_resource, now, before) => {
        if (now === undefined && before !== undefined) handler(before);
      });
    },
    start: queue.start,
    stop() {
      queue.stop();
      for (const informer of own.values()) informer.stop();
    },
  };
}

function idOf(resource: ResourceName): string {
  return `${resource.group}/${resource.plural}`;
}
