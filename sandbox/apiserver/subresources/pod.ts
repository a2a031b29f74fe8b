// Subresources of a pod and of a namespace that are neither status nor scale: log, binding, and a namespace's finalize.

import { readAnyObject, readObjectBody } from '../body.ts';
import { type Call, keyOf, readOrRefuse, resourceOf } from '../call.ts';
import { asApiObject, at, cloneJson, isObject, text } from '../json.ts';
import { badRequest, conflict, modifiedMeanwhile } from '../refusals.ts';
import type { ApiResponse, PodLogs } from '../types.ts';
import { answer } from '../verbs/list.ts';

export async function readLog(call: Call, name: string, logs: PodLogs | undefined): Promise<ApiResponse> {
  const pod = readOrRefuse(call, name);
  const { query } = call;
  const containers = at(pod, 'spec', 'containers');
  const names = Array.isArray(containers) ? containers.map((container) => text(at(container, 'name'))) : [];
  const asked = query.get('container');
  if (asked !== '' && !names.includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${name}`);
  if (asked === '' && names.length > 1) {
    throw badRequest(`a container name must be specified for pod ${name}, choose one of: [${names.join(' ')}]`);
  }
  const body = await logs?.read({
    namespace: call.namespace ?? '',
    pod: name,
    container: asked || names[0],
    previous: query.flag('previous'),
    tailLines: query.integer('tailLines'),
    sinceSeconds: query.integer('sinceSeconds'),
    timestamps: query.flag('timestamps'),
  });
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: body ?? '' };
}

/** The scheduler's word: the pod runs on that node. */
export function bindPod(call: Call, name: string): ApiResponse {
  const binding = readAnyObject(call, 'Binding');
  const pod = readOrRefuse(call, name);
  const node = text(at(binding, 'target', 'name'));
  if (node === '') throw badRequest('target.name: Required value');
  const bound = text(at(pod, 'spec', 'nodeName'));
  if (bound !== '') throw conflict(call.kind, name, `pod ${name} is already assigned to node "${bound}"`);
  const draft = asApiObject(cloneJson(pod));
  if (isObject(draft.spec)) draft.spec.nodeName = node;
  call.machinery.storage.put(resourceOf(call.kind), keyOf(pod), draft);
  return answer({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

/** PUT of a namespace's finalizers by its controller: when none is left and it is marked, it goes. */
export function finalizeNamespace(call: Call, name: string): ApiResponse {
  const body = readObjectBody(call);
  const old = readOrRefuse(call, name);
  const version = text(at(body, 'metadata', 'resourceVersion'));
  if (version !== '' && version !== old.metadata.resourceVersion) throw conflict(call.kind, name, modifiedMeanwhile);
  const finalizers = at(body, 'spec', 'finalizers');
  const draft = cloneJson(old);
  const spec = isObject(draft.spec) ? draft.spec : {};
  const left = Array.isArray(finalizers) ? finalizers : [];
  if (left.length > 0) spec.finalizers = left;
  else delete spec.finalizers;
  draft.spec = spec;
  const { storage } = call.machinery;
  const holds = Array.isArray(old.metadata.finalizers) && old.metadata.finalizers.length > 0;
  if (left.length === 0 && old.metadata.deletionTimestamp !== undefined && !holds) {
    storage.delete(resourceOf(call.kind), keyOf(old));
    return answer(draft);
  }
  return answer(storage.put(resourceOf(call.kind), keyOf(old), draft));
}
