// Disruption budgets, autoscalers, leases, events and the rights objects: defaults and rules.

import { forbidden, invalid, notSupported, required } from '../field-errors.ts';
import { equalJson, isObject, text } from '../json.ts';
import { mayBind, mayGrant } from '../rights/escalation.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault, setIfZero, textAt } from './fields.ts';
import { notMoreThanAll, notNegative, validateIntOrPercent } from './int-or-percent-rules.ts';
import { validateMetadata } from './metadata-rules.ts';
import { pathSegmentName } from './name-rules.ts';
import { validateSelector } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';

export const podDisruptionBudget: KindDetails = {
  strategy: (base) => ({
    allowUnconditionalUpdate: false,
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateBudget(object)],
    validateUpdate: (object, old, context) => [...base.validateUpdate(object, old, context), ...validateBudget(object)],
  }),
};

function validateBudget(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    causes.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    if (spec[field] === undefined) continue;
    causes.push(...validateIntOrPercent(spec[field], `spec.${field}`), ...notMoreThanAll(spec[field], `spec.${field}`));
  }
  const selector = objectAt(spec, 'selector');
  return selector === undefined ? causes : [...causes, ...validateSelector(selector, 'spec.selector')];
}

const cpuMetric = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

export const horizontalPodAutoscaler: KindDetails = {
  strategy: (base) => ({
    hasGeneration: false,
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      setDefault(spec, 'minReplicas', 1);
      if (objectsAt(spec, 'metrics').length === 0) spec.metrics = [structuredClone(cpuMetric)];
      const behavior = objectAt(spec, 'behavior');
      if (behavior !== undefined) defaultBehavior(behavior);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateAutoscaler(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateAutoscaler(object),
    ],
  }),
};

function defaultBehavior(behavior: JsonObject): void {
  const up = ensureObject(behavior, 'scaleUp');
  setDefault(up, 'stabilizationWindowSeconds', 0);
  setDefault(up, 'selectPolicy', 'Max');
  setDefault(up, 'policies', [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ]);
  const down = ensureObject(behavior, 'scaleDown');
  setDefault(down, 'selectPolicy', 'Max');
  setDefault(down, 'policies', [{ type: 'Percent', value: 100, periodSeconds: 15 }]);
}

function validateAutoscaler(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  const [least, most] = [numberAt(spec, 'minReplicas') ?? 1, numberAt(spec, 'maxReplicas') ?? 0];
  if (least < 1) causes.push(invalid('spec.minReplicas', least, 'must be greater than or equal to 1'));
  if (most < 1) causes.push(invalid('spec.maxReplicas', most, 'must be greater than 0'));
  if (most < least) causes.push(invalid('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'));
  for (const field of ['kind', 'name']) {
    if (textAt(spec, 'scaleTargetRef', field) === '') causes.push(required(`spec.scaleTargetRef.${field}`));
  }
  objectsAt(spec, 'metrics').forEach((metric, index) => {
    causes.push(...validateMetric(metric, `spec.metrics[${index}]`));
  });
  return causes;
}

const metricSources = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

/** The source that the type names, and no other. */
function validateMetric(metric: JsonObject, field: string): Cause[] {
  const type = text(metric.type);
  if (type === '') return [required(`${field}.type`, 'must specify a metric source type')];
  if (!metricSources.includes(type)) return [notSupported(`${field}.type`, type, metricSources)];
  const expected = type[0]!.toLowerCase() + type.slice(1);
  const present = metricSources
    .map((source) => source[0]!.toLowerCase() + source.slice(1))
    .filter((source) => isObject(metric[source]));
  const causes = present.includes(expected)
    ? []
    : [required(`${field}.${expected}`, 'must populate information for the given metric source')];
  const others = present.filter((source) => source !== expected);
  return [
    ...causes,
    ...others.map((source) => forbidden(`${field}.${source}`, 'must populate the given metric source only')),
  ];
}

export const lease: KindDetails = {
  strategy: (base) => ({
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateLease(object)],
    validateUpdate: (object, old, context) => [...base.validateUpdate(object, old, context), ...validateLease(object)],
  }),
};

function validateLease(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  const duration = numberAt(spec, 'leaseDurationSeconds');
  if (duration !== undefined && duration <= 0) {
    causes.push(invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  }
  const transitions = numberAt(spec, 'leaseTransitions');
  if (transitions !== undefined) causes.push(...notNegative(transitions, 'spec.leaseTransitions'));
  if (spec.holderIdentity === '') causes.push(invalid('spec.holderIdentity', '', 'must not be empty'));
  return causes;
}

/** Names of rights objects may hold colons: `system:admin`. */
export const role: KindDetails = rights('roles');
export const clusterRole: KindDetails = rights('clusterroles');

function rights(plural: 'roles' | 'clusterroles'): KindDetails {
  return {
    strategy: (base) => ({
      allowCreateOnUpdate: true,
      validateCreate(object, context) {
        const causes = [...validateMetadata(object, plural === 'roles', pathSegmentName), ...validateRules(object)];
        if (causes.length === 0) mayGrant(object, plural, context);
        return causes;
      },
      validateUpdate(object, old, context) {
        const causes = [...base.validateUpdate(object, old, context), ...validateRules(object)];
        if (causes.length === 0 && !equalJson(object.rules, old.rules)) mayGrant(object, plural, context);
        return causes;
      },
    }),
  };
}

function validateRules(object: ApiObject): Cause[] {
  return objectsAt(object, 'rules').flatMap((rule, index) => {
    const field = `rules[${index}]`;
    const has = (key: string): boolean => Array.isArray(rule[key]) && rule[key].length > 0;
    const causes: Cause[] = [];
    if (!has('verbs')) causes.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
    if (has('nonResourceURLs')) {
      const wrong = (detail: string): Cause => invalid(`${field}.nonResourceURLs`, rule.nonResourceURLs, detail);
      if (object.kind === 'Role') causes.push(wrong('namespaced rules cannot apply to non-resource URLs'));
      if (has('apiGroups') || has('resources') || has('resourceNames')) {
        causes.push(wrong('rules cannot apply to both regular resources and non-resource URLs'));
      }
      return causes;
    }
    if (!has('apiGroups')) {
      causes.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
    }
    if (!has('resources')) {
      causes.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
    }
    return causes;
  });
}

export const roleBinding: KindDetails = binding('rolebindings');
export const clusterRoleBinding: KindDetails = binding('clusterrolebindings');

function binding(plural: 'rolebindings' | 'clusterrolebindings'): KindDetails {
  return {
    strategy: (base) => ({
      allowCreateOnUpdate: true,
      applyDefaults(object) {
        const group = 'rbac.authorization.k8s.io';
        const ref = objectAt(object, 'roleRef');
        if (ref !== undefined) setIfZero(ref, 'apiGroup', group);
        for (const subject of objectsAt(object, 'subjects')) {
          if (subject.kind !== 'ServiceAccount') setIfZero(subject, 'apiGroup', group);
        }
      },
      validateCreate(object, context) {
        const metadata = validateMetadata(object, plural === 'rolebindings', pathSegmentName);
        const causes = [...metadata, ...validateBinding(object)];
        if (causes.length === 0) mayBind(object, plural, context);
        return causes;
      },
      validateUpdate(object, old, context) {
        const causes = [...base.validateUpdate(object, old, context), ...validateBinding(object)];
        if (!equalJson(object.roleRef, old.roleRef)) {
          causes.push(invalid('roleRef', object.roleRef, 'cannot change roleRef'));
        }
        if (causes.length === 0 && !equalJson(object.subjects, old.subjects)) mayBind(object, plural, context);
        return causes;
      },
    }),
  };
}

const subjectKinds = ['ServiceAccount', 'User', 'Group'];

function validateBinding(object: ApiObject): Cause[] {
  const causes: Cause[] = [];
  const ref = isObject(object.roleRef) ? object.roleRef : {};
  if (ref.kind !== 'Role' && ref.kind !== 'ClusterRole') {
    causes.push(notSupported('roleRef.kind', text(ref.kind), ['ClusterRole', 'Role']));
  }
  if (text(ref.name) === '') causes.push(required('roleRef.name'));
  objectsAt(object, 'subjects').forEach((subject, index) => {
    const field = `subjects[${index}]`;
    if (text(subject.name) === '') causes.push(required(`${field}.name`));
    if (!subjectKinds.includes(text(subject.kind))) {
      causes.push(notSupported(`${field}.kind`, text(subject.kind), [...subjectKinds].sort()));
    }
    if (subject.kind === 'ServiceAccount' && text(subject.namespace) === '')
      causes.push(required(`${field}.namespace`));
  });
  return causes;
}
