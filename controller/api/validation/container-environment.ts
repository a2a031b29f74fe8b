// Kubernetes' rules for `env` and `envFrom` of a container, in its order and words.

import { isDownwardApiPath } from './downward-api.ts';
import { allInvalid, type FieldErrors, invalid, notSupported, required } from './field-error.ts';
import { type Fields, fieldsAt, isFields, listAt, textAt } from './fields.ts';
import { dnsSubdomain, environmentName } from './names.ts';

export function* validateEnvironment(container: Fields, path: string): FieldErrors {
  for (const [index, variable] of listAt(container, 'env').entries()) {
    const at = `${path}.env[${index}]`;
    const name = textAt(variable, 'name');
    if (name === '') yield required(`${at}.name`);
    else yield* allInvalid(`${at}.name`, name, environmentName(name));
    const source = fieldsAt(variable, 'valueFrom');
    if (source) yield* validateSource(source, textAt(variable, 'value'), `${at}.valueFrom`);
  }
  for (const [index, source] of listAt(container, 'envFrom').entries()) {
    yield* validateEnvFrom(source, `${path}.envFrom[${index}]`);
  }
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

function* validateSource(source: Fields, value: string, path: string): FieldErrors {
  const given = sources.filter((name) => isFields(source[name]));
  for (const name of given) yield* validateReference(name, fieldsAt(source, name) ?? {}, `${path}.${name}`);
  if (given.length === 0) {
    const detail =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    yield invalid(path, '', detail);
  } else if (value !== '') yield invalid(path, '', 'may not be specified when `value` is not empty');
  else if (given.length > 1) yield invalid(path, '', 'may not have more than one field specified at a time');
}

/** What a pod may know of itself besides its metadata. */
const podFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function* validateReference(kind: string, reference: Fields, path: string): FieldErrors {
  if (kind === 'fieldRef') {
    const field = textAt(reference, 'fieldPath');
    if (field === '') yield required(`${path}.fieldPath`);
    else if (!podFields.includes(field) && !(field.includes('[') && isDownwardApiPath(field))) {
      yield notSupported(`${path}.fieldPath`, field, podFields);
    }
  } else if (kind === 'resourceFieldRef') {
    if (!textAt(reference, 'resource')) yield required(`${path}.resource`);
  } else if (kind !== 'fileKeyRef') {
    if (!textAt(reference, 'name')) yield required(`${path}.name`);
    if (!textAt(reference, 'key')) yield required(`${path}.key`);
  }
}

function* validateEnvFrom(source: Fields, path: string): FieldErrors {
  const prefix = textAt(source, 'prefix');
  if (prefix) yield* allInvalid(`${path}.prefix`, prefix, environmentName(prefix));
  const given = ['configMapRef', 'secretRef'].filter((name) => isFields(source[name]));
  for (const kind of given) {
    const name = textAt(fieldsAt(source, kind) ?? {}, 'name');
    if (name === '') yield required(`${path}.${kind}.name`);
    else yield* allInvalid(`${path}.${kind}.name`, name, dnsSubdomain(name));
  }
  if (given.length === 0) yield invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`');
  else if (given.length > 1) yield invalid(path, '', 'may not have more than one field specified at a time');
}
