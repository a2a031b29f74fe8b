// What goes when its owner goes? Dependents of a deleted owner are deleted (background), before their owner when it
// waits for them (foreground), or lose the reference (orphan); a reference to an owner that never was, that is another
// object of the same name, or that lives in another namespace counts as absent (spec/sandbox.md §3, deletion).

import type { KubernetesObject, OwnerReference } from '../../controller/api/kubernetes-types.ts';
import { statusOf, unlessGone } from '../machinery/client.ts';
import { apiVersionOf, keyOf, type ResourceName } from '../machinery/resources.ts';
import { createWorkQueue } from '../machinery/work-queue.ts';
import type { Controller, ControllerContext } from './controller.ts';
import type { ServedResources } from './served-resources.ts';

interface Known {
  readonly resource: ResourceName;
  readonly object: KubernetesObject;
}

type OwnerState = 'present' | 'absent' | 'waits for its dependents';

export function createGarbageCollector(context: ControllerContext, served: ServedResources): Controller {
  const { client, clock } = context;
  const events = context.recorder('garbage-collector-controller');
  const objects = new Map<string, Known>();
  /** The uids of the objects that name an owner, by the owner's uid. */
  const dependents = new Map<string, Set<string>>();
  const queue = createWorkQueue({ name: 'garbage-collector', clock, process: sync, report: context.report });

  served.onChange((resource, now, before) => {
    if (before !== undefined) forget(before, now === undefined);
    if (now !== undefined) remember(resource, now);
  });

  function remember(resource: ResourceName, object: KubernetesObject): void {
    const uid = object.metadata.uid ?? '';
    objects.set(uid, { resource, object });
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid) ?? new Set();
      dependents.set(owner.uid, set.add(uid));
    }
    if ((object.metadata.ownerReferences ?? []).length > 0 || hasDeletionFinalizer(object)) queue.add(uid);
    // A foreground deletion that begins concerns the dependents too.
    if (waitsForDependents(object)) for (const dependent of dependents.get(uid) ?? []) queue.add(dependent);
  }

  function forget(object: KubernetesObject, isGone: boolean): void {
    const uid = object.metadata.uid ?? '';
    for (const owner of object.metadata.ownerReferences ?? []) {
      const set = dependents.get(owner.uid);
      set?.delete(uid);
      if (set?.size === 0) dependents.delete(owner.uid);
      const known = objects.get(owner.uid);
      if (known !== undefined && hasDeletionFinalizer(known.object)) queue.add(owner.uid);
    }
    if (!isGone) return;
    objects.delete(uid);
    for (const dependent of dependents.get(uid) ?? []) queue.add(dependent);
  }

  async function sync(uid: string): Promise<void> {
    const known = objects.get(uid);
    if (known === undefined) return;
    const { metadata } = known.object;
    if (metadata.deletionTimestamp !== undefined) {
      if (metadata.finalizers?.includes('orphan')) return orphanDependents(known);
      if (metadata.finalizers?.includes('foregroundDeletion')) return finishForeground(known);
      return;
    }
    await collect(known);
  }

  async function collect(known: Known): Promise<void> {
    const owners = known.object.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const states = new Map<OwnerReference, OwnerState>();
    for (const owner of owners) {
      const state = await stateOf(owner, known);
      if (state === undefined) return; // an owner of a kind that is not served: nothing is known of it
      states.set(owner, state);
    }
    const present = owners.filter((owner) => states.get(owner) === 'present');
    if (present.length === owners.length) return;
    if (present.length > 0) return keepOwners(known, present);
    const waiting = owners.some((owner) => states.get(owner) === 'waits for its dependents');
    const uid = known.object.metadata.uid ?? '';
    const foreground = waiting && (dependents.get(uid)?.size ?? 0) > 0;
    if (foreground) await breakCycle(known);
    await remove(known, foreground ? 'Foreground' : 'Background');
  }

  /** Two that own each other would wait for each other for ever: this one no longer holds its owners up. */
  async function breakCycle(known: Known): Promise<void> {
    const { namespace, name = '', uid = '', ownerReferences = [] } = known.object.metadata;
    const isWaitedFor = [...(dependents.get(uid) ?? [])].some((dependent) => {
      const found = objects.get(dependent);
      return found !== undefined && waitsForDependents(found.object);
    });
    if (!isWaitedFor || !ownerReferences.some(({ blockOwnerDeletion }) => blockOwnerDeletion === true)) return;
    const freed = ownerReferences.map((owner) => ({ ...owner, blockOwnerDeletion: false }));
    const patch = { metadata: { uid, ownerReferences: freed } };
    await client.patch(known.resource, namespace, name, patch).catch(ignoreGone);
  }

  async function stateOf(owner: OwnerReference, of: Known): Promise<OwnerState | undefined> {
    const resource = served.find(owner.apiVersion, owner.kind);
    if (resource === undefined) return undefined;
    if (resource.namespaced && !of.resource.namespaced) {
      reportElsewhere(owner, of);
      return undefined; // can never be found: upstream warns only
    }
    const namespace = resource.namespaced ? of.object.metadata.namespace : undefined;
    const cached = objects.get(owner.uid);
    let object = cached !== undefined && isSame(cached, resource, namespace, owner) ? cached.object : undefined;
    if (object === undefined) {
      if (cached !== undefined) reportElsewhere(owner, of);
      const live = await client.get(resource, namespace, owner.name);
      if (live?.metadata.uid !== owner.uid) return 'absent';
      object = live;
    }
    return waitsForDependents(object) ? 'waits for its dependents' : 'present';
  }

  /** The uid is somebody's, but nobody's whom this object may name. */
  function reportElsewhere({ apiVersion, kind, name, uid }: OwnerReference, { resource, object }: Known): void {
    const { namespace = '' } = object.metadata;
    const where = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const message = `ownerRef ${where} does not exist in namespace ${JSON.stringify(namespace)}`;
    const about = { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
    events.event(about, 'Warning', 'OwnerRefInvalidNamespace', message);
  }

  async function keepOwners(known: Known, owners: readonly OwnerReference[]): Promise<void> {
    const { namespace, name = '', resourceVersion } = known.object.metadata;
    const patch = { metadata: { resourceVersion, ownerReferences: owners.length > 0 ? owners : null } };
    await client.patch(known.resource, namespace, name, patch).catch(ignoreGone);
  }

  async function remove(known: Known, propagationPolicy: 'Background' | 'Foreground'): Promise<void> {
    const { namespace, name = '', uid = '' } = known.object.metadata;
    await unlessGone(client.delete(known.resource, namespace, name, { propagationPolicy, preconditions: { uid } }));
  }

  async function orphanDependents(known: Known): Promise<void> {
    const uid = known.object.metadata.uid ?? '';
    for (const dependentUid of [...(dependents.get(uid) ?? [])]) {
      const dependent = objects.get(dependentUid);
      if (dependent === undefined) continue;
      const owners = (dependent.object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== uid);
      await keepOwners(dependent, owners);
    }
    await dropFinalizer(known, 'orphan');
  }

  /** The owner goes when no dependent that blocks its deletion is left. */
  async function finishForeground(known: Known): Promise<void> {
    const uid = known.object.metadata.uid ?? '';
    const blocking = [...(dependents.get(uid) ?? [])].filter((dependent) =>
      objects
        .get(dependent)
        ?.object.metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
    );
    for (const dependent of blocking) queue.add(dependent);
    if (blocking.length === 0) await dropFinalizer(known, 'foregroundDeletion');
  }

  async function dropFinalizer(known: Known, finalizer: string): Promise<void> {
    const { namespace, name = '', resourceVersion, finalizers = [] } = known.object.metadata;
    const left = finalizers.filter((one) => one !== finalizer);
    const patch = { metadata: { resourceVersion, finalizers: left.length > 0 ? left : null } };
    await client.patch(known.resource, namespace, name, patch).catch(ignoreGone);
  }

  return { name: 'garbage-collector', start: queue.start, stop: queue.stop };
}

function isSame(known: Known, resource: ResourceName, namespace: string | undefined, owner: OwnerReference): boolean {
  const key = namespace === undefined ? owner.name : `${namespace}/${owner.name}`;
  return known.resource.plural === resource.plural && keyOf(known.object) === key;
}

function hasDeletionFinalizer(object: KubernetesObject): boolean {
  const { finalizers = [] } = object.metadata;
  return finalizers.includes('foregroundDeletion') || finalizers.includes('orphan');
}

function waitsForDependents(object: KubernetesObject): boolean {
  const { deletionTimestamp, finalizers = [] } = object.metadata;
  return deletionTimestamp !== undefined && finalizers.includes('foregroundDeletion');
}

function ignoreGone(problem: unknown): void {
  if (statusOf(problem) !== 404) throw problem;
}
