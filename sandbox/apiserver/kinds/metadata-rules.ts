// What must hold of metadata in every object: name, labels, annotations, owner references, finalizers; and what an
// update may not change.

import { forbidden, formatValue, invalid, required } from '../field-errors.ts';
import { equalJson, isObject, text } from '../json.ts';
import { asPrefix, labelName, labelValueRule, type NameRule, qualified, subdomainName } from './name-rules.ts';
import type { ApiObject, Cause, JsonValue } from './types.ts';

export function validateMetadata(object: ApiObject, namespaced: boolean, nameRule: NameRule = subdomainName): Cause[] {
  const { metadata } = object;
  const causes: Cause[] = [];
  const generateName = text(metadata.generateName);
  if (generateName !== '') {
    causes.push(
      ...asPrefix(nameRule)(generateName).map((problem) => invalid('metadata.generateName', generateName, problem)),
    );
  }
  const name = text(metadata.name);
  if (name === '') causes.push(required('metadata.name', 'name or generateName is required'));
  else causes.push(...nameRule(name).map((problem) => invalid('metadata.name', name, problem)));
  return [...causes, ...validateNamespace(text(metadata.namespace), namespaced), ...validateCommon(object)];
}

export function validateMetadataUpdate(object: ApiObject, old: ApiObject, namespaced: boolean): Cause[] {
  const causes = [
    ...validateNewFinalizers(object, old),
    ...immutable(object, old, [
      'name',
      'namespace',
      'uid',
      'creationTimestamp',
      'deletionTimestamp',
      'deletionGracePeriodSeconds',
    ]),
  ];
  const [generation, before] = [object.metadata.generation ?? 0, old.metadata.generation ?? 0];
  if (typeof generation === 'number' && typeof before === 'number' && generation < before) {
    causes.push(invalid('metadata.generation', generation, 'must not be decremented'));
  }
  return [...causes, ...validateNamespace(text(object.metadata.namespace), namespaced), ...validateCommon(object)];
}

function validateNamespace(namespace: string, namespaced: boolean): Cause[] {
  const field = 'metadata.namespace';
  if (!namespaced) return namespace === '' ? [] : [forbidden(field, 'not allowed on this type')];
  if (namespace === '') return [required(field)];
  return labelName(namespace).map((problem) => invalid(field, namespace, problem));
}

function validateCommon(object: ApiObject): Cause[] {
  const { labels, annotations, finalizers, ownerReferences } = object.metadata;
  return [
    ...validateLabels(labels, 'metadata.labels'),
    ...validateAnnotations(annotations, 'metadata.annotations'),
    ...validateOwners(ownerReferences),
    ...validateFinalizers(finalizers),
  ];
}

export function validateLabels(labels: JsonValue | undefined, field: string): Cause[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualified(key).map((problem) => invalid(field, key, problem)),
    ...labelValueRule(text(value)).map((problem) => invalid(field, value, problem)),
  ]);
}

const annotationLimit = 256 * 1024;

export function validateAnnotations(annotations: JsonValue | undefined, field: string): Cause[] {
  if (!isObject(annotations)) return [];
  const entries = Object.entries(annotations);
  const causes = entries.flatMap(([key]) =>
    qualified(key.toLowerCase()).map((problem) => invalid(field, key, problem)),
  );
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(text(value)), 0);
  if (size > annotationLimit) {
    causes.push({
      reason: 'FieldValueTooLong',
      field,
      message: `Too long: may not be more than ${annotationLimit} bytes`,
    });
  }
  return causes;
}

function validateOwners(owners: JsonValue | undefined): Cause[] {
  if (!Array.isArray(owners)) return [];
  const causes: Cause[] = [];
  const field = 'metadata.ownerReferences';
  let controller: string | undefined;
  owners.forEach((owner, index) => {
    if (!isObject(owner)) return;
    const at = `${field}[${index}]`;
    const version = text(owner.apiVersion);
    if (version === '' || version.split('/').length > 2)
      causes.push(invalid(`${at}.apiVersion`, version, 'version must not be empty'));
    if (text(owner.kind) === '') causes.push(invalid(`${at}.kind`, '', 'must not be empty'));
    if (text(owner.name) === '') causes.push(invalid(`${at}.name`, '', 'must not be empty'));
    if (text(owner.uid) === '') causes.push(invalid(`${at}.uid`, '', 'must not be empty'));
    if (owner.controller !== true) return;
    const name = text(owner.kind);
    if (controller === undefined) controller = name;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      causes.push(invalid(field, owners, detail));
    }
  });
  return causes;
}

function validateFinalizers(finalizers: JsonValue | undefined): Cause[] {
  if (!Array.isArray(finalizers)) return [];
  const field = 'metadata.finalizers';
  const causes = finalizers.flatMap((finalizer) =>
    qualified(text(finalizer)).map((problem) => invalid(field, finalizer, problem)),
  );
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    causes.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
  return causes;
}

function validateNewFinalizers(object: ApiObject, old: ApiObject): Cause[] {
  if (old.metadata.deletionTimestamp === undefined) return [];
  const before = Array.isArray(old.metadata.finalizers) ? old.metadata.finalizers : [];
  const now = Array.isArray(object.metadata.finalizers) ? object.metadata.finalizers : [];
  const added = now.filter((finalizer) => !before.includes(finalizer));
  if (added.length === 0) return [];
  const list = `[]string{${added.map(formatValue).join(', ')}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
  return [forbidden('metadata.finalizers', detail)];
}

function immutable(object: ApiObject, old: ApiObject, keys: readonly string[]): Cause[] {
  return keys
    .filter((key) => !equalJson(object.metadata[key], old.metadata[key]))
    .map((key) => invalid(`metadata.${key}`, object.metadata[key], 'field is immutable'));
}
