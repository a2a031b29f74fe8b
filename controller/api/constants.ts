// The names that the contract fixes: labels, annotations, kinds, and the numbers of spec/rollout.md §12 that more than
// one part needs (rollout.md §2.1, §12).

export const group = 'argoproj.io';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;

/** Label on ReplicaSets, their selectors and pods, and key in the selectors of the Services that Slipway points. */
export const podTemplateHashLabel = 'rollouts-pod-template-hash';
/** Label by which several controllers share a cluster. */
export const instanceIdLabel = 'argo-rollouts.argoproj.io/controller-instance-id';

/** On Services: the name of the Rollout that points them. */
export const managedByAnnotation = 'argo-rollouts.argoproj.io/managed-by-rollouts';
export const revisionAnnotation = 'rollout.argoproj.io/revision';
export const revisionHistoryAnnotation = 'rollout.argoproj.io/revision-history';
export const desiredReplicasAnnotation = 'rollout.argoproj.io/desired-replicas';
export const workloadGenerationAnnotation = 'rollout.argoproj.io/workload-generation';
export const ephemeralMetadataAnnotation = 'rollout.argoproj.io/ephemeral-metadata';
/** QUIRK: it has no prefix. RFC 3339, UTC, whole seconds. */
export const scaleDownDeadlineAnnotation = 'scale-down-deadline';
/** On ReplicaSets that an Experiment made. */
export const experimentNameAnnotation = 'experiment.argoproj.io/name';
export const experimentTemplateAnnotation = 'experiment.argoproj.io/template-name';
export const notifiedAnnotation = 'notified.notifications.argoproj.io';
export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** Annotations of a Rollout that its ReplicaSets do not get (rollout.md §2.5). */
export const annotationsNotCopied: ReadonlySet<string> = new Set([
  lastAppliedAnnotation,
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  notifiedAnnotation,
]);

export const pauseReasons = {
  canaryPauseStep: 'CanaryPauseStep',
  blueGreenPause: 'BlueGreenPause',
  inconclusiveAnalysisRun: 'InconclusiveAnalysisRun',
  inconclusiveExperiment: 'InconclusiveExperiment',
} as const;

export const conditionTypes = {
  invalidSpec: 'InvalidSpec',
  progressing: 'Progressing',
  paused: 'Paused',
  healthy: 'Healthy',
  available: 'Available',
  completed: 'Completed',
  replicaFailure: 'ReplicaFailure',
} as const;

/** Reasons of conditions (rollout.md §7.2). */
export const conditionReasons = {
  invalidSpec: 'InvalidSpec',
  newReplicaSetCreated: 'NewReplicaSetCreated',
  foundNewReplicaSet: 'FoundNewReplicaSet',
  replicaSetCreateError: 'ReplicaSetCreateError',
  newReplicaSetAvailable: 'NewReplicaSetAvailable',
  replicaSetUpdated: 'ReplicaSetUpdated',
  replicaSetNotAvailable: 'ReplicaSetNotAvailable',
  progressDeadlineExceeded: 'ProgressDeadlineExceeded',
  rolloutAborted: 'RolloutAborted',
  rolloutPaused: 'RolloutPaused',
  rolloutResumed: 'RolloutResumed',
  rolloutRetry: 'RolloutRetry',
  rolloutHealthy: 'RolloutHealthy',
  available: 'AvailableReason',
  rolloutCompleted: 'RolloutCompleted',
} as const;

export const leaseName = 'argo-rollouts-controller-lock';
export const eventSource = 'rollouts-controller';
export const metricsPort = 8090;
export const healthzPort = 8080;

/** The greatest int32: "unlimited" where a limit is absent. */
export const maxInt32 = 2147483647;
