// Pods: what defaulting and admission add to their spec, how they are deleted, and which fields an update may change.

import { defaultPodSpec } from '../../../controller/api/pod-template-defaults.ts';
import { parseQuantity } from '../../../controller/lang/quantity.ts';
import { forbidden } from '../field-errors.ts';
import { cloneJson, equalJson, isObject, text } from '../json.ts';
import { keep } from './base-strategy.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault, textAt } from './fields.ts';
import { validatePodSpec } from './pod-spec-rules.ts';
import { nameWarning, podWarnings } from './pod-warnings.ts';
import { givePriority } from './priority-class.ts';
import type { ApiObject, Cause, JsonObject, JsonValue } from './types.ts';

const templateWarnings = podWarnings([]);

export const pod: KindDetails = {
  selectableFields: {
    'spec.host': (object) => textAt(object, 'spec', 'nodeName'),
    'spec.hostNetwork': (object) => String(objectAt(object, 'spec')?.hostNetwork === true),
    'spec.nodeName': (object) => textAt(object, 'spec', 'nodeName'),
    'spec.restartPolicy': (object) => textAt(object, 'spec', 'restartPolicy'),
    'spec.schedulerName': (object) => textAt(object, 'spec', 'schedulerName'),
    'spec.serviceAccountName': (object) => textAt(object, 'spec', 'serviceAccountName'),
    'status.phase': (object) => textAt(object, 'status', 'phase'),
    'status.podIP': (object) => textAt(object, 'status', 'podIP'),
    'status.nominatedNodeName': (object) => textAt(object, 'status', 'nominatedNodeName'),
  },
  strategy: (base) => ({
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultPodSpec(spec);
      setDefault(spec, 'enableServiceLinks', true);
      for (const list of ['containers', 'initContainers'])
        for (const one of objectsAt(spec, list)) defaultRequests(one);
    },
    prepareForCreate(object, context) {
      const spec = ensureObject(object, 'spec');
      addTolerations(spec);
      givePriority(object, spec, context);
      object.status = { phase: 'Pending', qosClass: qosClass(spec) };
    },
    prepareForStatusUpdate(object, old) {
      keep(object, old, ['spec']);
      keep(object.metadata, old.metadata, ['ownerReferences', 'deletionTimestamp']);
      const qos = objectAt(old, 'status')?.qosClass;
      if (qos !== undefined) ensureObject(object, 'status').qosClass = qos;
    },
    validateCreate: (object, context) => [
      ...base.validateCreate(object, context),
      ...validatePodSpec(objectAt(object, 'spec') ?? {}, 'spec'),
    ],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateChange(object, old),
    ],
    warnings: (object, old) => [...nameWarning(object, old, "the Pod's hostname"), ...templateWarnings(object, old)],
    gracefulDeletionSeconds(object, requested) {
      const phase = textAt(object, 'status', 'phase');
      if (textAt(object, 'spec', 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
      return requested ?? numberAt(object, 'spec', 'terminationGracePeriodSeconds') ?? 30;
    },
  }),
};

/** Requests default to the limits. */
function defaultRequests(container: JsonObject): void {
  const limits = objectAt(container, 'resources', 'limits');
  if (limits === undefined) return;
  const requests = ensureObject(ensureObject(container, 'resources'), 'requests');
  for (const [name, limit] of Object.entries(limits)) setDefault(requests, name, limit);
}

/** The admission plugin DefaultTolerationSeconds. */
function addTolerations(spec: JsonObject): void {
  const tolerations = objectsAt(spec, 'tolerations');
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const has = tolerations.some(
      (one) => (text(one.key) === key || text(one.key) === '') && ['', 'NoExecute'].includes(text(one.effect)),
    );
    if (!has) tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 });
  }
  spec.tolerations = tolerations;
}

/** Guaranteed: every container has cpu and memory limits that equal its requests. BestEffort: none has any. */
function qosClass(spec: JsonObject): string {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  const amounts = containers.map((container) => ({
    limits: computeAmounts(objectAt(container, 'resources', 'limits')),
    requests: computeAmounts(objectAt(container, 'resources', 'requests')),
  }));
  if (amounts.every(({ limits, requests }) => limits.size === 0 && requests.size === 0)) return 'BestEffort';
  const isGuaranteed = amounts.every(
    ({ limits, requests }) =>
      limits.size === 2 && requests.size === 2 && [...limits].every(([name, value]) => requests.get(name) === value),
  );
  return isGuaranteed ? 'Guaranteed' : 'Burstable';
}

function computeAmounts(amounts: JsonObject | undefined): Map<string, bigint> {
  const found = new Map<string, bigint>();
  for (const name of ['cpu', 'memory']) {
    const quantity = parseQuantity(amounts?.[name]);
    if (quantity !== undefined && quantity.nanos !== 0n) found.set(name, quantity.nanos);
  }
  return found;
}

const changeable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function validateChange(object: ApiObject, old: ApiObject): Cause[] {
  const [now, before] = [withoutChangeable(object), withoutChangeable(old)];
  return equalJson(now, before) ? [] : [forbidden('spec', changeable)];
}

function withoutChangeable(object: ApiObject): JsonValue {
  const spec = cloneJson(objectAt(object, 'spec') ?? {});
  for (const list of ['containers', 'initContainers']) {
    for (const container of objectsAt(spec, list)) delete container.image;
  }
  for (const key of ['activeDeadlineSeconds', 'tolerations', 'nodeName', 'schedulingGates', 'ephemeralContainers']) {
    if (isObject(spec)) delete spec[key];
  }
  return spec;
}
