// Jobs: defaults, the generated selector, and what may not change.

import { invalid, required } from '../field-errors.ts';
import { cloneJson, equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault } from './fields.ts';
import { notNegative } from './int-or-percent-rules.ts';
import { validateLabels } from './metadata-rules.ts';
import { validatePodSpec } from './pod-spec-rules.ts';
import { podWarnings } from './pod-warnings.ts';
import { oneOf } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';
import { defaultTemplate } from './workloads.ts';

export const job: KindDetails = {
  selectableFields: { 'status.successful': (object) => String(numberAt(object, 'status', 'succeeded') ?? 0) },
  strategy: (base) => ({
    defaultPropagationPolicy: 'Orphan',
    warnings: podWarnings(['spec', 'template']),
    applyDefaults: defaultJob,
    prepareForCreate(object, context) {
      base.prepareForCreate(object, context);
      generateSelector(object);
      // Reading back what was stored copies the template's labels to a Job that has none.
      defaultLabels(object);
    },
    validateCreate: (object, context) => [...base.validateCreate(object, context), ...validateJob(object)],
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateJob(object),
      ...validateFixed(object, old),
    ],
  }),
};

function defaultJob(object: ApiObject): void {
  const spec = ensureObject(object, 'spec');
  defaultTemplate(spec);
  const [completions, parallelism] = [spec.completions, spec.parallelism];
  if (completions === undefined && parallelism === undefined) spec.completions = 1;
  setDefault(spec, 'parallelism', 1);
  setDefault(spec, 'backoffLimit', spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647);
  setDefault(spec, 'completionMode', 'NonIndexed');
  setDefault(spec, 'suspend', false);
  setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed');
  setDefault(spec, 'manualSelector', false);
  defaultLabels(object);
}

function defaultLabels(object: ApiObject): void {
  const labels = objectAt(object, 'spec', 'template', 'metadata', 'labels');
  const own = objectAt(object.metadata, 'labels') ?? {};
  if (labels !== undefined && Object.keys(own).length === 0) object.metadata.labels = { ...labels };
}

/** The labels that tie pods to this very Job. */
function generateSelector(object: ApiObject): void {
  const spec = ensureObject(object, 'spec');
  if (spec.manualSelector === true) return;
  const [uid, name] = [text(object.metadata.uid), text(object.metadata.name)];
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    labels[`${prefix}controller-uid`] = uid;
    labels[`${prefix}job-name`] = name;
  }
  const selector = ensureObject(spec, 'selector');
  ensureObject(selector, 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
}

function validateJob(object: ApiObject): Cause[] {
  return validateJobSpec(objectAt(object, 'spec') ?? {}, 'spec');
}

const counts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];

/** Also of the Jobs that a CronJob makes. */
export function validateJobSpec(spec: JsonObject, field: string): Cause[] {
  const causes = counts.flatMap((key) => notNegative(numberAt(spec, key) ?? 0, `${field}.${key}`));
  const template = objectAt(spec, 'template') ?? {};
  const podSpec = objectAt(template, 'spec') ?? {};
  causes.push(...validateLabels(objectAt(template, 'metadata')?.labels, `${field}.template.labels`));
  causes.push(...validatePodSpec(podSpec, `${field}.template.spec`));
  if (podSpec.restartPolicy === 'Always') {
    const at = `${field}.template.spec.restartPolicy`;
    causes.push(
      ...(objectsAt(podSpec, 'containers').length === 0
        ? [required(at, 'valid values: "OnFailure", "Never"')]
        : oneOf('Always', ['OnFailure', 'Never'], at)),
    );
  }
  return causes;
}

function validateFixed(object: ApiObject, old: ApiObject): Cause[] {
  const [spec, before] = [objectAt(object, 'spec') ?? {}, objectAt(old, 'spec') ?? {}];
  const causes: Cause[] = [];
  for (const field of ['completions', 'selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex']) {
    if (!equalJson(spec[field], before[field]))
      causes.push(invalid(`spec.${field}`, spec[field], 'field is immutable'));
  }
  if (!equalJson(comparable(spec), comparable(before))) {
    causes.push(invalid('spec.template', spec.template, 'field is immutable'));
  }
  return causes;
}

/** A suspended Job that has not started may change where its pods go. */
function comparable(spec: JsonObject): JsonObject {
  const template = cloneJson(objectAt(spec, 'template') ?? {});
  if (spec.suspend !== true) return template;
  const podSpec = objectAt(template, 'spec') ?? {};
  for (const key of ['nodeSelector', 'affinity', 'tolerations', 'schedulingGates']) delete podSpec[key];
  return template;
}
