// The scale subresource: autoscaling/v1 Scale over the replicas of any kind that has one (spec/sandbox.md §3,
// subresources).

import { readAnyObject } from '../body.ts';
import { type Call, nameOf, namespaceOf, readOrRefuse } from '../call.ts';
import { required } from '../field-errors.ts';
import { asApiObject, cloneJson, isObject, text } from '../json.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { trackUpdate } from '../managed-fields/track.ts';
import { badRequest, conflict, internalError, invalidNamed, modifiedMeanwhile } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { answer } from '../verbs/list.ts';
import { readPatch, readPatchType } from '../verbs/patch.ts';
import { replace } from '../verbs/update.ts';

export function getScale(call: Call, name: string): ApiResponse {
  const object = readOrRefuse(call, name);
  if (call.kind.scale!.specReplicas(object) === undefined) {
    throw internalError('the spec replicas field ".spec.replicas" does not exist');
  }
  return answer(scaleOf(call, object));
}

export function updateScale(call: Call, name: string): ApiResponse {
  const old = readOrRefuse(call, name);
  return writeScale(call, old, readAnyObject(call, 'Scale'));
}

export function patchScale(call: Call, name: string): ApiResponse {
  const type = readPatchType(call);
  const old = readOrRefuse(call, name);
  // Unlike a read, a patch may start from replicas that are not set.
  const before = cloneJson(scaleOf(call, old, 0)) as JsonObject;
  return writeScale(call, old, readPatch(call, type === 'apply' ? 'merge' : type)(before, call));
}

function scaleOf(call: Call, object: ApiObject, unset?: number): JsonObject {
  const scale = call.kind.scale!;
  const replicas = scale.specReplicas(object) ?? unset;
  if (replicas === undefined) {
    throw internalError('the spec replicas field ".spec.replicas" does not exist');
  }
  const selector = scale.selector(object);
  const { uid, resourceVersion, creationTimestamp } = object.metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name: nameOf(object),
      namespace: namespaceOf(object) ?? '',
      uid: uid ?? '',
      resourceVersion: resourceVersion ?? '',
      creationTimestamp: creationTimestamp ?? '',
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: scale.statusReplicas(object), ...(selector === '' ? {} : { selector }) },
  };
}

function writeScale(call: Call, old: ApiObject, wanted: JsonObject): ApiResponse {
  const metadata = isObject(wanted.metadata) ? wanted.metadata : {};
  const name = nameOf(old);
  if (text(metadata.name) !== '' && metadata.name !== name) {
    throw badRequest(`the name of the object (${text(metadata.name)}) does not match the name on the URL (${name})`);
  }
  const version = text(metadata.resourceVersion);
  if (version !== '' && version !== old.metadata.resourceVersion) throw conflict(call.kind, name, modifiedMeanwhile);
  const spec = isObject(wanted.spec) ? wanted.spec : {};
  const replicas = spec.replicas ?? 0;
  if (typeof replicas !== 'number' || !Number.isInteger(replicas)) {
    throw badRequest(
      `Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal ${typeof replicas} into Go struct field ScaleSpec.spec.replicas of type int32`,
    );
  }
  if (replicas < 0) {
    throw invalidNamed('Scale.autoscaling', 'autoscaling', 'Scale', name, [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
        field: 'spec.replicas',
      },
    ]);
  }
  const draft = asApiObject(cloneJson(old));
  if (!isObject(draft.spec)) throw invalidNamed('Scale.autoscaling', 'autoscaling', 'Scale', name, [required('spec')]);
  call.kind.scale!.setSpecReplicas(draft, replicas);
  // Seen on kube-apiserver: custom resources, and zero (which Scale leaves out), get no owner through this endpoint.
  trackUpdate(call, old, draft, { subresource: 'scale', disown: call.kind.custom || replicas === 0 });
  return answer(scaleOf(call, replace(call, old, draft, 'main')));
}
