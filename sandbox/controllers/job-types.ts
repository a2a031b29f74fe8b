// What the Job controller reads and writes of a Job and of its pods.

import type {
  Condition,
  KubernetesObject,
  LabelSelector,
  PodTemplateSpec,
} from '../../controller/api/kubernetes-types.ts';

export interface Job extends KubernetesObject {
  readonly spec: {
    readonly parallelism?: number;
    /** Absent: the Job is complete when one pod has succeeded and none is left. */
    readonly completions?: number;
    readonly completionMode?: string;
    readonly backoffLimit?: number;
    readonly backoffLimitPerIndex?: number;
    readonly maxFailedIndexes?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly suspend?: boolean;
    readonly podReplacementPolicy?: string;
    readonly podFailurePolicy?: { readonly rules?: readonly FailureRule[] };
    readonly successPolicy?: { readonly rules?: readonly SuccessRule[] };
    readonly selector?: LabelSelector;
    readonly template: PodTemplateSpec;
  };
  readonly status?: JobStatus;
}

export interface FailureRule {
  readonly action: string;
  readonly onExitCodes?: {
    readonly containerName?: string;
    readonly operator: string;
    readonly values: readonly number[];
  };
  readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
}

export interface SuccessRule {
  /** `0,2-4`; absent: all of them. */
  readonly succeededIndexes?: string;
  readonly succeededCount?: number;
}

export interface JobStatus {
  readonly startTime?: string;
  readonly completionTime?: string;
  /** Absent where there is none. */
  readonly active?: number | undefined;
  readonly ready?: number;
  readonly terminating?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  /** Pods that have finished and still hold the tracking finalizer: noted before it is taken, counted after. */
  readonly uncountedTerminatedPods?: Uncounted;
  readonly conditions?: readonly Condition[];
}

export interface Uncounted {
  readonly succeeded?: readonly string[];
  readonly failed?: readonly string[];
}

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexKey = 'batch.kubernetes.io/job-completion-index';
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count';

export function conditionOf(job: Job, type: string): Condition | undefined {
  return job.status?.conditions?.find((condition) => condition.type === type && condition.status === 'True');
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}
