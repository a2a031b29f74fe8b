// Which objects belong to an owner? Those that its controller reference names and its selector chooses; orphans that
// the selector chooses are adopted, own ones that it no longer chooses are released (as upstream's ref manager does).

import type { KubernetesObject, LabelSelector, OwnerReference } from '../../controller/api/kubernetes-types.ts';
import { matchesLabelSelector } from '../../controller/lang/label-selector.ts';
import { type KubeClient, unlessGone } from '../machinery/client.ts';
import type { Informer } from '../machinery/informer.ts';
import { controllerOf } from '../machinery/pods.ts';
import type { ResourceName } from '../machinery/resources.ts';

export interface ClaimOptions<T extends KubernetesObject> {
  readonly client: KubeClient;
  readonly informer: Informer<T>;
  readonly resource: ResourceName;
  readonly owner: KubernetesObject;
  readonly reference: OwnerReference;
  readonly selector: LabelSelector;
  /** Which orphans are worth adopting; default: all that stay. */
  readonly wants?: (orphan: T) => boolean;
}

/** Index names that `claim` needs. */
export const byController = 'controller';
export const byNamespaceOrphans = 'orphans';

/** Objects by the uid of their controller; orphans by their namespace. */
export function indexForClaims<T extends KubernetesObject>(informer: Informer<T>): void {
  informer.index(byController, (item) => {
    const uid = controllerOf(item)?.uid;
    return uid === undefined ? [] : [uid];
  });
  informer.index(byNamespaceOrphans, (item) =>
    controllerOf(item) === undefined ? [item.metadata.namespace ?? ''] : [],
  );
}

export async function claim<T extends KubernetesObject>(options: ClaimOptions<T>): Promise<T[]> {
  const { informer, owner, selector } = options;
  const claimed: T[] = [];
  const ownerGoes = owner.metadata.deletionTimestamp !== undefined;
  for (const item of informer.find(byController, owner.metadata.uid ?? '')) {
    if (matchesLabelSelector(selector, item.metadata.labels)) claimed.push(item);
    else if (!ownerGoes) await release(options, item);
  }
  if (ownerGoes) return claimed;
  for (const orphan of informer.find(byNamespaceOrphans, owner.metadata.namespace ?? '')) {
    const isGoing = orphan.metadata.deletionTimestamp !== undefined;
    if (isGoing || options.wants?.(orphan) === false) continue;
    if (!matchesLabelSelector(selector, orphan.metadata.labels)) continue;
    const adopted = await adopt(options, orphan);
    if (adopted !== undefined) claimed.push(adopted);
  }
  return claimed;
}

function adopt<T extends KubernetesObject>(options: ClaimOptions<T>, orphan: T): Promise<T | undefined> {
  const others = (orphan.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== options.reference.uid);
  return setOwners(options, orphan, [...others, options.reference]);
}

async function release<T extends KubernetesObject>(options: ClaimOptions<T>, item: T): Promise<void> {
  await setOwners(
    options,
    item,
    (item.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== options.reference.uid),
  );
}

async function setOwners<T extends KubernetesObject>(
  options: ClaimOptions<T>,
  item: T,
  owners: readonly OwnerReference[],
): Promise<T | undefined> {
  const { uid, resourceVersion, namespace, name = '' } = item.metadata;
  const patch = {
    metadata: { uid, resourceVersion, ownerReferences: owners.length > 0 ? owners : null },
  };
  const written = await unlessGone(options.client.patch<T>(options.resource, namespace, name, patch));
  options.informer.wrote(written);
  return written;
}
