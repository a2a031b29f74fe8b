// What happens to one template of an Experiment, and what does its status say (analysis.md §6.5)?

import { podTemplateHashLabel } from '../../api/constants.ts';
import type { ReplicaSet } from '../../api/kubernetes-types.ts';
import type { TemplateSpec, TemplateStatus } from '../../api/types.generated.ts';
import { formatRfc3339, parseRfc3339 } from '../../lang/rfc3339.ts';
import { availableCount } from '../../rollout/plan/replica-set-counts.ts';
import type { TemplatePhase } from '../types.ts';
import { isDurationOver } from './duration.ts';
import { type Pass, wakeAt } from './pass.ts';
import { isTemplateCompleted } from './phases.ts';
import { findOrCreateReplicaSet } from './replica-set.ts';
import { planScale, replicasOf } from './scale.ts';
import { planService, serviceNameOf } from './service.ts';
import { defaultProgressDeadlineSeconds } from './spec-problem.ts';

type Draft = { -readonly [Field in keyof TemplateStatus]: TemplateStatus[Field] };

const none = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };

export function planTemplate(pass: Pass, template: TemplateSpec): TemplateStatus {
  const before = pass.status.templateStatuses?.find(({ name }) => name === template.name);
  const draft: Draft = { ...none, ...before, name: template.name };
  const desired = pass.isTerminating || isTemplateCompleted(before?.status) ? 0 : replicasOf(template);
  const found = findOrCreateReplicaSet(pass, template);
  if (found.is === 'unknown') return draft;
  const touch = () => {
    draft.lastTransitionTime = formatRfc3339(pass.now);
  };
  if (found.is === 'failed') {
    if (found.isCollision) draft.collisionCount = 1;
    if (!isTemplateCompleted(draft.status)) fail(draft, 'Error', found.message);
  } else if (found.is === 'created' || (found.is === 'awaited' && draft.lastTransitionTime === undefined)) touch();
  const replicaSet = found.is === 'present' ? found.replicaSet : undefined;
  const service = replicaSet && planPods(pass, { template, replicaSet, desired, draft, touch });
  if (copyCounts(draft, replicaSet)) touch();
  const problem = found.is === 'awaited' ? found.message : service?.problem;
  if (!isTemplateCompleted(draft.status)) judge(pass, draft, { template, replicaSet, desired, problem });
  tellTransition(pass, before?.status, draft);
  return draft;
}

interface Pods {
  readonly template: TemplateSpec;
  readonly replicaSet: ReplicaSet;
  readonly desired: number;
  readonly draft: Draft;
  readonly touch: () => void;
}

/** Its Service and its size. */
function planPods(pass: Pass, { template, replicaSet, desired, draft, touch }: Pods): { readonly problem?: string } {
  const wantedName = draft.serviceName ?? serviceNameOf(pass.experiment.metadata.name, template);
  const routed = pass.observed.routedServices.find((name) => name === wantedName);
  const service = planService(pass, template, replicaSet, { desired, isRouted: routed !== undefined });
  delete draft.serviceName;
  delete draft.podTemplateHash;
  if (service.name !== undefined) {
    draft.serviceName = service.name;
    draft.podTemplateHash = replicaSet.metadata.labels?.[podTemplateHashLabel];
  }
  const scaled = planScale(pass, template, replicaSet, desired, routed);
  if (scaled.isTouched) touch();
  const problem = scaled.problem ?? (service.isRefused ? service.problem : undefined);
  if (problem !== undefined && !isTemplateCompleted(draft.status)) fail(draft, 'Error', problem);
  return service;
}

function fail(draft: Draft, status: TemplatePhase, message: string): void {
  draft.status = status;
  draft.message = message;
}

/** Whether one changed. */
function copyCounts(draft: Draft, replicaSet: ReplicaSet | undefined): boolean {
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = replicaSet?.status ?? {};
  const counts = { replicas, updatedReplicas: replicas, readyReplicas, availableReplicas };
  const isChanged = (Object.keys(counts) as (keyof typeof counts)[]).some((field) => counts[field] !== draft[field]);
  Object.assign(draft, counts);
  return isChanged;
}

interface Judged {
  readonly template: TemplateSpec;
  readonly replicaSet: ReplicaSet | undefined;
  readonly desired: number;
  /** Its ReplicaSet or Service cannot be had yet. */
  readonly problem: string | undefined;
}

function judge(pass: Pass, draft: Draft, { template, replicaSet, desired, problem }: Judged): void {
  const { experiment, now, isTerminating } = pass;
  delete draft.message;
  const available = availableCount(replicaSet);
  if (isTerminating) {
    draft.status = 'Successful';
    return;
  }
  if (available === desired && problem === undefined) {
    draft.status = isDurationOver(experiment, now) ? 'Successful' : 'Running';
    return;
  }
  const seconds = experiment.spec.progressDeadlineSeconds ?? defaultProgressDeadlineSeconds;
  const deadlineAt = (parseRfc3339(draft.lastTransitionTime ?? '') ?? now) + seconds * 1000;
  if (now > deadlineAt) {
    if (problem !== undefined && available === desired) fail(draft, 'Error', problem);
    else fail(draft, 'Failed', `Template '${template.name}' exceeded its progressDeadlineSeconds (${seconds})`);
    return;
  }
  draft.status = 'Progressing';
  wakeAt(pass, deadlineAt + 1);
  if (problem !== undefined) {
    draft.message = problem;
    pass.reasons.push({ code: 'nameTaken', template: template.name, message: problem });
  }
  if (available !== desired) {
    pass.reasons.push({ code: 'podsNotAvailable', template: template.name, available, wanted: desired });
  }
}

function tellTransition(pass: Pass, before: string | undefined, { name, status, message }: Draft): void {
  if (status === undefined || status === before) return;
  pass.events.push({
    type: status === 'Failed' || status === 'Error' ? 'Warning' : 'Normal',
    reason: `Template${status}`,
    message: `Template '${name}' transitioned from ${before ?? ''} -> ${status}${message ? `: ${message}` : ''}`,
  });
}
