// PriorityClasses, and what they mean for a pod: the admission plugin Priority gives it the value of the class that it
// names, or of the one that is the default of the cluster.

import { forbidden as forbiddenField, invalid, notSupported } from '../field-errors.ts';
import { text } from '../json.ts';
import { forbidden } from '../refusals.ts';
import type { KindDetails } from './details.ts';
import { numberAt, setDefault } from './fields.ts';
import { validateMetadata } from './metadata-rules.ts';
import { subdomainName } from './name-rules.ts';
import type { ApiObject, Cause, JsonObject, KindContext } from './types.ts';

const group = 'scheduling.k8s.io';
const highestOfUsers = 1_000_000_000;
const systemPrefix = 'system-';

/** Those that every cluster has. */
export const systemClasses: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

export const priorityClass: KindDetails = {
  strategy: (base) => ({
    hasGeneration: true,
    applyDefaults: (object) => setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority'),
    validateCreate(object, context) {
      const causes = [...validateMetadata(object, false, subdomainName), ...validateValue(object)];
      if (causes.length === 0 && object.globalDefault === true) refuseSecondDefault(object, context);
      return causes;
    },
    validateUpdate(object, old, context) {
      const causes = [...base.validateUpdate(object, old, context)];
      if (object.value !== old.value) causes.push(forbiddenField('value', 'may not be changed in an update.'));
      if (object.preemptionPolicy !== old.preemptionPolicy) {
        causes.push(invalid('preemptionPolicy', object.preemptionPolicy, 'field is immutable'));
      }
      if (causes.length === 0 && object.globalDefault === true) refuseSecondDefault(object, context);
      return causes;
    },
  }),
};

function validateValue(object: ApiObject): Cause[] {
  const name = text(object.metadata.name);
  const value = numberAt(object, 'value') ?? 0;
  const causes: Cause[] = [];
  if (name.startsWith(systemPrefix)) {
    if (systemClasses[name] !== value) {
      const why = `priority class names with '${systemPrefix}' prefix are reserved for system use only`;
      causes.push(forbiddenField('metadata.name', `${why}. error: ${name} is not a known system priority class`));
    }
  } else if (value > highestOfUsers) {
    causes.push(forbiddenField('value', `maximum allowed value of a user defined priority is ${highestOfUsers}`));
  }
  const policies = ['Never', 'PreemptLowerPriority'];
  if (!policies.includes(text(object.preemptionPolicy))) {
    causes.push(notSupported('preemptionPolicy', object.preemptionPolicy, policies));
  }
  return causes;
}

function refuseSecondDefault(object: ApiObject, context: KindContext): void {
  const name = text(object.metadata.name);
  for (const other of context.list(group, 'priorityclasses')) {
    if (other.globalDefault !== true || other.metadata.name === name) continue;
    const why = `PriorityClass ${text(other.metadata.name)} is already marked as default. Only one default can exist`;
    throw forbidden({ group, plural: 'priorityclasses', kind: 'PriorityClass' }, name, why);
  }
}

/** Sets a pod's priority, in place. Throws 403 for a class that does not exist or another value than its own. */
export function givePriority(pod: ApiObject, spec: JsonObject, context: KindContext): void {
  const refuse = (why: string): Error =>
    forbidden({ group: '', plural: 'pods', kind: 'Pod' }, text(pod.metadata.name), why);
  const named = text(spec.priorityClassName);
  const found = named === '' ? defaultClass(context) : context.read(group, 'priorityclasses', '', named);
  if (named !== '' && found === undefined) throw refuse(`no PriorityClass with name ${named} was found`);
  if (found !== undefined) setDefault(spec, 'priorityClassName', text(found.metadata.name));
  const value = numberAt(found, 'value') ?? 0;
  if (spec.priority !== undefined && spec.priority !== value) {
    throw refuse(
      `the integer value of priority (${numberAt(spec, 'priority')}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    );
  }
  spec.priority = value;
  setDefault(spec, 'preemptionPolicy', text(found?.preemptionPolicy) || 'PreemptLowerPriority');
}

function defaultClass(context: KindContext): ApiObject | undefined {
  for (const one of context.list(group, 'priorityclasses')) if (one.globalDefault === true) return one;
  return undefined;
}
