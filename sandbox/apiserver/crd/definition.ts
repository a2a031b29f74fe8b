// CustomResourceDefinitions as objects: defaults, what must hold of names, versions and schemas, and that a deleted one
// stays until its objects are gone.

import { formatRfc3339 } from '../../../controller/lang/rfc3339.ts';
import { invalid, notSupported, required } from '../field-errors.ts';
import { cloneJson, equalJson, text } from '../json.ts';
import type { KindDetails } from '../kinds/details.ts';
import { ensureObject, objectAt, objectsAt, setIfZero, textAt, textsAt } from '../kinds/fields.ts';
import { label1035Name, subdomainName } from '../kinds/name-rules.ts';
import type { ApiObject, Cause, JsonObject, JsonValue } from '../kinds/types.ts';
import { setCondition } from './conditions.ts';
import { unevaluatedRules, validateDefinitionSchema } from './schema-rules.ts';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

export const customResourceDefinition: KindDetails = {
  strategy: (base) => ({
    allowUnconditionalUpdate: false,
    applyDefaults,
    prepareForCreate(object) {
      object.status = {
        conditions: null,
        acceptedNames: { plural: '', kind: '' },
        storedVersions: storageVersions(object),
      };
    },
    prepareForUpdate(object, old, context) {
      base.prepareForUpdate(object, old, context);
      const stored = textsAt(object.status, 'storedVersions');
      const added = storageVersions(object).filter((version) => !stored.includes(version));
      object.status = { ...objectAt(object, 'status'), storedVersions: [...stored, ...added] };
    },
    validateCreate: (object, context) => [
      ...validateName(object),
      ...base.validateCreate(object, context),
      ...validateSpec(object),
    ],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateSpec(object),
      ...validateFixed(object, old),
    ],
    warnings: (object, old) =>
      equalJson(object.spec, old?.spec) ? [] : objectsAt(object, 'spec', 'versions').flatMap(warnOfRules),
    markForDeletion(old, context) {
      const draft = cloneJson(old);
      const now = formatRfc3339(context.now);
      draft.metadata.deletionTimestamp = now;
      draft.metadata.finalizers = [...new Set([...textsAt(old.metadata, 'finalizers'), cleanupFinalizer])];
      setCondition(ensureObject(draft, 'status'), {
        type: 'Terminating',
        status: 'True',
        lastTransitionTime: now,
        reason: 'InstanceDeletionPending',
        message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
      });
      return draft;
    },
  }),
};

function applyDefaults(object: ApiObject): void {
  const spec = ensureObject(object, 'spec');
  setIfZero(ensureObject(spec, 'conversion'), 'strategy', 'None');
  const names = ensureObject(spec, 'names');
  const kind = text(names.kind);
  if (kind === '') return;
  setIfZero(names, 'singular', kind.toLowerCase());
  setIfZero(names, 'listKind', `${kind}List`);
}

function storageVersions(object: ApiObject): string[] {
  return objectsAt(object, 'spec', 'versions')
    .filter((version) => version.storage === true)
    .map((version) => text(version.name));
}

function validateName(object: ApiObject): Cause[] {
  const name = text(object.metadata.name);
  if (name === `${textAt(object, 'spec', 'names', 'plural')}.${textAt(object, 'spec', 'group')}`) return [];
  return [invalid('metadata.name', name, 'must be spec.names.plural+"."+spec.group')];
}

function validateSpec(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const causes = validateGroup(text(spec.group));
  if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    const supported = ['Cluster', 'Namespaced'];
    causes.push(
      text(spec.scope) === '' ? required('spec.scope') : notSupported('spec.scope', text(spec.scope), supported),
    );
  }
  const versions = objectsAt(spec, 'versions');
  const storing = versions.filter((version) => version.storage === true).length;
  if (storing !== 1) {
    const value = spec.versions as JsonValue;
    causes.push(invalid('spec.versions', value ?? null, 'must have exactly one version marked as storage version'));
  }
  causes.push(...validateNames(objectAt(spec, 'names') ?? {}));
  versions.forEach((version, index) => {
    causes.push(...validateVersion(version, `spec.versions[${index}]`));
  });
  return causes;
}

function validateGroup(group: string): Cause[] {
  if (group === '') return [required('spec.group')];
  const problems = subdomainName(group).map((problem) => invalid('spec.group', group, problem));
  if (!group.includes('.')) problems.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  return problems;
}

function validateNames(names: JsonObject): Cause[] {
  const causes: Cause[] = [];
  const [plural, kind] = [text(names.plural), text(names.kind)];
  if (plural === '') causes.push(required('spec.names.plural'));
  else causes.push(...label1035Name(plural).map((problem) => invalid('spec.names.plural', plural, problem)));
  if (kind === '') causes.push(required('spec.names.kind'));
  else {
    const problems = label1035Name(kind.toLowerCase());
    const detail = (problem: string): string => `may have mixed case, but should otherwise match: ${problem}`;
    causes.push(...problems.map((problem) => invalid('spec.names.kind', kind, detail(problem))));
  }
  if (kind !== '' && kind === text(names.listKind)) {
    causes.push(invalid('spec.names.listKind', kind, 'kind and listKind may not be the same'));
  }
  return causes;
}

function validateVersion(version: JsonObject, field: string): Cause[] {
  const name = text(version.name);
  const causes = label1035Name(name).map((problem) => invalid(`${field}.name`, name, problem));
  const schema = objectAt(version, 'schema', 'openAPIV3Schema');
  if (schema === undefined) return [...causes, required(`${field}.schema.openAPIV3Schema`)];
  return [...causes, ...validateDefinitionSchema(schema, `${field}.schema.openAPIV3Schema`)];
}

/** Better than to be silent about what a real cluster would refuse. */
function warnOfRules(version: JsonObject, index: number): string[] {
  const schema = objectAt(version, 'schema', 'openAPIV3Schema') ?? {};
  const field = `spec.versions[${index}].schema.openAPIV3Schema`;
  return unevaluatedRules(schema, field).map((at) => `${at}: the sandbox evaluates no rule but \`self == oldSelf\``);
}

function validateFixed(object: ApiObject, old: ApiObject): Cause[] {
  const causes: Cause[] = [];
  for (const path of [['group'], ['scope'], ['names', 'kind'], ['names', 'plural']]) {
    const [now, before] = [textAt(object, 'spec', ...path), textAt(old, 'spec', ...path)];
    if (!equalJson(now, before)) causes.push(invalid(`spec.${path.join('.')}`, now, 'field is immutable'));
  }
  const names = objectsAt(object, 'spec', 'versions').map((version) => text(version.name));
  textsAt(object, 'status', 'storedVersions').forEach((version, index) => {
    if (names.includes(version)) return;
    const detail = `missing from spec.versions; ${version} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${version} and removes ${version} from status.storedVersions`;
    causes.push(invalid(`status.storedVersions[${index}]`, version, detail));
  });
  return causes;
}
