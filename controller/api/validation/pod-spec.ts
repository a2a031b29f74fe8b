// Kubernetes' rules for a pod spec as a whole, in its order and words: volumes, containers, then the pod's own fields.

import type { LabelSelector } from '../kubernetes-types.ts';
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts';
import { allInvalid, type FieldErrors, invalid, notSupported, required } from './field-error.ts';
import { type Fields, fieldsAt, listAt, numberAt, textAt } from './fields.ts';
import { dnsLabel, dnsSubdomain, qualified } from './names.ts';
import { validateUsers } from './security-context.ts';
import { validateLabelSelector, validateLabels } from './selector.ts';
import { validateVolumes } from './volumes.ts';

export function* validatePodSpec(spec: Fields, path: string): FieldErrors {
  const volumes = new Set<string>();
  yield* validateVolumes(listAt(spec, 'volumes'), `${path}.volumes`, volumes);
  yield* validateContainers(listAt(spec, 'containers'), `${path}.containers`, volumes);
  yield* validateInitContainers(spec, path, volumes);
  yield* validateEphemeralContainers(spec, path, volumes);
  const restartPolicy = textAt(spec, 'restartPolicy') || 'Always';
  const restartPolicies = ['Always', 'OnFailure', 'Never'];
  if (!restartPolicies.includes(restartPolicy))
    yield notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies);
  yield* validateDns(spec, path);
  yield* validateLabels(spec.nodeSelector, `${path}.nodeSelector`);
  yield* validateUsers(fieldsAt(spec, 'securityContext') ?? {}, `${path}.securityContext`);
  for (const [index, secret] of listAt(spec, 'imagePullSecrets').entries()) {
    if (!textAt(secret, 'name')) yield required(`${path}.imagePullSecrets[${index}].name`);
  }
  yield* validateAffinity(fieldsAt(spec, 'affinity') ?? {}, `${path}.affinity`);
  yield* validateSpread(listAt(spec, 'topologySpreadConstraints'), `${path}.topologySpreadConstraints`);
  yield* validateNames(spec, path);
  yield* validateTolerations(listAt(spec, 'tolerations'), `${path}.tolerations`);
  const priorityClass = textAt(spec, 'priorityClassName');
  if (priorityClass) yield* allInvalid(`${path}.priorityClassName`, priorityClass, dnsSubdomain(priorityClass));
}

function* validateDns(spec: Fields, path: string): FieldErrors {
  const policies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
  const policy = textAt(spec, 'dnsPolicy') || 'ClusterFirst';
  if (!policies.includes(policy)) yield notSupported(`${path}.dnsPolicy`, policy, policies);
}

function* validateNames(spec: Fields, path: string): FieldErrors {
  const rules = [
    ['serviceAccountName', dnsSubdomain],
    ['nodeName', dnsSubdomain],
    ['hostname', dnsLabel],
    ['subdomain', dnsLabel],
  ] as const;
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  for (const [field, rule] of rules) {
    const name = textAt(spec, field);
    if (name) yield* allInvalid(`${path}.${field}`, name, rule(name));
    if (field === 'nodeName' && deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
      yield invalid(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive');
    }
  }
}

function* validateAffinity(affinity: Fields, path: string): FieldErrors {
  for (const kind of ['podAffinity', 'podAntiAffinity']) {
    const terms = fieldsAt(affinity, kind) ?? {};
    const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
    const soft = 'preferredDuringSchedulingIgnoredDuringExecution';
    for (const [index, term] of listAt(terms, hard).entries()) {
      yield* validateAffinityTerm(term, `${path}.${kind}.${hard}[${index}]`);
    }
    for (const [index, weighted] of listAt(terms, soft).entries()) {
      const at = `${path}.${kind}.${soft}[${index}]`;
      const weight = numberAt(weighted, 'weight') ?? 0;
      if (weight < 1 || weight > 100) yield invalid(`${at}.weight`, weight, 'must be in the range 1-100');
      yield* validateAffinityTerm(fieldsAt(weighted, 'podAffinityTerm') ?? {}, `${at}.podAffinityTerm`);
    }
  }
}

function* validateAffinityTerm(term: Fields, path: string): FieldErrors {
  for (const field of ['labelSelector', 'namespaceSelector']) {
    const selector = fieldsAt(term, field);
    if (selector) yield* validateLabelSelector(selector as LabelSelector, `${path}.${field}`);
  }
  const key = textAt(term, 'topologyKey');
  if (key === '') yield required(`${path}.topologyKey`, 'can not be empty');
  else yield* allInvalid(`${path}.topologyKey`, key, qualified(key));
}

function* validateSpread(constraints: readonly Fields[], path: string): FieldErrors {
  const actions = ['DoNotSchedule', 'ScheduleAnyway'];
  for (const [index, constraint] of constraints.entries()) {
    const skew = numberAt(constraint, 'maxSkew') ?? 0;
    if (skew <= 0) yield invalid(`${path}[${index}].maxSkew`, skew, 'must be greater than zero');
    if (!textAt(constraint, 'topologyKey')) yield required(`${path}[${index}].topologyKey`, 'can not be empty');
    const action = textAt(constraint, 'whenUnsatisfiable');
    if (!actions.includes(action)) yield notSupported(`${path}[${index}].whenUnsatisfiable`, action, actions);
    const selector = fieldsAt(constraint, 'labelSelector');
    if (selector) yield* validateLabelSelector(selector as LabelSelector, `${path}[${index}].labelSelector`);
  }
}

function* validateTolerations(tolerations: readonly Fields[], path: string): FieldErrors {
  for (const [index, toleration] of tolerations.entries()) {
    const at = `${path}[${index}]`;
    const [key, operator, effect] = [
      textAt(toleration, 'key'),
      textAt(toleration, 'operator'),
      textAt(toleration, 'effect'),
    ];
    if (key) yield* allInvalid(`${at}.key`, key, qualified(key));
    else if (operator !== 'Exists') {
      yield invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      yield invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (operator === 'Exists' && textAt(toleration, 'value')) {
      yield invalid(`${at}.operator`, 'Exists', "value must be empty when `operator` is 'Exists'");
    } else if (!['', 'Equal', 'Exists'].includes(operator)) {
      yield notSupported(`${at}.operator`, operator, ['Equal', 'Exists']);
    }
    const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];
    if (effect && !effects.includes(effect)) yield notSupported(`${at}.effect`, effect, effects);
  }
}
