// How many pods does a template have (analysis.md §6.5)? As many as it asks for, until it ends; then none, after the
// scale-down delay. Pods that the Rollout's routes may still reach stay (design law 10).

import { scaleDownDeadlineAnnotation } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { TemplateSpec } from '../../api/types.generated.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import type { EpochMillis } from '../../lang/time.ts';
import { specCount } from '../../rollout/plan/replica-set-counts.ts';
import { orderOf, type Pass, refusalOf, wakeAt } from './pass.ts';

const defaultScaleDownDelaySeconds = 30;

export interface Scaled {
  /** Its size, or the deadline that will take it, changes in this wave. */
  readonly isTouched: boolean;
  /** It cannot have the size that it should. */
  readonly problem?: string;
}

export function replicasOf({ replicas }: TemplateSpec): number {
  return replicas ?? 1;
}

/** `routedService`: the template's own, if requests may still come through it. */
export function planScale(
  pass: Pass,
  template: TemplateSpec,
  replicaSet: ReplicaSet,
  desired: number,
  routedService: string | undefined,
): Scaled {
  if (desired > 0) return planRunningSize(pass, template, replicaSet, desired);
  const size = specCount(replicaSet);
  const deadline = planDeadline(pass, replicaSet);
  if (size === 0) return { isTouched: false };
  if (deadline.at !== undefined && deadline.at > pass.now) {
    wakeAt(pass, deadline.at);
    pass.reasons.push({ code: 'scaleDownDelayed', template: template.name, until: deadline.at });
  } else if (routedService !== undefined) {
    pass.reasons.push({ code: 'stillRouted', template: template.name, service: routedService });
  } else {
    const refusal = refusalOf(pass, scaleKeyOf(replicaSet));
    const problem = refusal === undefined ? {} : { problem: unableToScale(template, 0, refusal) };
    return { ...planSize(pass, replicaSet, 0), ...problem };
  }
  // QUIRK: until then it has the size of the template, whatever somebody made of it.
  const kept = planSize(pass, replicaSet, replicasOf(template));
  return { ...kept, isTouched: kept.isTouched || deadline.isNew };
}

/** A deadline of an earlier run of this Experiment means nothing for this one. */
function planRunningSize(pass: Pass, template: TemplateSpec, replicaSet: ReplicaSet, desired: number): Scaled {
  const refusal = refusalOf(pass, scaleKeyOf(replicaSet));
  if (refusal !== undefined && specCount(replicaSet) !== desired) {
    return { isTouched: false, problem: unableToScale(template, desired, refusal) };
  }
  const isStale = replicaSet.metadata.annotations?.[scaleDownDeadlineAnnotation] !== undefined;
  if (isStale && specCount(replicaSet) === desired) annotateDeadline(pass, replicaSet, null);
  return planSize(pass, replicaSet, desired, isStale ? { [scaleDownDeadlineAnnotation]: null } : undefined);
}

function unableToScale({ name }: TemplateSpec, desired: number, why: string): string {
  return `Unable to scale ReplicaSet for template '${name}' to desired replica count '${desired}': ${why}`;
}

function scaleKeyOf({ metadata }: ReplicaSet): string {
  return `scale/${metadata.name ?? ''}`;
}

interface Deadline {
  readonly at?: EpochMillis;
  readonly isNew: boolean;
}

/** From when on there may be no pods; written once. */
function planDeadline(pass: Pass, replicaSet: ReplicaSet): Deadline {
  const delaySeconds = pass.experiment.spec.scaleDownDelaySeconds ?? defaultScaleDownDelaySeconds;
  const text = replicaSet.metadata.annotations?.[scaleDownDeadlineAnnotation];
  if (delaySeconds <= 0) {
    if (text !== undefined) annotateDeadline(pass, replicaSet, null);
    return { isNew: false };
  }
  const known = parseRfc3339(text ?? '');
  if (known !== undefined) return { at: known, isNew: false };
  const planned = formatRfc3339(pass.now + delaySeconds * 1000);
  annotateDeadline(pass, replicaSet, planned);
  return { at: parseRfc3339(planned) ?? pass.now, isNew: true };
}

function annotateDeadline(pass: Pass, { metadata }: ReplicaSet, value: string | null): void {
  const { name = '', uid = '' } = metadata;
  const annotations = { [scaleDownDeadlineAnnotation]: value };
  const key = `deadline/${name}`;
  pass.writes.push({ kind: 'annotateReplicaSet', key, onFailure: orderOf(pass, key), name, uid, annotations });
}

function planSize(
  pass: Pass,
  replicaSet: ReplicaSet,
  replicas: number,
  annotations?: Readonly<Record<string, null>>,
): Scaled {
  const { name = '', uid = '', resourceVersion } = replicaSet.metadata;
  const size = specCount(replicaSet);
  if (size === replicas) return { isTouched: false };
  const key = scaleKeyOf(replicaSet);
  const direction = replicas > size ? 'up' : 'down';
  pass.writes.push({
    kind: 'scaleReplicaSet',
    key,
    onFailure: orderOf(pass, key),
    name,
    uid,
    ...(direction === 'down' && resourceVersion !== undefined ? { resourceVersion } : {}),
    replicas,
    ...(annotations === undefined ? {} : { annotations }),
    events: [
      {
        type: 'Normal',
        reason: 'ScalingReplicaSet',
        message: `Scaled ${direction} ReplicaSet ${name} from ${size} to ${replicas}`,
      },
    ],
    failureEvent: {
      type: 'Warning',
      reason: 'ReplicaSetUpdateError',
      message: `Failed to scale ${name} ${direction}: {error}`,
    },
  });
  return { isTouched: true };
}
