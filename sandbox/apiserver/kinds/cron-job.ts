// CronJobs: defaults, their schedule, and the Job that they make.

import { defaultPodSpec } from '../../../controller/api/pod-template-defaults.ts';
import { parseCron } from '../../machinery/cron-schedule.ts';
import { invalid, notSupported, required } from '../field-errors.ts';
import { text } from '../json.ts';
import type { KindDetails } from './details.ts';
import { ensureObject, numberAt, objectAt, setDefault, setIfZero, textAt } from './fields.ts';
import { notNegative } from './int-or-percent-rules.ts';
import { validateJobSpec } from './job.ts';
import { podWarnings } from './pod-warnings.ts';
import type { ApiObject, Cause, JsonValue } from './types.ts';

/** A Job's name is the CronJob's and eleven characters. */
const longestName = 52;

export const cronJob: KindDetails = {
  strategy: (base) => ({
    warnings: podWarnings(['spec', 'jobTemplate', 'spec', 'template']),
    applyDefaults(object) {
      const spec = ensureObject(object, 'spec');
      setIfZero(spec, 'concurrencyPolicy', 'Allow');
      setDefault(spec, 'suspend', false);
      setDefault(spec, 'successfulJobsHistoryLimit', 3);
      setDefault(spec, 'failedJobsHistoryLimit', 1);
      // The Job's own defaults come with the Job.
      const podSpec = objectAt(spec, 'jobTemplate', 'spec', 'template', 'spec');
      if (podSpec !== undefined) defaultPodSpec(podSpec);
    },
    validateCreate(object, context) {
      const causes = [...base.validateCreate(object, context), ...validateCronJob(object)];
      const name = text(object.metadata.name);
      if (name.length > longestName) {
        causes.push(invalid('metadata.name', name, `must be no more than ${longestName} characters`));
      }
      return causes;
    },
    validateUpdate: (object, old, context) => [
      ...base.validateUpdate(object, old, context),
      ...validateCronJob(object),
    ],
  }),
};

function validateCronJob(object: ApiObject): Cause[] {
  const spec = objectAt(object, 'spec') ?? {};
  const limits = ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit'];
  const jobSpec = objectAt(spec, 'jobTemplate', 'spec') ?? {};
  return [
    ...validateSchedule(textAt(spec, 'schedule'), spec.timeZone !== undefined),
    ...notNegative(numberAt(spec, 'startingDeadlineSeconds') ?? 0, 'spec.startingDeadlineSeconds'),
    ...validateTimeZone(spec.timeZone),
    ...validatePolicy(text(spec.concurrencyPolicy)),
    ...validateJobSpec(jobSpec, 'spec.jobTemplate.spec'),
    ...validateSelection(jobSpec.selector, jobSpec.manualSelector),
    ...limits.flatMap((key) => notNegative(numberAt(spec, key) ?? 0, `spec.${key}`)),
  ];
}

function validateSchedule(schedule: string, hasZone: boolean): Cause[] {
  const field = 'spec.schedule';
  if (schedule === '') return [required(field)];
  const causes: Cause[] = [];
  const bare = schedule.replace(/^(CRON_)?TZ=\S+\s+/, '');
  try {
    // An interval has no fields.
    if (!/^@every [\d.]+(ns|us|µs|ms|s|m|h)/.test(bare)) parseCron(bare);
  } catch (problem) {
    if (!(problem instanceof RangeError)) throw problem;
    causes.push(invalid(field, schedule, problem.message));
  }
  if (schedule.includes('TZ')) {
    const use = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
    causes.push(
      invalid(field, schedule, hasZone ? 'cannot use both timeZone field and TZ or CRON_TZ in schedule' : use),
    );
  }
  return causes;
}

function validateTimeZone(zone: JsonValue | undefined): Cause[] {
  const field = 'spec.timeZone';
  if (zone === undefined) return [];
  const name = text(zone);
  if (name === '') return [invalid(field, name, 'timeZone must be nil or non-empty string')];
  if (name.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalid(field, name, detail)];
  }
  return isTimeZone(name) ? [] : [invalid(field, name, `unknown time zone ${name}`)];
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch (problem) {
    if (problem instanceof RangeError) return false;
    throw problem;
  }
}

const policies = ['Allow', 'Forbid', 'Replace'];

function validatePolicy(policy: string): Cause[] {
  const field = 'spec.concurrencyPolicy';
  if (policy === '') return [required(field)];
  return policies.includes(policy) ? [] : [notSupported(field, policy, policies)];
}

function validateSelection(selector: JsonValue | undefined, manual: JsonValue | undefined): Cause[] {
  const field = 'spec.jobTemplate.spec';
  const causes: Cause[] = [];
  if (selector !== undefined) {
    causes.push(invalid(`${field}.selector`, selector, '`selector` will be auto-generated'));
  }
  if (manual === true) {
    causes.push(notSupported(`${field}.manualSelector`, manual, ['nil', 'false']));
  }
  return causes;
}
