// ConfigMaps, Secrets, ServiceAccounts and Namespaces.

import { forbidden, invalid, required } from '../field-errors.ts';
import { equalJson, text } from '../json.ts';
import { accountAnnotation, tokenSecretType } from '../rights/tokens.ts';
import { keep } from './base-strategy.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, objectAt, setIfZero, textAt, textsAt } from './fields.ts';
import { validateMetadata } from './metadata-rules.ts';
import { labelName } from './name-rules.ts';
import { validateSecretType } from './secret-types.ts';
import type { ApiObject, Cause, JsonValue, KindContext } from './types.ts';

const sizeLimit = 1024 * 1024;

export const configMap: KindDetails = {
  strategy: (base) => ({
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateConfigMap(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateImmutable(object, old, ['data', 'binaryData']),
      ...validateConfigMap(object),
    ],
  }),
};

export const secret: KindDetails = {
  selectableFields: { type: (object) => textAt(object, 'type') },
  strategy: (base) => ({
    applyDefaults(object) {
      setIfZero(object, 'type', 'Opaque');
      moveStringData(object);
    },
    prepareForCreate(object, context) {
      base.prepareForCreate(object, context);
      if (object.type === tokenSecretType) fillToken(object, context);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateSecret(object)],
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context)];
      if (object.type !== old.type) causes.push(invalid('type', object.type, 'field is immutable'));
      return [...causes, ...validateImmutable(object, old, ['data']), ...validateSecret(object)];
    },
  }),
};

export const namespace: KindDetails = {
  selectableFields: {
    'status.phase': (object) => textAt(object, 'status', 'phase'),
    name: (object) => text(object.metadata.name),
  },
  strategy: () => ({
    hasGeneration: false,
    applyDefaults(object) {
      ensureObject(object, 'spec');
      const name = text(object.metadata.name);
      // A name that is still to be generated is labelled when it is there.
      if (name !== '') ensureObject(object.metadata, 'labels')['kubernetes.io/metadata.name'] = name;
    },
    prepareForCreate(object) {
      object.status = { phase: 'Active' };
      const spec = ensureObject(object, 'spec');
      const finalizers = textsAt(spec, 'finalizers');
      if (!finalizers.includes('kubernetes')) spec.finalizers = [...finalizers, 'kubernetes'];
      const name = text(object.metadata.name);
      if (name !== '') ensureObject(object.metadata, 'labels')['kubernetes.io/metadata.name'] = name;
    },
    prepareForUpdate: (object, old) => keep(object, old, ['spec', 'status']),
    validateCreate: (object) => validateMetadata(object, false, labelName),
  }),
};

export const node: KindDetails = {
  selectableFields: { 'spec.unschedulable': (object) => String(objectAt(object, 'spec')?.unschedulable === true) },
  strategy: () => ({
    hasGeneration: false,
    allowCreateOnUpdate: false,
    // A kubelet registers itself with its status.
    prepareForCreate() {},
  }),
};

/** `stringData` is only for writing; it wins over `data`. */
function moveStringData(object: ApiObject): void {
  const texts = objectAt(object, 'stringData');
  delete object.stringData;
  if (texts === undefined) return;
  const data = ensureObject(object, 'data');
  for (const [key, value] of Object.entries(texts)) data[key] = Buffer.from(text(value)).toString('base64');
}

/** What a cluster's token controller writes; QUIRK: here at once, not a moment later. */
function fillToken(object: ApiObject, context: KindContext): void {
  const namespace = text(object.metadata.namespace);
  const account = context.read(
    '',
    'serviceaccounts',
    namespace,
    textAt(object, 'metadata', 'annotations', accountAnnotation),
  );
  if (account === undefined) return;
  ensureObject(object.metadata, 'annotations')['kubernetes.io/service-account.uid'] = text(account.metadata.uid);
  const data = ensureObject(object, 'data');
  data.namespace = Buffer.from(namespace).toString('base64');
  const { certificateAuthority } = context;
  if (certificateAuthority !== undefined) data['ca.crt'] = Buffer.from(certificateAuthority).toString('base64');
  data.token = Buffer.from(context.tokens.issueFor(account, text(object.metadata.name))).toString('base64');
}

function validateSecret(object: ApiObject): Cause[] {
  const causes = validateKeys(object.data, 'data');
  causes.push(...validateSize(bytesOf(object.data, 'base64'), 'data'));
  if (object.type === tokenSecretType && textAt(object, 'metadata', 'annotations', accountAnnotation) === '') {
    causes.push(required(`metadata.annotations[${accountAnnotation}]`));
  }
  causes.push(...validateSecretType(object));
  return causes;
}

function validateConfigMap(object: ApiObject): Cause[] {
  const [data, binary] = [objectAt(object, 'data') ?? {}, objectAt(object, 'binaryData') ?? {}];
  const causes = validateKeys(data, 'data');
  for (const key of Object.keys(data)) {
    if (Object.hasOwn(binary, key)) causes.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
  }
  causes.push(...validateKeys(binary, 'binaryData'));
  return [...causes, ...validateSize(bytesOf(data, 'utf8') + bytesOf(binary, 'base64'), '[]')];
}

function validateKeys(data: JsonValue | undefined, field: string): Cause[] {
  const keys = Object.keys(objectAt(data) ?? {});
  return keys.flatMap((key) => configKeyProblems(key).map((problem) => invalid(`${field}[${key}]`, key, problem)));
}

function configKeyProblems(key: string): string[] {
  const problems: string[] = [];
  if (key.length > 253) problems.push('must be no more than 253 bytes');
  if (!/^[-._a-zA-Z0-9]+$/.test(key)) {
    problems.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (key === '.' || key === '..') problems.push(`must not be '${key}'`);
  return problems;
}

function bytesOf(data: JsonValue | undefined, encoding: BufferEncoding): number {
  return Object.values(objectAt(data) ?? {}).reduce<number>(
    (sum, value) => sum + Buffer.byteLength(text(value), encoding),
    0,
  );
}

function validateSize(bytes: number, field: string): Cause[] {
  if (bytes <= sizeLimit) return [];
  return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${sizeLimit} bytes`, field }];
}

function validateImmutable(object: ApiObject, old: ApiObject, fields: readonly string[]): Cause[] {
  if (old.immutable !== true) return [];
  const detail = 'field is immutable when `immutable` is set';
  const causes = object.immutable === true ? [] : [forbidden('immutable', detail)];
  for (const field of fields) if (!equalJson(object[field], old[field])) causes.push(forbidden(field, detail));
  return causes;
}
