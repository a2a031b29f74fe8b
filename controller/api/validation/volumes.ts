// Kubernetes' rules for the volumes of a pod, in its order and words. A volume that is wrong is not known to mounts.

import {
  allInvalid,
  duplicate,
  type FieldError,
  type FieldErrors,
  forbidden,
  invalid,
  required,
} from './field-error.ts';
import { type Fields, isFields, textAt } from './fields.ts';
import { dnsLabel } from './names.ts';

/** Fields that a source cannot do without. The other sources have none that are checked here. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  hostPath: ['path'],
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  azureFile: ['secretName', 'shareName'],
  flexVolume: ['driver'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
};

/** Adds the names of the valid ones to `names`. */
export function* validateVolumes(volumes: readonly Fields[], path: string, names: Set<string>): FieldErrors {
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const name = textAt(volume, 'name');
    const errors: FieldError[] = [...validateSource(volume, at)];
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...allInvalid(`${at}.name`, name, dnsLabel(name)));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (errors.length === 0) names.add(name);
    yield* errors;
  }
}

/** A volume without a source is an emptyDir. */
function* validateSource(volume: Fields, path: string): FieldErrors {
  const sources = Object.entries(volume).filter(([, value]) => isFields(value));
  for (const [index, [kind, value]] of sources.entries()) {
    const at = `${path}.${kind}`;
    if (index > 0) yield forbidden(at, 'may not specify more than 1 volume type');
    else if (isFields(value)) yield* validateFields(kind, value, at);
  }
}

function* validateFields(kind: string, source: Fields, path: string): FieldErrors {
  for (const field of Object.hasOwn(requiredFields, kind) ? (requiredFields[kind] ?? []) : []) {
    if (!textAt(source, field)) yield required(`${path}.${field}`);
  }
  if (kind === 'hostPath' && textAt(source, 'path').split('/').includes('..')) {
    yield invalid(`${path}.path`, source.path, "must not contain '..'");
  }
  if (kind === 'ephemeral' && !isFields(source.volumeClaimTemplate)) yield required(`${path}.volumeClaimTemplate`);
}
