// Deployments, ReplicaSets, StatefulSets, DaemonSets, ReplicationControllers and pod templates: defaults, scale, and
// what must hold of replicas, selector and template.

import { defaultPodSpec } from '../../../controller/api/pod-template-defaults.ts';
import { forbidden, invalid, required } from '../field-errors.ts';
import { equalJson, isObject, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, setDefault, setIfZero } from './fields.ts';
import { notNegative } from './int-or-percent-rules.ts';
import { validateLabels } from './metadata-rules.ts';
import { validatePodSpec } from './pod-spec-rules.ts';
import { nameWarning, podWarnings } from './pod-warnings.ts';
import { isEmptySelector, matchesSelector, selectorText, validateSelector } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject, ScaleStrategy } from './types.ts';
import {
  validateDaemonSetStrategy,
  validateDeploymentStrategy,
  validateStatefulSetStrategy,
} from './update-strategies.ts';

const rolling = { type: 'RollingUpdate' };
const warnings = podWarnings(['spec', 'template']);
const podNames = 'Pod names and hostnames';

export const deployment: KindDetails = {
  scale: specScale(),
  strategy: (base) => ({
    // QUIRK: annotations count too.
    generationChanges: (object, old) =>
      base.generationChanges(object, old) || !equalJson(annotationsOf(object), annotationsOf(old)),
    warnings: (object, old) => [...nameWarning(object, old, podNames), ...warnings(object, old)],
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultTemplate(spec);
      setDefault(spec, 'replicas', 1);
      const strategy = ensureObject(spec, 'strategy');
      setIfZero(strategy, 'type', rolling.type);
      if (strategy.type === 'RollingUpdate') {
        const update = ensureObject(strategy, 'rollingUpdate');
        setDefault(update, 'maxUnavailable', '25%');
        setDefault(update, 'maxSurge', '25%');
      }
      setDefault(spec, 'revisionHistoryLimit', 10);
      setDefault(spec, 'progressDeadlineSeconds', 600);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateDeployment(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateDeployment(object),
      ...immutableSelector(object, old),
    ],
  }),
};

export const replicaSet: KindDetails = {
  scale: specScale(),
  selectableFields: { 'status.replicas': (object) => String(numberAt(object, 'status', 'replicas') ?? 0) },
  strategy: (base) => ({
    warnings: (object, old) => [...nameWarning(object, old, podNames), ...warnings(object, old)],
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultTemplate(spec);
      setDefault(spec, 'replicas', 1);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateReplicaSet(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateReplicaSet(object),
      ...immutableSelector(object, old),
    ],
  }),
};

export const statefulSet: KindDetails = {
  scale: specScale(),
  strategy: (base) => ({
    warnings: (object, old) => [...nameWarning(object, old, podNames), ...warnings(object, old)],
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultTemplate(spec);
      setIfZero(spec, 'podManagementPolicy', 'OrderedReady');
      const strategy = ensureObject(spec, 'updateStrategy');
      setIfZero(strategy, 'type', rolling.type);
      if (strategy.type === rolling.type) setDefault(ensureObject(strategy, 'rollingUpdate'), 'partition', 0);
      const retention = ensureObject(spec, 'persistentVolumeClaimRetentionPolicy');
      setIfZero(retention, 'whenDeleted', 'Retain');
      setIfZero(retention, 'whenScaled', 'Retain');
      setDefault(spec, 'replicas', 1);
      setDefault(spec, 'revisionHistoryLimit', 10);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateStatefulSet(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateStatefulSet(object),
      ...fixedStatefulSet(object, old),
    ],
  }),
};

export const daemonSet: KindDetails = {
  strategy: (base) => ({
    warnings,
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultTemplate(spec);
      const strategy = ensureObject(spec, 'updateStrategy');
      setIfZero(strategy, 'type', rolling.type);
      if (strategy.type === rolling.type) {
        const update = ensureObject(strategy, 'rollingUpdate');
        setDefault(update, 'maxUnavailable', 1);
        setDefault(update, 'maxSurge', 0);
      }
      setDefault(spec, 'revisionHistoryLimit', 10);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateDaemonSet(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateDaemonSet(object),
      ...immutableSelector(object, old),
    ],
  }),
};

export const replicationController: KindDetails = {
  scale: specScale(),
  strategy: () => ({
    warnings,
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      defaultTemplate(spec);
      setDefault(spec, 'replicas', 1);
      const labels = objectAt(spec, 'template', 'metadata', 'labels');
      if (labels === undefined) return;
      if (objectAt(spec, 'selector') === undefined) spec.selector = { ...labels };
      if (objectAt(object.metadata, 'labels') === undefined) object.metadata.labels = { ...labels };
    },
  }),
};

export const podTemplate: KindDetails = { strategy: () => ({ applyDefaults: defaultTemplate }) };

/** The template below `holder`, in place. */
export function defaultTemplate(holder: JsonObject): void {
  const template = ensureObject(holder, 'template');
  ensureObject(template, 'metadata');
  defaultPodSpec(ensureObject(template, 'spec'));
}

function specScale(): ScaleStrategy {
  return {
    specReplicasPath: ['spec', 'replicas'],
    specReplicas: (object) => numberAt(object, 'spec', 'replicas') ?? 0,
    statusReplicas: (object) => numberAt(object, 'status', 'replicas') ?? 0,
    selector: (object) => selectorText(objectAt(object, 'spec', 'selector')),
    setSpecReplicas(object, replicas) {
      ensureObject(object, 'spec').replicas = replicas;
    },
  };
}

function annotationsOf(object: ApiObject): JsonObject {
  return objectAt(object.metadata, 'annotations') ?? {};
}

function validateDeployment(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes = [
    ...numbersOf(spec, ['replicas']),
    ...validateSelection(object),
    ...validateDeploymentStrategy(objectAt(spec, 'strategy') ?? {}, 'spec.strategy'),
    ...numbersOf(spec, ['minReadySeconds', 'revisionHistoryLimit']),
  ];
  const [deadline, ready] = [numberAt(spec, 'progressDeadlineSeconds'), numberAt(spec, 'minReadySeconds') ?? 0];
  if (deadline !== undefined) {
    causes.push(...notNegative(deadline, 'spec.progressDeadlineSeconds'));
    if (deadline <= ready) {
      causes.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
    }
  }
  return causes;
}

function validateStatefulSet(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  return [
    ...validateStatefulSetStrategy(spec, 'spec'),
    ...numbersOf(spec, ['replicas', 'minReadySeconds', 'revisionHistoryLimit']),
    ...validateSelection(object),
    ...noDeadline(object),
  ];
}

function validateDaemonSet(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  return [
    ...validateSelection(object),
    ...noDeadline(object),
    ...numbersOf(spec, ['minReadySeconds']),
    ...validateDaemonSetStrategy(objectAt(spec, 'updateStrategy') ?? {}, 'spec.updateStrategy'),
    ...numbersOf(spec, ['revisionHistoryLimit']),
  ];
}

function validateReplicaSet(object: ApiObject): Cause[] {
  return [...numbersOf(objectAt(object, 'spec') ?? {}, ['replicas', 'minReadySeconds']), ...validateSelection(object)];
}

function noDeadline(object: ApiObject): Cause[] {
  if (objectAt(object, 'spec', 'template', 'spec')?.activeDeadlineSeconds === undefined) return [];
  const detail = `activeDeadlineSeconds in ${text(object.kind)} is not Supported`;
  return [forbidden('spec.template.spec.activeDeadlineSeconds', detail)];
}

function numbersOf(spec: JsonObject, fields: readonly string[]): Cause[] {
  return fields.flatMap((field) => notNegative(numberAt(spec, field) ?? 0, `spec.${field}`));
}

/** Selector and template of anything that makes pods from one. QUIRK: a ReplicaSet is called a deployment. */
function validateSelection(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  const selector = objectAt(spec, 'selector');
  if (selector === undefined) {
    causes.push(required('spec.selector'));
  } else {
    causes.push(...validateSelector(selector, 'spec.selector'));
    if (isEmptySelector(selector)) {
      const called = object.kind === 'StatefulSet' || object.kind === 'DaemonSet' ? object.kind : 'deployment';
      causes.push(invalid('spec.selector', selector, `empty selector is invalid for ${called.toLowerCase()}`));
    }
  }
  return [...causes, ...validateTemplate(objectAt(spec, 'template'), selector, 'spec.template')];
}

/** The template's own rules, and that the selector selects what it makes. */
function validateTemplate(template: JsonObject | undefined, selector: JsonObject | undefined, field: string): Cause[] {
  if (template === undefined) return [required(field)];
  const labels = objectAt(template, 'metadata', 'labels');
  const causes: Cause[] = [];
  if (selectsOthers(selector, labels ?? {})) {
    causes.push(invalid(`${field}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`'));
  }
  causes.push(...validateLabels(labels ?? {}, `${field}.labels`));
  const spec = objectAt(template, 'spec') ?? {};
  causes.push(...validatePodSpec(spec, `${field}.spec`));
  if (spec.restartPolicy !== 'Always') {
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(spec.restartPolicy ?? '')}: supported values: "Always"`,
      field: `${field}.spec.restartPolicy`,
    });
  }
  return causes;
}

/** No selector selects nothing, an empty one is told of elsewhere. */
function selectsOthers(selector: JsonObject | undefined, labels: JsonObject): boolean {
  if (selector === undefined) return true;
  return !isEmptySelector(selector) && !matchesSelector(selector, labels);
}

function immutableSelector(object: ApiObject, old: ApiObject): Cause[] {
  const [selector, before] = [objectAt(object, 'spec', 'selector'), objectAt(old, 'spec', 'selector')];
  if (!isObject(selector) || equalJson(selector, before)) return [];
  return [invalid('spec.selector', selector, 'field is immutable')];
}

const changeableOfStatefulSets = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function fixedStatefulSet(object: ApiObject, old: ApiObject): Cause[] {
  const fixed = (one: ApiObject): JsonObject =>
    Object.fromEntries(
      Object.entries(objectAt(one, 'spec') ?? {}).filter(([key]) => !changeableOfStatefulSets.includes(key)),
    );
  if (equalJson(fixed(object), fixed(old))) return [];
  const names = changeableOfStatefulSets.map((key) => `'${key}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  return [forbidden('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
}
