// Jobs and CronJobs: defaults, the generated selector, and what may not change.

import { defaultPodSpec } from '../../../controller/api/pod-template-defaults.ts';
import { invalid, required } from '../field-errors.ts';
import { cloneJson, equalJson, text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, objectsAt, setDefault, setIfZero, textAt } from './fields.ts';
import { validateLabels } from './metadata-rules.ts';
import { validatePodSpec } from './pod-spec-rules.ts';
import { oneOf } from './selector-rules.ts';
import type { ApiObject, Cause, JsonObject } from './types.ts';
import { defaultTemplate, notNegative } from './workloads.ts';

export const job: KindDetails = {
  selectableFields: { 'status.successful': (object) => String(numberAt(object, 'status', 'succeeded') ?? 0) },
  strategy: (base) => ({
    defaultPropagationPolicy: 'Orphan',
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

export const cronJob: KindDetails = {
  strategy: (base) => ({
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      setIfZero(spec, 'concurrencyPolicy', 'Allow');
      setDefault(spec, 'suspend', false);
      setDefault(spec, 'successfulJobsHistoryLimit', 3);
      setDefault(spec, 'failedJobsHistoryLimit', 1);
      const template = objectAt(spec, 'jobTemplate', 'spec', 'template', 'spec');
      if (template !== undefined) defaultPodSpec(template);
    },
    validateCreate(object, context) {
      const schedule = textAt(object, 'spec', 'schedule');
      return [...base.validateCreate(object, context), ...(schedule === '' ? [required('spec.schedule')] : [])];
    },
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
  const spec = objectAt(object, 'spec') ?? {};
  const causes: Cause[] = [];
  for (const field of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
  ]) {
    const value = numberAt(spec, field);
    if (value !== undefined) causes.push(...notNegative(value, `spec.${field}`));
  }
  const template = objectAt(spec, 'template') ?? {};
  const podSpec = objectAt(template, 'spec') ?? {};
  causes.push(...validateLabels(objectAt(template, 'metadata')?.labels, 'spec.template.labels'));
  causes.push(...validatePodSpec(podSpec, 'spec.template.spec'));
  if (podSpec.restartPolicy === 'Always') {
    causes.push(
      ...(objectsAt(podSpec, 'containers').length === 0
        ? [required('spec.template.spec.restartPolicy', 'valid values: "OnFailure", "Never"')]
        : oneOf('Always', ['OnFailure', 'Never'], 'spec.template.spec.restartPolicy')),
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
