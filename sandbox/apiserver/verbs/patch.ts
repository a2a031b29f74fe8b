// PATCH: the four patch types on the main resource and its subresources (spec/sandbox.md §3, patch kinds).

import { applyMergePatch } from '../../../controller/lang/merge-patch.ts';
import { bodyText, fromYaml, goJsonProblem } from '../body.ts';
import { type Call, nameOf, readServed } from '../call.ts';
import { asApiObject, cloneJson, define, isObject } from '../json.ts';
import type { ApiObject, JsonObject } from '../kinds/types.ts';
import { trackUpdate } from '../managed-fields/track.ts';
import { applyJsonPatch, decodeJsonPatch } from '../patch/json-patch.ts';
import { applyStrategicMerge } from '../patch/strategic-merge.ts';
import { presentOne, readForm } from '../present.ts';
import { badRequest, invalidNamed, notFound, Refusal, unsupportedMediaType } from '../refusals.ts';
import type { ApiResponse } from '../types.ts';
import { applyObject } from './apply.ts';
import { checkNamespace } from './create.ts';
import { answer } from './list.ts';
import { checkName, type Part, replace } from './update.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const types: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

export function patchObject(call: Call, name: string, part: Part): ApiResponse {
  const type = readPatchType(call);
  const form = readForm(call);
  if (type === 'apply') {
    const { object, isNew } = applyObject(call, name, part);
    return answer(presentOne(call.kind, form, object, call.context.now), isNew ? 201 : 200);
  }
  const patch = readPatch(call, type);
  const old = readServed(call, name);
  if (old === undefined) throw notFound(call.kind, name);
  const draft = patchedDraft(call, old, patch, part);
  checkName(draft, nameOf(old));
  checkNamespace(call, draft);
  trackUpdate(call, old, draft, part === 'status' ? { subresource: 'status' } : {});
  const updated = replace(call, old, draft, part);
  return answer(presentOne(call.kind, form, updated, call.context.now));
}

export function readPatchType(call: Call): PatchType {
  const type = types[call.contentType];
  if (type === undefined) throw new Refusal(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (type === 'strategic' && call.kind.custom) {
    throw unsupportedMediaType(Object.keys(types).filter((one) => types[one] !== 'strategic'));
  }
  return type;
}

/** A function from the object before, which it does not change, to the object after, which may share parts of it. */
export type Patch = (object: JsonObject, call: Call) => JsonObject;

export function readPatch(call: Call, type: PatchType): Patch {
  const value = readPatchBody(call, type);
  if (type === 'json') {
    const operations = decodeJsonPatch(value);
    return (object) => applyJsonPatch(cloneJson(object), operations);
  }
  if (!isObject(value)) {
    const found = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
    );
  }
  if (type === 'merge') return (object) => applyMergePatch(object, value);
  return (object, { kind }) => applyStrategicMerge(object, value, kind.schema());
}

function readPatchBody(call: Call, type: PatchType): unknown {
  const written = bodyText(call.request);
  if (written === undefined) return cloneJson(call.request.body);
  if (type === 'apply') return fromYaml(written);
  try {
    return JSON.parse(written) as unknown;
  } catch (problem) {
    if (!(problem instanceof SyntaxError)) throw problem;
    throw badRequest(`error decoding patch: ${goJsonProblem(written, problem)}`);
  }
}

/** What the patch makes of the object, decoded and defaulted. Problems are told as problems of the patch. */
function patchedDraft(call: Call, old: ApiObject, patch: Patch, part: Part): ApiObject {
  const { strategy, custom } = call.kind;
  const patched = patch(old, call);
  const kept = part === 'status' ? keptByStatus(old, patched) : [];
  const touched = withoutKnownManagers(old, kept.length === 0 ? patched : without(patched, kept));
  // Only the decoding of custom resources works in place.
  const { object, strictProblems, failure } = strategy.decode(asApiObject(custom ? cloneJson(touched) : touched));
  const invalidPatch = (why: string): Refusal =>
    invalidNamed('', '', '', '', [
      {
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${JSON.stringify(JSON.stringify(patched))}: ${why}`,
        field: 'patch',
      },
    ]);
  if (failure !== undefined) throw invalidPatch(failure.message);
  if (strictProblems.length > 0 && call.fieldValidation === 'Strict') {
    throw invalidPatch(`strict decoding error: ${strictProblems.join(', ')}`);
  }
  if (call.fieldValidation === 'Warn') call.warnings.push(...strictProblems);
  if (kept.length > 0) return withKept(object, patched, kept);
  const draft = asApiObject(object);
  strategy.applyDefaults(draft);
  return draft;
}

/** What the status endpoint puts back and the patch left alone: it was read and defaulted when it was written. */
function keptByStatus(old: ApiObject, patched: JsonObject): string[] {
  return Object.keys(patched).filter(
    (key) => key !== 'metadata' && key !== 'status' && isObject(old[key]) && patched[key] === old[key],
  );
}

/** Entries that the patch left alone say nothing that is not known of the object: the writer's own are worked out anew. */
function withoutKnownManagers(old: ApiObject, patched: JsonObject): JsonObject {
  const { metadata } = patched;
  if (!isObject(metadata) || metadata.managedFields !== old.metadata.managedFields) return patched;
  return { ...patched, metadata: without(metadata, ['managedFields']) };
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

function withKept(decoded: ApiObject, patched: JsonObject, kept: readonly string[]): ApiObject {
  const whole: JsonObject = {};
  for (const key of new Set([...Object.keys(patched), ...Object.keys(decoded)])) {
    const value = kept.includes(key) ? patched[key] : decoded[key];
    if (value !== undefined) define(whole, key, value);
  }
  return asApiObject(whole);
}
