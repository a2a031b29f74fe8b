// Subresources of a pod and of a namespace that are neither status nor scale: binding, a namespace's finalize, and those
// that need a process behind the pod, which are refused.

import { readAnyObject, readObjectBody } from '../body.ts';
import { type Call, keyOf, readOrRefuse, resourceOf } from '../call.ts';
import { asApiObject, at, cloneJson, isObject, text } from '../json.ts';
import { badRequest, conflict, modifiedMeanwhile, Refusal } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { answer } from '../verbs/list.ts';

const processCommands: Readonly<Record<string, string>> = {
  exec: 'kubectl exec and cp are',
  attach: 'kubectl attach is',
  portforward: 'kubectl port-forward is',
  proxy: 'the proxy subresource is',
  ephemeralcontainers: 'kubectl debug in a running pod is',
  resize: 'resizing a running pod is',
};

/** undefined: none of those that need a process behind the pod. */
export function refuseProcess(call: Call, name: string): Refusal | undefined {
  const command = processCommands[(call.path.subresource ?? '').split('/')[0] ?? ''];
  if (command === undefined) return undefined;
  readOrRefuse(call, name);
  const instead = /forward|proxy/.test(command) ? ': use the URL of a Service that the sandbox prints' : '';
  return new Refusal(
    501,
    'NotImplemented',
    `${command} not supported by the sandbox, whose pods are no containers${instead}`,
  );
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
