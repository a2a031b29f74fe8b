// StorageClasses: defaults, and what may not change. Nothing provisions volumes here.

import { forbidden, invalid, required } from '../field-errors.ts';
import { equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { setDefault } from './fields.ts';
import { oneOf } from './selector-rules.ts';
import type { ApiObject, Cause } from './types.ts';

export const storageClass: KindDetails = {
  strategy: (base) => ({
    applyDefaults(object) {
      setDefault(object, 'reclaimPolicy', 'Delete');
      setDefault(object, 'volumeBindingMode', 'Immediate');
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateClass(object)],
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context), ...validateClass(object)];
      if (!equalJson(object.parameters, old.parameters)) {
        causes.push(forbidden('parameters', 'updates to parameters are forbidden.'));
      }
      if (object.provisioner !== old.provisioner) {
        causes.push(forbidden('provisioner', 'updates to provisioner are forbidden.'));
      }
      if (object.reclaimPolicy !== old.reclaimPolicy) {
        causes.push(forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
      }
      if (object.volumeBindingMode !== old.volumeBindingMode) {
        causes.push(invalid('volumeBindingMode', object.volumeBindingMode, 'field is immutable'));
      }
      return causes;
    },
  }),
};

function validateClass(object: ApiObject): Cause[] {
  const causes = text(object.provisioner) === '' ? [required('provisioner')] : [];
  return [
    ...causes,
    ...oneOf(object.reclaimPolicy, ['Delete', 'Retain'], 'reclaimPolicy'),
    ...oneOf(object.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer'], 'volumeBindingMode'),
  ];
}
