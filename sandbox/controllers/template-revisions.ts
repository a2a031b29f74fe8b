// The versions of a template that StatefulSets and DaemonSets keep as ControllerRevisions: kubectl shows their history
// from them and takes one back by patching with its data.

import type { KubernetesObject, PodTemplateSpec } from '../../controller/api/kubernetes-types.ts';
import { statusOf } from '../machinery/client.ts';
import { makeControllerReference } from '../machinery/pods.ts';
import { resources } from '../machinery/resources.ts';
import { byController, indexForClaims } from './claim.ts';
import type { ControllerContext } from './controller.ts';
import { deploymentTemplateHash } from './deployment-hash.ts';

export interface Revision extends KubernetesObject {
  readonly revision: number;
  readonly data: { readonly spec: { readonly template: PodTemplateSpec } };
}

interface Templated extends KubernetesObject {
  readonly spec: { readonly template: PodTemplateSpec; readonly revisionHistoryLimit?: number };
  readonly status?: { readonly collisionCount?: number };
}

/** On pods: which version they are of. */
export const revisionLabel = 'controller-revision-hash';
const hashLabel = 'controller.kubernetes.io/hash';

export interface TemplateRevisions {
  /** All that are kept, the oldest first, and that of the template as it is now, which is the newest. */
  of(owner: Templated): Promise<{ readonly all: readonly Revision[]; readonly update: Revision }>;
  /** Removes the oldest ones that nothing uses, above the owner's limit. */
  forget(owner: Templated, used: ReadonlySet<string>): Promise<void>;
}

export function templateRevisions(context: ControllerContext, kind: string): TemplateRevisions {
  const { client, informers } = context;
  const revisions = informers.of<Revision>(resources.controllerRevisions);
  indexForClaims(revisions);
  const kept = (owner: Templated): Revision[] =>
    revisions.find(byController, owner.metadata.uid ?? '').toSorted((a, b) => a.revision - b.revision);

  /** A name that another owner has already is made anew. */
  async function create(owner: Templated, revision: number): Promise<Revision> {
    for (let collisions = owner.status?.collisionCount ?? 0; ; collisions++) {
      try {
        const wanted = makeRevision(owner, kind, revision, collisions);
        return await client.create<Revision>(resources.controllerRevisions, owner.metadata.namespace, wanted);
      } catch (problem) {
        if (statusOf(problem) !== 409) throw problem;
      }
    }
  }

  function renew({ metadata }: Revision, revision: number): Promise<Revision> {
    const { namespace, name = '' } = metadata;
    return client.patch<Revision>(resources.controllerRevisions, namespace, name, { revision });
  }

  return {
    async of(owner) {
      const all = kept(owner);
      const last = all.at(-1);
      const data = JSON.stringify(dataOf(owner));
      const known = all.find((one) => JSON.stringify(one.data) === data);
      if (known !== undefined && known === last) return { all, update: known };
      const next = (last?.revision ?? 0) + 1;
      const update = known === undefined ? await create(owner, next) : await renew(known, next);
      revisions.wrote(update);
      return { all: [...all.filter((one) => one !== known), update], update };
    },
    async forget(owner, used) {
      const unused = kept(owner).filter(({ metadata }) => !used.has(metadata.name ?? ''));
      const limit = owner.spec.revisionHistoryLimit ?? 10;
      for (const old of unused.slice(0, Math.max(0, unused.length - limit))) {
        await client.delete(resources.controllerRevisions, owner.metadata.namespace, old.metadata.name ?? '');
        revisions.removed(old);
      }
    },
  };
}

export function hashOf(revision: Revision): string {
  return revision.metadata.labels?.[hashLabel] ?? '';
}

function dataOf({ spec: { template } }: Templated): Revision['data'] {
  return { spec: { template: { ...template, $patch: 'replace' } as PodTemplateSpec } };
}

function makeRevision(owner: Templated, kind: string, revision: number, collisions: number): Revision {
  const hash = deploymentTemplateHash(owner.spec.template, collisions === 0 ? undefined : collisions);
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${owner.metadata.name}-${hash}`,
      namespace: owner.metadata.namespace ?? 'default',
      labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
      annotations: { ...owner.metadata.annotations },
      ownerReferences: [makeControllerReference(owner, 'apps/v1', kind)],
    },
    revision,
    data: dataOf(owner),
  };
}
