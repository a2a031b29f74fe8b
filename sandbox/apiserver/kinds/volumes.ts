// PersistentVolumes and their claims: defaults and what they must say. Nothing binds or provisions them here, so nothing
// protects them from deletion either: a claim stays pending, as on a cluster without a provisioner.

import { forbidden, notSupported, required } from '../field-errors.ts';
import { equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, objectAt, setDefault, setIfZero, textsAt } from './fields.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export const persistentVolumeClaim: KindDetails = {
  strategy: (base) => ({
    hasGeneration: false,
    applyDefaults: (object) => setDefault(ensureObject(object, 'spec'), 'volumeMode', 'Filesystem'),
    prepareForCreate(object, context) {
      object.status = { phase: 'Pending' };
      const spec = ensureObject(object, 'spec');
      if (spec.storageClassName !== undefined) return;
      const chosen = [...context.list('storage.k8s.io', 'storageclasses')].find(
        (one) => objectAt(one.metadata, 'annotations')?.[defaultClass] === 'true',
      );
      if (chosen !== undefined) spec.storageClassName = text(chosen.metadata.name);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateClaim(object)],
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context), ...validateClaim(object)];
      if (!equalJson(fixed(object), fixed(old))) {
        const detail =
          'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';
        causes.push(forbidden('spec', detail));
      }
      return causes;
    },
  }),
};

export const persistentVolume: KindDetails = {
  strategy: (base) => ({
    hasGeneration: false,
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      setIfZero(spec, 'persistentVolumeReclaimPolicy', 'Retain');
      setDefault(spec, 'volumeMode', 'Filesystem');
      const path = objectAt(spec, 'hostPath');
      if (path !== undefined) setDefault(path, 'type', '');
    },
    prepareForCreate(object) {
      // What a cluster's volume controller makes of Pending a moment later.
      object.status = { phase: 'Available' };
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateVolume(object)],
  }),
};

function validateClaim(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes = validateModes(spec);
  if (objectAt(spec, 'resources', 'requests')?.storage === undefined) {
    causes.push(required('spec.resources[storage]'));
  }
  return causes;
}

function validateVolume(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes = validateModes(spec);
  const capacity = objectAt(spec, 'capacity') ?? {};
  if (Object.keys(capacity).length === 0) causes.push(required('spec.capacity'));
  else if (capacity.storage === undefined || Object.keys(capacity).length > 1) {
    causes.push(notSupported('spec.capacity', capacity, ['storage']));
  }
  const others = new Set(plainFields);
  if (Object.keys(spec).every((key) => others.has(key))) {
    causes.push(required('spec', 'must specify a volume type'));
  }
  return causes;
}

/** Fields of a volume that are no source. */
const plainFields = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
];

function validateModes(spec: JsonObject): Cause[] {
  const modes = textsAt(spec, 'accessModes');
  if (modes.length === 0) return [required('spec.accessModes', 'at least 1 access mode is required')];
  const causes = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported('spec.accessModes', mode, accessModes));
  if (modes.includes('ReadWriteOncePod') && modes.length > 1) {
    const detail = 'may not use ReadWriteOncePod with other access modes';
    causes.push(forbidden('spec.accessModes', detail));
  }
  return causes;
}

/** What a claim keeps for life; its volume is bound to it later, and its size may grow. */
function fixed(claim: ApiObject): JsonObject {
  const {
    resources: _resources,
    volumeAttributesClassName: _attributes,
    volumeName: _volume,
    ...rest
  } = objectAt(claim, 'spec') ?? {};
  return rest;
}
