// What actions ask of the API server: the Rollout and its ReplicaSets read, objects patched.

import { podTemplateHashLabel } from '../../controller/api/constants.ts';
import type { ReplicaSet } from '../../controller/api/kubernetes-types.ts';
import type { Rollout } from '../../controller/api/types.generated.ts';
import { type KubeRequest, patchContentType, type Transport } from '../../controller/kubernetes/transport.ts';
import { app, namespace } from './names.ts';

export const rolloutPath = `/apis/argoproj.io/v1alpha1/namespaces/${namespace}/rollouts/${app}`;
export const workloads = `/apis/apps/v1/namespaces/${namespace}`;

export function mergePatch(body: unknown, path = rolloutPath): KubeRequest {
  return { verb: 'PATCH', path, contentType: patchContentType.merge, body };
}

/** Puts a field of the Rollout in place as a whole; undefined takes it away. */
export function replaceField(path: string, value: unknown): KubeRequest {
  const body = [value === undefined ? { op: 'remove', path } : { op: 'add', path, value }];
  return { verb: 'PATCH', path: rolloutPath, contentType: patchContentType.json, body };
}

export async function readRollout(transport: Transport): Promise<Rollout> {
  const { body } = await transport.request({ verb: 'GET', path: rolloutPath });
  return body as Rollout;
}

/** Those of Rollouts and Experiments. */
export async function readReplicaSets(transport: Transport): Promise<readonly ReplicaSet[]> {
  const items = await readList<ReplicaSet>(transport, `${workloads}/replicasets`);
  return items.filter(({ metadata }) => metadata.labels?.[podTemplateHashLabel] !== undefined);
}

export async function readList<T>(transport: Transport, path: string): Promise<readonly T[]> {
  const { body } = await transport.request({ verb: 'GET', path });
  return (body as { readonly items: readonly T[] }).items;
}
