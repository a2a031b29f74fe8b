// What must hold of where a pod may go: node labels, affinity, spreading, tolerations.

import { duplicate, invalid, notSupported, required } from '../field-errors.ts';
import { text } from '../json.ts';
import { numberAt, objectAt, objectsAt } from './fields.ts';
import { validateLabels } from './metadata-rules.ts';
import { labelValueRule, qualified } from './name-rules.ts';
import type { Cause, JsonObject } from './types.ts';

export function validatePlacement(spec: JsonObject, field: string): Cause[] {
  return [
    ...validateLabels(spec.nodeSelector, `${field}.nodeSelector`),
    ...['podAffinity', 'podAntiAffinity'].flatMap((key) =>
      validatePodAffinity(objectAt(spec, 'affinity', key), `${field}.affinity.${key}`),
    ),
    ...validateSpread(objectsAt(spec, 'topologySpreadConstraints'), `${field}.topologySpreadConstraints`),
    ...validateTolerations(objectsAt(spec, 'tolerations'), `${field}.tolerations`),
  ];
}

function validatePodAffinity(affinity: JsonObject | undefined, field: string): Cause[] {
  const [hard, soft] = [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ];
  const needed = objectsAt(affinity, hard!).flatMap((term, index) =>
    validateTopologyKey(term.topologyKey, `${field}.${hard}[${index}].topologyKey`),
  );
  const wanted = objectsAt(affinity, soft!).flatMap((one, index) => {
    const at = `${field}.${soft}[${index}]`;
    const weight = numberAt(one, 'weight') ?? 0;
    const key = objectAt(one, 'podAffinityTerm')?.topologyKey;
    return [
      ...(weight < 1 || weight > 100 ? [invalid(`${at}.weight`, weight, 'must be in the range 1-100')] : []),
      ...validateTopologyKey(key, `${at}.podAffinityTerm.topologyKey`),
    ];
  });
  return [...needed, ...wanted];
}

function validateTopologyKey(value: unknown, field: string): Cause[] {
  const key = text(value);
  const causes = key === '' ? [required(field, 'can not be empty')] : [];
  return [...causes, ...qualified(key).map((problem) => invalid(field, key, problem))];
}

function validateSpread(constraints: readonly JsonObject[], field: string): Cause[] {
  const seen = new Set<string>();
  return constraints.flatMap((constraint, index) => {
    const at = `${field}[${index}]`;
    const causes: Cause[] = [];
    const skew = numberAt(constraint, 'maxSkew') ?? 0;
    if (skew <= 0) causes.push(invalid(`${at}.maxSkew`, skew, 'must be greater than zero'));
    causes.push(...validateTopologyKey(constraint.topologyKey, `${at}.topologyKey`));
    const action = text(constraint.whenUnsatisfiable);
    const actions = ['DoNotSchedule', 'ScheduleAnyway'];
    if (!actions.includes(action)) causes.push(notSupported(`${at}.whenUnsatisfiable`, action, actions));
    const pair = `{${text(constraint.topologyKey)}, ${action}}`;
    if (seen.has(pair)) causes.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    return causes;
  });
}

const effects = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

function validateTolerations(tolerations: readonly JsonObject[], field: string): Cause[] {
  return tolerations.flatMap((toleration, index) => {
    const at = `${field}[${index}]`;
    const causes: Cause[] = [];
    const wrong = (member: string, value: unknown, detail: string): void => {
      causes.push(invalid(`${at}.${member}`, value, detail));
    };
    const [key, operator] = [text(toleration.key), text(toleration.operator)];
    const [value, effect] = [text(toleration.value), text(toleration.effect)];
    if (key !== '') causes.push(...qualified(key).map((problem) => invalid(`${at}.key`, key, problem)));
    else if (operator !== 'Exists') {
      wrong(
        'operator',
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    }
    if (toleration.tolerationSeconds !== undefined && effect !== 'NoExecute') {
      wrong('effect', effect, "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (operator === 'Equal' || operator === '') {
      const problems = labelValueRule(value);
      if (problems.length > 0) wrong('operator', value, problems.join(';'));
    } else if (operator !== 'Exists') {
      causes.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    } else if (value !== '') {
      wrong('operator', toleration, "value must be empty when `operator` is 'Exists'");
    }
    if (effect !== '' && !effects.includes(effect)) causes.push(notSupported(`${at}.effect`, effect, effects));
    return causes;
  });
}
