// Events: one store, two groups. core/v1 is how they are kept; events.k8s.io shows the same object under newer names.

import { invalid } from '../field-errors.ts';
import { isObject, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { textAt } from './fields.ts';
import type { ApiObject, Cause } from './types.ts';

const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

export const coreEvent: KindDetails = {
  selectableFields: {
    ...Object.fromEntries(
      involved.map((key) => [`involvedObject.${key}`, (object: ApiObject) => textAt(object, 'involvedObject', key)]),
    ),
    reason: (object) => textAt(object, 'reason'),
    reportingComponent: (object) => textAt(object, 'reportingComponent'),
    source: (object) => textAt(object, 'source', 'component') || textAt(object, 'reportingComponent'),
    type: (object) => textAt(object, 'type'),
  },
  strategy: (base) => ({
    allowCreateOnUpdate: true,
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateEvent(object)],
    validateUpdate: (object, old, context) => [...base.validateUpdate(object, old, context), ...validateEvent(object)],
  }),
};

/** Newer name → older name. */
const renamed: Readonly<Record<string, string>> = {
  note: 'message',
  regarding: 'involvedObject',
  deprecatedCount: 'count',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedSource: 'source',
  reportingController: 'reportingComponent',
};

export const newEvent: KindDetails = {
  storedAs: { group: '', plural: 'events' },
  selectableFields: {
    ...Object.fromEntries(
      involved.map((key) => [`regarding.${key}`, (object: ApiObject) => textAt(object, 'regarding', key)]),
    ),
    reason: (object) => textAt(object, 'reason'),
    reportingController: (object) => textAt(object, 'reportingController'),
    type: (object) => textAt(object, 'type'),
  },
  strategy: () => ({ allowCreateOnUpdate: true }),
  toStored: (object) => ({ ...rename(object, renamed), apiVersion: 'v1' }),
  fromStored: (object) => rename(object, Object.fromEntries(Object.entries(renamed).map(([a, b]) => [b, a]))),
};

function rename(object: ApiObject, names: Readonly<Record<string, string>>): ApiObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value])) as ApiObject;
}

function validateEvent(object: ApiObject): Cause[] {
  const namespace = text(object.metadata.namespace);
  const about = isObject(object.involvedObject) ? text(object.involvedObject.namespace) : '';
  const expected = about === '' ? 'default' : about;
  if (about === '' && (namespace === 'default' || namespace === 'kube-system')) return [];
  if (namespace === expected) return [];
  return [invalid('involvedObject.namespace', about, 'does not match event.namespace')];
}
